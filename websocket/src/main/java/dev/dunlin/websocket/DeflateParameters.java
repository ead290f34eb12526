package dev.dunlin.websocket;

/**
 * What both sides agreed about permessage-deflate (RFC 7692, 7.1): what holds on the connection,
 * whether it was named in the answer or is the default.
 *
 * @param serverNoContextTakeover the server's compressor forgets after every message
 * @param clientNoContextTakeover the client's compressor forgets after every message
 * @param serverMaxWindowBits the largest window of the server's compressor, 8 to 15
 * @param clientMaxWindowBits the largest window of the client's compressor, 8 to 15
 */
public record DeflateParameters(
    boolean serverNoContextTakeover,
    boolean clientNoContextTakeover,
    int serverMaxWindowBits,
    int clientMaxWindowBits) {

  static final String NAME = "permessage-deflate";
  static final String SERVER_NO_CONTEXT_TAKEOVER = "server_no_context_takeover";
  static final String CLIENT_NO_CONTEXT_TAKEOVER = "client_no_context_takeover";
  static final String SERVER_MAX_WINDOW_BITS = "server_max_window_bits";
  static final String CLIENT_MAX_WINDOW_BITS = "client_max_window_bits";

  /**
   * Parameters of these values.
   *
   * @throws IllegalArgumentException if a window is not within 8 to 15
   */
  public DeflateParameters {
    checkWindowBits(serverMaxWindowBits);
    checkWindowBits(clientMaxWindowBits);
  }

  static void checkWindowBits(int bits) {
    if (bits < 8 || bits > 15) {
      throw new IllegalArgumentException("window bits " + bits + " are not within 8 to 15");
    }
  }

  /**
   * The entry of {@code Sec-WebSocket-Extensions} that states these parameters; windows of 15 bits
   * go without saying. An answer to an offer that named 15 itself repeats it nevertheless (RFC
   * 7692, 7.1.2.1), which {@link Handshake} does.
   */
  public String headerValue() {
    return headerValue(serverMaxWindowBits < 15);
  }

  String headerValue(boolean nameServerWindow) {
    var value = new StringBuilder(NAME);
    if (serverNoContextTakeover) {
      value.append("; ").append(SERVER_NO_CONTEXT_TAKEOVER);
    }
    if (clientNoContextTakeover) {
      value.append("; ").append(CLIENT_NO_CONTEXT_TAKEOVER);
    }
    if (nameServerWindow) {
      value.append("; ").append(SERVER_MAX_WINDOW_BITS).append('=').append(serverMaxWindowBits);
    }
    if (clientMaxWindowBits < 15) {
      value.append("; ").append(CLIENT_MAX_WINDOW_BITS).append('=').append(clientMaxWindowBits);
    }
    return value.toString();
  }
}

package dev.dunlin.websocket;

/**
 * What a peer did that ends the connection: the code to close with and one true sentence about it.
 *
 * <p>Thrown inside the core and caught by {@link Connection}; carries no stack trace because it is
 * an ordinary outcome.
 */
final class ProtocolViolation extends Exception {

  private static final long serialVersionUID = 1;

  private final transient CloseCode code;

  ProtocolViolation(CloseCode code, String sentence) {
    super(sentence, null, false, false);
    this.code = code;
  }

  static ProtocolViolation protocolError(String sentence) {
    return new ProtocolViolation(CloseCode.PROTOCOL_ERROR, sentence);
  }

  static ProtocolViolation notUtf8() {
    return new ProtocolViolation(CloseCode.INVALID_DATA, "text is not UTF-8");
  }

  static ProtocolViolation tooBig(int limit) {
    return new ProtocolViolation(
        CloseCode.TOO_BIG, "message is over the limit of " + limit + " bytes");
  }

  CloseCode code() {
    return code;
  }

  String sentence() {
    return String.valueOf(getMessage());
  }
}

package dev.dunlin.conformance;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The client's half of the opening handshake (RFC 6455, 4.1), in the suite's own code. */
final class Opening {

  /** The sample key of RFC 6455, 1.3. */
  static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

  static final String ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

  private Opening() {}

  /** As the field's standard suite asks: mixed case, no origin, no subprotocol. */
  static byte[] request(String host, String path, Optional<String> offer) {
    return ("GET "
            + path
            + " HTTP/1.1\r\nHost: "
            + host
            + "\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Key: "
            + KEY
            + "\r\n"
            + offer.map(value -> "Sec-WebSocket-Extensions: " + value + "\r\n").orElse("")
            + "\r\n")
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  /** The length of a response head with its blank line, or 0 if it has not arrived whole. */
  static int headBytes(byte[] bytes, int length) {
    for (int i = 3; i < length; i++) {
      if (bytes[i] == '\n' && bytes[i - 1] == '\r' && bytes[i - 2] == '\n') {
        return i + 1;
      }
    }
    return 0;
  }

  /**
   * A response head.
   *
   * @param headers by lower-case name, the values in order
   */
  record Response(int status, Map<String, List<String>> headers) {

    static Response parse(byte[] head) {
      var lines = new String(head, StandardCharsets.ISO_8859_1).split("\r\n");
      if (!lines[0].matches("HTTP/1\\.1 \\d{3}( .*)?")) {
        throw new IllegalStateException("not a status line: " + lines[0]);
      }
      Map<String, List<String>> headers = new TreeMap<>();
      for (int i = 1; i < lines.length; i++) {
        int colon = lines[i].indexOf(':');
        if (colon <= 0) {
          throw new IllegalStateException("not a header line: " + lines[i]);
        }
        headers
            .computeIfAbsent(
                lines[i].substring(0, colon).toLowerCase(Locale.ROOT), name -> new ArrayList<>())
            .add(lines[i].substring(colon + 1).trim());
      }
      return new Response(Integer.parseInt(lines[0].substring(9, 12)), headers);
    }

    List<String> all(String name) {
      return headers.getOrDefault(name.toLowerCase(Locale.ROOT), List.of());
    }

    /** The value of a header that stands there once, or empty. */
    Optional<String> single(String name) {
      var all = all(name);
      if (all.size() > 1) {
        throw new IllegalStateException(name + " stands there " + all.size() + " times");
      }
      return all.stream().findFirst();
    }

    /**
     * What was agreed, if the response is exactly what RFC 6455, 4.2.2, asks for.
     *
     * @throws IllegalStateException if it is not
     */
    Agreed agreed() {
      if (status != 101) {
        throw new IllegalStateException("status " + status);
      }
      require("upgrade", "websocket");
      require("connection", "upgrade");
      if (!single("sec-websocket-accept").equals(Optional.of(ACCEPT))) {
        throw new IllegalStateException("a wrong Sec-WebSocket-Accept");
      }
      if (!all("content-length").isEmpty() || !all("transfer-encoding").isEmpty()) {
        throw new IllegalStateException("a 101 with a body");
      }
      return Agreed.of(single("sec-websocket-extensions"));
    }

    private void require(String name, String value) {
      if (!single(name).map(it -> it.toLowerCase(Locale.ROOT)).equals(Optional.of(value))) {
        throw new IllegalStateException(name + " is " + all(name));
      }
    }
  }
}

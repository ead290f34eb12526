package dev.dunlin.conformance;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The opening handshake (H: RFC 6455, 4.2) and the negotiation of compression (N: RFC 7692, 7).
 *
 * <p>For a server that knows the subprotocols {@code chat.v1} and {@code chat.v2}, takes pages of
 * its own origin only, and compresses.
 */
final class HandshakeCases {

  static final String[] SUBPROTOCOLS = {"chat.v1", "chat.v2"};

  private static final String RFC_6455 = "RFC 6455, 4.2.1";
  private static final String RFC_7692 = "RFC 7692, 7.1";

  private final List<HandshakeCase> cases = new ArrayList<>();
  private String group = "";
  private int number;

  private HandshakeCases() {}

  static List<HandshakeCase> all() {
    var all = new HandshakeCases();
    all.upgrade();
    all.fields();
    all.choices();
    all.heads();
    all.windows();
    all.takeover();
    return all.cases;
  }

  private void group(String name) {
    group = name;
    number = 1;
  }

  private HandshakeCase.Builder of(String title, String clause) {
    return HandshakeCase.of(group + "." + number++, title, clause);
  }

  private void upgrade() {
    group("H.1");
    for (var value : List.of("websocket", "WEBSOCKET", "WebSocket", "h2c, websocket")) {
      cases.add(
          of("Upgrade: " + value, RFC_6455).replace("Upgrade", "Upgrade: " + value).accepted());
    }
    group("H.2");
    for (var value : List.of("Upgrade", "upgrade", "UPGRADE", "keep-alive, Upgrade")) {
      cases.add(
          of("Connection: " + value, RFC_6455)
              .replace("Connection", "Connection: " + value)
              .accepted());
    }
    cases.add(
        of("Connection over two lines", RFC_6455)
            .replace("Connection", "Connection: keep-alive", "Connection: Upgrade")
            .accepted());
    cases.add(
        of("header names in lower case", RFC_6455)
            .replace("Upgrade", "upgrade: websocket")
            .replace("Connection", "connection: upgrade")
            .accepted());
    group("H.3");
    cases.add(
        of("Connection: keep-alive", RFC_6455)
            .replace("Connection", "Connection: keep-alive")
            .refused(400, 426));
    cases.add(of("no Connection", RFC_6455).replace("Connection").refused(400, 426));
    cases.add(of("no Upgrade", RFC_6455).replace("Upgrade").refused(400, 426));
    cases.add(of("Upgrade: h2c", RFC_6455).replace("Upgrade", "Upgrade: h2c").refused(400, 426));
  }

  private void fields() {
    group("H.4");
    cases.add(of("no Host", "RFC 9112, 3.2").replace("Host").refused(400));
    cases.add(of("two Hosts", "RFC 9112, 3.2").add("Host: other.example").refused(400));
    for (var value : List.of("a b", "a/b", "user@host", "host:port")) {
      cases.add(
          of("Host: " + value, "RFC 9112, 3.2").replace("Host", "Host: " + value).refused(400));
    }
    group("H.5");
    cases.add(of("no key", RFC_6455).replace("Sec-WebSocket-Key").refused(400));
    for (var value :
        List.of(
            "",
            "not base64 at all, is it",
            "AAAAAAAAAAAAAAAAAAAA",
            "AAAAAAAAAAAAAAAAAAAAAAA=",
            "AAAAAAAAAAAAAAAAAAAAAA",
            "AAAAAAAAAAAAAAAAAAAAAA==AA==")) {
      cases.add(
          of("key \"" + value + "\"", RFC_6455)
              .replace("Sec-WebSocket-Key", "Sec-WebSocket-Key: " + value)
              .refused(400));
    }
    cases.add(
        of("two keys", RFC_6455).add("Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==").refused(400));
    cases.add(
        of("the same key twice", RFC_6455).add("Sec-WebSocket-Key: " + Opening.KEY).refused(400));
    group("H.6");
    for (var value : List.of("12", "99", "8, 13", "013", "13.0", "")) {
      cases.add(
          of("version \"" + value + "\"", "RFC 6455, 4.2.2")
              .replace("Sec-WebSocket-Version", "Sec-WebSocket-Version: " + value)
              .expect(HandshakeCases::wrongVersion));
    }
    cases.add(
        of("no version", "RFC 6455, 4.2.2")
            .replace("Sec-WebSocket-Version")
            .expect(HandshakeCases::wrongVersion));
    group("H.7");
    cases.add(
        of("POST", RFC_6455)
            .replace("GET", "POST %PATH HTTP/1.1")
            .add("Content-Length: 0")
            .refused(400, 405));
    cases.add(
        of("PUT", RFC_6455)
            .replace("GET", "PUT %PATH HTTP/1.1")
            .add("Content-Length: 0")
            .refused(400, 405));
    cases.add(of("HTTP/1.0", RFC_6455).replace("GET", "GET %PATH HTTP/1.0").refused(400, 426, 505));
  }

  private static Optional<String> wrongVersion(Opening.Response response) {
    return response.status() == 426 && response.all("sec-websocket-version").equals(List.of("13"))
        ? Optional.empty()
        : Optional.of(response.status() + " " + response.all("sec-websocket-version"));
  }

  private void choices() {
    group("H.8");
    subprotocol("one known", Optional.of("chat.v1"), "chat.v1");
    subprotocol("the client's order", Optional.of("chat.v2"), "chat.v2, chat.v1");
    subprotocol("unknown before known", Optional.of("chat.v1"), "other, chat.v1");
    subprotocol("none known", Optional.empty(), "other, another");
    subprotocol("over two lines", Optional.of("chat.v2"), "other", "chat.v2");
    subprotocol("none offered", Optional.empty());
    group("H.9");
    cases.add(of("own origin", "RFC 6455, 10.2").add("Origin: http://%HOST").accepted());
    cases.add(
        of("foreign origin", "RFC 6455, 10.2").add("Origin: https://evil.example").refused(403));
    cases.add(of("origin null", "RFC 6455, 10.2").add("Origin: null").refused(403));
    cases.add(of("no origin", "RFC 6455, 10.2").accepted());
    group("H.10");
    for (var value : List.of("=;;,", "permessage-deflate;", "permessage-deflate; =1", ";", "a b")) {
      cases.add(
          of("Sec-WebSocket-Extensions: " + value, "RFC 6455, 9.1").offer(value).refused(400));
    }
    cases.add(
        of("an unknown extension before a known one", "RFC 6455, 9.1")
            .offer("x-unknown; a=b, permessage-deflate")
            .accepted(Agreed::deflate));
    cases.add(
        of("extensions over two lines", "RFC 6455, 9.1")
            .offer("x-unknown")
            .offer("permessage-deflate")
            .accepted(Agreed::deflate));
  }

  private void subprotocol(String title, Optional<String> chosen, String... lines) {
    var begun = of("subprotocol: " + title, "RFC 6455, 4.2.2");
    for (var line : lines) {
      begun.add("Sec-WebSocket-Protocol: " + line);
    }
    cases.add(
        begun.expect(response -> {
          response.agreed();
          var answer = response.single("sec-websocket-protocol");
          return answer.equals(chosen) ? Optional.empty() : Optional.of("chose " + answer);
        }));
  }

  private void heads() {
    group("H.11");
    var long20 = "x".repeat(20_000);
    cases.add(
        of("a request line of 20,000 octets", "RFC 9112, 3")
            .replace("GET", "GET /" + long20 + " HTTP/1.1")
            .refused(414));
    cases.add(of("a header of 20,000 octets", "RFC 6585, 5").add("X: " + long20).refused(431));
    var many = new String[200];
    for (int i = 0; i < many.length; i++) {
      many[i] = "X-" + i + ": y";
    }
    cases.add(of("200 headers", "RFC 6585, 5").add(many).refused(431));
    group("H.12");
    cases.add(of("a bare LF", "RFC 9112, 2.2").addRaw("X: y\nZ: z\r\n").refused(400));
    cases.add(of("a bare CR", "RFC 9112, 2.2").addRaw("X: y\rZ: z\r\n").refused(400));
    cases.add(of("a NUL", "RFC 9110, 5.5").addRaw("X: \0\r\n").refused(400));
    cases.add(of("a folded line", "RFC 9112, 5.2").addRaw("X: y\r\n z\r\n").refused(400));
    cases.add(of("a space before the colon", "RFC 9112, 5.1").add("X : y").refused(400));
    cases.add(of("a header without a name", "RFC 9112, 5").add(": y").refused(400));
    cases.add(of("a header without a colon", "RFC 9112, 5").add("nothing").refused(400));
    cases.add(of("Content-Length: 5", RFC_6455).add("Content-Length: 5").refused(400));
    cases.add(
        of("Transfer-Encoding: chunked", RFC_6455).add("Transfer-Encoding: chunked").refused(400));
    cases.add(
        of("two lengths", "RFC 9112, 6.3")
            .add("Content-Length: 0", "Content-Length: 5")
            .refused(400));
  }

  private void windows() {
    group("N.1");
    negotiated("", agreed -> agreed.clientWindowBits() == 15);
    negotiated("; client_max_window_bits", Agreed::deflate);
    for (int bits = 8; bits <= 15; bits++) {
      int most = bits;
      negotiated(
          "; client_max_window_bits=" + bits,
          agreed -> agreed.clientWindowBits() <= most || agreed.clientWindowBits() == 15);
    }
    group("N.2");
    for (var value : List.of("7", "16", "010", "x", "-8", "1000000000000000000000")) {
      declined("; client_max_window_bits=" + value);
    }
    for (var value : List.of("", "\"\"")) {
      // not a token, so the header is malformed as well (RFC 6455, 9.1)
      var offer = "permessage-deflate; client_max_window_bits=" + value;
      cases.add(
          of(offer, RFC_7692)
              .offer(offer)
              .expect(response ->
                  response.status() == 400 || !response.agreed().deflate()
                      ? Optional.empty()
                      : Optional.of("agreed")));
    }
    group("N.3");
    for (var value : List.of("", "=7", "=16", "=08", "=x")) {
      declined("; server_max_window_bits" + value);
    }
    group("N.4");
    for (int bits = 8; bits <= 15; bits++) {
      int most = bits;
      negotiated("; server_max_window_bits=" + bits, agreed -> agreed.serverWindowBits() <= most);
    }
    negotiated("; server_max_window_bits=\"10\"", agreed -> agreed.serverWindowBits() <= 10);
  }

  private void takeover() {
    group("N.5");
    negotiated("; server_no_context_takeover", agreed -> !agreed.serverTakeover());
    negotiated("; client_no_context_takeover", Agreed::deflate);
    group("N.6");
    declined("; server_no_context_takeover=1");
    declined("; client_no_context_takeover=1");
    declined("; server_no_context_takeover; server_no_context_takeover");
    declined("; client_max_window_bits; client_max_window_bits=10");
    declined("; unknown");
    declined("; unknown=1");
    group("N.7");
    negotiated(
        "; server_max_window_bits=7, permessage-deflate; server_no_context_takeover",
        agreed -> !agreed.serverTakeover());
    negotiated("; unknown, permessage-deflate", Agreed::deflate);
    group("N.8");
    cases.add(of("x-webkit-deflate-frame", RFC_7692).offer("x-webkit-deflate-frame").declined());
  }

  private void negotiated(String parameters, Function<Agreed, Boolean> right) {
    cases.add(
        of("permessage-deflate" + parameters, RFC_7692)
            .offer("permessage-deflate" + parameters)
            .accepted(agreed -> agreed.deflate() && right.apply(agreed)));
  }

  private void declined(String parameters) {
    cases.add(
        of("permessage-deflate" + parameters, RFC_7692)
            .offer("permessage-deflate" + parameters)
            .declined());
  }
}

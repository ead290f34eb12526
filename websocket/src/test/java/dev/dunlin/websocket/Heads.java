package dev.dunlin.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Heads written by hand. */
final class Heads {

  static final String SAMPLE_KEY = "dGhlIHNhbXBsZSBub25jZQ==";

  private static final List<String> UPGRADE =
      List.of(
          "Host: server.example.com",
          "Upgrade: websocket",
          "Connection: Upgrade",
          "Sec-WebSocket-Key: " + SAMPLE_KEY,
          "Sec-WebSocket-Version: 13");

  private Heads() {}

  static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  static String text(ByteBuffer bytes) {
    return StandardCharsets.ISO_8859_1.decode(bytes.duplicate()).toString();
  }

  /** Lines joined, with the blank line. */
  static String head(String... lines) {
    return String.join("\r\n", lines) + "\r\n\r\n";
  }

  static String get(String target) {
    return head("GET " + target + " HTTP/1.1", "Host: server.example.com");
  }

  /** A correct upgrade request with these lines added; a line {@code -Name} removes that header. */
  static String upgrade(String... changes) {
    return upgradeOf("GET /chat HTTP/1.1", changes);
  }

  static String upgradeOf(String requestLine, String... changes) {
    var lines = new ArrayList<String>();
    lines.add(requestLine);
    lines.addAll(UPGRADE);
    for (var change : changes) {
      if (change.startsWith("-")) {
        lines.removeIf(line -> line.startsWith(change.substring(1) + ":"));
      } else {
        lines.add(change);
      }
    }
    return head(lines.toArray(String[]::new));
  }

  static RequestHead.Outcome feed(String text) {
    return RequestHead.expect(Limits.defaults(), false).feed(bytes(text));
  }

  static UpgradeRequest request(String text) {
    var outcome = feed(text);
    assertThat(outcome).as(text).isInstanceOf(RequestHead.Complete.class);
    return ((RequestHead.Complete) outcome).request();
  }

  static UpgradeRequest secureRequest(String text) {
    var outcome = RequestHead.expect(Limits.defaults(), true).feed(bytes(text));
    assertThat(outcome).as(text).isInstanceOf(RequestHead.Complete.class);
    return ((RequestHead.Complete) outcome).request();
  }

  static Refusal refusal(String text) {
    var outcome = feed(text);
    assertThat(outcome).as(text).isInstanceOf(Refusal.class);
    return (Refusal) outcome;
  }
}

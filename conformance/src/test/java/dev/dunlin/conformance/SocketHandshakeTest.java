package dev.dunlin.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every handshake once over a real socket, and what only a socket can show. */
class SocketHandshakeTest {

  @Test
  void everyHandshakeIsJudgedOverSockets() throws Exception {
    try (var server = EchoServer.start()) {
      var target = new Target("127.0.0.1", server.port(), EchoServer.SHARED, false);
      judge(target, "Opening handshakes over sockets", "ws-handshakes");
    }
  }

  @Test
  void everyHandshakeIsJudgedOverTls(@TempDir Path folder) throws Exception {
    try (var server = EchoServer.startTls(folder)) {
      var target = new Target("127.0.0.1", server.port(), EchoServer.SHARED, true);
      judge(target, "Opening handshakes over TLS", "wss-handshakes");
    }
  }

  private static void judge(Target target, String title, String name) throws IOException {
    var results = new Results(title);
    for (var c : HandshakeCases.all()) {
      results.add(c, c.judge(exchange(target, c.request(target))));
    }
    results.write(name);
    assertThat(results.notOk()).isEmpty();
  }

  @Test
  void anUnknownPathIsNotFound() throws Exception {
    try (var server = EchoServer.start()) {
      var target = new Target("127.0.0.1", server.port(), "/nowhere", false);
      var request = Opening.request(target.hostHeader(), target.path(), Optional.empty());
      assertThat(exchange(target, request).status()).isEqualTo(404);
    }
  }

  @Test
  void aFrameInTheSamePacketAsTheRequestIsServed() throws Exception {
    try (var server = EchoServer.start();
        var socket = new Target("127.0.0.1", server.port(), EchoServer.SHARED, false).connect()) {
      var out = new ByteArrayOutputStream();
      out.writeBytes(Opening.request("localhost", EchoServer.SHARED, Optional.empty()));
      out.writeBytes(Frame.join(Frame.text("early"), Frame.close(1000)));
      socket.getOutputStream().write(out.toByteArray());
      socket.setSoTimeout(30_000);
      var all = socket.getInputStream().readAllBytes();
      int head = Opening.headBytes(all, all.length);
      var reader = new FrameReader();
      reader.read(all, head, all.length - head);
      assertThat(reader.events()).containsExactly(Event.text("early"), new Event.Close(1000, ""));
    }
  }

  private static Opening.Response exchange(Target target, byte[] request) throws IOException {
    try (var socket = target.connect()) {
      socket.setSoTimeout(30_000);
      socket.getOutputStream().write(request);
      var head = new ByteArrayOutputStream();
      var buffer = new byte[4096];
      int count;
      while (Opening.headBytes(head.toByteArray(), head.size()) == 0
          && (count = socket.getInputStream().read(buffer)) >= 0) {
        head.write(buffer, 0, count);
      }
      int length = Opening.headBytes(head.toByteArray(), head.size());
      return Opening.Response.parse(Arrays.copyOf(head.toByteArray(), length));
    }
  }
}

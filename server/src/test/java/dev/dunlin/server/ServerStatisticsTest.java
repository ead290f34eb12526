package dev.dunlin.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.websocket.Closed;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.Message;
import dev.dunlin.websocket.Text;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/** The counts of a server that real sockets talk to. */
class ServerStatisticsTest {

  private static WebSocketServer.Builder echo() {
    return WebSocketServer.builder()
        .loops(2)
        .route(Route.at("/echo").dispatch(Dispatch.INLINE), ServerTest.ECHO)
        .http("/page", request -> HttpResponse.text(200, "page\n"));
  }

  /** Counts are read while the server works: asks until they are as they should be. */
  private static ServerStatistics when(
      WebSocketServer server, Predicate<ServerStatistics> condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    var statistics = server.statistics();
    while (!condition.test(statistics) && System.nanoTime() < end) {
      Thread.onSpinWait();
      statistics = server.statistics();
    }
    return statistics;
  }

  @Test
  void aNewServerHasCountedNothing() {
    try (var server = echo().start(0)) {
      var statistics = server.statistics();
      assertThat(statistics.tcp()).isEqualTo(new ServerStatistics.Connections(0, 0));
      assertThat(statistics.received().frames()).isZero();
      assertThat(statistics.sent().wireBytes()).isZero();
      assertThat(statistics.ends()).isEmpty();
      assertThat(statistics.queuedBytes()).isZero();
      assertThat(statistics.queueLimitBytes()).isPositive();
    }
  }

  @Test
  void anEchoIsCountedBothWays() throws Exception {
    try (var server = echo().start(0);
        var peer = RawPeer.open(server.port(), "/echo")) {
      for (int i = 0; i < 10; i++) {
        peer.write(RawPeer.text("hello"));
        assertThat(peer.readText()).isEqualTo("hello");
      }
      var open = when(server, s -> s.sent().frames() == 10);
      assertThat(open.tcp()).isEqualTo(new ServerStatistics.Connections(1, 1));
      assertThat(open.webSocket()).isEqualTo(new ServerStatistics.Connections(1, 1));
      peer.write(RawPeer.close(4001));
      assertThat(peer.read().closeCode()).isEqualTo(4001);
      assertThat(peer.drain()).isZero();
      var ended = when(server, s -> s.tcp().open() == 0 && s.webSocket().open() == 0);
      assertThat(ended.received().frames()).isEqualTo(11);
      assertThat(ended.received().messages()).isEqualTo(10);
      assertThat(ended.received().payloadBytes()).isEqualTo(50);
      assertThat(ended.received().wireBytes()).isEqualTo(10 * (6 + 5) + 8);
      assertThat(ended.sent().messages()).isEqualTo(10);
      assertThat(ended.sent().payloadBytes()).isEqualTo(50);
      assertThat(ended.sent().wireBytes()).isEqualTo(10 * (2 + 5) + 4);
      assertThat(ended.writes()).isEqualTo(12); // the answer to the handshake, 10, the close
      assertThat(ended.ends()).isEqualTo(Map.of(Closed.Cause.PEER, 1L));
      assertThat(ended.closesReceived()).isEqualTo(Map.of(4001, 1L));
      assertThat(ended.closesSent()).isEqualTo(Map.of(4001, 1L));
      assertThat(ended.webSocket()).isEqualTo(new ServerStatistics.Connections(1, 0));
      assertThat(ended.slowConsumers()).isZero();
    }
  }

  @Test
  void whatCompressionSavesIsCountedForALargeMessageToo() throws Exception {
    var text = "{\"symbol\":\"EURUSD\",\"bid\":1.0712}\n".repeat(40_000);
    Endpoint sender =
        session -> {
          session.send(Text.of(text));
          return message -> {};
        };
    var answers = new LinkedBlockingQueue<Message>();
    try (var server =
            WebSocketServer.builder()
                .limits(Limits.defaults().outboundBytes(4 << 20))
                .route("/", sender)
                .start(0);
        var client =
            WebSocketClient.builder().limits(Limits.defaults().maxMessageBytes(4 << 20)).build()) {
      client.connect(ServerTest.uri(server, "/"), ServerTest.collect(answers));
      assertThat(((Text) answers.poll(20, TimeUnit.SECONDS)).value()).isEqualTo(text);
      var sent = server.statistics().sent();
      assertThat(sent.messages()).isEqualTo(1);
      assertThat(sent.frames()).isEqualTo(sent.compressed()).isEqualTo(text.length() / 32768 + 1);
      assertThat(sent.payloadBytes()).isEqualTo(text.length());
      assertThat(sent.wireBytes()).isLessThan(text.length() / 50);
    }
  }

  @Test
  void refusalsAreCountedByStatus() throws Exception {
    try (var server = echo().start(0)) {
      ask(server, "GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n");
      ask(server, "GET /echo HTTP/1.1\r\n\r\n");
      ask(
          server,
          "GET /elsewhere HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
              + "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
              + "Sec-WebSocket-Version: 13\r\n\r\n");
      var statistics = when(server, s -> s.refusals().size() == 2);
      assertThat(statistics.refusals()).isEqualTo(Map.of(404, 2L, 400, 1L));
      assertThat(statistics.webSocket().begun()).isZero();
    }
  }

  private static void ask(WebSocketServer server, String request) throws Exception {
    try (var peer = RawPeer.connect(server.port())) {
      peer.write(request);
      assertThat(peer.head()).startsWith("HTTP/1.1 40");
    }
  }

  @Test
  void plainHttpIsCountedApart() throws Exception {
    try (var server = echo().start(0);
        var peer = RawPeer.connect(server.port())) {
      for (int i = 0; i < 2; i++) {
        peer.write("GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n");
        assertThat(peer.head()).startsWith("HTTP/1.1 200");
        assertThat(peer.body(5)).isEqualTo("page\n");
      }
      var open = when(server, s -> s.http().begun() == 1);
      assertThat(open.http()).isEqualTo(new ServerStatistics.Connections(1, 1));
      assertThat(open.webSocket()).isEqualTo(new ServerStatistics.Connections(0, 0));
      peer.close();
      var ended = when(server, s -> s.http().open() == 0);
      assertThat(ended.http()).isEqualTo(new ServerStatistics.Connections(1, 0));
      assertThat(ended.refusals()).isEmpty();
    }
  }

  @Test
  void thoseTurnedAwayAreCounted() throws Exception {
    try (var server = echo().limits(Limits.defaults().maxConnections(1)).start(0);
        var first = RawPeer.open(server.port(), "/echo");
        var second = RawPeer.connect(server.port())) {
      assertThat(second.head()).startsWith("HTTP/1.1 503");
      first.write(RawPeer.text("still here"));
      assertThat(first.readText()).isEqualTo("still here");
      var statistics = when(server, s -> s.turnedAway() == 1);
      assertThat(statistics.turnedAway()).isEqualTo(1);
      assertThat(statistics.refusals()).isEqualTo(Map.of(503, 1L));
      assertThat(statistics.tcp()).isEqualTo(new ServerStatistics.Connections(1, 1));
    }
  }
}

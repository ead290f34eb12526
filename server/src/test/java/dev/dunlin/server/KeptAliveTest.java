package dev.dunlin.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.auth.AuthenticationException;
import dev.dunlin.auth.Identity;
import dev.dunlin.websocket.Limits;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** WebSocket on a connection that has carried plain HTTP before. */
class KeptAliveTest {

  private static final String PAGE = "GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n";

  private static String upgrade(String path) {
    return "GET "
        + path
        + " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
  }

  private static WebSocketServer.Builder server() {
    return WebSocketServer.builder()
        .route("/echo", ServerTest.ECHO)
        .http("/page", request -> HttpResponse.text(200, "page\n"));
  }

  private static void getPage(RawPeer peer) throws Exception {
    assertThat(peer.head()).startsWith("HTTP/1.1 200");
    assertThat(peer.body(5)).isEqualTo("page\n");
  }

  @ParameterizedTest
  @MethodSource("dev.dunlin.server.ServerTest#transports")
  void anUpgradeAfterPlainRequestsIsAnswered(Transport transport) throws Exception {
    try (var server = server().transport(transport).start(0);
        var peer = RawPeer.connect(server.port())) {
      for (int i = 0; i < 2; i++) {
        peer.write(PAGE);
        getPage(peer);
      }
      peer.write(upgrade("/echo"));
      assertThat(peer.head())
          .startsWith("HTTP/1.1 101")
          .containsIgnoringCase("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
      for (int i = 0; i < 3; i++) {
        peer.write(RawPeer.text("hello " + i));
        assertThat(peer.readText()).isEqualTo("hello " + i);
      }
      peer.write(RawPeer.close(1000));
      assertThat(peer.read().closeCode()).isEqualTo(1000);
      assertThat(peer.drain()).isZero();
      assertThat(server.statistics().http().begun()).isEqualTo(1);
      assertThat(server.statistics().webSocket().begun()).isEqualTo(1);
    }
  }

  @Test
  void anUpgradeRightBehindAPlainRequestWaitsForItsAnswer() throws Exception {
    try (var server = server().start(0);
        var peer = RawPeer.connect(server.port())) {
      peer.write(PAGE + upgrade("/echo"));
      getPage(peer);
      assertThat(peer.head()).startsWith("HTTP/1.1 101");
      peer.write(RawPeer.text("hello"));
      assertThat(peer.readText()).isEqualTo("hello");
    }
  }

  @Test
  void whatIsAskedDuringAStreamIsNotReadBeforeItsEnd() throws Exception {
    var streams = new LinkedBlockingQueue<HttpStream>();
    int size = 20_000_000;
    try (var server =
            server()
                .http("/events", request -> HttpResponse.stream(200, "text/plain", streams::add))
                .start(0);
        var peer = RawPeer.connect(server.port())) {
      peer.write("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
      assertThat(peer.head()).startsWith("HTTP/1.1 200");
      peer.write("POST /page HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + size + "\r\n\r\n");
      var sent = new CountDownLatch(1);
      Thread.ofVirtual()
          .start(() -> {
            try {
              peer.write(new byte[size]);
              sent.countDown();
            } catch (IOException e) {
              // the server has refused it meanwhile, and the test has ended
            }
          });
      // 20 MB do not fit in the kernel's buffers: the sender must be stuck
      assertThat(sent.await(300, TimeUnit.MILLISECONDS)).isFalse();
      streams.take().close();
      assertThat(peer.body(5)).isEqualTo("0\r\n\r\n");
      assertThat(peer.head()).startsWith("HTTP/1.1 413");
    }
  }

  @Test
  void whoDoesNotReadItsAnswerGetsNoOther() throws Exception {
    var asked = new AtomicInteger();
    var body = new byte[4_000_000];
    HttpHandler large =
        request -> {
          asked.incrementAndGet();
          return HttpResponse.of(200, "application/octet-stream", body);
        };
    try (var server = small().http("/large", large).start(0);
        var peer = RawPeer.connect(server.port(), 4096);
        var other = RawPeer.connect(server.port())) {
      peer.write("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(20));
      for (int i = 0; i < 20 || asked.get() == 0; i++) {
        other.write(PAGE);
        getPage(other);
      }
      assertThat(asked).hasValue(1);
      for (int i = 0; i < 20; i++) {
        assertThat(peer.head()).startsWith("HTTP/1.1 200");
        assertThat(peer.body(body.length).length()).isEqualTo(body.length);
      }
    }
  }

  @Test
  void anAnswerIsNotCutOffByTheTimeForTheNextRequest() throws Exception {
    var body = new byte[4_000_000];
    try (var server =
        small().http("/large", request -> HttpResponse.of(200, "text/plain", body)).start(0)) {
      for (var more : new String[] {"", "Connection: close\r\n"}) {
        try (var slow = RawPeer.connect(server.port(), 4096)) {
          slow.write("GET /large HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n");
          assertThat(slow.head()).startsWith("HTTP/1.1 200");
          try (var idle = RawPeer.connect(server.port())) { // its time begins here
            idle.write(PAGE);
            getPage(idle);
            assertThat(idle.drain()).as("its time is over").isZero();
          }
          assertThat(slow.body(body.length).length()).isEqualTo(body.length);
        }
      }
    }
  }

  /** One loop, little room in the kernel, and little time between requests. */
  private static WebSocketServer.Builder small() {
    return server()
        .loops(1)
        .limits(
            Limits.defaults()
                .sendBufferBytes(65_536)
                .requestHead(Duration.ofMillis(500))
                .closeHandshake(Duration.ofMillis(500)));
  }

  @Test
  void aHandlerWithoutAnAnswerIsAnInternalError() throws Exception {
    try (var server = server().http("/nothing", KeptAliveTest::nothing).start(0);
        var peer = RawPeer.connect(server.port())) {
      peer.write("GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n");
      assertThat(peer.head()).startsWith("HTTP/1.1 500");
    }
  }

  @SuppressWarnings("NullAway") // what a careless application does
  private static HttpResponse nothing(HttpRequest request) {
    return null;
  }

  @Test
  void aRefusedUpgradeSaysWhy() throws Exception {
    try (var server =
        server()
            .route(
                Route.at("/closed")
                    .authenticate(credentials ->
                        CompletableFuture.<Identity>failedStage(
                            new AuthenticationException(
                                AuthenticationException.Reason.INVALID, "no"))),
                ServerTest.ECHO)
            .start(0)) {
      for (var each : new String[][] {{"/closed", "401"}, {"/nowhere", "404"}}) {
        try (var peer = RawPeer.connect(server.port())) {
          peer.write(PAGE);
          getPage(peer);
          peer.write(upgrade(each[0]));
          assertThat(peer.head()).startsWith("HTTP/1.1 " + each[1]);
        }
      }
    }
  }
}

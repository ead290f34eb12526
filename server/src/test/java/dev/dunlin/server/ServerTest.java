package dev.dunlin.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunlin.websocket.Binary;
import dev.dunlin.websocket.CloseCode;
import dev.dunlin.websocket.Closed;
import dev.dunlin.websocket.Control;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.Message;
import dev.dunlin.websocket.Text;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.uring.IoUring;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ServerTest {

  static final Endpoint ECHO =
      session ->
          message -> {
            switch (message) {
              case Text text -> session.send(text);
              case Binary binary -> session.send(binary);
              case Control control -> {}
            }
          };

  static Stream<Transport> transports() {
    var all = new ArrayList<>(List.of(Transport.NIO));
    if (Epoll.isAvailable()) {
      all.add(Transport.EPOLL);
    }
    if (IoUring.isAvailable()) {
      all.add(Transport.IO_URING);
    }
    return all.stream();
  }

  static URI uri(WebSocketServer server, String path) {
    return URI.create("ws://127.0.0.1:" + server.port() + path);
  }

  static Endpoint collect(LinkedBlockingQueue<Message> into) {
    return session -> message -> into.add(message instanceof Data data ? data.copy() : message);
  }

  private static <T> T soon(CompletableFuture<T> future) throws Exception {
    return future.get(20, TimeUnit.SECONDS);
  }

  @ParameterizedTest
  @MethodSource("transports")
  void everySizeComesBackUnchanged(Transport transport) throws Exception {
    var limits = Limits.defaults().maxMessageBytes(8 << 20).outboundBytes(16 << 20);
    try (var server =
            WebSocketServer.builder()
                .transport(transport)
                .limits(limits)
                .route(Route.at("/inline").dispatch(Dispatch.INLINE), ECHO)
                .route("/virtual", ECHO)
                .start(0);
        var client = WebSocketClient.builder().transport(transport).limits(limits).build()) {
      for (var path : List.of("/inline", "/virtual")) {
        var answers = new LinkedBlockingQueue<Message>();
        var session = client.connect(uri(server, path), collect(answers));
        for (int size : new int[] {0, 1, 125, 126, 65_535, 65_536, 300_000, 5_000_000}) {
          var bytes = new byte[size];
          for (int i = 0; i < size; i++) {
            bytes[i] = (byte) (i * 31 + (i >> 9));
          }
          session.send(Binary.of(bytes));
          var answer = (Binary) answers.poll(20, TimeUnit.SECONDS);
          assertThat(answer.toByteArray()).isEqualTo(bytes);
        }
        assertThat(session.extensions()).startsWith("permessage-deflate");
        session.close();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("transports")
  void aBurstComesBackInOrder(Transport transport) throws Exception {
    try (var server =
            WebSocketServer.builder()
                .transport(transport)
                .route(Route.at("/inline").dispatch(Dispatch.INLINE), ECHO)
                .route("/virtual", ECHO)
                .start(0);
        var client = WebSocketClient.builder().transport(transport).build()) {
      for (var path : List.of("/inline", "/virtual")) {
        var answers = new LinkedBlockingQueue<Message>();
        var session = client.connect(uri(server, path), collect(answers));
        for (int i = 0; i < 5_000; i++) {
          session.send(Text.of("message " + i));
        }
        for (int i = 0; i < 5_000; i++) {
          assertThat(((Text) answers.poll(20, TimeUnit.SECONDS)).value()).isEqualTo("message " + i);
        }
      }
    }
  }

  @Test
  void theServerEndsTheTransportAfterBothCloses() throws Exception {
    try (var server = WebSocketServer.builder().route("/", ECHO).start(0);
        var peer = RawPeer.open(server.port(), "/")) {
      peer.write(RawPeer.close(1000));
      assertThat(peer.read().closeCode()).isEqualTo(1000);
      assertThat(peer.drain()).isZero();
    }
  }

  @Test
  void aViolationsCloseArrivesThoughThePeerKeepsSending() throws Exception {
    try (var server = WebSocketServer.builder().route("/", ECHO).start(0);
        var peer = RawPeer.open(server.port(), "/")) {
      peer.write(new byte[] {(byte) 0x83, (byte) 0x80, 0, 0, 0, 0});
      peer.write(new byte[200_000]);
      assertThat(peer.read().closeCode()).isEqualTo(1002);
      assertThat(peer.drain()).isZero();
    }
  }

  @Test
  void anEndpointThatFailsToOpenClosesWith1011() throws Exception {
    Endpoint failing =
        session -> {
          throw new IOException("no");
        };
    try (var server = WebSocketServer.builder().route("/", failing).start(0);
        var peer = RawPeer.open(server.port(), "/")) {
      assertThat(peer.read().closeCode()).isEqualTo(1011);
    }
  }

  @Test
  void theEndTellsTheWholeStoryOnce() throws Exception {
    var story = new CompletableFuture<Closed>();
    Endpoint endpoint =
        session -> {
          session.onClose(story::complete);
          return message -> {};
        };
    try (var server = WebSocketServer.builder().route("/", endpoint).start(0)) {
      try (var peer = RawPeer.open(server.port(), "/")) {
        peer.write(RawPeer.close(3001));
        peer.read();
      }
      var closed = soon(story);
      assertThat(closed.clean()).isTrue();
      assertThat(closed.code()).isEqualTo(CloseCode.of(3001));
      assertThat(closed.cause()).isEqualTo(Closed.Cause.PEER);
    }
  }

  @Test
  void aPeerThatVanishesIs1006() throws Exception {
    var story = new CompletableFuture<Closed>();
    Endpoint endpoint =
        session -> {
          session.onClose(story::complete);
          return message -> {};
        };
    try (var server = WebSocketServer.builder().route("/", endpoint).start(0)) {
      RawPeer.open(server.port(), "/").close();
      assertThat(soon(story).code()).isEqualTo(CloseCode.ABNORMAL);
    }
  }

  @Test
  void sendOnAClosedSessionThrows() throws Exception {
    var opened = new CompletableFuture<Session>();
    var ended = new CountDownLatch(1);
    Endpoint endpoint =
        session -> {
          opened.complete(session);
          session.onClose(closed -> ended.countDown());
          return message -> {};
        };
    try (var server = WebSocketServer.builder().route("/", endpoint).start(0)) {
      RawPeer.open(server.port(), "/").close();
      var session = soon(opened);
      assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
      assertThatThrownBy(() -> session.send(Text.of("late")))
          .isInstanceOf(SessionClosedException.class);
      assertThat(session.trySend(Text.of("late"))).isFalse();
      assertThat(session.open()).isFalse();
    }
  }

  @Test
  void aPathLeadsToItsRouteWithItsVariables() throws Exception {
    Endpoint endpoint =
        session -> {
          session.send(Text.of(session.path("room") + " " + session.query("as").orElse("?")));
          return message -> {};
        };
    try (var server = WebSocketServer.builder().route("/chat/{room}", endpoint).start(0);
        var peer = RawPeer.open(server.port(), "/chat/blue%20one?as=me")) {
      assertThat(peer.readText()).isEqualTo("blue one me");
    }
  }

  @Test
  void anUnknownPathIs404() throws Exception {
    try (var server = WebSocketServer.builder().route("/echo", ECHO).start(0);
        var peer = RawPeer.connect(server.port())) {
      peer.write(
          "GET /nothing HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
              + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
      assertThat(peer.head()).startsWith("HTTP/1.1 404 ");
    }
  }

  @Test
  void aHeadThatDoesNotArriveIs408() throws Exception {
    try (var server =
            WebSocketServer.builder()
                .limits(Limits.defaults().requestHead(Duration.ofMillis(200)))
                .route("/", ECHO)
                .start(0);
        var peer = RawPeer.connect(server.port())) {
      peer.write("GET / HT");
      assertThat(peer.head()).startsWith("HTTP/1.1 408 ");
    }
  }

  @Test
  void connectionsBeyondTheLimitHear503() throws Exception {
    try (var server =
            WebSocketServer.builder()
                .limits(Limits.defaults().maxConnections(1))
                .route("/", ECHO)
                .start(0);
        var first = RawPeer.open(server.port(), "/");
        var second = RawPeer.connect(server.port())) {
      assertThat(second.head()).startsWith("HTTP/1.1 503 ").contains("Retry-After: ");
      first.write(RawPeer.text("mine"));
      assertThat(first.readText()).isEqualTo("mine");
    }
  }

  @Test
  void aSilentPeerIsPingedAndThenClosed() throws Exception {
    var limits =
        Limits.defaults().pingInterval(Duration.ofMillis(100)).pongWait(Duration.ofMillis(200));
    try (var server = WebSocketServer.builder().limits(limits).route("/", ECHO).start(0);
        var peer = RawPeer.open(server.port(), "/")) {
      assertThat(peer.read().opcode()).isEqualTo(9);
      var next = peer.read();
      assertThat(next.opcode()).isEqualTo(8);
      assertThat(next.closeCode()).isEqualTo(1008);
    }
  }

  @Test
  void drainingClosesEverySessionWith1001() throws Exception {
    var server = WebSocketServer.builder().route("/", ECHO).start(0);
    try (var one = RawPeer.open(server.port(), "/");
        var two = RawPeer.open(server.port(), "/")) {
      var drained = server.drain(Duration.ofMillis(300), Duration.ofSeconds(20));
      for (var peer : List.of(one, two)) {
        assertThat(peer.read().closeCode()).isEqualTo(1001);
        peer.write(RawPeer.close(1001));
      }
      soon(drained.toCompletableFuture());
      assertThat(server.connections()).isZero();
      assertThatThrownBy(() -> RawPeer.open(server.port(), "/")).isInstanceOf(IOException.class);
    } finally {
      server.close();
    }
  }

  @Test
  void aRouteMayPartWithACodeOfItsOwn() throws Exception {
    var route = Route.at("/").farewell(CloseCode.of(3001), "shutdown");
    var server = WebSocketServer.builder().route(route, ECHO).start(0);
    try (var peer = RawPeer.open(server.port(), "/")) {
      var drained = server.drain(Duration.ZERO, Duration.ofSeconds(20));
      assertThat(peer.read().closeCode()).isEqualTo(3001);
      peer.write(RawPeer.close(3001));
      soon(drained.toCompletableFuture());
    } finally {
      server.close();
    }
    assertThatThrownBy(() -> Route.at("/").farewell(CloseCode.of(1006), ""))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void drainingEndsAtItsLimitWhateverPeersDo() throws Exception {
    var server = WebSocketServer.builder().route("/", ECHO).start(0);
    try (var deaf = RawPeer.open(server.port(), "/")) {
      soon(server.drain(Duration.ZERO, Duration.ofMillis(200)).toCompletableFuture());
      assertThat(server.connections()).isZero();
    } finally {
      server.close();
    }
  }

  @Test
  void plainHttpIsAnsweredOnTheSamePort() throws Exception {
    try (var server =
            WebSocketServer.builder()
                .route("/echo", ECHO)
                .http(
                    "/greet/{name}",
                    request ->
                        HttpResponse.text(
                            200,
                            request.method()
                                + " "
                                + request.path("name")
                                + " "
                                + new String(request.body(), StandardCharsets.UTF_8)))
                .start(0);
        var peer = RawPeer.connect(server.port())) {
      for (int i = 0; i < 2; i++) { // the connection is kept alive
        peer.write("POST /greet/you HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
        assertThat(peer.head()).startsWith("HTTP/1.1 200 ");
        assertThat(peer.body(14)).isEqualTo("POST you hello");
      }
      peer.write("GET /none HTTP/1.1\r\nHost: a\r\n\r\nGET /none HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(peer.head()).startsWith("HTTP/1.1 404 ");
      peer.body(16);
      assertThat(peer.head()).startsWith("HTTP/1.1 404 ");
    }
  }

  @Test
  void anHttpHandlerThatOutlivesItsServerEndsInPeace() throws Exception {
    var working = new CompletableFuture<Thread>();
    var stopped = new CountDownLatch(1);
    var uncaught = new LinkedBlockingQueue<Throwable>();
    try (var server =
            WebSocketServer.builder()
                .http(
                    "/",
                    request -> {
                      Thread.currentThread().setUncaughtExceptionHandler((t, e) -> uncaught.add(e));
                      working.complete(Thread.currentThread());
                      stopped.await();
                      return HttpResponse.of(204);
                    })
                .start(0);
        var peer = RawPeer.connect(server.port())) {
      peer.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
      working.get(20, TimeUnit.SECONDS);
      server.drain(Duration.ZERO, Duration.ZERO).toCompletableFuture().get(20, TimeUnit.SECONDS);
    }
    stopped.countDown();
    assertThat(working.join().join(Duration.ofSeconds(20))).isTrue();
    assertThat(uncaught).isEmpty();
  }

  /** More of them than a handler that lags may have in hand. */
  @ParameterizedTest
  @MethodSource("transports")
  void whatAPeerSentBeforeItWentIsHandledFirst(Transport transport) throws Exception {
    var go = new CountDownLatch(1);
    var handled = new LinkedBlockingQueue<String>();
    Endpoint slow =
        session -> {
          session.onClose(closed -> handled.add("closed " + closed.received().isPresent()));
          return message -> {
            go.await();
            if (message instanceof Text text) {
              handled.add(text.value());
              session.trySend(text);
            }
          };
        };
    try (var server =
            WebSocketServer.builder().transport(transport).loops(1).route("/", slow).start(0);
        var other = RawPeer.open(server.port(), "/");
        var peer = RawPeer.open(server.port(), "/")) {
      var all = new ByteArrayOutputStream();
      for (int i = 0; i < 1000; i++) {
        all.write(RawPeer.text("" + i));
      }
      peer.write(all.toByteArray());
      peer.socket.shutdownOutput();
      other.write(
          RawPeer.frame(
              0x89, new byte[0])); // read later by the one loop, which has seen the end by then
      other.read();
      go.countDown();
      for (int i = 0; i < 1000; i++) {
        assertThat(handled.poll(20, TimeUnit.SECONDS)).isEqualTo("" + i);
        assertThat(peer.readText()).isEqualTo("" + i);
      }
      assertThat(handled.poll(20, TimeUnit.SECONDS)).isEqualTo("closed false");
      assertThat(peer.drain()).isZero();
    }
  }

  /** A peer that ends its side of TCP with its close frame still hears what was said to it. */
  @ParameterizedTest
  @MethodSource("transports")
  void aPeerThatEndsItsSideGetsItsAnswersAndTheClose(Transport transport) throws Exception {
    var go = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    var ended = new CompletableFuture<Closed>();
    Endpoint slow =
        session -> {
          session.onClose(ended::complete);
          return message -> {
            go.await();
            if (message instanceof Text text) {
              if (text.value().equals("199")) {
                goOn.await();
              }
              session.trySend(text);
            }
          };
        };
    try (var server =
            WebSocketServer.builder().transport(transport).loops(1).route("/", slow).start(0);
        var other = RawPeer.open(server.port(), "/");
        var peer = RawPeer.open(server.port(), "/")) {
      for (int i = 0; i < 200; i++) {
        peer.write(RawPeer.text("" + i));
      }
      peer.write(RawPeer.close(1000));
      peer.socket.shutdownOutput();
      other.write(RawPeer.frame(0x89, new byte[0]));
      other.read();
      go.countDown();
      for (int i = 0; i < 199; i++) {
        assertThat(peer.readText()).isEqualTo("" + i);
      }
      other.write(RawPeer.frame(0x89, new byte[0])); // all is read by now, the end of it too
      other.read();
      goOn.countDown();
      assertThat(peer.readText()).isEqualTo("199");
      assertThat(peer.read().closeCode()).isEqualTo(1000);
      assertThat(peer.drain()).isZero();
      assertThat(ended.get(20, TimeUnit.SECONDS).received()).isPresent();
    }
  }

  @Test
  void anEndpointWithoutAHandlerIs1011() throws Exception {
    try (var server = WebSocketServer.builder().route("/", session -> null).start(0);
        var peer = RawPeer.open(server.port(), "/")) {
      assertThat(peer.read().closeCode()).isEqualTo(1011);
    }
  }

  @Test
  void closingTwiceOrBySeveralThreadsIsClosingOnce() throws Exception {
    var server = WebSocketServer.builder().route("/echo", ECHO).start(0);
    var client = WebSocketClient.builder().build();
    var session = client.connect(URI.create("ws://localhost:" + server.port() + "/echo"), ECHO);
    var others = new ArrayList<CompletableFuture<Void>>();
    for (int i = 0; i < 4; i++) {
      others.add(CompletableFuture.runAsync(server::close, Thread::startVirtualThread));
      others.add(CompletableFuture.runAsync(client::close, Thread::startVirtualThread));
    }
    for (var other : others) {
      other.get(20, TimeUnit.SECONDS);
    }
    server.close();
    client.close();
    assertThat(session.open()).isFalse();
  }

  @Test
  void aBodyOverTheLimitIs413() throws Exception {
    try (var server =
            WebSocketServer.builder()
                .limits(Limits.defaults().maxRequestBodyBytes(4))
                .http("/", request -> HttpResponse.of(204))
                .start(0);
        var peer = RawPeer.connect(server.port())) {
      peer.write("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
      assertThat(peer.head()).startsWith("HTTP/1.1 413 ");
    }
  }

  @Test
  void aBodyCanBeWrittenOverTime() throws Exception {
    var ended = new CountDownLatch(1);
    try (var server =
            WebSocketServer.builder()
                .http(
                    "/events",
                    request ->
                        HttpResponse.stream(
                            200,
                            "text/event-stream",
                            stream -> {
                              stream.onClose(ended::countDown);
                              stream.write(ByteBuffer.wrap("data: 1\n\n".getBytes()));
                              stream.write(ByteBuffer.wrap("data: 2\n\n".getBytes()));
                            }))
                .start(0);
        var peer = RawPeer.connect(server.port())) {
      peer.write("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(peer.head()).contains("text/event-stream");
      assertThat(peer.body(28)).isEqualTo("9\r\ndata: 1\n\n\r\n9\r\ndata: 2\n\n\r\n");
      peer.socket.close();
      assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void aHandlerThatLagsStopsTheReading() throws Exception {
    var go = new CountDownLatch(1);
    var handled = new LinkedBlockingQueue<Integer>();
    Endpoint slow =
        session ->
            message -> {
              go.await();
              if (message instanceof Data data) {
                handled.add(data.size());
              }
            };
    try (var server =
            WebSocketServer.builder()
                .limits(Limits.defaults().inboundMessages(4))
                .route("/", slow)
                .start(0);
        var peer = RawPeer.open(server.port(), "/", 4096)) {
      var sent = new CountDownLatch(1);
      var frame = RawPeer.frame(0x82, new byte[50_000]);
      Thread.ofVirtual()
          .start(() -> {
            try {
              for (int i = 0; i < 400; i++) {
                peer.write(frame);
              }
              sent.countDown();
            } catch (IOException e) {
              // the test has ended
            }
          });
      // 20 MB do not fit in the kernel's buffers: the sender must be stuck
      assertThat(sent.await(500, TimeUnit.MILLISECONDS)).isFalse();
      go.countDown();
      assertThat(sent.await(20, TimeUnit.SECONDS)).isTrue();
      for (int i = 0; i < 400; i++) {
        assertThat(handled.poll(20, TimeUnit.SECONDS)).isEqualTo(50_000);
      }
    }
  }

  @Test
  void aHandlerThatNeverEndsIsInterruptedAndClosesWith1011() throws Exception {
    var interrupted = new CountDownLatch(1);
    Endpoint stuck =
        session ->
            message -> {
              try {
                new CountDownLatch(1).await();
              } catch (InterruptedException e) {
                interrupted.countDown();
              }
            };
    var limits = Limits.defaults().inboundMessages(1).handler(Duration.ofMillis(300));
    try (var server = WebSocketServer.builder().limits(limits).route("/", stuck).start(0);
        var peer = RawPeer.open(server.port(), "/")) {
      peer.write(RawPeer.text("go"));
      assertThat(peer.read().closeCode()).isEqualTo(1011);
      assertThat(interrupted.await(20, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void aPeerThatDoesNotReadIsClosedWith1013AndNobodyWaits() throws Exception {
    var sessions = new LinkedBlockingQueue<Session>();
    var stories = new LinkedBlockingQueue<Closed>();
    Endpoint endpoint =
        session -> {
          session.onClose(stories::add);
          sessions.add(session);
          return message -> {
            if (message instanceof Text text) {
              session.send(text);
            }
          };
        };
    var limits =
        Limits.defaults()
            .outboundBytes(100_000)
            .sendBufferBytes(16 << 10)
            .closeHandshake(Duration.ofMillis(300));
    int slow = 50;
    try (var server = WebSocketServer.builder().limits(limits).route("/", endpoint).start(0);
        var good = RawPeer.open(server.port(), "/")) {
      sessions.poll(20, TimeUnit.SECONDS);
      var deaf = new ArrayList<RawPeer>();
      for (int i = 0; i < slow; i++) {
        deaf.add(RawPeer.open(server.port(), "/", 4096));
      }
      var message = Binary.of(new byte[10_000]);
      for (int i = 0; i < slow; i++) {
        var session = sessions.poll(20, TimeUnit.SECONDS);
        int accepted = 0;
        while (session.trySend(message)) {
          assertThat(++accepted).isLessThan(2_000);
        }
      }
      for (int i = 0; i < slow; i++) {
        var closed = stories.poll(20, TimeUnit.SECONDS);
        assertThat(closed.sent().orElseThrow().code()).isEqualTo(CloseCode.TRY_AGAIN_LATER);
      }
      good.write(RawPeer.text("fine"));
      assertThat(good.readText()).isEqualTo("fine");
      for (var peer : deaf) {
        peer.close();
      }
    }
  }

  @Test
  void aWaitingSendGoesOnWhenThePeerReads() throws Exception {
    var limits = Limits.defaults().outboundBytes(50_000).sendBufferBytes(16 << 10);
    Endpoint endpoint =
        session ->
            message -> {
              for (int i = 0; i < 300; i++) {
                session.send(Binary.of(new byte[20_000]));
              }
            };
    try (var server = WebSocketServer.builder().limits(limits).route("/", endpoint).start(0);
        var peer = RawPeer.open(server.port(), "/", 4096)) {
      peer.write(RawPeer.text("go"));
      for (int i = 0; i < 300; i++) {
        assertThat(peer.read().payload()).hasSize(20_000);
      }
    }
  }

  @Test
  void aPongPassesALargeMessage() throws Exception {
    Endpoint endpoint =
        session ->
            message -> {
              if (message instanceof Text) {
                session.send(Binary.of(new byte[4 << 20]));
              }
            };
    var limits = Limits.defaults().outboundBytes(8 << 20).sendBufferBytes(16 << 10);
    try (var server = WebSocketServer.builder().limits(limits).route("/", endpoint).start(0);
        var peer = RawPeer.open(server.port(), "/", 4096)) {
      peer.write(RawPeer.text("go"));
      int before = peer.read().payload().length;
      peer.write(RawPeer.frame(0x89, "now".getBytes(StandardCharsets.UTF_8)));
      boolean ponged = false;
      while (before < 4 << 20) {
        var frame = peer.read();
        ponged |= frame.opcode() == 10;
        before += frame.opcode() == 10 ? 0 : frame.payload().length;
      }
      assertThat(ponged).isTrue();
    }
  }

  @Test
  void aMessageCanBeSentWhileItIsProduced() throws Exception {
    Endpoint endpoint =
        session ->
            message -> {
              try (var out = session.stream(true)) {
                session.send(Text.of("after"));
                for (int i = 0; i < 10_000; i++) {
                  out.write("0123456789".getBytes(StandardCharsets.UTF_8));
                }
              }
            };
    try (var server = WebSocketServer.builder().route("/", endpoint).start(0);
        var client = WebSocketClient.builder().build()) {
      var answers = new LinkedBlockingQueue<Message>();
      var session = client.connect(uri(server, "/"), collect(answers));
      session.send(Text.of("go"));
      assertThat(((Text) answers.poll(20, TimeUnit.SECONDS)).size()).isEqualTo(100_000);
      assertThat(answers.poll(20, TimeUnit.SECONDS)).isEqualTo(Text.of("after"));
    }
  }

  @Test
  void aMessageTooLargeToHoldIsReadWhileItArrives() throws Exception {
    var sums = new LinkedBlockingQueue<String>();
    var go = new CountDownLatch(1);
    var endpoint =
        Endpoint.streaming(session ->
            message -> {
              go.await();
              long sum = 0;
              long size = 0;
              for (int octet; (octet = message.input().read()) >= 0; size++) {
                sum += octet;
              }
              sums.add(message.text() + " " + size + " " + sum);
            });
    var limits = Limits.defaults().maxMessageBytes(64 << 20);
    try (var server = WebSocketServer.builder().limits(limits).route("/", endpoint).start(0);
        var peer = RawPeer.open(server.port(), "/", 4096)) {
      var bytes = new byte[16 << 20];
      java.util.Arrays.fill(bytes, (byte) 3);
      var frame = RawPeer.frame(0x82, bytes);
      var sent = new CountDownLatch(1);
      Thread.ofVirtual()
          .start(() -> {
            try {
              peer.write(frame);
              peer.write(RawPeer.text("end"));
              sent.countDown();
            } catch (IOException e) {
              // the test has ended
            }
          });
      // nobody reads: the sender gets stuck long before the end of the message
      assertThat(sent.await(300, TimeUnit.MILLISECONDS)).isFalse();
      go.countDown();
      assertThat(sums.poll(20, TimeUnit.SECONDS)).isEqualTo("false 16777216 50331648");
      assertThat(sums.poll(20, TimeUnit.SECONDS)).isEqualTo("true 3 311");
    }
  }

  @Test
  void aStreamThatBreaksOffThrowsInTheReader() throws Exception {
    var failure = new CompletableFuture<String>();
    var endpoint =
        Endpoint.streaming(session ->
            message -> {
              try {
                message.input().readAllBytes();
              } catch (IOException e) {
                failure.complete(e.getMessage());
                throw e;
              }
            });
    try (var server = WebSocketServer.builder().route("/", endpoint).start(0)) {
      try (var peer = RawPeer.open(server.port(), "/")) {
        peer.write(RawPeer.frame(0x02, new byte[100]));
      }
      assertThat(soon(failure)).isEqualTo("the connection ended inside the message");
    }
  }

  @Test
  void sessionsOfOneLoopHaveOneLane() throws Exception {
    var sessions = new LinkedBlockingQueue<Session>();
    Endpoint endpoint =
        session -> {
          sessions.add(session);
          return message -> {};
        };
    try (var server = WebSocketServer.builder().loops(1).route("/", endpoint).start(0);
        var one = RawPeer.open(server.port(), "/");
        var two = RawPeer.open(server.port(), "/")) {
      var first = sessions.poll(20, TimeUnit.SECONDS);
      var second = sessions.poll(20, TimeUnit.SECONDS);
      assertThat(first.lane()).isSameAs(second.lane());
      var name = new CompletableFuture<String>();
      first.lane().execute(() -> name.complete(Thread.currentThread().getName()));
      assertThat(soon(name)).startsWith("dunlin-loop-");
    }
  }

  @Test
  void theLibrarysOwnClientSeesTheServersRefusal() throws Exception {
    try (var server = WebSocketServer.builder().route("/echo", ECHO).start(0);
        var client = WebSocketClient.builder().build()) {
      assertThatThrownBy(() -> client.connect(uri(server, "/other"), ECHO))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("404");
    }
  }
}

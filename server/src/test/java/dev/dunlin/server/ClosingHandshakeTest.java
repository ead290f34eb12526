package dev.dunlin.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.websocket.Binary;
import dev.dunlin.websocket.CloseCode;
import dev.dunlin.websocket.Closed;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.Text;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The end of a connection (RFC 6455, 5.5.1 and 7), with peers on sockets that do it wrong. */
class ClosingHandshakeTest {

  private static final Limits SOON = Limits.defaults().closeHandshake(Duration.ofMillis(300));

  private final CompletableFuture<Closed> story = new CompletableFuture<>();
  private final AtomicInteger handled = new AtomicInteger();

  /** Closes with 4001 when told to. */
  private final Endpoint closing =
      session -> {
        session.onClose(story::complete);
        return message -> {
          handled.incrementAndGet();
          if (message instanceof Text) {
            session.close(CloseCode.of(4001), "bye");
          }
        };
      };

  private final WebSocketServer server =
      WebSocketServer.builder()
          .limits(SOON)
          .route(Route.at("/").dispatch(Dispatch.INLINE), closing)
          .start(0);

  @AfterEach
  void stop() {
    server.close();
  }

  private Closed story() throws Exception {
    return story.get(20, TimeUnit.SECONDS);
  }

  private void expectTimeout() throws Exception {
    assertThat(story().cause()).isEqualTo(Closed.Cause.TIMEOUT);
    assertThat(story().sent().orElseThrow().code().value()).isEqualTo(4001);
    assertThat(story().code()).isEqualTo(CloseCode.ABNORMAL);
    assertThat(story().clean()).isFalse();
  }

  @Test
  void aClientThatNeverAnswersOurCloseIsCutOff() throws Exception {
    try (var peer = RawPeer.open(server.port(), "/")) {
      peer.write(RawPeer.text("close"));
      assertThat(peer.read().closeCode()).isEqualTo(4001);
      assertThat(peer.drain()).isZero();
      expectTimeout();
    }
  }

  @Test
  void aClientThatKeepsSendingAfterOurCloseIsNotHeardAndCutOff() throws Exception {
    try (var peer = RawPeer.open(server.port(), "/")) {
      peer.write(RawPeer.text("close"));
      assertThat(peer.read().closeCode()).isEqualTo(4001);
      for (int i = 0; i < 100; i++) {
        peer.write(RawPeer.text("more"));
      }
      peer.write(RawPeer.frame(0x89, new byte[4]));
      assertThat(peer.drain()).as("no pong, no second close").isZero();
      expectTimeout();
      assertThat(handled).hasValue(1);
    }
  }

  @Test
  void bothSidesMayCloseAtOnce() throws Exception {
    try (var peer = RawPeer.open(server.port(), "/")) {
      var both = new java.io.ByteArrayOutputStream();
      both.writeBytes(RawPeer.text("close"));
      both.writeBytes(RawPeer.close(1000)); // before ours has arrived
      peer.write(both.toByteArray());
      assertThat(peer.read().closeCode()).isEqualTo(4001);
      assertThat(peer.drain()).as("one close frame from each side").isZero();
      assertThat(story().clean()).isTrue();
      assertThat(story().cause()).isEqualTo(Closed.Cause.LOCAL);
      assertThat(story().code()).isEqualTo(CloseCode.NORMAL);
    }
  }

  @Test
  void theEndOfTcpWithoutACloseIs1006AndGetsNone() throws Exception {
    try (var peer = RawPeer.open(server.port(), "/")) {
      peer.socket.shutdownOutput();
      assertThat(peer.drain()).isZero();
      expectLost();
    }
  }

  @Test
  void aResetIs1006() throws Exception {
    try (var peer = RawPeer.open(server.port(), "/")) {
      peer.socket.setSoLinger(true, 0);
    }
    expectLost();
  }

  private void expectLost() throws Exception {
    assertThat(story().cause()).isEqualTo(Closed.Cause.LOST);
    assertThat(story().code()).isEqualTo(CloseCode.ABNORMAL);
    assertThat(story().sent()).isEmpty();
    assertThat(story().received()).isEmpty();
  }

  @Test
  void aCloseDuringALargeMessageIsAnsweredBehindIt() throws Exception {
    int size = 4 << 20;
    Endpoint sender =
        session -> {
          session.onClose(story::complete);
          session.send(Binary.of(new byte[size]));
          return message -> {};
        };
    try (var large =
            WebSocketServer.builder()
                .limits(Limits.defaults().outboundBytes(2 * size))
                .route("/", sender)
                .start(0);
        var peer = RawPeer.open(large.port(), "/", 4096)) {
      peer.write(RawPeer.close(1000));
      int received = 0;
      var frame = peer.read();
      for (; frame.opcode() != 8; frame = peer.read()) {
        received += frame.payload().length;
      }
      assertThat(received).isEqualTo(size);
      assertThat(frame.closeCode()).isEqualTo(1000);
      assertThat(peer.drain()).isZero();
      assertThat(story().clean()).isTrue();
    }
  }
}

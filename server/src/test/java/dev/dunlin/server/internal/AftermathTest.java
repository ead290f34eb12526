package dev.dunlin.server.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.auth.Identity;
import dev.dunlin.server.Dispatch;
import dev.dunlin.server.Endpoint;
import dev.dunlin.server.Overflow;
import dev.dunlin.websocket.Batching;
import dev.dunlin.websocket.Binary;
import dev.dunlin.websocket.Closed;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.Role;
import dev.dunlin.websocket.Text;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What a failure, a stop or an end leaves behind for others: nothing. */
class AftermathTest {

  private static final Endpoint SILENT = session -> message -> {};

  private final MemoryLane lane = new MemoryLane();

  private Conversation open(Endpoint endpoint, Dispatch dispatch, Limits limits, MemoryWire wire) {
    var terms = new Terms(endpoint, dispatch, limits, Overflow.CLOSE, Budget.ofHeap());
    var agreement = new Agreement(Role.SERVER, null, Map.of(), Identity.anonymous(), "", null);
    var conversation = new Conversation(lane, wire, terms, agreement);
    conversation.open(ByteBuffer.allocate(0));
    return conversation;
  }

  private static ByteBuffer texts(int count) {
    var out = new ByteArrayOutputStream();
    for (int i = 0; i < count; i++) {
      out.writeBytes(new byte[] {(byte) 0x81, (byte) 0x81, 0, 0, 0, 0, 'm'});
    }
    return ByteBuffer.wrap(out.toByteArray());
  }

  @Test
  void whatAFailureLeavesInABatchReachesNobodyElse() {
    Endpoint batching =
        session -> {
          session.batching(Batching.defaults().maxBytes(60_000));
          return message -> {};
        };
    var brokenWire = new MemoryWire();
    var wire = new MemoryWire();
    var broken = open(batching, Dispatch.INLINE, Limits.defaults(), brokenWire);
    var other = open(batching, Dispatch.INLINE, Limits.defaults(), wire);
    brokenWire.failing = true;
    // the first fills the outgoing buffer, so that the second is written while it is sent
    broken.trySend(Binary.of(new byte[50_000]));
    broken.trySend(Binary.of("secret".repeat(5_000).getBytes(StandardCharsets.US_ASCII)));
    other.trySend(Text.of("harmless"));
    other.trySend(Text.of("too"));
    lane.turn();
    assertThat(broken.open()).isFalse();
    assertThat(wire.written.toString(StandardCharsets.ISO_8859_1))
        .contains("harmless")
        .contains("too")
        .doesNotContain("secret");
  }

  @Test
  void aHandlerThatOutlivesItsServerStillHearsOfTheEnd() throws Exception {
    var working = new CountDownLatch(1);
    var mayGoOn = new CountDownLatch(1);
    var told = new CountDownLatch(1);
    var conversation =
        open(
            session -> {
              session.onClose(closed -> told.countDown());
              return message -> {
                working.countDown();
                await(mayGoOn);
              };
            },
            Dispatch.VIRTUAL,
            Limits.defaults().inboundMessages(2),
            new MemoryWire());
    conversation.receive(texts(2)); // so many that reading pauses
    conversation.received();
    assertThat(working.await(10, TimeUnit.SECONDS)).isTrue();
    conversation.lost("the server has stopped");
    lane.over = true;
    mayGoOn.countDown();
    assertThat(told.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void theEndIsToldWithoutTheInterruptOfAHandlerThatTookTooLong() throws Exception {
    var working = new CountDownLatch(1);
    var interrupted = new CompletableFuture<Boolean>();
    var limits = Limits.defaults().inboundMessages(1).handler(Duration.ofSeconds(1));
    var conversation =
        open(
            session -> {
              session.onClose(
                  closed -> interrupted.complete(Thread.currentThread().isInterrupted()));
              return message -> {
                working.countDown();
                while (!Thread.currentThread().isInterrupted()) {
                  Thread.onSpinWait(); // and leaves it set, as careful code does
                }
              };
            },
            Dispatch.VIRTUAL,
            limits,
            new MemoryWire());
    conversation.receive(texts(1));
    conversation.received();
    assertThat(working.await(10, TimeUnit.SECONDS)).isTrue();
    lane.pass(Duration.ofSeconds(2).toNanos());
    conversation.lost("gone");
    assertThat(interrupted.get(10, TimeUnit.SECONDS)).isFalse();
  }

  @Test
  void theEndOfThePeersSideDoesNotOvertakeTheAnswerToItsClose() throws Exception {
    var working = new CountDownLatch(1);
    var mayGoOn = new CountDownLatch(1);
    var wire = new MemoryWire();
    var conversation =
        open(
            session ->
                message -> {
                  working.countDown();
                  await(mayGoOn);
                },
            Dispatch.VIRTUAL,
            Limits.defaults(),
            wire);
    conversation.receive(texts(1));
    conversation.receive(
        ByteBuffer.wrap(new byte[] {(byte) 0x88, (byte) 0x82, 0, 0, 0, 0, 0x03, (byte) 0xe8}));
    conversation.received();
    assertThat(working.await(10, TimeUnit.SECONDS)).isTrue();
    mayGoOn.countDown();
    while (!conversation.quiet()) { // then the answer waits for the lane
      Thread.onSpinWait();
    }
    conversation.inputEnded();
    assertThat(wire.closed).isFalse();
    lane.turn();
    assertThat(wire.written.toByteArray()).endsWith((byte) 0x88, (byte) 0x02, 0x03, (byte) 0xe8);
    assertThat(wire.closed).isTrue();
  }

  @Test
  void aPeerThatWentIsNotKeptByAHandlerThatDoesNotEnd() throws Exception {
    var working = new CountDownLatch(1);
    var interrupted = new CountDownLatch(1);
    var wire = new MemoryWire();
    var conversation =
        open(
            session ->
                message -> {
                  working.countDown();
                  try {
                    new CountDownLatch(1).await();
                  } catch (InterruptedException e) {
                    interrupted.countDown();
                  }
                },
            Dispatch.VIRTUAL,
            Limits.defaults().handler(Duration.ofSeconds(1)),
            wire);
    conversation.receive(texts(1));
    conversation.received();
    assertThat(working.await(10, TimeUnit.SECONDS)).isTrue();
    conversation.inputEnded();
    assertThat(wire.closed).as("while its message is handled").isFalse();
    lane.pass(Duration.ofSeconds(2).toNanos());
    assertThat(interrupted.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(conversation.open()).isFalse();
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(10, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aSessionThatHasEndedIsNotKeptByItsTimers() {
    var conversation = open(SILENT, Dispatch.INLINE, Limits.defaults(), new MemoryWire());
    conversation.schedule(Duration.ofDays(1), () -> {});
    conversation.lost("gone");
    lane.pass(Duration.ofMinutes(2).toNanos());
    assertThat(lane.scheduled()).as("nothing to wait for is left in the wheel").isZero();
  }

  @Test
  void aSessionWhoseServerHasStoppedMayStillBeCalled() {
    var conversation = open(SILENT, Dispatch.INLINE, Limits.defaults(), new MemoryWire());
    lane.over = true;
    var calls =
        CompletableFuture.runAsync(() -> {
          conversation.ping();
          conversation.pauseReading();
          conversation.resumeReading();
          conversation.identified();
          conversation.schedule(Duration.ofSeconds(1), () -> {}).cancel();
          conversation.abort("late");
        });
    assertThat(calls).succeedsWithin(Duration.ofSeconds(10));
    assertThat(conversation.trySend(Text.of("nobody hears it"))).isFalse();
  }

  @Test
  void aHandlerThatSendsToASessionThatHasClosedDoesNotGoDeafInSilence() {
    var others = new MemoryWire();
    var other = open(SILENT, Dispatch.INLINE, Limits.defaults(), others);
    other.lost("gone");
    var wire = new MemoryWire();
    var sender =
        open(
            session -> message -> other.send(Text.of("x")),
            Dispatch.INLINE,
            Limits.defaults(),
            wire);
    sender.receive(texts(1));
    sender.received();
    lane.turn();
    assertThat(sender.open()).isFalse();
    assertThat(wire.written.toByteArray()).startsWith(0x88).contains(1011 >> 8, 1011 & 0xff);
  }

  @Test
  void aWireThatFailsWhenItIsPingedKeepsNobodyElseFromBeingPinged() {
    var limits =
        Limits.defaults().pingInterval(Duration.ofSeconds(10)).pongWait(Duration.ofSeconds(5));
    var brokenWire = new MemoryWire();
    var wire = new MemoryWire();
    var broken = open(SILENT, Dispatch.INLINE, limits, brokenWire);
    var other = open(SILENT, Dispatch.INLINE, limits, wire);
    brokenWire.failing = true;
    lane.pass(Duration.ofSeconds(12).toNanos());
    assertThat(wire.written.size()).isPositive();
    assertThat(other.open()).isTrue();
    assertThat(broken.open()).isFalse();
  }

  @Test
  void whoReadsAMessageThatThePeerBreaksOffHearsOfItAtOnce() throws Exception {
    var brokenOff = new CompletableFuture<IOException>();
    var wire = new MemoryWire();
    var conversation =
        open(
            Endpoint.streaming(session ->
                message -> {
                  try {
                    message.input().readAllBytes();
                  } catch (IOException e) {
                    brokenOff.complete(e);
                    throw e;
                  }
                }),
            Dispatch.VIRTUAL,
            Limits.defaults(),
            wire);
    byte[] piece = {0x02, (byte) 0x81, 0, 0, 0, 0, 1};
    byte[] close = {(byte) 0x88, (byte) 0x82, 0, 0, 0, 0, 1000 >> 8, (byte) (1000 & 0xff)};
    conversation.receive(ByteBuffer.wrap(piece));
    conversation.received();
    conversation.receive(ByteBuffer.wrap(close));
    conversation.received();
    assertThat(brokenOff.get(10, TimeUnit.SECONDS)).hasMessageContaining("inside the message");
    // the clock stands still: no limit of time can have answered
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!wire.closed && System.nanoTime() < end) {
      lane.turn();
      Thread.onSpinWait();
    }
    assertThat(wire.written.toByteArray()).containsExactly(0x88, 2, 1000 >> 8, 1000 & 0xff);
    assertThat(conversation.closed().orElseThrow().cause()).isEqualTo(Closed.Cause.PEER);
  }

  @Test
  void aStreamOfTinyPiecesStopsTheReadingBeforeItTakesMuchMemory() throws IOException {
    var drained = new CountDownLatch(1);
    var inbox = new StreamInbox(64, drained::countDown);
    var message = inbox.add(false, ByteBuffer.wrap(new byte[1]), false);
    assertThat(message).isNotNull();
    int pieces = 1;
    while (!inbox.full()) {
      inbox.add(false, ByteBuffer.wrap(new byte[1]), false);
      pieces++;
    }
    assertThat(pieces).isLessThan(StreamInbox.MAX_UNREAD_BYTES / StreamInbox.PIECE_BYTES + 1);
    assertThat(message.readNBytes(pieces)).hasSize(pieces);
    assertThat(drained.getCount()).isZero();
    assertThat(inbox.full()).isFalse();
  }
}

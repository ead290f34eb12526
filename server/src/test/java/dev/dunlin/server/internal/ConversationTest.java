package dev.dunlin.server.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.auth.Authenticator;
import dev.dunlin.auth.Identity;
import dev.dunlin.server.Dispatch;
import dev.dunlin.server.Endpoint;
import dev.dunlin.server.Overflow;
import dev.dunlin.server.Route;
import dev.dunlin.server.Session;
import dev.dunlin.websocket.Binary;
import dev.dunlin.websocket.CloseCode;
import dev.dunlin.websocket.Closed;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.Prepared;
import dev.dunlin.websocket.Role;
import dev.dunlin.websocket.Text;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class ConversationTest {

  /** A frame with the text "first", which a stuck wire holds. */
  private static final int FIRST_BYTES = 2 + 5;

  private static final Endpoint SILENT = session -> message -> {};
  private static final Endpoint ECHO =
      session ->
          message -> {
            if (message instanceof Data data) {
              session.send(data);
            }
          };

  private final MemoryLane lane = new MemoryLane();
  private final MemoryWire wire = new MemoryWire();

  private Conversation open(Endpoint endpoint, Limits limits, Overflow overflow) {
    return open(endpoint, limits, overflow, Budget.ofHeap(), wire);
  }

  private Conversation open(
      Endpoint endpoint, Limits limits, Overflow overflow, Budget budget, MemoryWire on) {
    var terms = new Terms(endpoint, Dispatch.INLINE, limits, overflow, budget);
    var agreement = new Agreement(Role.SERVER, null, Map.of(), Identity.anonymous(), "", null);
    var conversation = new Conversation(lane, on, terms, agreement);
    conversation.open(ByteBuffer.allocate(0));
    return conversation;
  }

  private static byte[] masked(int first, byte[] payload) {
    var out = new ByteArrayOutputStream();
    out.write(first);
    out.write(0x80 | payload.length);
    out.writeBytes(new byte[4]);
    out.writeBytes(payload);
    return out.toByteArray();
  }

  private static ByteBuffer texts(int count) {
    var out = new ByteArrayOutputStream();
    for (int i = 0; i < count; i++) {
      out.writeBytes(masked(0x81, ("m" + i % 10).getBytes(StandardCharsets.UTF_8)));
    }
    return ByteBuffer.wrap(out.toByteArray());
  }

  @Test
  void allAnswersToOneReadLeaveInOneWrite() {
    var conversation = open(ECHO, Limits.defaults(), Overflow.CLOSE);
    conversation.receive(texts(16));
    conversation.receive(texts(16));
    assertThat(wire.writes).isZero();
    conversation.received();
    assertThat(wire.writes).isEqualTo(1);
    assertThat(wire.written.size()).isEqualTo(32 * 4);
    assertThat(lane.tasks).isEmpty();
  }

  private Conversation stranger(Budget budget, MemoryWire on) {
    var terms =
        new Terms(
            SILENT,
            Dispatch.INLINE,
            Limits.defaults(),
            Overflow.CLOSE,
            budget,
            Terms.GOING_AWAY,
            Admittance.EVERYBODY,
            true);
    var agreement = new Agreement(Role.SERVER, null, Map.of(), Identity.anonymous(), "", null);
    var conversation = new Conversation(lane, on, terms, agreement);
    conversation.open(ByteBuffer.allocate(0));
    return conversation;
  }

  /** The first fragment of a message, with so many bytes. */
  private static ByteBuffer begun(int bytes) {
    return ByteBuffer.wrap(masked(0x02, new byte[bytes]));
  }

  @Test
  void strangersShareABudgetUntilTheyAreKnown() {
    var budget = new Budget(1_200); // 300 of it for strangers
    var known = stranger(budget, new MemoryWire());
    known.receive(begun(100));
    known.received();
    assertThat(budget.strangers().used()).isEqualTo(256);
    known.identified();
    assertThat(budget.strangers().used()).isZero();
    var first = stranger(budget, new MemoryWire());
    first.receive(begun(100));
    first.received();
    var second = stranger(budget, new MemoryWire());
    second.receive(begun(100));
    second.received();
    lane.turn();
    assertThat(first.open()).isTrue();
    assertThat(known.open()).isTrue();
    assertThat(second.closed().orElseThrow().sent().orElseThrow().code())
        .isEqualTo(CloseCode.TRY_AGAIN_LATER);
    first.lost("gone");
    assertThat(budget.strangers().used()).isZero();
  }

  @Test
  void onlyThoseWithoutANameAreStrangers() {
    Authenticator everybody = credentials -> CompletableFuture.completedStage(Identity.anonymous());
    var budget = new Budget(1_200); // 300 of it for strangers
    var route = Route.at("/").authenticate(everybody).identifyLater();
    var terms = Target.of(route, SILENT, Limits.defaults(), budget).terms();
    for (var name : List.of("ann", "")) {
      var identity = new Identity(name, List.of(), "{}");
      var agreement = new Agreement(Role.SERVER, null, Map.of(), identity, "", null);
      var conversation = new Conversation(lane, new MemoryWire(), terms, agreement);
      conversation.open(ByteBuffer.allocate(0));
      conversation.receive(begun(100));
      conversation.received();
      assertThat(budget.strangers().used()).isEqualTo(name.isEmpty() ? 256 : 0);
    }
  }

  @Test
  void aLargeMessageLeavesOthersTheirTurn() {
    var large = open(SILENT, Limits.defaults().outboundBytes(2 << 20), Overflow.CLOSE);
    var otherWire = new MemoryWire();
    var other = open(SILENT, Limits.defaults(), Overflow.CLOSE, Budget.ofHeap(), otherWire);
    large.trySend(Binary.of(new byte[1 << 20]));
    lane.tasks.remove().run(); // the end of this turn
    assertThat(wire.written.size()).isBetween(256 << 10, (256 << 10) + 200);
    other.trySend(Text.of("x"));
    assertThat(lane.tasks).hasSize(2);
    lane.turn();
    assertThat(otherWire.written.size()).isEqualTo(3);
    assertThat(wire.written.size()).isBetween(1 << 20, (1 << 20) + 500);
    assertThat(lane.tasks).isEmpty();
  }

  @Test
  void answeringNeedsNoQueue() {
    var conversation = open(ECHO, Limits.defaults(), Overflow.CLOSE);
    conversation.receive(texts(100));
    conversation.received();
    assertThat(conversation.idle()).isTrue();
  }

  @Test
  void aReadBatchIsHandedToOneThreadAtOnce() throws Exception {
    var threads = new ConcurrentLinkedQueue<Thread>();
    var handled = new CountDownLatch(32);
    var terms =
        new Terms(
            session ->
                message -> {
                  threads.add(Thread.currentThread());
                  handled.countDown();
                },
            Dispatch.VIRTUAL,
            Limits.defaults(),
            Overflow.CLOSE,
            Budget.ofHeap());
    var agreement = new Agreement(Role.SERVER, null, Map.of(), Identity.anonymous(), "", null);
    var conversation = new Conversation(lane, wire, terms, agreement);
    conversation.open(ByteBuffer.allocate(0));
    conversation.receive(texts(16));
    conversation.receive(texts(16));
    assertThat(conversation.quiet()).isFalse();
    conversation.received();
    assertThat(handled.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(threads).hasSize(32).containsOnly(threads.peek());
  }

  private static Prepared prepared(String text) {
    return Prepared.of(Text.of(text));
  }

  private String payloads() {
    return wire.written.toString(StandardCharsets.ISO_8859_1).replaceAll("[\\x00-\\x1f\\x81]", "");
  }

  @Test
  void oneSharedMessageATurnNeedsNoQueue() {
    var conversation = open(SILENT, Limits.defaults(), Overflow.CLOSE);
    for (int turn = 0; turn < 3; turn++) {
      assertThat(conversation.trySend(prepared("p" + turn))).isTrue();
      assertThat(conversation.queuedBytes()).isEqualTo(2);
      lane.turn();
      assertThat(conversation.idle()).isTrue();
    }
    assertThat(payloads()).isEqualTo("p0p1p2");
    assertThat(conversation.queuedBytes()).isZero();
  }

  @Test
  void whatFollowsTheFirstMessageOfATurnLeavesBehindIt() throws Exception {
    var conversation = open(ECHO, Limits.defaults(), Overflow.CLOSE);
    conversation.trySend(prepared("a"));
    conversation.trySend(prepared("b"));
    conversation.send(Text.of("c"));
    Thread.ofPlatform().start(() -> conversation.send(Text.of("d"))).join();
    conversation.receive(texts(1));
    conversation.received();
    conversation.close(CloseCode.NORMAL, "e");
    lane.turn();
    assertThat(payloads()).startsWith("abcdm0").endsWith("e");
    assertThat(conversation.trySend(prepared("late"))).isFalse();
  }

  @Test
  void aFirstMessageThatTheWireDoesNotTakeCountsAsQueued() {
    var conversation = open(SILENT, Limits.defaults(), Overflow.CLOSE);
    wire.stuck = true;
    conversation.trySend(prepared("first"));
    lane.turn();
    conversation.trySend(prepared("second"));
    lane.turn();
    assertThat(payloads()).isEqualTo("first");
    assertThat(conversation.queuedBytes()).isGreaterThanOrEqualTo(11);
    wire.release(conversation);
    assertThat(payloads()).isEqualTo("firstsecond");
  }

  @Test
  void aBurstFromAnotherThreadCostsOneTaskAndOneWrite() throws Exception {
    var conversation = open(SILENT, Limits.defaults(), Overflow.CLOSE);
    var sender =
        Thread.ofPlatform()
            .start(() -> {
              for (int i = 0; i < 500; i++) {
                conversation.send(Text.of("x"));
              }
            });
    sender.join();
    assertThat(lane.tasks).hasSize(1);
    lane.turn();
    assertThat(wire.writes).isEqualTo(1);
    assertThat(wire.written.size()).isEqualTo(500 * 3);
  }

  @Test
  void whatATurnPublishesLeavesInOneWriteForEachSession() {
    var wires = new ArrayList<MemoryWire>();
    var sessions = new ArrayList<Session>();
    for (int i = 0; i < 20; i++) {
      wires.add(new MemoryWire());
      sessions.add(open(SILENT, Limits.defaults(), Overflow.CLOSE, Budget.ofHeap(), wires.get(i)));
    }
    for (int i = 0; i < 16; i++) {
      var prepared = Prepared.of(Text.of("publication " + i));
      sessions.forEach(session -> assertThat(session.trySend(prepared)).isTrue());
    }
    assertThat(lane.tasks).hasSize(1);
    lane.turn();
    assertThat(wires).allSatisfy(each -> assertThat(each.writes).isEqualTo(1));
  }

  @Test
  void aWireThatFailsKeepsNobodyElseFromLeaving() {
    var good = new MemoryWire();
    var broken = open(SILENT, Limits.defaults(), Overflow.CLOSE);
    var other = open(SILENT, Limits.defaults(), Overflow.CLOSE, Budget.ofHeap(), good);
    wire.failing = true;
    broken.trySend(Text.of("x"));
    other.trySend(Text.of("x"));
    lane.turn();
    assertThat(broken.closed().orElseThrow().cause()).isEqualTo(Closed.Cause.LOST);
    assertThat(wire.dropped).isTrue();
    assertThat(good.writes).isEqualTo(1);
    other.trySend(Text.of("y"));
    lane.turn();
    assertThat(good.writes).isEqualTo(2);
  }

  @Test
  void aQueueGoesWhenItHasBeenEmptyForAWhile() {
    var conversation = open(SILENT, Limits.defaults(), Overflow.CLOSE);
    conversation.trySend(Text.of("x"));
    lane.turn();
    assertThat(conversation.idle()).isFalse();
    lane.pass(Duration.ofSeconds(21).toNanos());
    assertThat(conversation.idle()).isTrue();
  }

  @Test
  void aQueueIsKeptWhileTheWireIsStuckSoThatNothingStaysCharged() {
    var budget = new Budget(1 << 20);
    var limits = Limits.defaults().stalledWrite(Duration.ofMinutes(5)).pingInterval(Duration.ZERO);
    var conversation = open(SILENT, limits, Overflow.CLOSE, budget, wire);
    wire.stuck = true;
    // two that do not fit into one write: the wire is stuck before the turn ends
    conversation.trySend(Binary.of(new byte[40_000]));
    conversation.trySend(Binary.of(new byte[40_000]));
    lane.turn();
    assertThat(conversation.queuedMessages()).isZero();
    assertThat(budget.used()).isPositive();
    lane.pass(Duration.ofMinutes(1).toNanos());
    wire.release(conversation);
    lane.turn();
    assertThat(budget.used()).isZero();
    lane.pass(Duration.ofMinutes(1).toNanos());
    assertThat(conversation.idle()).isTrue();
  }

  @Test
  void aHandlerThatSendsToAnotherSessionDoesNotMixTheirBytes() {
    var other = new MemoryWire();
    var second = open(SILENT, Limits.defaults(), Overflow.CLOSE, Budget.ofHeap(), other);
    var first =
        open(
            session ->
                message -> {
                  if (message instanceof Data data) {
                    second.send(data);
                    session.send(data);
                  }
                },
            Limits.defaults(),
            Overflow.CLOSE);
    first.receive(texts(3));
    first.received();
    lane.turn();
    assertThat(wire.written.toByteArray()).isEqualTo(other.written.toByteArray());
    assertThat(other.writes).isEqualTo(1);
  }

  private Conversation stuck(Limits limits, Overflow overflow) {
    var conversation = open(SILENT, limits, overflow);
    wire.stuck = true;
    conversation.trySend(Text.of("first"));
    lane.turn();
    wire.written.reset();
    return conversation;
  }

  private List<String> sent() {
    var texts = new ArrayList<String>();
    var in = ByteBuffer.wrap(wire.written.toByteArray());
    while (in.hasRemaining()) {
      in.get();
      var payload = new byte[in.get()];
      in.get(payload);
      texts.add(new String(payload, StandardCharsets.UTF_8));
    }
    return texts;
  }

  @Test
  void dropNewestKeepsWhatWaits() {
    var conversation = stuck(Limits.defaults().outboundMessages(2), Overflow.DROP_NEWEST);
    assertThat(conversation.trySend(Text.of("a"))).isTrue();
    assertThat(conversation.trySend(Text.of("b"))).isTrue();
    assertThat(conversation.trySend(Text.of("c"))).isFalse();
    wire.release(conversation);
    lane.turn();
    assertThat(sent()).containsExactly("a", "b");
  }

  @Test
  void dropOldestKeepsTheNewest() {
    var conversation = stuck(Limits.defaults().outboundMessages(2), Overflow.DROP_OLDEST);
    for (var text : List.of("a", "b", "c", "d")) {
      assertThat(conversation.trySend(Text.of(text))).isTrue();
    }
    wire.release(conversation);
    lane.turn();
    assertThat(sent()).containsExactly("c", "d");
  }

  @Test
  void conflationReplacesInPlace() {
    var conversation =
        stuck(Limits.defaults(), Overflow.conflate(data -> ((Text) data).value().charAt(0)));
    for (var text : List.of("a1", "b1", "a2", "c1", "b2")) {
      assertThat(conversation.trySend(Text.of(text))).isTrue();
    }
    wire.release(conversation);
    lane.turn();
    assertThat(sent()).containsExactly("a2", "b2", "c1");
  }

  @Test
  void aFullQueueClosesWith1013() {
    var conversation = stuck(Limits.defaults().outboundMessages(2), Overflow.CLOSE);
    conversation.trySend(Text.of("a"));
    conversation.trySend(Text.of("b"));
    assertThat(conversation.trySend(Text.of("c"))).isFalse();
    assertThat(conversation.open()).isFalse();
    lane.pass(Duration.ofSeconds(20).toNanos());
    assertThat(conversation.closed().orElseThrow().sent().orElseThrow().code())
        .isEqualTo(CloseCode.TRY_AGAIN_LATER);
  }

  @Test
  void whoReadsIsNotTooSlowHoweverMuchOneTurnSends() {
    var conversation = open(SILENT, Limits.defaults().outboundMessages(3), Overflow.CLOSE);
    var texts = new ArrayList<String>();
    for (int i = 0; i < 10; i++) {
      texts.add("m" + i);
      assertThat(conversation.trySend(Text.of("m" + i))).isTrue();
    }
    var many = List.of("p", "q", "r", "s", "t");
    texts.addAll(many);
    assertThat(conversation.trySend(Prepared.of(many.stream().<Data>map(Text::of).toList())))
        .isTrue();
    lane.turn();
    assertThat(sent()).isEqualTo(texts);
    assertThat(conversation.open()).isTrue();
  }

  @Test
  void sendOnTheLoopAcceptsTwiceTheLimitAndStopsReading() {
    var conversation = stuck(Limits.defaults().outboundMessages(2), Overflow.CLOSE);
    for (int i = 0; i < 4; i++) {
      conversation.send(Text.of("m" + i));
    }
    assertThat(wire.paused).isTrue();
    wire.release(conversation);
    lane.turn();
    assertThat(sent()).containsExactly("m0", "m1", "m2", "m3");
    assertThat(wire.paused).isFalse();
  }

  @Test
  void aWireThatTakesNothingIsDroppedInTime() {
    var story = new AtomicReference<Closed>();
    var conversation =
        open(
            session -> {
              session.onClose(story::set);
              return message -> {};
            },
            Limits.defaults().stalledWrite(Duration.ofSeconds(3)),
            Overflow.CLOSE);
    wire.stuck = true;
    conversation.trySend(Text.of("a"));
    lane.turn();
    lane.pass(Duration.ofMillis(2_900).toNanos());
    assertThat(wire.dropped).isFalse();
    lane.pass(Duration.ofMillis(300).toNanos());
    assertThat(wire.dropped).isTrue();
    assertThat(story.get().cause()).isEqualTo(Closed.Cause.SLOW);
  }

  @Test
  void aboveTheBudgetTheLargestQueueCloses() {
    int taken = 4 * (FIRST_BYTES + Budget.MESSAGE_BYTES);
    var budget = new Budget(10_000 + taken);
    var sessions = new ArrayList<Conversation>();
    for (int i = 0; i < 4; i++) {
      var each = new MemoryWire();
      var conversation = open(SILENT, Limits.defaults(), Overflow.CLOSE, budget, each);
      each.stuck = true;
      conversation.trySend(Text.of("first"));
      lane.turn();
      sessions.add(conversation);
    }
    for (int i = 0; i < 4; i++) {
      sessions.get(i).trySend(Binary.of(new byte[1_000 * (i + 1)]));
      lane.turn();
    }
    assertThat(sessions).allMatch(Conversation::open);
    sessions.get(0).trySend(Binary.of(new byte[500]));
    lane.turn();
    assertThat(sessions.get(3).open()).isFalse();
    assertThat(sessions.subList(0, 3)).allMatch(Conversation::open);
    assertThat(budget.used()).as("the wire of the closed one too").isEqualTo(6_500 + taken);
  }

  @Test
  void aQueueThatExceedsTheBudgetByItselfClosesAndLeavesNothingCharged() {
    var budget = new Budget(10_000);
    var stuck = new MemoryWire();
    var conversation = open(SILENT, Limits.defaults(), Overflow.CLOSE, budget, stuck);
    stuck.stuck = true;
    conversation.trySend(Text.of("first"));
    lane.turn();
    conversation.trySend(Binary.of(new byte[6_000]));
    lane.turn();
    assertThat(conversation.open()).isTrue();
    conversation.trySend(Binary.of(new byte[6_000]));
    lane.turn();
    assertThat(conversation.open()).isFalse();
    assertThat(budget.used()).as("what the wire still holds").isEqualTo(stuck.pending());
    conversation.lost("the peer has gone");
    assertThat(budget.used()).isZero();
  }

  @Test
  void whatTheWireHoldsCountsAgainstTheQueue() {
    var stuck = new MemoryWire();
    var limits = Limits.defaults().outboundBytes(10_000);
    var conversation = open(SILENT, limits, Overflow.DROP_NEWEST, new Budget(1 << 20), stuck);
    stuck.stuck = true;
    conversation.trySend(Binary.of(new byte[2_000 - 4]));
    lane.turn();
    assertThat(conversation.trySend(Binary.of(new byte[8_000]))).isTrue();
    lane.turn();
    assertThat(conversation.trySend(Binary.of(new byte[1]))).isFalse();
    stuck.release(conversation);
    lane.turn();
    assertThat(conversation.trySend(Binary.of(new byte[10_000]))).isTrue();
  }

  @Test
  void aReplacementCountsLikeAnyOtherMessage() {
    var stuck = new MemoryWire();
    var conversation =
        open(
            SILENT,
            Limits.defaults().outboundBytes(10_000),
            Overflow.conflate(data -> ((Binary) data).bytes().get(0)),
            new Budget(1 << 20),
            stuck);
    stuck.stuck = true;
    conversation.trySend(Binary.of(new byte[1]));
    lane.turn();
    for (byte key = 1; key <= 20; key++) {
      conversation.trySend(Binary.of(new byte[] {key}));
    }
    for (byte key = 1; key <= 20; key++) {
      var large = new byte[4_000];
      large[0] = key;
      conversation.trySend(Binary.of(large));
      assertThat(conversation.queued()).isLessThanOrEqualTo(10_000);
    }
  }

  @Test
  void whatManyQueuesShareIsChargedOnce() {
    var budget = new Budget(1 << 20);
    var shared = Prepared.of(Binary.of(new byte[1_000]));
    var wires = new ArrayList<MemoryWire>();
    var sessions = new ArrayList<Conversation>();
    for (int i = 0; i < 5; i++) {
      var each = new MemoryWire();
      wires.add(each);
      var conversation = open(SILENT, Limits.defaults(), Overflow.CLOSE, budget, each);
      each.stuck = true;
      conversation.trySend(Text.of("first"));
      lane.turn();
      conversation.trySend(shared);
      lane.turn();
      sessions.add(conversation);
    }
    assertThat(budget.used()).isEqualTo(1_000 + Budget.MESSAGE_BYTES + 5 * FIRST_BYTES);
    for (int i = 0; i < 5; i++) {
      wires.get(i).release(sessions.get(i));
    }
    lane.turn();
    assertThat(budget.used()).isZero();
  }

  @Test
  void aViolationLingersAndTheLimitDropsTheWire() {
    var conversation = open(SILENT, Limits.defaults(), Overflow.CLOSE);
    conversation.receive(ByteBuffer.wrap(masked(0x83, new byte[0])));
    conversation.received();
    assertThat(wire.lingering).isTrue();
    lane.pass(Duration.ofSeconds(6).toNanos());
    assertThat(wire.dropped).isTrue();
  }
}

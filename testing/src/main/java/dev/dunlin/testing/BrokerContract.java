package dev.dunlin.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunlin.channels.Broker;
import dev.dunlin.channels.ChannelOptions;
import dev.dunlin.channels.ClientInfo;
import dev.dunlin.channels.History;
import dev.dunlin.channels.HistoryQuery;
import dev.dunlin.channels.Hub;
import dev.dunlin.channels.PresenceStats;
import dev.dunlin.channels.Publication;
import dev.dunlin.channels.PublishOptions;
import dev.dunlin.channels.PublishResult;
import dev.dunlin.channels.Recovery;
import dev.dunlin.channels.StreamPosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link Broker} promises, as tests: extend it, say how to make one, and run it.
 *
 * <pre>{@code
 * class MyBrokerTest extends BrokerContract {
 *   protected Broker broker() { return new MyBroker(server); }
 * }
 * }</pre>
 *
 * <p>Channel names are new in each test, so brokers may share one store. Stages are awaited for
 * {@link #patience}, and what has no stage (delivery, expiry) is polled for as long.
 */
@Timeout(60)
public abstract class BrokerContract {

  private static final Duration TTL = Duration.ofSeconds(1);
  private static final PublishOptions KEPT =
      PublishOptions.of(ChannelOptions.history(1000, Duration.ofMinutes(5)));
  private static final ClientInfo ANNA =
      ClientInfo.of("anna", "client-1").withConnInfo(bytes("{\"c\":1}"));

  private final String channel = "contract:" + UUID.randomUUID();
  private final List<Broker> started = new ArrayList<>();
  private SinkRecorder sink;
  private Broker broker;

  /** For subclasses. */
  protected BrokerContract() {}

  /** A broker that is not started yet; the test starts and closes it. */
  protected abstract Broker broker();

  /** Another node over the same store, not started; empty if the broker has a single node. */
  protected Optional<Broker> anotherNode() {
    return Optional.empty();
  }

  /**
   * Lets time pass for the broker, if a test can: by a clock of its own. By default nothing
   * happens, and what has to expire is waited for: it has a time to live of a second.
   */
  protected void elapse(Duration time) {}

  /** How long to wait for what must happen; 10 s. */
  protected Duration patience() {
    return Duration.ofSeconds(10);
  }

  @BeforeEach
  final void startBroker() {
    sink = new SinkRecorder();
    broker = start(broker(), sink);
  }

  @AfterEach
  final void closeBrokers() {
    started.forEach(Broker::close);
  }

  private Broker start(Broker broker, Broker.Sink sink) {
    started.add(broker);
    await(broker.start(sink));
    return broker;
  }

  // Delivery

  @Test
  final void publicationArrivesAsItWasPublished() {
    await(broker.subscribe(channel));
    var data = new byte[256];
    IntStream.range(0, 256).forEach(i -> data[i] = (byte) i);
    var options =
        KEPT.tags(Map.of("a", "1", "ä", "\"")).info(ANNA).key("k").removed(true).version(7, "v");
    await(broker.publish(channel, data, options));

    var arrived = arrive(1).getFirst();
    assertThat(arrived.channel()).isEqualTo(channel);
    assertThat(bytes(arrived)).isEqualTo(data);
    assertThat(arrived.tags()).isEqualTo(Map.of("a", "1", "ä", "\""));
    assertThat(arrived.info()).contains(ANNA);
    assertThat(arrived.key()).isEqualTo("k");
    assertThat(arrived.removed()).isTrue();
    assertThat(arrived.version()).isEqualTo(7);
    assertThat(arrived.time()).isPositive();
    assertThat(arrived.epoch()).isNotEmpty();

    var kept = read(HistoryQuery.first(1)).publications().getFirst();
    assertThat(bytes(kept)).isEqualTo(data);
    assertThat(kept.tags()).isEqualTo(arrived.tags());
    assertThat(kept.info()).contains(ANNA);
    assertThat(kept.position()).isEqualTo(arrived.position());
    assertThat(kept.time()).isEqualTo(arrived.time());
  }

  @Test
  final void offsetsCountFromOneInTheOrderOfAcknowledgement() {
    await(broker.subscribe(channel));
    var results = IntStream.range(0, 20).mapToObj(i -> publish("m" + i, KEPT)).toList();

    var epoch = results.getFirst().position().epoch();
    assertThat(results)
        .extracting(PublishResult::position)
        .containsExactlyElementsOf(
            LongStream.rangeClosed(1, 20).mapToObj(i -> new StreamPosition(i, epoch)).toList());
    var arrived = arrive(20);
    assertThat(offsets(arrived)).isEqualTo(counting(1, 20));
    assertThat(texts(arrived)).isEqualTo(IntStream.range(0, 20).mapToObj(i -> "m" + i).toList());
  }

  @Test
  final void acknowledgedMeansReadable() {
    for (var i = 1; i <= 50; i++) {
      var position = publish("m" + i, KEPT).position();
      var history = read(HistoryQuery.last(1));
      assertThat(history.position()).isEqualTo(position);
      assertThat(history.publications().getFirst().text()).isEqualTo("m" + i);
    }
  }

  @Test
  final void manyPublishersAreDeliveredInTheOneOrderOfTheirOffsets() throws Exception {
    await(broker.subscribe(channel));
    var publishers = 4;
    var each = 100;
    var begin = new CountDownLatch(1);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var p = 0; p < publishers; p++) {
        var name = p;
        threads.submit(() -> {
          begin.await();
          for (var i = 0; i < each; i++) {
            publish(name + ":" + i, KEPT);
          }
          return null;
        });
      }
      begin.countDown();
    }
    var arrived = arrive(publishers * each);
    assertThat(offsets(arrived)).isEqualTo(counting(1, publishers * each));
    assertThat(texts(read(HistoryQuery.first(HistoryQuery.ALL)).publications()))
        .isEqualTo(texts(arrived));
    for (var p = 0; p < publishers; p++) {
      var own = p + ":";
      assertThat(texts(arrived).stream().filter(text -> text.startsWith(own)))
          .as("publisher %d's own order", p)
          .containsExactlyElementsOf(IntStream.range(0, each).mapToObj(i -> own + i).toList());
    }
  }

  @Test
  final void publicationWithoutHistoryArrivesWithoutAnOffset() {
    await(broker.subscribe(channel));
    var result = publish("fleeting", PublishOptions.defaults());

    assertThat(result.position().offset()).isZero();
    assertThat(arrive(1).getFirst().offset()).isZero();
    assertThat(read(HistoryQuery.first(1)).publications()).isEmpty();
  }

  @Test
  final void publicationThatSkipsHistoryMovesNoPosition() {
    await(broker.subscribe(channel));
    var position = publish("kept", KEPT).position();
    publish("skipped", KEPT.skipHistory(true));

    assertThat(texts(arrive(2))).containsExactly("kept", "skipped");
    assertThat(arrive(2).getLast().offset()).isZero();
    var history = read(HistoryQuery.first(HistoryQuery.ALL));
    assertThat(history.position()).isEqualTo(position);
    assertThat(texts(history.publications())).containsExactly("kept");
  }

  @Test
  final void deltaCarriesTheDataBefore() {
    await(broker.subscribe(channel));
    publish("first", KEPT.delta(true));
    publish("second", KEPT.delta(true));

    var arrived = arrive(2);
    assertThat(arrived.getFirst().delta()).isTrue();
    assertThat(arrived.getFirst().previousData()).isEmpty();
    assertThat(arrived.getLast().previousData().map(UTF_8::decode).map(Object::toString))
        .contains("first");
  }

  @Test
  final void joinAndLeaveArriveInOrder() {
    await(broker.subscribe(channel));
    var expected = new ArrayList<String>();
    for (var i = 0; i < 20; i++) {
      var client = ClientInfo.of("user", "c" + i);
      await(broker.publishJoin(channel, client));
      await(broker.publishLeave(channel, client));
      expected.add("+c" + i);
      expected.add("-c" + i);
    }
    eventually("40 arrivals", () -> sink.arrivals(channel).size() == 40);
    assertThat(sink.arrivals(channel)).isEqualTo(expected);
  }

  @Test
  final void controlMessageReachesItsOwnNode() {
    await(broker.publishControl(bytes("opaque")));
    eventually(
        "the control message",
        () -> sink.controls().stream().anyMatch(message -> text(message).equals("opaque")));
  }

  @Test
  final void hastySubscribersAreServedInTheOrderOfTheirCalls() {
    var calls = new ArrayList<CompletionStage<Void>>();
    for (var i = 0; i < 10; i++) {
      calls.add(broker.subscribe(channel));
      calls.add(broker.unsubscribe(channel));
    }
    calls.add(broker.subscribe(channel));
    calls.forEach(this::await);
    publish("here", KEPT);
    assertThat(texts(arrive(1))).containsExactly("here");
  }

  @Test
  final void manyChannelsAreServedSideBySide() {
    var channels = IntStream.range(0, 1000).mapToObj(i -> channel + ":" + i).toList();
    channels.stream().map(broker::subscribe).toList().forEach(this::await);
    var published =
        channels.stream().map(name -> broker.publish(name, bytes("to " + name), KEPT)).toList();
    published.forEach(this::await);
    for (var name : channels) {
      eventually("the publication to " + name, () -> sink.publications(name).size() == 1);
      assertThat(sink.publications(name).getFirst().text()).isEqualTo("to " + name);
    }
    channels.stream().map(broker::unsubscribe).toList().forEach(this::await);
  }

  @Test
  final void sinkMayPublishFromInside() {
    var echoes = new SinkRecorder();
    var other = channel + ":echo";
    var node = new Broker[1];
    var relay =
        new RelayingSink(
            echoes,
            publication -> {
              if (publication.channel().equals(channel)) {
                var echoed = node[0].publish(other, bytes(publication.text()), KEPT);
                assertThat(echoed).isNotNull();
              }
            });
    node[0] = broker();
    start(node[0], relay);
    await(node[0].subscribe(channel));
    await(node[0].subscribe(other));
    for (var i = 0; i < 20; i++) {
      await(node[0].publish(channel, bytes("m" + i), KEPT));
    }
    eventually("the echoes", () -> echoes.publications(other).size() == 20);
    assertThat(offsets(echoes.publications(other))).isEqualTo(counting(1, 20));
  }

  @Test
  final void slowSubscriberHoldsUpNobody() throws Exception {
    var hub = hub();
    var gate = new CountDownLatch(1);
    var slow = new CopyOnWriteArrayList<String>();
    var quick = new CopyOnWriteArrayList<String>();
    try (var slowLane = Executors.newSingleThreadExecutor();
        var quickLane = Executors.newSingleThreadExecutor()) {
      slowLane.execute(() -> {
        try {
          gate.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      });
      await(hub.subscribe(channel, slowLane, p -> slow.add(p.text())).active());
      await(hub.subscribe(channel, quickLane, p -> quick.add(p.text())).active());
      for (var i = 0; i < 200; i++) {
        await(hub.publish(channel, bytes("m" + i), KEPT));
      }
      eventually("200 publications to the quick one", () -> quick.size() == 200);
      assertThat(slow).isEmpty();
      gate.countDown();
      eventually("200 publications to the slow one", () -> slow.size() == 200);
      assertThat(slow).isEqualTo(quick);
    }
  }

  @Test
  final void whoRecoversWhileOthersPublishGetsEverythingOnce() throws Exception {
    var hub = hub();
    var total = 300;
    var begun = new CountDownLatch(50);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor();
        var lane = Executors.newSingleThreadExecutor()) {
      var publisher =
          threads.submit(() -> {
            for (var i = 1; i <= total; i++) {
              await(hub.publish(channel, bytes("" + i), KEPT));
              begun.countDown();
            }
          });
      begun.await();
      var received = new CopyOnWriteArrayList<Long>();
      var verdicts = new CopyOnWriteArrayList<Recovery.Verdict>();
      var recovery = Recovery.since(StreamPosition.START, total);
      var subscription =
          hub.subscribe(
              channel,
              lane,
              publication -> {
                var verdict = recovery.receive(publication);
                verdicts.add(verdict);
                if (verdict == Recovery.Verdict.DELIVER) {
                  received.add(publication.offset());
                }
              });
      await(subscription.active());
      var history = await(hub.history(channel, recovery.query(Duration.ofMinutes(1))));
      lane.submit(
              () -> {
                var resumed = recovery.resume(history);
                assertThat(resumed.insufficient()).isFalse();
                assertThat(resumed.recovered()).isTrue();
                resumed.publications().forEach(missed -> received.add(missed.offset()));
              })
          .get();
      publisher.get();
      eventually("the last publication", () -> received.contains((long) total));
      assertThat(received).isEqualTo(counting(1, total));
      assertThat(verdicts).doesNotContain(Recovery.Verdict.INSUFFICIENT);
    }
  }

  // History

  @Test
  final void historyKeepsTheLatestPublications() {
    var options = PublishOptions.of(ChannelOptions.history(3, Duration.ofMinutes(5)));
    IntStream.rangeClosed(1, 5).forEach(i -> publish("m" + i, options));

    var history = read(HistoryQuery.first(HistoryQuery.ALL));
    assertThat(texts(history.publications())).containsExactly("m3", "m4", "m5");
    assertThat(history.position().offset()).isEqualTo(5);
  }

  @Test
  final void historyIsReadForwardAndBackFromAPlace() {
    var epoch = publish("m1", KEPT).position().epoch();
    IntStream.rangeClosed(2, 10).forEach(i -> publish("m" + i, KEPT));

    var four = new StreamPosition(4, epoch);
    assertThat(offsets(HistoryQuery.since(four, HistoryQuery.ALL))).isEqualTo(counting(5, 10));
    assertThat(offsets(HistoryQuery.since(four, 2))).containsExactly(5L, 6L);
    assertThat(offsets(HistoryQuery.since(new StreamPosition(4, ""), 1))).containsExactly(5L);
    assertThat(offsets(HistoryQuery.since(new StreamPosition(10, epoch), 5))).isEmpty();
    assertThat(offsets(HistoryQuery.since(new StreamPosition(99, epoch), 5))).isEmpty();
    assertThat(offsets(HistoryQuery.before(four, HistoryQuery.ALL))).containsExactly(3L, 2L, 1L);
    assertThat(offsets(HistoryQuery.before(four, 1))).containsExactly(3L);
    assertThat(offsets(HistoryQuery.last(3))).containsExactly(10L, 9L, 8L);
    assertThat(offsets(HistoryQuery.first(3))).containsExactly(1L, 2L, 3L);
    assertThat(read(HistoryQuery.since(four, 2)).position())
        .isEqualTo(new StreamPosition(10, epoch));
  }

  @Test
  final void positionAloneReadsNothing() {
    var position = publish("m", KEPT).position();
    var history = read(HistoryQuery.position());
    assertThat(history.publications()).isEmpty();
    assertThat(history.position()).isEqualTo(position);
  }

  @Test
  final void anotherEpochIsVisibleAndReadsNothing() {
    publish("m", KEPT);
    var since = new StreamPosition(0, "_");
    var history = read(HistoryQuery.since(since, HistoryQuery.ALL));
    assertThat(history.publications()).isEmpty();
    assertThat(history.unrecoverable(since)).isTrue();
    assertThat(history.position().offset()).isEqualTo(1);
  }

  @Test
  final void channelWithoutStreamReadsAsNothing() {
    var history = read(HistoryQuery.first(HistoryQuery.ALL));
    assertThat(history.publications()).isEmpty();
    assertThat(history.position().offset()).isZero();
  }

  @Test
  final void readThatOpensNamesTheEpochOfTheFirstPublication() {
    var opened = read(HistoryQuery.position().opening(Duration.ofMinutes(5))).position();
    assertThat(opened.offset()).isZero();
    assertThat(opened.epoch()).isNotEmpty();
    assertThat(publish("m", KEPT).position()).isEqualTo(new StreamPosition(1, opened.epoch()));
  }

  @Test
  final void historyExpiresAndThePositionStays() {
    var options = PublishOptions.of(new ChannelOptions(10, TTL, Duration.ofMinutes(5)));
    publish("m1", options);
    var position = publish("m2", options).position();
    elapse(TTL.plus(TTL));
    eventually(
        "the history's end",
        () -> read(HistoryQuery.first(HistoryQuery.ALL)).publications().isEmpty());
    assertThat(read(HistoryQuery.position()).position()).isEqualTo(position);
    assertThat(publish("m3", options).position())
        .isEqualTo(new StreamPosition(3, position.epoch()));
  }

  @Test
  final void forgottenStreamBeginsANewEpoch() {
    var options = PublishOptions.of(new ChannelOptions(10, TTL, TTL));
    publish("m1", options);
    var old = publish("m2", options).position();
    elapse(TTL.plus(TTL));
    eventually(
        "the stream's end",
        () -> !read(HistoryQuery.position()).position().epoch().equals(old.epoch()));
    var position = publish("m3", options).position();
    assertThat(position.offset()).isEqualTo(1);
    assertThat(position.epoch()).isNotEqualTo(old.epoch());
  }

  @Test
  final void removedHistoryIsEmptyAndThePositionStays() {
    publish("m1", KEPT);
    var position = publish("m2", KEPT).position();
    await(broker.removeHistory(channel));

    var history = read(HistoryQuery.first(HistoryQuery.ALL));
    assertThat(history.publications()).isEmpty();
    assertThat(history.position()).isEqualTo(position);
    assertThat(publish("m3", KEPT).position()).isEqualTo(new StreamPosition(3, position.epoch()));
    await(broker.removeHistory(channel + ":never-there"));
  }

  // Idempotency and versions

  @Test
  final void repeatedKeyPublishesOnce() {
    await(broker.subscribe(channel));
    var first = publish("once", KEPT.idempotencyKey("key"));
    publish("between", KEPT);
    var again = publish("once", KEPT.idempotencyKey("key"));
    publish("after", KEPT);

    assertThat(first.suppressed()).isFalse();
    assertThat(again.suppression()).isEqualTo(PublishResult.Suppression.IDEMPOTENCY);
    assertThat(again.position()).isEqualTo(first.position());
    assertThat(texts(arrive(3))).containsExactly("once", "between", "after");
  }

  @Test
  final void keyBelongsToItsChannel() {
    publish("here", KEPT.idempotencyKey("key"));
    var there = await(broker.publish(channel + ":2", bytes("there"), KEPT.idempotencyKey("key")));
    assertThat(there.suppressed()).isFalse();
  }

  @Test
  final void keyCountsWithoutHistoryToo() {
    await(broker.subscribe(channel));
    var options = PublishOptions.defaults();
    assertThat(publish("once", options.idempotencyKey("key")).suppressed()).isFalse();
    assertThat(publish("once", options.idempotencyKey("key")).suppressed()).isTrue();
    publish("after", options);
    assertThat(texts(arrive(2))).containsExactly("once", "after");
  }

  @Test
  final void keyIsForgottenAfterItsTime() {
    var options = KEPT.idempotencyKey("key").idempotencyTtl(TTL);
    publish("m", options);
    assertThat(publish("m", options).suppressed()).isTrue();
    elapse(TTL.plus(TTL));
    eventually("a second publication", () -> !publish("m", options).suppressed());
  }

  @Test
  final void simultaneousRepetitionsPublishOnce() {
    var options = KEPT.idempotencyKey("key");
    List<CompletableFuture<PublishResult>> attempts;
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      attempts =
          IntStream.range(0, 20)
              .mapToObj(i -> CompletableFuture.supplyAsync(() -> publish("once", options), threads))
              .toList();
    }
    var results = attempts.stream().map(this::await).toList();
    assertThat(results).filteredOn(result -> !result.suppressed()).hasSize(1);
    assertThat(new HashSet<>(results.stream().map(PublishResult::position).toList())).hasSize(1);
    assertThat(read(HistoryQuery.first(HistoryQuery.ALL)).publications()).hasSize(1);
  }

  @Test
  final void olderVersionIsSuppressed() {
    await(broker.subscribe(channel));
    var first = publish("v5", KEPT.version(5, ""));
    var older = publish("v4", KEPT.version(4, ""));
    var same = publish("v5", KEPT.version(5, ""));
    var newer = publish("v6", KEPT.version(6, ""));

    assertThat(older.suppression()).isEqualTo(PublishResult.Suppression.VERSION);
    assertThat(older.position()).isEqualTo(first.position());
    assertThat(same.suppression()).isEqualTo(PublishResult.Suppression.VERSION);
    assertThat(newer.suppressed()).isFalse();
    assertThat(texts(arrive(2))).containsExactly("v5", "v6");
  }

  @Test
  final void repeatedKeyNamesItsPublicationWhateverItsVersion() {
    var first = publish("v5", KEPT.idempotencyKey("key").version(5, ""));
    publish("v6", KEPT.version(6, ""));
    var again = publish("v5", KEPT.idempotencyKey("key").version(5, ""));
    assertThat(again.suppression()).isEqualTo(PublishResult.Suppression.IDEMPOTENCY);
    assertThat(again.position()).isEqualTo(first.position());

    var outdated = KEPT.idempotencyKey("another").version(4, "");
    assertThat(publish("v4", outdated).suppression()).isEqualTo(PublishResult.Suppression.VERSION);
    assertThat(read(HistoryQuery.first(HistoryQuery.ALL)).publications()).hasSize(2);
  }

  @Test
  final void versionsOfAnotherEpochStartAnew() {
    publish("a9", KEPT.version(9, "a"));
    assertThat(publish("a8", KEPT.version(8, "a")).suppressed()).isTrue();
    assertThat(publish("b1", KEPT.version(1, "b")).suppressed()).isFalse();
    assertThat(publish("b1", KEPT.version(1, "b")).suppressed()).isTrue();
  }

  // Presence

  @Test
  final void presenceCountsClientsAndDistinctUsers() {
    var presence = broker.presence();
    var minute = Duration.ofMinutes(1);
    var changed = ANNA.withChanInfo(bytes("{\"now\":true}"));
    await(presence.add(channel, ANNA, minute));
    await(presence.add(channel, ClientInfo.of("anna", "client-2"), minute));
    await(presence.add(channel, ClientInfo.of("", "client-3"), minute));
    await(presence.add(channel, ClientInfo.of("", "client-4"), minute));
    await(presence.add(channel, changed, minute));

    assertThat(await(presence.stats(channel))).isEqualTo(new PresenceStats(4, 2));
    var present = await(presence.presence(channel));
    assertThat(present).containsOnlyKeys("client-1", "client-2", "client-3", "client-4");
    assertThat(present.get("client-1")).isEqualTo(changed);

    await(presence.remove(channel, ANNA));
    await(presence.remove(channel, ClientInfo.of("nobody", "client-9")));
    assertThat(await(presence.stats(channel))).isEqualTo(new PresenceStats(3, 2));
    await(presence.remove(channel, ClientInfo.of("anna", "client-2")));
    assertThat(await(presence.stats(channel))).isEqualTo(new PresenceStats(2, 1));
    assertThat(await(presence.presence(channel + ":empty"))).isEmpty();
    assertThat(await(presence.stats(channel + ":empty"))).isEqualTo(new PresenceStats(0, 0));
  }

  @Test
  final void presenceExpiresUnlessRefreshed() {
    var presence = broker.presence();
    await(presence.add(channel, ANNA, TTL));
    await(presence.add(channel, ClientInfo.of("bob", "stays"), TTL));
    await(presence.add(channel, ClientInfo.of("bob", "stays"), Duration.ofMinutes(1)));
    elapse(TTL.plus(TTL));
    eventually("one to vanish", () -> await(presence.presence(channel)).size() == 1);
    assertThat(await(presence.presence(channel))).containsOnlyKeys("stays");
    assertThat(await(presence.stats(channel))).isEqualTo(new PresenceStats(1, 1));
  }

  // Several nodes

  @Test
  final void nodesSeeOneOrderAndOneHistory() {
    var there = new SinkRecorder();
    var other = startAnother(there);
    await(broker.subscribe(channel));
    await(other.subscribe(channel));
    for (var i = 0; i < 50; i++) {
      await(broker.publish(channel, bytes("here " + i), KEPT));
      var position = await(other.publish(channel, bytes("there " + i), KEPT)).position();
      assertThat(read(HistoryQuery.position()).position()).isEqualTo(position);
    }
    assertThat(offsets(arrive(100))).isEqualTo(counting(1, 100));
    eventually("100 publications there", () -> there.publications(channel).size() == 100);
    assertThat(texts(there.publications(channel))).isEqualTo(texts(sink.publications(channel)));
    assertThat(await(other.history(channel, HistoryQuery.first(HistoryQuery.ALL))).publications())
        .hasSize(100);
  }

  @Test
  final void nodesShareKeysPresenceAndControl() {
    var there = new SinkRecorder();
    var other = startAnother(there);
    await(broker.publish(channel, bytes("once"), KEPT.idempotencyKey("key")));
    assertThat(
            await(other.publish(channel, bytes("once"), KEPT.idempotencyKey("key"))).suppressed())
        .isTrue();

    await(broker.presence().add(channel, ANNA, Duration.ofMinutes(1)));
    assertThat(await(other.presence().presence(channel))).containsEntry(ANNA.client(), ANNA);

    await(broker.publishControl(bytes("to all")));
    eventually(
        "the control message there",
        () -> there.controls().stream().anyMatch(message -> text(message).equals("to all")));

    await(other.subscribe(channel));
    await(broker.publishJoin(channel, ANNA));
    eventually("the join there", () -> there.arrivals(channel).contains("+client-1"));
  }

  private Broker startAnother(SinkRecorder there) {
    var other = anotherNode();
    Assumptions.assumeTrue(other.isPresent(), "this broker has a single node");
    return start(other.orElseThrow(), there);
  }

  // The end

  @Test
  final void closedBrokerFailsItsStages() {
    broker.close();
    broker.close();
    var failed = broker.history(channel, HistoryQuery.position()).toCompletableFuture();
    assertThatThrownBy(() -> failed.get(patience().toMillis(), TimeUnit.MILLISECONDS))
        .isInstanceOf(ExecutionException.class);
  }

  private record RelayingSink(SinkRecorder recorder, Consumer<Publication> relay)
      implements Broker.Sink {

    @Override
    public void publication(Publication publication) {
      relay.accept(publication);
      recorder.publication(publication);
    }

    @Override
    public void join(String channel, ClientInfo info) {}

    @Override
    public void leave(String channel, ClientInfo info) {}

    @Override
    public void control(byte[] message) {}

    @Override
    public void linkLost() {}

    @Override
    public void linkRestored() {}
  }

  private Hub hub() {
    var own = broker();
    started.add(own);
    var hub = Hub.over(own);
    await(hub.ready());
    return hub;
  }

  private PublishResult publish(String text, PublishOptions options) {
    return await(broker.publish(channel, bytes(text), options));
  }

  private History read(HistoryQuery query) {
    return await(broker.history(channel, query));
  }

  private List<Long> offsets(HistoryQuery query) {
    return offsets(read(query).publications());
  }

  /** The channel's publications once {@code count} have arrived, which is when no more may. */
  private List<Publication> arrive(int count) {
    eventually(count + " publications", () -> sink.publications(channel).size() >= count);
    assertThat(sink.publications(channel)).hasSize(count);
    return sink.publications(channel);
  }

  private <T> T await(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(patience().toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new AssertionError("the stage failed", e.getCause());
    } catch (TimeoutException e) {
      throw new AssertionError("the stage did not complete within " + patience(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError("interrupted", e);
    }
  }

  private void eventually(String what, BooleanSupplier condition) {
    var end = System.nanoTime() + patience().toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - end).as("waited %s for %s", patience(), what).isNegative();
      LockSupport.parkNanos(2_000_000);
    }
  }

  private static List<Long> counting(int from, int to) {
    return LongStream.rangeClosed(from, to).boxed().toList();
  }

  private static List<Long> offsets(List<Publication> publications) {
    return publications.stream().map(Publication::offset).toList();
  }

  private static List<String> texts(List<Publication> publications) {
    return publications.stream().map(Publication::text).toList();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static byte[] bytes(Publication publication) {
    var bytes = new byte[publication.size()];
    publication.data().get(bytes);
    return bytes;
  }

  private static String text(byte[] bytes) {
    return new String(bytes, UTF_8);
  }
}

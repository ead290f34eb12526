package dev.dunlin.channels;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Reads that are shared by those who come one after the other. */
class ReplaysTest {

  private static final PublishOptions KEPT =
      PublishOptions.of(ChannelOptions.history(100, Duration.ofMinutes(1)));
  private static final HistoryQuery QUERY = HistoryQuery.first(10);

  private static final History NONE = new History(List.of(), StreamPosition.START);

  private final Hub hub = Hub.inMemory();

  @AfterEach
  void close() {
    hub.close();
  }

  private long position() {
    return hub.recover("a", QUERY).toCompletableFuture().join().position().offset();
  }

  private void publish() {
    assertThat(hub.publish("a", new byte[] {1}, KEPT).toCompletableFuture()).isCompleted();
  }

  @Test
  void thoseWhoComeOneAfterTheOtherShareARead() {
    var subscription = hub.subscribe("a", publication -> {});
    publish();
    for (int i = 0; i < 100; i++) {
      assertThat(position()).isEqualTo(1);
    }
    assertThat(hub.brokerStats().reads()).isLessThan(20);
    subscription.close();
  }

  @Test
  void whatArrivesIsAdded() {
    var subscription = hub.subscribe("a", publication -> {});
    publish();
    assertThat(position()).isEqualTo(1);
    for (int i = 2; i <= 50; i++) {
      publish();
      assertThat(position()).isEqualTo(i);
    }
    assertThat(hub.brokerStats().reads()).isLessThan(20);
    subscription.close();
  }

  @Test
  void whatWasRemovedIsNotSharedAnyMore() {
    var subscription = hub.subscribe("a", publication -> {});
    publish();
    var before = hub.recover("a", QUERY).toCompletableFuture().join();
    assertThat(hub.removeHistory("a").toCompletableFuture()).isCompleted();
    assertThat(before.publications()).hasSize(1);
    assertThat(hub.recover("a", QUERY).toCompletableFuture().join().publications()).isEmpty();
    subscription.close();
  }

  @Test
  void withoutSubscribersNothingIsShared() {
    assertThat(position()).isZero();
    publish();
    assertThat(position()).isEqualTo(1);
  }

  @Test
  void subscribersWhoWereAllAwayReadAnew() {
    hub.subscribe("a", publication -> {}).close();
    var first = hub.subscribe("a", publication -> {});
    publish();
    assertThat(position()).isEqualTo(1);
    first.close();
    publish();
    var second = hub.subscribe("a", publication -> {});
    assertThat(position()).isEqualTo(2);
    second.close();
  }

  @Test
  void thoseWhoComeWhileItIsReadShareItToo() {
    var remote = new RemoteBroker();
    try (var far = Hub.over(remote);
        var subscription = far.subscribe("a", publication -> {})) {
      var answers =
          IntStream.range(0, 100)
              .mapToObj(i -> far.recover("a", QUERY).toCompletableFuture())
              .toList();
      assertThat(remote.reads).hasSize(1);
      remote.sink.publication(Publication.of("a", new byte[1]).position(1, "e").build());
      var late = far.recover("a", QUERY).toCompletableFuture();
      remote.reads.remove().complete(NONE);
      assertThat(answers).allSatisfy(answer -> assertThat(answer).isCompletedWithValue(NONE));
      assertThat(late).as("who came after a publication").isNotDone();
      remote.reads.remove().complete(NONE);
      assertThat(late).isCompleted();
    }
  }

  private static HistoryQuery since(long offset, int limit) {
    return HistoryQuery.since(new StreamPosition(offset, "e"), limit);
  }

  private static History history(long from, long to, long top) {
    return new History(
        LongStream.rangeClosed(from, to)
            .mapToObj(offset -> Publication.of("a", new byte[1]).position(offset, "e").build())
            .toList(),
        new StreamPosition(top, "e"));
  }

  private static List<Long> offsets(CompletableFuture<History> history) {
    assertThat(history).isCompleted();
    return history.join().publications().stream().map(Publication::offset).toList();
  }

  @Test
  void whoMissedLessSharesWhatIsReadForOthers() {
    var remote = new RemoteBroker();
    try (var far = Hub.over(remote);
        var subscription = far.subscribe("a", publication -> {})) {
      var first = far.recover("a", since(5, 10)).toCompletableFuture();
      var less = far.recover("a", since(7, 10)).toCompletableFuture();
      var nothing = far.recover("a", since(9, 10)).toCompletableFuture();
      assertThat(remote.reads).hasSize(1);
      remote.reads.remove().complete(history(6, 9, 9));
      assertThat(offsets(first)).containsExactly(6L, 7L, 8L, 9L);
      assertThat(offsets(less)).containsExactly(8L, 9L);
      assertThat(offsets(nothing)).isEmpty();
      assertThat(nothing.join().position()).isEqualTo(new StreamPosition(9, "e"));

      var more = far.recover("a", since(4, 10)).toCompletableFuture();
      var another = far.recover("a", since(4, 11)).toCompletableFuture();
      assertThat(remote.reads).as("who missed more, or may have more").hasSize(2);
      remote.reads.remove().complete(history(5, 9, 9));
      remote.reads.remove().complete(history(5, 9, 9));
      assertThat(offsets(more)).hasSize(5).isEqualTo(offsets(another));
    }
  }

  private static Publication publication(long offset, String epoch) {
    return Publication.of("a", new byte[1]).position(offset, epoch).build();
  }

  @Test
  void whatWasReadIsBroughtUpToDateByWhatArrives() {
    var remote = new RemoteBroker();
    try (var far = Hub.over(remote);
        var subscription = far.subscribe("a", publication -> {})) {
      var first = far.recover("a", since(5, 10)).toCompletableFuture();
      for (int offset = 8; offset <= 11; offset++) {
        remote.sink.publication(publication(offset, "e"));
      }
      remote.sink.join("a", ClientInfo.of("u", "c")); // has no place in the stream
      var second = far.recover("a", since(5, 10)).toCompletableFuture();
      var third = far.recover("a", since(10, 3)).toCompletableFuture();
      assertThat(remote.reads).as("the third may have fewer").hasSize(2);
      remote.reads.remove().complete(history(6, 9, 9)); // two that arrived were read as well
      assertThat(offsets(first)).containsExactly(6L, 7L, 8L, 9L);
      assertThat(offsets(second)).containsExactly(6L, 7L, 8L, 9L, 10L, 11L);
      assertThat(second.join().position().offset()).isEqualTo(11);
      remote.reads.remove().complete(history(11, 11, 11));
      assertThat(offsets(third)).containsExactly(11L);

      var top = far.recover("a", HistoryQuery.position()).toCompletableFuture();
      remote.reads.remove().complete(new History(List.of(), new StreamPosition(11, "e")));
      remote.sink.publication(publication(12, "e"));
      var later = far.recover("a", HistoryQuery.position()).toCompletableFuture();
      assertThat(top.join().position().offset()).isEqualTo(11);
      assertThat(later.join().position().offset()).isEqualTo(12);
      assertThat(later.join().publications()).isEmpty();
      assertThat(remote.reads).isEmpty();
    }
  }

  @Test
  void limitCountsWhatArrivedToo() {
    var remote = new RemoteBroker();
    try (var far = Hub.over(remote);
        var subscription = far.subscribe("a", publication -> {})) {
      var first = far.recover("a", since(5, 2)).toCompletableFuture();
      remote.reads.remove().complete(history(6, 6, 6));
      remote.sink.publication(publication(7, "e"));
      remote.sink.publication(publication(8, "e"));
      assertThat(offsets(first)).containsExactly(6L);
      var second = far.recover("a", since(5, 2)).toCompletableFuture();
      assertThat(offsets(second)).containsExactly(6L, 7L);
      assertThat(second.join().position().offset()).isEqualTo(8);
    }
  }

  @ParameterizedTest
  @CsvSource({"11, e", "10, another"})
  void whatDoesNotJoinIsReadAnew(long offset, String epoch) {
    var remote = new RemoteBroker();
    try (var far = Hub.over(remote);
        var subscription = far.subscribe("a", publication -> {})) {
      var first = far.recover("a", since(5, 10)).toCompletableFuture();
      remote.reads.remove().complete(history(6, 9, 9));
      assertThat(offsets(first)).hasSize(4);
      remote.sink.publication(publication(offset, epoch));
      var second = far.recover("a", since(5, 10)).toCompletableFuture();
      assertThat(second).isNotDone();
      remote.reads.remove().complete(history(6, 11, 11));
      assertThat(offsets(second)).hasSize(6);
      assertThat(far.recover("a", since(5, 10)).toCompletableFuture()).isNotDone();
      remote.reads.remove().complete(history(6, 11, 11));
      assertThat(far.recover("a", since(5, 10)).toCompletableFuture()).isCompleted();
    }
  }

  @Test
  void whatCannotBeKeptEndsTheSharing() {
    var remote = new RemoteBroker();
    try (var far = Hub.over(remote);
        var subscription = far.subscribe("a", publication -> {})) {
      var first = far.recover("a", since(5, 10)).toCompletableFuture();
      remote.reads.remove().complete(history(6, 9, 9));
      assertThat(first).isCompleted();
      remote.sink.publication(Publication.of("a", new byte[100_000]).position(10, "e").build());
      assertThat(far.recover("a", since(5, 10)).toCompletableFuture()).isNotDone();
      remote.sink.linkRestored();
      assertThat(far.recover("a", since(5, 10)).toCompletableFuture()).isNotDone();
      assertThat(far.tailBytes).hasValue(0);
    }
  }

  /** Whichever topic is told first: none shares what was read before the link was lost. */
  @Test
  void nothingFromBeforeAnInterruptionIsSharedAfterIt() {
    var remote = new RemoteBroker();
    try (var far = Hub.over(remote)) {
      var again = new ArrayList<CompletableFuture<History>>();
      for (var channels : List.of(List.of("a", "b"), List.of("b", "a"))) {
        var unused =
            far.subscribe(
                channels.getFirst(),
                new Subscriber() {
                  @Override
                  public void deliver(Publication publication) {}

                  @Override
                  public void interrupted() {
                    again.add(far.recover(channels.getLast(), QUERY).toCompletableFuture());
                  }
                });
        var read = far.recover(channels.getFirst(), QUERY).toCompletableFuture();
        remote.reads.remove().complete(NONE);
        assertThat(read).isCompleted();
      }
      remote.sink.linkLost();
      remote.sink.linkRestored();
      assertThat(again).hasSize(2).noneMatch(CompletableFuture::isDone);
    }
  }

  @Test
  void latestPublicationIsReadAnewOnceAnotherCame() {
    var remote = new RemoteBroker();
    try (var far = Hub.over(remote);
        var subscription = far.subscribe("a", publication -> {})) {
      var first = far.recover("a", HistoryQuery.last(1)).toCompletableFuture();
      remote.reads.remove().complete(history(9, 9, 9));
      assertThat(offsets(first)).containsExactly(9L);
      remote.sink.publication(publication(10, "e"));
      var second = far.recover("a", HistoryQuery.last(1)).toCompletableFuture();
      var third = far.recover("a", HistoryQuery.last(1)).toCompletableFuture();
      remote.reads.remove().complete(history(10, 10, 10));
      assertThat(offsets(second)).isEqualTo(offsets(third)).containsExactly(10L);
      assertThat(remote.reads).isEmpty();
    }
  }

  @Test
  void whatHasArrivedIsForgottenWithTheSubscribers() {
    var subscription = hub.subscribe("a", publication -> {});
    assertThat(position()).isZero();
    publish();
    assertThat(hub.tailBytes.get()).isPositive();
    subscription.close();
    assertThat(hub.tailBytes).hasValue(0);
  }

  @Test
  void whatWasCutShortIsReadAnewForWhoMissedLess() {
    var remote = new RemoteBroker();
    try (var far = Hub.over(remote);
        var subscription = far.subscribe("a", publication -> {})) {
      var first = far.recover("a", since(5, 2)).toCompletableFuture();
      var less = far.recover("a", since(7, 2)).toCompletableFuture();
      remote.reads.remove().complete(history(6, 7, 9));
      assertThat(offsets(first)).containsExactly(6L, 7L);
      assertThat(less).isNotDone();
      remote.reads.remove().complete(history(8, 9, 9));
      assertThat(offsets(less)).containsExactly(8L, 9L);
    }
  }

  @Test
  void aReadThatFailsIsNotKept() {
    var remote = new RemoteBroker();
    try (var far = Hub.over(remote);
        var subscription = far.subscribe("a", publication -> {})) {
      var first = far.recover("a", QUERY).toCompletableFuture();
      remote.reads.remove().completeExceptionally(new IllegalStateException("away"));
      assertThat(first).isCompletedExceptionally();
      var second = far.recover("a", QUERY).toCompletableFuture();
      remote.reads.remove().complete(NONE);
      assertThat(second).isCompletedWithValue(NONE);
    }
  }

  @Test
  void fiveSecondsEndTheSharing() {
    var replays = new Replays();
    var topic = new Topic(hub, "a");
    assertThat(shared(replays, topic, QUERY, 1_000)).isFalse();
    assertThat(shared(replays, topic, QUERY, 1_000 + Replays.KEPT_NANOS - 1)).isTrue();
    assertThat(shared(replays, new Topic(hub, "a"), QUERY, 1_000)).isFalse();
    assertThat(shared(replays, topic, QUERY, 1_000 + Replays.KEPT_NANOS)).isFalse();
  }

  /** Else what nobody asks for any more would take the room of what somebody does. */
  @Test
  void whatHasArrivedIsForgottenWithTheLastReadThatItBelongsTo() {
    var replays = new Replays();
    var topic = new Topic(hub, "a");
    var other = new Topic(hub, "b");
    assertThat(shared(replays, topic, QUERY, 0)).isFalse();
    topic.accept(Publication.of("a", new byte[100]).position(1, "").build());
    assertThat(shared(replays, topic, HistoryQuery.first(11), 1_000)).isFalse();
    assertThat(shared(replays, topic, HistoryQuery.first(11), Replays.KEPT_NANOS / 2)).isTrue();
    assertThat(shared(replays, other, QUERY, Replays.KEPT_NANOS)).isFalse();
    assertThat(hub.tailBytes.get()).as("one read is left").isPositive();
    assertThat(shared(replays, other, QUERY, 1_000 + Replays.KEPT_NANOS)).isTrue();
    assertThat(hub.tailBytes).hasValue(0);
  }

  @Test
  void whatHasArrivedIsForgottenWithAReadThatFails() {
    var remote = new RemoteBroker();
    try (var far = Hub.over(remote);
        var subscription = far.subscribe("a", publication -> {})) {
      var first = far.recover("a", QUERY).toCompletableFuture();
      remote.sink.publication(publication(1, "e"));
      assertThat(far.tailBytes.get()).isPositive();
      remote.reads.remove().completeExceptionally(new IllegalStateException("away"));
      assertThat(first).isCompletedExceptionally();
      assertThat(far.tailBytes).hasValue(0);
    }
  }

  /** What a node keeps of all channels together, and of one. */
  @Test
  void whatHasArrivedIsBoundedForEachChannelAndForAll() {
    var replays = new Replays();
    var topics = IntStream.range(0, 100).mapToObj(i -> new Topic(hub, "a" + i)).toList();
    for (var topic : topics) {
      assertThat(shared(replays, topic, QUERY, 0)).isFalse();
      topic.accept(Publication.of("a", new byte[60_000]).position(1, "").build());
      assertThat(hub.tailBytes.get()).isLessThanOrEqualTo(4 << 20);
    }
    assertThat(hub.tailBytes.get()).isGreaterThan(3 << 20);
    topics.getFirst().accept(Publication.of("a", new byte[6_000]).position(2, "").build());
    assertThat(shared(replays, topics.get(1), QUERY, 0)).isTrue();
    assertThat(shared(replays, topics.getFirst(), QUERY, 0)).as("beyond 64 KiB").isFalse();
    assertThat(shared(replays, topics.getLast(), QUERY, 0)).as("beyond 4 MiB").isFalse();
  }

  /**
   * A message may have been lost: who comes now is to learn of it, and not 10 s after his coming.
   */
  @Test
  void aPositionAheadOfWhatArrivedEndsTheSharing() {
    var remote = new RemoteBroker();
    try (var far = Hub.over(remote);
        var subscription = far.subscribe("a", publication -> {})) {
      var first = far.recover("a", since(5, 10)).toCompletableFuture();
      remote.reads.remove().complete(history(6, 9, 9));
      assertThat(offsets(first)).hasSize(4);
      remote.sink.publication(publication(10, "e"));
      look(far, remote, 10, "e");
      assertThat(far.recover("a", since(5, 10)).toCompletableFuture()).isCompleted();
      look(far, remote, 11, "e");
      assertThat(far.recover("a", since(5, 10)).toCompletableFuture()).isNotDone();
      remote.reads.remove().complete(history(6, 11, 11));
      assertThat(far.recover("a", since(5, 10)).toCompletableFuture()).isCompleted();
      look(far, remote, 11, "another");
      assertThat(far.recover("a", since(5, 10)).toCompletableFuture()).isNotDone();
    }
  }

  private static void look(Hub hub, RemoteBroker remote, long offset, String epoch) {
    var position = new StreamPosition(offset, epoch);
    var look = hub.history("a", HistoryQuery.position()).toCompletableFuture();
    remote.reads.remove().complete(new History(List.of(), position));
    assertThat(look).isCompletedWithValue(new History(List.of(), position));
  }

  /** They come from clients, who may make them up. */
  @Test
  void namesOfEpochsAreCounted() {
    var replays = new Replays();
    var topic = new Topic(hub, "a");
    for (int i = 0; i < 100; i++) {
      var epoch = ("" + i % 10).repeat(500_000) + i;
      shared(replays, topic, HistoryQuery.since(new StreamPosition(1, epoch), 10), 0);
    }
    var oldest = HistoryQuery.since(new StreamPosition(1, "0".repeat(500_000) + 0), 10);
    assertThat(shared(replays, topic, oldest, 0)).isFalse();
  }

  @Test
  void whatIsKeptIsBounded() {
    var replays = new Replays();
    var topic = new Topic(hub, "a");
    var publication = Publication.of("a", new byte[1 << 20]).position(1, "e").build();
    var history = new History(List.of(publication), new StreamPosition(1, "e"));
    Supplier<CompletionStage<History>> large = () -> CompletableFuture.completedStage(history);
    for (int i = 0; i < 100; i++) {
      var unused = replays.share(topic, HistoryQuery.first(i), 0, large);
    }
    int found = 0;
    for (int i = 99; i >= 84; i--) { // the youngest first: each look may push out the oldest
      found += shared(replays, topic, HistoryQuery.first(i), 0) ? 1 : 0;
    }
    assertThat(found).isBetween(10, 15);
    assertThat(shared(replays, topic, HistoryQuery.first(99), 0)).isTrue();
  }

  /** Whether there was one to share; else there is one now. */
  private static boolean shared(Replays replays, Topic topic, HistoryQuery query, long now) {
    var read = new AtomicBoolean();
    var unused =
        replays.share(
            topic,
            query,
            now,
            () -> {
              read.set(true);
              return CompletableFuture.completedStage(NONE);
            });
    return !read.get();
  }
}

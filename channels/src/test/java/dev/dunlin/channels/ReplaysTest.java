package dev.dunlin.channels;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

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
  void whatArrivesEndsTheSharing() {
    var subscription = hub.subscribe("a", publication -> {});
    publish();
    assertThat(position()).isEqualTo(1);
    publish();
    assertThat(position()).isEqualTo(2);
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
  void aSecondEndsTheSharing() {
    var replays = new Replays();
    var topic = new Topic(hub, "a");
    assertThat(shared(replays, topic, QUERY, 5, 1_000)).isFalse();
    assertThat(shared(replays, topic, QUERY, 5, 1_000 + Replays.KEPT_NANOS - 1)).isTrue();
    assertThat(shared(replays, new Topic(hub, "a"), QUERY, 5, 1_000)).isFalse();
    assertThat(shared(replays, topic, QUERY, 5, 1_000 + Replays.KEPT_NANOS)).isFalse();
    assertThat(shared(replays, topic, QUERY, 6, 1_000 + Replays.KEPT_NANOS)).isFalse();
  }

  @Test
  void whatIsKeptIsBounded() {
    var replays = new Replays();
    var topic = new Topic(hub, "a");
    var publication = Publication.of("a", new byte[1 << 20]).position(1, "e").build();
    var history = new History(List.of(publication), new StreamPosition(1, "e"));
    Supplier<CompletionStage<History>> large = () -> CompletableFuture.completedStage(history);
    for (int i = 0; i < 100; i++) {
      var unused = replays.share(topic, HistoryQuery.first(i), 0, 0, large);
    }
    int found = 0;
    for (int i = 99; i >= 84; i--) { // the youngest first: each look may push out the oldest
      found += shared(replays, topic, HistoryQuery.first(i), 0, 0) ? 1 : 0;
    }
    assertThat(found).isBetween(10, 15);
    assertThat(shared(replays, topic, HistoryQuery.first(99), 0, 0)).isTrue();
  }

  /** Whether there was one to share; else there is one now. */
  private static boolean shared(
      Replays replays, Topic topic, HistoryQuery query, long events, long now) {
    var read = new AtomicBoolean();
    var unused =
        replays.share(
            topic,
            query,
            events,
            now,
            () -> {
              read.set(true);
              return CompletableFuture.completedStage(NONE);
            });
    return !read.get();
  }
}

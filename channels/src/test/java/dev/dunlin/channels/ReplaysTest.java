package dev.dunlin.channels;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Reads that are shared by those who come one after the other. */
class ReplaysTest {

  private static final PublishOptions KEPT =
      PublishOptions.of(ChannelOptions.history(100, Duration.ofMinutes(1)));
  private static final HistoryQuery QUERY = HistoryQuery.first(10);

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
  void aSecondEndsTheSharing() {
    var replays = new Replays();
    var topic = new Topic(hub, "a");
    var history = new History(List.of(), StreamPosition.START);
    replays.keep(topic, QUERY, history, 5, 1_000);
    assertThat(replays.find(topic, QUERY, 5, 1_000 + Replays.KEPT_NANOS - 1)).contains(history);
    assertThat(replays.find(topic, QUERY, 6, 1_000)).isEmpty();
    assertThat(replays.find(new Topic(hub, "a"), QUERY, 5, 1_000)).isEmpty();
    assertThat(replays.find(topic, QUERY, 5, 1_000 + Replays.KEPT_NANOS)).isEmpty();
  }

  @Test
  void whatIsKeptIsBounded() {
    var replays = new Replays();
    var topic = new Topic(hub, "a");
    var publication = Publication.of("a", new byte[1 << 20]).position(1, "e").build();
    var history = new History(List.of(publication), new StreamPosition(1, "e"));
    for (int i = 0; i < 100; i++) {
      replays.keep(topic, HistoryQuery.first(i), history, 0, 0);
    }
    int found = 0;
    for (int i = 0; i < 100; i++) {
      found += replays.find(topic, HistoryQuery.first(i), 0, 0).isPresent() ? 1 : 0;
    }
    assertThat(found).isBetween(10, 16);
    assertThat(replays.find(topic, HistoryQuery.first(99), 0, 0)).isPresent();
  }
}

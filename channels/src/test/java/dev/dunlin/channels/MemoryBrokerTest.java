package dev.dunlin.channels;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a memory broker does beyond the contract of all: bounds, expiry, its clock. */
class MemoryBrokerTest {

  private static final Duration MINUTE = Duration.ofMinutes(1);

  private long nanos = Long.MAX_VALUE - 30_000_000_000L;
  private long millis = 1_000;
  private MemoryBroker broker;

  @BeforeEach
  void start() {
    broker = started(builder());
  }

  private MemoryBroker.Builder builder() {
    return MemoryBroker.builder().ticker(() -> nanos).wallClock(() -> Instant.ofEpochMilli(millis));
  }

  private static MemoryBroker started(MemoryBroker.Builder builder) {
    var broker = builder.build();
    Hub.over(broker);
    return broker;
  }

  private static PublishOptions kept(int size) {
    return PublishOptions.of(new ChannelOptions(size, MINUTE, MINUTE.multipliedBy(10)));
  }

  private void elapse(Duration time) {
    nanos += time.toNanos();
  }

  private static <T> T answer(CompletionStage<T> stage) {
    assertThat(stage.toCompletableFuture()).as("complete already").isDone();
    return stage.toCompletableFuture().join();
  }

  private static History history(MemoryBroker broker, String channel) {
    return answer(broker.history(channel, HistoryQuery.first(HistoryQuery.ALL)));
  }

  @Test
  void timeComesFromTheWallClock() {
    answer(broker.publish("news", new byte[1], kept(10)));
    assertThat(history(broker, "news").publications().getFirst().time()).isEqualTo(1_000);
  }

  @Test
  void historyLivesExactlyAsLongAsSaid() {
    answer(broker.publish("news", new byte[1], kept(10)));
    elapse(MINUTE.minusNanos(1));
    assertThat(history(broker, "news").publications()).hasSize(1);
    elapse(Duration.ofNanos(1));
    assertThat(history(broker, "news").publications()).isEmpty();
  }

  @Test
  void eachPublicationProlongsTheHistory() {
    for (var i = 0; i < 5; i++) {
      answer(broker.publish("news", new byte[1], kept(10)));
      elapse(MINUTE.minusSeconds(1));
    }
    assertThat(history(broker, "news").publications()).hasSize(5);
  }

  @Test
  void keysThatAreNotRememberedTakeNoMemory() {
    var forgotten = kept(1).idempotencyTtl(Duration.ZERO);
    answer(broker.publish("news", new byte[1], kept(1)));
    var before = broker.bytes();
    for (var i = 0; i < 100; i++) {
      answer(broker.publish("news", new byte[1], forgotten.idempotencyKey("key" + i)));
    }
    assertThat(broker.bytes()).isEqualTo(before);
  }

  @Test
  void openingReadKeepsTheStreamRemembered() {
    answer(broker.publish("news", new byte[1], kept(10)));
    var position = history(broker, "news").position();
    for (var i = 0; i < 5; i++) {
      elapse(MINUTE.multipliedBy(9));
      answer(broker.history("news", HistoryQuery.position().opening(MINUTE.multipliedBy(10))));
    }
    assertThat(history(broker, "news").position()).isEqualTo(position);
    elapse(MINUTE.multipliedBy(10));
    assertThat(history(broker, "news").position()).isEqualTo(StreamPosition.START);
  }

  @Test
  void plainReadLeavesNoTrace() {
    for (var i = 0; i < 1000; i++) {
      history(broker, "nobody:" + i);
      answer(broker.removeHistory("nobody:" + i));
    }
    assertThat(broker.streams()).isZero();
  }

  @Test
  void publicationWithoutHistoryLeavesNoTrace() {
    for (var i = 0; i < 1000; i++) {
      answer(broker.publish("channel:" + i, new byte[100], PublishOptions.defaults()));
    }
    assertThat(broker.streams()).isZero();
    assertThat(broker.bytes()).isZero();
  }

  @Test
  void maintainLetsGoOfWhatIsOver() {
    for (var i = 0; i < 1000; i++) {
      answer(broker.publish("channel:" + i, new byte[100], kept(10).idempotencyKey("k")));
    }
    assertThat(broker.streams()).isEqualTo(1000);
    var full = broker.bytes();
    elapse(MINUTE);
    broker.maintain();
    assertThat(broker.streams()).isEqualTo(1000);
    assertThat(broker.bytes()).isLessThan(full - 100_000);
    elapse(MINUTE.multipliedBy(9));
    broker.maintain();
    assertThat(broker.streams()).isZero();
    assertThat(broker.bytes()).isZero();
  }

  @Test
  void trafficLetsGoOfWhatIsOverElsewhere() {
    for (var i = 0; i < 1000; i++) {
      answer(broker.publish("old:" + i, new byte[100], kept(10)));
    }
    elapse(MINUTE.multipliedBy(10));
    for (var i = 0; i < 2000; i++) {
      answer(broker.publish("new:" + i, new byte[1], kept(1)));
    }
    assertThat(broker.streams()).isBetween(2000, 2100);
  }

  @Test
  void idempotencyKeysWithoutHistoryExpireAndVanish() {
    var options = PublishOptions.defaults();
    for (var i = 0; i < 100; i++) {
      answer(broker.publish("news", new byte[1], options.idempotencyKey("key " + i)));
    }
    assertThat(broker.streams()).isEqualTo(1);
    elapse(PublishOptions.DEFAULT_IDEMPOTENCY_TTL);
    broker.maintain();
    assertThat(broker.streams()).isZero();
    assertThat(broker.bytes()).isZero();
  }

  @Test
  void keyWithALifeOfItsOwnIsOverWhenItsTimeIs() {
    var options = PublishOptions.defaults();
    answer(broker.publish("news", new byte[1], options.idempotencyKey("long")));
    var brief = options.idempotencyKey("brief").idempotencyTtl(Duration.ofSeconds(1));
    answer(broker.publish("news", new byte[1], brief));
    elapse(Duration.ofSeconds(1));
    assertThat(answer(broker.publish("news", new byte[1], brief)).suppressed()).isFalse();
  }

  @Test
  void bytesStayWithinTheBudgetAndTheIdlestStreamsGo() {
    var small = started(builder().maxBytes(1 << 20));
    for (var i = 0; i < 20_000; i++) {
      answer(small.publish("channel:" + i % 500, new byte[1000], kept(10)));
      assertThat(small.bytes()).isLessThanOrEqualTo(1 << 20);
    }
    assertThat(small.bytes()).isGreaterThan(1 << 19);
  }

  @Test
  void oneChannelCannotExceedTheBudgetEither() {
    var small = started(builder().maxBytes(100_000));
    for (var i = 0; i < 1000; i++) {
      answer(small.publish("news", new byte[1000], kept(1_000_000)));
    }
    var history = history(small, "news");
    assertThat(small.bytes()).isLessThanOrEqualTo(100_000);
    assertThat(history.position().offset()).isEqualTo(1000);
    assertThat(history.publications()).hasSizeBetween(70, 100);
    assertThat(history.publications().getLast().offset()).isEqualTo(1000);
  }

  @Test
  void forgottenForLackOfSpaceMeansANewEpoch() {
    var small = started(builder().maxStreams(100));
    var first = answer(small.publish("first", new byte[1], kept(10))).position();
    for (var i = 0; i < 10_000; i++) {
      answer(small.publish("channel:" + i, new byte[1], kept(10)));
    }
    assertThat(small.streams()).isLessThanOrEqualTo(164);
    var again = answer(small.publish("first", new byte[1], kept(10))).position();
    assertThat(again.offset()).isEqualTo(1);
    assertThat(again.epoch()).isNotEqualTo(first.epoch());
  }

  @Test
  void sinkThatThrowsDoesNotStopTheChannel() {
    var failing = MemoryBroker.create();
    var heard = new ArrayList<String>();
    failing.start(new FailingSink(heard));
    assertThatThrownBy(
            () -> failing.publish("news", "bad".getBytes(UTF_8), PublishOptions.defaults()))
        .hasMessage("bad");
    failing.publish("news", "good".getBytes(UTF_8), PublishOptions.defaults());
    assertThat(heard).containsExactly("good");
  }

  private record FailingSink(List<String> heard) implements Broker.Sink {

    @Override
    public void publication(Publication publication) {
      if (publication.text().equals("bad")) {
        throw new IllegalStateException("bad");
      }
      heard.add(publication.text());
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

  @Test
  void presenceVanishesWithItsTimeWithoutAnyCall() {
    var presence = (MemoryPresence) broker.presence();
    for (var i = 0; i < 1000; i++) {
      answer(presence.add("room:" + i, ClientInfo.of("u", "c"), MINUTE));
    }
    assertThat(presence.channels()).isEqualTo(1000);
    elapse(MINUTE);
    broker.maintain();
    assertThat(presence.channels()).isZero();
  }

  @Test
  void emptyRoomsCostNothing() {
    var presence = (MemoryPresence) broker.presence();
    for (var i = 0; i < 1000; i++) {
      var info = ClientInfo.of("u", "c" + i);
      answer(presence.add("room:" + i, info, MINUTE));
      answer(presence.remove("room:" + i, info));
    }
    assertThat(presence.channels()).isZero();
  }

  @Test
  void providerIsFoundByItsName() {
    try (var found = Broker.open("memory", Map.of("max_bytes", "1000000"))) {
      assertThat(found).isInstanceOf(MemoryBroker.class);
    }
  }

  @Test
  void wrongOptionsAreNamed() {
    assertThatThrownBy(() -> Broker.open("memory", Map.of("max_byte", "1")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("max_byte");
    assertThatThrownBy(() -> Broker.open("memory", Map.of("max_bytes", "lots")))
        .hasMessageContaining("max_bytes")
        .hasMessageContaining("lots");
    assertThatThrownBy(() -> Broker.open("pigeon", Map.of())).hasMessageContaining("pigeon");
    assertThatThrownBy(() -> MemoryBroker.builder().maxBytes(0)).hasMessageContaining("max bytes");
  }

  @Test
  void historyNeedsSizeAndTime() {
    assertThat(ChannelOptions.history(0, MINUTE).keepsHistory()).isFalse();
    assertThat(ChannelOptions.history(1, Duration.ZERO).keepsHistory()).isFalse();
    assertThat(ChannelOptions.history(1, MINUTE).keepsHistory()).isTrue();
    assertThat(new ChannelOptions(1, MINUTE, Duration.ZERO).historyMetaTtl()).isEqualTo(MINUTE);
    assertThatThrownBy(() -> ChannelOptions.history(-1, MINUTE))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void timesToLiveBeyondTheClockAreLongEnough() {
    var forever = Duration.ofSeconds(Long.MAX_VALUE);
    answer(
        broker.publish(
            "news", new byte[1], PublishOptions.of(new ChannelOptions(1, forever, forever))));
    elapse(Duration.ofDays(365));
    broker.maintain();
    assertThat(history(broker, "news").publications()).hasSize(1);
  }
}

package dev.dunlin.channels;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayDeque;
import org.junit.jupiter.api.Test;

class DeliveryTimesTest {

  private final DeliveryTimes times = new DeliveryTimes();

  @Test
  void aPercentileIsAtMostAQuarterTooLarge() {
    for (long nanos = 0; nanos < 1L << 40; nanos = nanos * 5 / 4 + 1) {
      var before = times.snapshot();
      times.record(nanos, 1);
      assertThat(times.snapshot().since(before).percentile(0.5).toNanos())
          .isBetween(nanos, nanos + nanos / 4);
    }
  }

  @Test
  void theSlowestOfAHundredIsBeyondThe99thPercentile() {
    times.record(1_000, 99);
    times.record(1_000_000, 1);
    assertThat(times.snapshot().percentile(0.99)).isLessThan(Duration.ofNanos(1_300));
    assertThat(times.snapshot().percentile(1)).isGreaterThanOrEqualTo(Duration.ofMillis(1));
  }

  @Test
  void whereNothingWasDeliveredThereIsNoTime() {
    assertThat(times.snapshot().count()).isZero();
    assertThat(times.snapshot().percentile(0.99)).isEqualTo(Duration.ZERO);
  }

  @Test
  void theLongestTimeThereIsHasAClass() {
    times.record(Long.MAX_VALUE, 1);
    assertThat(times.snapshot().count()).isEqualTo(1);
  }

  @Test
  void aHubCountsWhatItsLanesDeliver() {
    var tasks = new ArrayDeque<Runnable>();
    try (var hub = Hub.inMemory()) {
      hub.subscribe("news", tasks::add, publication -> {});
      hub.publish("news", "one").toCompletableFuture().join();
      hub.publish("news", "two").toCompletableFuture().join();
      assertThat(hub.deliveryTimes().count()).isZero();
      tasks.remove().run();
      assertThat(hub.deliveryTimes().count()).isEqualTo(2);
    }
  }
}

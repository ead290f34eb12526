package dev.dunlin.broker.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.channels.ChannelOptions;
import dev.dunlin.channels.Hub;
import dev.dunlin.channels.PublishOptions;
import dev.dunlin.channels.PublishResult;
import dev.dunlin.testing.RedisSentinel;
import dev.dunlin.testing.ServerProcess;
import dev.dunlin.testing.StreamReader;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A master that is killed, and the replica that a real Sentinel makes master in its place. */
@Timeout(120)
class SentinelTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final PublishOptions KEPT =
      PublishOptions.of(ChannelOptions.history(1_000, Duration.ofMinutes(5)));

  @Test
  void failoverIsFollowedUnderANewEpochAndNothingIsLostInSilence() throws Exception {
    try (var sentinel = RedisSentinel.start()) {
      follow(sentinel.master(), sentinel.replica(), sentinel.url());
    }
  }

  private static void follow(ServerProcess master, ServerProcess replica, String url)
      throws Exception {
    var options =
        RedisOptions.at(url).timeout(Duration.ofSeconds(2)).probeInterval(Duration.ofSeconds(1));
    try (var hub = Hub.over(RedisBroker.over(options));
        var reader = StreamReader.of(hub, "s")) {
      hub.ready().toCompletableFuture().get(30, TimeUnit.SECONDS);
      reader.live().get(30, TimeUnit.SECONDS);
      var before = publish(hub, "m1");
      until("the first", () -> reader.received().size() == 1);
      until("its copy", () -> replica.askAll("INFO keyspace").contains("db0"));
      master.kill();
      var after = publish(hub, "m2");
      assertThat(after.position().epoch()).isNotEqualTo(before.position().epoch());
      // The second may come before the reader stands on the new master: it is told of the loss
      // then.
      until("the loss to be told", () -> reader.losses() > 0);
      publish(hub, "m3");
      until(
          "the third",
          () -> UTF_8.decode(reader.received().getLast().data()).toString().equals("m3"));
      assertThat(reader.silentGap()).isEmpty();
    }
  }

  /** Until a master takes it. */
  private static PublishResult publish(Hub hub, String text) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        return hub.publish("s", text.getBytes(UTF_8), KEPT.idempotencyKey(text))
            .toCompletableFuture()
            .join();
      } catch (CompletionException none) {
        assertThat(System.nanoTime() - end).as("there is no master").isNegative();
        LockSupport.parkNanos(20_000_000);
      }
    }
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  private static void until(String what, Condition condition) throws IOException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      assertThat(System.nanoTime() - end).as("waited for %s", what).isNegative();
      LockSupport.parkNanos(20_000_000);
    }
  }
}

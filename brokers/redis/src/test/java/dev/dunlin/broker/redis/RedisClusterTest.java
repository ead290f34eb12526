package dev.dunlin.broker.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.channels.ChannelOptions;
import dev.dunlin.channels.Hub;
import dev.dunlin.channels.Publication;
import dev.dunlin.channels.PublishOptions;
import dev.dunlin.channels.PublishResult;
import dev.dunlin.testing.RedisCluster;
import dev.dunlin.testing.StreamReader;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What happens to those who publish and read when a cluster changes. */
@Timeout(120)
class RedisClusterTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final PublishOptions KEPT =
      PublishOptions.of(ChannelOptions.history(1_000, Duration.ofMinutes(5)));

  private static RedisCluster cluster;

  @BeforeAll
  static void startCluster() throws Exception {
    cluster = RedisCluster.start(3, 1);
  }

  @AfterAll
  static void stopCluster() throws Exception {
    if (cluster != null) {
      cluster.close();
    }
  }

  private static Hub node() throws Exception {
    var hub =
        Hub.over(
            RedisBroker.over(
                RedisOptions.at(cluster.url())
                    .timeout(Duration.ofSeconds(2))
                    .probeInterval(Duration.ofSeconds(1))));
    hub.ready().toCompletableFuture().get(30, TimeUnit.SECONDS);
    return hub;
  }

  /** A channel that one of the masters keeps. */
  private static String channelOf(int master) throws IOException {
    for (var number = 0; ; number++) {
      if (cluster.slot("{:c" + number + "}") * 3 / 16_384 == master) {
        return "c" + number;
      }
    }
  }

  @Test
  void failoverIsFollowedUnderANewEpochAndOtherShardsKeepTheirs() throws Exception {
    var lost = channelOf(0);
    var kept = channelOf(1);
    try (var hub = node();
        var other = node();
        var reader = StreamReader.of(hub, lost);
        var calm = StreamReader.of(hub, kept)) {
      reader.live().get(30, TimeUnit.SECONDS);
      calm.live().get(30, TimeUnit.SECONDS);
      var controls = new CopyOnWriteArrayList<String>();
      hub.onControl(message -> controls.add(new String(message, UTF_8)));
      var before = publish(other, lost, "m1");
      var calmly = publish(other, kept, "m1");
      until("the first", () -> reader.received().size() == 1 && calm.received().size() == 1);

      cluster.masters().getFirst().kill();
      // By the node that reads: another may be back sooner, and then the loss is told instead.
      var after = publish(hub, lost, "m2");
      assertThat(after.position().epoch()).isNotEqualTo(before.position().epoch());
      assertThat(publish(other, kept, "m2").position().epoch())
          .isEqualTo(calmly.position().epoch());
      // Whoever is told of a loss goes on at the top, wherever that is by now.
      until("the bad news", () -> reader.losses() > 0);
      publish(other, lost, "m3");
      until("the third", () -> last(reader).equals("m3"));
      until("the calm one", () -> calm.received().size() == 2);
      assertThat(reader.silentGap()).isEmpty();
      assertThat(calm.losses()).isZero();
      assertThat(calm.received()).extracting(Publication::text).containsExactly("m1", "m2");
      other.publishControl("hello".getBytes(UTF_8)).toCompletableFuture().join();
      until("the control message", () -> controls.contains("hello"));
    }
  }

  @Test
  void slotThatMovesTakesItsChannelAlongUnderANewEpoch() throws Exception {
    var channel = channelOf(2);
    try (var hub = node();
        var reader = StreamReader.of(hub, channel)) {
      reader.live().get(30, TimeUnit.SECONDS);
      var before = publish(hub, channel, "m1");
      until("the first", () -> reader.received().size() == 1);
      var masters = cluster.masters();
      cluster.move(cluster.slot("{:" + channel + "}"), masters.get(2), masters.get(1));
      var after = publish(hub, channel, "m2");
      assertThat(after.position().offset()).isEqualTo(2);
      assertThat(after.position().epoch()).isNotEqualTo(before.position().epoch());
      until("the bad news", () -> reader.losses() > 0);
      publish(hub, channel, "m3");
      until("the third", () -> last(reader).equals("m3"));
      assertThat(reader.silentGap()).isEmpty();
    }
  }

  private static String last(StreamReader reader) {
    return reader.received().getLast().text();
  }

  /** Until a master takes it. */
  private static PublishResult publish(Hub hub, String channel, String text) {
    var end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        return hub.publish(channel, text.getBytes(UTF_8), KEPT.idempotencyKey(text))
            .toCompletableFuture()
            .join();
      } catch (CompletionException none) {
        assertThat(System.nanoTime() - end).as("there is no master").isNegative();
        LockSupport.parkNanos(20_000_000);
      }
    }
  }

  private static void until(String what, BooleanSupplier condition) {
    var end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - end).as("waited for %s", what).isNegative();
      LockSupport.parkNanos(20_000_000);
    }
  }
}

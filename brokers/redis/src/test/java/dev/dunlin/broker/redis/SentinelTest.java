package dev.dunlin.broker.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.channels.ChannelOptions;
import dev.dunlin.channels.Hub;
import dev.dunlin.channels.PublishOptions;
import dev.dunlin.channels.PublishResult;
import dev.dunlin.testing.Component;
import dev.dunlin.testing.ServerProcess;
import dev.dunlin.testing.StreamReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A master that is killed, and the replica that a real Sentinel makes master in its place. */
@Timeout(120)
class SentinelTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final PublishOptions KEPT =
      PublishOptions.of(ChannelOptions.history(1_000, Duration.ofMinutes(5)));

  @TempDir Path folder;

  @Test
  void failoverIsFollowedUnderANewEpochAndNothingIsLostInSilence() throws Exception {
    try (var master = ServerProcess.redis();
        var replica =
            ServerProcess.redis("--replicaof", "127.0.0.1", Integer.toString(master.port()))) {
      until(
          "the replica",
          () -> replica.askAll("INFO replication").contains("master_link_status:up"));
      int port = freePort();
      var sentinel = sentinel(port, master.port());
      try {
        until("the sentinel", () -> reachable(port));
        until(
            "what it knows of the replica",
            () -> ask(port, "SENTINEL REPLICAS m").startsWith("*1"));
        follow(master, replica, "redis-sentinel://127.0.0.1:" + port + "/0#m");
      } finally {
        sentinel.destroyForcibly().waitFor();
      }
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
      until("the second", () -> reader.received().size() == 2);
      assertThat(reader.losses()).isPositive();
      assertThat(reader.silentGap()).isEmpty();
    }
  }

  private Process sentinel(int port, int master) throws IOException {
    var file = folder.resolve("sentinel.conf");
    Files.writeString(
        file,
        """
        port %d
        bind 127.0.0.1
        dir %s
        sentinel monitor m 127.0.0.1 %d 1
        sentinel down-after-milliseconds m 500
        sentinel failover-timeout m 5000
        """
            .formatted(port, folder, master));
    return new ProcessBuilder(Component.REDIS.require().toString(), file.toString(), "--sentinel")
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("sentinel.log").toFile())
        .start();
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

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static boolean reachable(int port) {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException notYet) {
      return false;
    }
  }

  private static String ask(int port, String question) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(5_000);
      socket.getOutputStream().write((question + "\r\nPING\r\n").getBytes(UTF_8));
      var answer = new StringBuilder();
      while (answer.indexOf("+PONG") < 0) {
        int next = socket.getInputStream().read();
        if (next < 0) {
          throw new IOException("cut off after " + answer);
        }
        answer.append((char) next);
      }
      return answer.toString();
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

package dev.dunlin.conformance.scale;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.testing.ServerProcess;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * How many connections several servers over a Redis hold together, and what a server more brings or
 * costs. {@code -Ddunlin.connections=} and {@code -Ddunlin.nodes=} set the size of the first,
 * {@code -Ddunlin.seconds=} the length of each step of the second.
 */
@Tag("figures")
class ScaleTest {

  private static final System.Logger log = System.getLogger("figures");
  private static final int CONNECTIONS = Integer.getInteger("dunlin.connections", 100_000);
  private static final int NODES = Integer.getInteger("dunlin.nodes", 6);
  private static final Duration STEP = Duration.ofSeconds(Integer.getInteger("dunlin.seconds", 10));
  private static final int PUBLISHERS = 64;
  private static final int SUBSCRIBERS = 30;
  private static final int RETURNING = Integer.getInteger("dunlin.returning", 10_000);
  private static final Nodes.Channels ONE = new Nodes.Channels("all:one", 1, false);

  @TempDir Path folder;

  @Test
  void allConnectionsAreSubscribedAndOnePublicationReachesEachOnce() throws Exception {
    try (var redis = ServerProcess.redis();
        var nodes = new Nodes(redis, NODES, ONE, folder)) {
      long begun = System.nanoTime();
      nodes.connect(CONNECTIONS);
      nodes.awaitSubscribed(CONNECTIONS);
      double seconds = (System.nanoTime() - begun) / 1e9;
      nodes.awaitInfo("num_users", CONNECTIONS);
      nodes.awaitInfo("num_clients", CONNECTIONS);
      var resident = nodes.resident();

      nodes.publish(0, 0, Long.toString(System.nanoTime()));
      nodes.awaitReceived(CONNECTIONS);
      var delays = nodes.times("delays");
      log.log(
          System.Logger.Level.INFO,
          "{0} connections at {1} nodes in {2} s and {5} attempts; one publication reached all, by node: {3};"
              + " resident memory of the servers in KiB: {4}",
          CONNECTIONS,
          NODES,
          seconds,
          delays,
          resident,
          nodes.sum("attempts"));
      nodes.publish(NODES - 1, 0, "\"the last\"");
      nodes.awaitReceived(2L * CONNECTIONS);
      assertThat(nodes.sum("received")).as("each of the two once").isEqualTo(2L * CONNECTIONS);
      assertThat(nodes.sum("subscribed")).isEqualTo(CONNECTIONS);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void throughputAndDelayOfPublications(int count) throws Exception {
    try (var redis = ServerProcess.redis();
        var nodes = new Nodes(redis, count, ONE, folder)) {
      nodes.connect(SUBSCRIBERS);
      long warm = nodes.load(STEP, PUBLISHERS, Integer.MAX_VALUE);
      nodes.awaitReceived(warm * SUBSCRIBERS);
      nodes.times("delays");
      long most = nodes.load(STEP, PUBLISHERS, Integer.MAX_VALUE);
      nodes.awaitReceived((warm + most) * SUBSCRIBERS);
      var full = nodes.times("delays");
      long few = nodes.load(STEP, PUBLISHERS, 200);
      nodes.awaitReceived((warm + most + few) * SUBSCRIBERS);
      log.log(
          System.Logger.Level.INFO,
          "{0} nodes: {1} publications a second acknowledged to {2} publishers at a time, each to"
              + " {3} subscribers, delays by node {4}; at {5} a second {6}",
          count,
          most / STEP.toSeconds(),
          PUBLISHERS,
          SUBSCRIBERS,
          full,
          few / STEP.toSeconds(),
          nodes.times("delays"));
      assertThat(nodes.sum("received")).isEqualTo((warm + most + few) * SUBSCRIBERS);
      assertThat(nodes.sum("closed")).isZero();
    }
  }

  /** F16 of the fault programme. */
  @Test
  void allThatAreCutAtOnceComeBackAndRecoverByFewReads() throws Exception {
    int channels = 50;
    int count = 3;
    try (var redis = ServerProcess.redis();
        var nodes = new Nodes(redis, count, new Nodes.Channels("all:", channels, true), folder)) {
      for (int number = 0; number < channels; number++) {
        nodes.publish(0, number, "\"so that there are streams\"");
      }
      nodes.connect(RETURNING);
      nodes.awaitSubscribed(RETURNING);
      long attempts = nodes.sum("attempts");
      long before = nodes.brokerReads();
      nodes.cut(5);
      nodes.awaitReceived(5L * RETURNING);
      long reads = nodes.brokerReads() - before;
      log.log(
          System.Logger.Level.INFO,
          "{0} connections at {1} nodes reset at once: {2} attempts, {3} broker reads for {4}"
              + " channels; away, by process of clients: {5}; from the attempt that succeeded: {6}",
          RETURNING,
          count,
          nodes.sum("attempts") - attempts,
          reads,
          channels,
          nodes.times("absences"),
          nodes.times("ways"));
      assertThat(nodes.sum("recovered")).as("recovered").isEqualTo(RETURNING);
      assertThat(nodes.sum("received")).as("each of five once").isEqualTo(5L * RETURNING);
      assertThat(nodes.sum("gaps")).isZero();
      assertThat(reads).as("channels x nodes x 2").isLessThanOrEqualTo(2L * channels * count);
    }
  }
}

package dev.dunlin.conformance.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunlin.testing.ServerProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The fault programme: servers over a broker while both are killed, paused and cut off. {@code
 * ./dunlin faults} runs all of it and writes {@code target/faults.md}; the ordinary tests run a
 * short form. {@code -Ddunlin.seed=} replays a schedule, {@code -Ddunlin.kills=} sets how often;
 * {@code -Ddunlin.older=} is the class path of an older program for the rolling restart; {@code
 * -Ddunlin.broker=} leaves out the scenarios of all other brokers.
 */
class FaultTest {

  private static final long SEED = Long.getLong("dunlin.seed", System.nanoTime());
  private static final int KILLS = Integer.getInteger("dunlin.kills", 20);
  private static final int CLIENTS = Integer.getInteger("dunlin.clients", 200);
  private static final int CHANNELS = Integer.getInteger("dunlin.channels", 50);
  private static final int PER_SECOND = Integer.getInteger("dunlin.rate", 200);
  private static final int SCALE = Integer.getInteger("dunlin.seconds", 30);
  private static final String OLDER = System.getProperty("dunlin.older", "");
  private static final String BROKER = System.getProperty("dunlin.broker", "");

  /** What a node may hold more while its broker is away. */
  private static final long MOST_HEAP = 64L << 20;

  private static final Path REPORT = Path.of("target", "faults.md");

  /** What happens in a scenario. */
  private interface Scenario {
    void play(FaultRun run, Fleet fleet) throws Exception;
  }

  private static void pass(Duration time) {
    long end = System.nanoTime() + time.toNanos();
    while (System.nanoTime() - end < 0) {
      LockSupport.parkNanos(end - System.nanoTime()); // the length of a fault, not a wait
    }
  }

  /** The programme's size. */
  private static void play(String name, Fleet fleet, Duration inTime, Scenario scenario)
      throws Exception {
    play(name, fleet, CLIENTS, CHANNELS, inTime, scenario);
  }

  private static void play(
      String name, Fleet started, int clients, int channels, Duration inTime, Scenario scenario)
      throws Exception {
    try (var fleet = started;
        var run = new FaultRun(fleet, SEED, clients, channels)) {
      run.begin();
      scenario.play(run, fleet);
      var history = run.end();
      var violations = Checker.check(history, inTime);
      report(name, run, history, violations);
      assertThat(violations).as("violations in %s with seed %s", name, SEED).isEmpty();
    }
  }

  private static void report(
      String name, FaultRun run, List<Observation> history, List<Violation> violations)
      throws Exception {
    var line =
        "| %s | %d | %s | %s | %s | %s | %d violations |\n"
            .formatted(
                LocalDate.now(),
                SEED,
                name,
                String.join("; ", run.schedule()),
                run.summary(history),
                FaultRun.digest(history),
                violations.size());
    Files.createDirectories(REPORT.getParent());
    Files.writeString(REPORT, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  static Stream<String> brokers() {
    return chosen("redis", "nats");
  }

  static Stream<String> persistence() {
    return chosen(
        "redis always, trusted",
        "redis always",
        "redis everysec",
        "redis none",
        "nats file, trusted",
        "nats file",
        "nats memory");
  }

  private static Stream<String> chosen(String... all) {
    return Stream.of(all).filter(kind -> kind.startsWith(BROKER));
  }

  private static Fleet fleet(String kind) throws Exception {
    return fleet(kind, Fleet.Setup.usual());
  }

  private static Fleet fleet(String kind, Fleet.Setup setup) throws Exception {
    var broker = kind.equals("nats") ? ServerProcess.nats() : ServerProcess.redis();
    return new Fleet(broker, setup, 3);
  }

  private static FaultRun.Fault kill(Duration before, Duration after) {
    return (fleet, random) -> {
      pass(before);
      var node = fleet.nodes.get(random.nextInt(fleet.nodes.size()));
      node.kill();
      node.start();
      node.awaitReady();
      pass(after);
    };
  }

  private static FaultRun.Fault brokerGone(Duration away, Duration after) {
    return (fleet, random) -> {
      pass(Duration.ofSeconds(1));
      fleet.broker.kill();
      pass(away);
      fleet.broker.restart();
      pass(after);
    };
  }

  /** The same, and how much more the fullest node held at the end of it than before. */
  private static FaultRun.Fault brokerGone(Duration away, Duration after, AtomicLong more) {
    return (fleet, random) -> {
      var before = new ArrayList<Long>();
      for (var node : fleet.nodes) {
        before.add(node.liveHeap());
      }
      fleet.broker.kill();
      pass(away);
      for (int i = 0; i < before.size(); i++) {
        more.accumulateAndGet(fleet.nodes.get(i).liveHeap() - before.get(i), Math::max);
      }
      fleet.broker.restart();
      pass(after);
    };
  }

  private static FaultRun.Fault partition(boolean up, boolean down, Duration time, Duration after) {
    return (fleet, random) -> {
      pass(Duration.ofSeconds(1));
      var node = fleet.nodes.get(random.nextInt(fleet.nodes.size()));
      node.toBroker.block(up, down);
      pass(time);
      node.toBroker.block(false, false);
      pass(after);
    };
  }

  private static FaultRun.Fault pause(Duration time, Duration after) {
    return (fleet, random) -> {
      pass(Duration.ofSeconds(1));
      var node = fleet.nodes.get(random.nextInt(fleet.nodes.size()));
      node.pause();
      pass(time);
      node.resume();
      pass(after);
    };
  }

  // ---- the short forms

  @Test
  void nodeThatIsKilledAndBrokerThatIsKilledLoseNothingInSilence() throws Exception {
    assumeTrue("redis".startsWith(BROKER));
    play(
        "short: Redis without persistence, a node and the broker killed",
        new Fleet(ServerProcess.redis(), Fleet.Setup.usual(), 2),
        20,
        5,
        Duration.ofSeconds(60),
        (run, fleet) -> {
          run.during("kill -9 of a node", 50, kill(Duration.ofMillis(500), Duration.ZERO));
          run.during(
              "kill -9 of Redis, away 1 s",
              50,
              brokerGone(Duration.ofSeconds(1), Duration.ofSeconds(1)));
        });
  }

  // ---- the programme

  @Tag("figures")
  @ParameterizedTest
  @MethodSource("brokers")
  void f1KilledNodes(String kind) throws Exception {
    play(
        "F1 " + kind + ": kill -9 of a node, " + KILLS + " times",
        fleet(kind),
        Duration.ofSeconds(30),
        (run, fleet) -> {
          for (int i = 0; i < KILLS; i++) {
            run.during(
                "kill " + (i + 1), PER_SECOND, kill(Duration.ofSeconds(1), Duration.ofSeconds(2)));
          }
        });
  }

  @Tag("figures")
  @ParameterizedTest
  @MethodSource("persistence")
  void f2KilledBroker(String persistence) throws Exception {
    var options = persistence.endsWith("trusted") ? ", trust_persistence: true" : "";
    var setup = Fleet.Setup.usual().broker(options);
    var fleet =
        switch (persistence) {
          case "nats file", "nats file, trusted" -> fleet("nats", setup);
          case "nats memory" -> fleet("nats", setup.broker(", storage: memory"));
          case "redis none" -> fleet("redis", setup);
          default -> {
            var sync = persistence.contains("always") ? "always" : "everysec";
            var redis = ServerProcess.redis("--appendonly", "yes", "--appendfsync", sync);
            yield new Fleet(redis, setup, 3);
          }
        };
    play(
        "F2 " + persistence + ": kill -9 of the broker",
        fleet,
        Duration.ofSeconds(SCALE + 60L),
        (run, all) -> {
          for (int away : new int[] {2, SCALE}) {
            var more = new AtomicLong(Long.MIN_VALUE);
            run.during(
                "away " + away + " s",
                PER_SECOND,
                brokerGone(Duration.ofSeconds(away), Duration.ofSeconds(5), more));
            run.note("heap %+.1f MB".formatted(more.get() / 1e6));
            assertThat(more.get()).as("what a node holds more").isLessThanOrEqualTo(MOST_HEAP);
          }
        });
  }

  @Tag("figures")
  @ParameterizedTest
  @MethodSource("brokers")
  void f3Partitions(String kind) throws Exception {
    play(
        "F3 " + kind + ": a node cut off from the broker",
        fleet(kind),
        Duration.ofSeconds(4L * SCALE + 60),
        (run, fleet) -> {
          for (int time : new int[] {5, SCALE, 4 * SCALE}) {
            var length = Duration.ofSeconds(time);
            var after = Duration.ofSeconds(8);
            run.during(
                "both ways " + time + " s", PER_SECOND, partition(true, true, length, after));
            run.during(
                "from the broker " + time + " s",
                PER_SECOND,
                partition(false, true, length, after));
            run.during(
                "to the broker " + time + " s", PER_SECOND, partition(true, false, length, after));
          }
        });
  }

  @Tag("figures")
  @Test
  void f3DetachedReplica() throws Exception {
    assumeTrue("redis".startsWith(BROKER));
    play(
        "F3 redis: the master becomes a replica of nobody and comes back",
        fleet("redis"),
        Duration.ofSeconds(90),
        (run, fleet) ->
            run.during(
                "replica for " + SCALE + " s",
                PER_SECOND,
                (all, random) -> {
                  pass(Duration.ofSeconds(1));
                  assertThat(all.broker.ask("REPLICAOF 127.0.0.1 1")).startsWith("+OK");
                  pass(Duration.ofSeconds(SCALE));
                  assertThat(all.broker.ask("REPLICAOF NO ONE")).startsWith("+OK");
                  pass(Duration.ofSeconds(8));
                }));
  }

  @Tag("figures")
  @ParameterizedTest
  @MethodSource("brokers")
  void f7PausedNode(String kind) throws Exception {
    play(
        "F7 " + kind + ": a node paused by SIGSTOP",
        fleet(kind),
        Duration.ofSeconds(90),
        (run, fleet) -> {
          for (int time : new int[] {5, 15, 40}) {
            run.during(
                time + " s", PER_SECOND, pause(Duration.ofSeconds(time), Duration.ofSeconds(5)));
          }
        });
  }

  @Tag("figures")
  @ParameterizedTest
  @MethodSource("brokers")
  void f18RollingRestart(String kind) throws Exception {
    var own = ServedProcess.classPath();
    var older = OLDER.isEmpty() ? own : OLDER;
    play(
        "F18 " + kind + ": rolling restart" + (OLDER.isEmpty() ? "" : " from the older and back"),
        fleet(kind, Fleet.Setup.usual().program(older)),
        Duration.ofSeconds(30),
        (run, fleet) -> {
          for (var program : OLDER.isEmpty() ? List.of(own) : List.of(own, older)) {
            for (var node : fleet.nodes) {
              run.during(
                  "SIGTERM of "
                      + node.name
                      + ", back as the "
                      + (program.equals(own) ? "newer" : "older"),
                  PER_SECOND,
                  (all, random) -> {
                    pass(Duration.ofSeconds(1));
                    assertThat(node.terminate()).isZero();
                    node.install(program);
                    node.start();
                    node.awaitReady();
                  });
            }
          }
        });
  }

  @Tag("figures")
  @ParameterizedTest
  @MethodSource("brokers")
  void f16MassReconnect(String kind) throws Exception {
    // no comparison of positions meanwhile: all reads are those of clients that come back
    var setup = Fleet.Setup.usual().positionCheck(Duration.ofMinutes(10));
    play(
        "F16 " + kind + ": every connection reset at once",
        fleet(kind, setup),
        Duration.ofSeconds(30),
        (run, fleet) -> {
          run.during("traffic", PER_SECOND, (all, random) -> pass(Duration.ofSeconds(3)));
          long before = fleet.brokerReads();
          run.during(
              "reset of all",
              1,
              (all, random) -> {
                run.balancer().cutAll();
                pass(Duration.ofSeconds(2)); // in which all have noticed
                run.awaitFollowing();
              });
          long reads = fleet.brokerReads() - before;
          run.note(reads + " broker reads for " + 4 * CLIENTS + " subscriptions");
          assertThat(reads)
              .as("channels x nodes x 2")
              .isLessThanOrEqualTo(2L * CHANNELS * fleet.nodes.size());
        });
  }
}

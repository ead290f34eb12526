package dev.dunlin.conformance.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.testing.ServerProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The fault programme: servers over a broker while both are killed, paused and cut off. {@code
 * ./dunlin faults} runs all of it and writes {@code target/faults.md}; the ordinary tests run a
 * short form. {@code -Ddunlin.seed=} replays a schedule, {@code -Ddunlin.kills=} sets how often.
 */
class FaultTest {

  private static final long SEED = Long.getLong("dunlin.seed", System.nanoTime());
  private static final int KILLS = Integer.getInteger("dunlin.kills", 20);
  private static final int CLIENTS = Integer.getInteger("dunlin.clients", 200);
  private static final int CHANNELS = Integer.getInteger("dunlin.channels", 50);
  private static final int PER_SECOND = Integer.getInteger("dunlin.rate", 200);
  private static final int SCALE = Integer.getInteger("dunlin.seconds", 30);
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

  private static void play(
      String name,
      ServerProcess broker,
      String options,
      int nodes,
      int clients,
      int channels,
      Duration inTime,
      Scenario scenario)
      throws Exception {
    try (var fleet = new Fleet(broker, options, nodes);
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

  private static ServerProcess broker(String kind) throws Exception {
    return kind.equals("nats") ? ServerProcess.nats() : ServerProcess.redis();
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
    play(
        "short: Redis without persistence, a node and the broker killed",
        ServerProcess.redis(),
        "",
        2,
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
  @ValueSource(strings = {"redis", "nats"})
  void f1KilledNodes(String kind) throws Exception {
    play(
        "F1 " + kind + ": kill -9 of a node, " + KILLS + " times",
        broker(kind),
        "",
        3,
        CLIENTS,
        CHANNELS,
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
  @ValueSource(strings = {"always", "everysec", "none", "nats"})
  void f2KilledBroker(String persistence) throws Exception {
    var broker =
        switch (persistence) {
          case "nats" -> ServerProcess.nats();
          case "none" -> ServerProcess.redis();
          default -> ServerProcess.redis("--appendonly", "yes", "--appendfsync", persistence);
        };
    play(
        "F2 " + persistence + ": kill -9 of the broker",
        broker,
        persistence.equals("always") ? ", trust_persistence: true" : "",
        3,
        CLIENTS,
        CHANNELS,
        Duration.ofSeconds(SCALE + 60L),
        (run, fleet) -> {
          for (int away : new int[] {2, SCALE}) {
            run.during(
                "away " + away + " s",
                PER_SECOND,
                brokerGone(Duration.ofSeconds(away), Duration.ofSeconds(5)));
          }
        });
  }

  @Tag("figures")
  @ParameterizedTest
  @ValueSource(strings = {"redis", "nats"})
  void f3Partitions(String kind) throws Exception {
    play(
        "F3 " + kind + ": a node cut off from the broker",
        broker(kind),
        "",
        3,
        CLIENTS,
        CHANNELS,
        Duration.ofSeconds(SCALE + 60L),
        (run, fleet) -> {
          for (int time : new int[] {5, SCALE}) {
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
    play(
        "F3 redis: the master becomes a replica of nobody and comes back",
        ServerProcess.redis(),
        "",
        3,
        CLIENTS,
        CHANNELS,
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
  @ValueSource(strings = {"redis", "nats"})
  void f7PausedNode(String kind) throws Exception {
    play(
        "F7 " + kind + ": a node paused by SIGSTOP",
        broker(kind),
        "",
        3,
        CLIENTS,
        CHANNELS,
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
  @ValueSource(strings = {"redis", "nats"})
  void f18RollingRestart(String kind) throws Exception {
    play(
        "F18 " + kind + ": rolling restart",
        broker(kind),
        "",
        3,
        CLIENTS,
        CHANNELS,
        Duration.ofSeconds(30),
        (run, fleet) -> {
          for (var node : fleet.nodes) {
            run.during(
                "SIGTERM of " + node.name,
                PER_SECOND,
                (all, random) -> {
                  pass(Duration.ofSeconds(1));
                  assertThat(node.terminate()).isZero();
                  node.start();
                  node.awaitReady();
                });
          }
        });
  }

  @Tag("figures")
  @ParameterizedTest
  @ValueSource(strings = {"redis", "nats"})
  void f16MassReconnect(String kind) throws Exception {
    play(
        "F16 " + kind + ": every connection reset at once",
        broker(kind),
        "",
        3,
        CLIENTS,
        CHANNELS,
        Duration.ofSeconds(30),
        (run, fleet) -> {
          run.during("traffic", PER_SECOND, (all, random) -> pass(Duration.ofSeconds(3)));
          long before = fleet.brokerReads();
          run.during(
              "reset of all",
              1,
              (all, random) -> {
                run.balancer().cutAll();
                pass(Duration.ofSeconds(4));
              });
          long reads = fleet.brokerReads() - before;
          run.note(reads + " broker reads for " + 4 * CLIENTS + " subscriptions");
          long shared = (long) CHANNELS * fleet.nodes.size();
          // and the checks of positions, one for each channel and node in 5 s, go on meanwhile
          assertThat(reads).isLessThanOrEqualTo(2 * shared + shared);
        });
  }
}

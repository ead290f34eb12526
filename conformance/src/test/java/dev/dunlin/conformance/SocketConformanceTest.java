package dev.dunlin.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every case once over real sockets, many at a time.
 *
 * <p>{@code -Ddunlin.conformance.target=ws://host:port/path} plays them to another server, which
 * must echo, allow messages of 16 MiB in 65,537 fragments, and compress.
 */
class SocketConformanceTest {

  private static final int AT_A_TIME = 8;

  @Test
  void everyCaseHoldsOverSockets() throws Exception {
    var asked = Target.asked();
    if (asked.isPresent()) {
      play(asked.get(), Suite.cases(), "Another server", "other");
      return;
    }
    try (var server = EchoServer.start()) {
      var target = new Target("127.0.0.1", server.port(), EchoServer.SHARED, false);
      play(target, Suite.cases(), "Sockets, handlers on the event loop", "ws");
    }
  }

  @Test
  @Tag("figures")
  void aThousandMessagesHoldInEveryCompressionCase() throws Exception {
    try (var server = EchoServer.start()) {
      var target = new Target("127.0.0.1", server.port(), EchoServer.TAKEOVER, false);
      play(target, CompressionCases.all(1000), "Sockets, 1,000 messages", "ws-figures");
    }
  }

  @Test
  @Tag("figures")
  void everyCompressionCaseHoldsOverTls(@TempDir Path folder) throws Exception {
    try (var server = EchoServer.startTls(folder)) {
      var target = new Target("127.0.0.1", server.port(), EchoServer.SHARED, true);
      play(
          target,
          CompressionCases.all(Suite.MESSAGES),
          "TLS, every compression case",
          "wss-figures");
    }
  }

  @Test
  void everyCaseHoldsOverTls(@TempDir Path folder) throws Exception {
    try (var server = EchoServer.startTls(folder)) {
      var target = new Target("127.0.0.1", server.port(), EchoServer.SHARED, true);
      play(target, Suite.withOneCompressionFamily(), "TLS, handlers on the event loop", "wss");
    }
  }

  @Test
  void everyCaseHoldsWithHandlersOnVirtualThreads() throws Exception {
    try (var server = EchoServer.start()) {
      var target = new Target("127.0.0.1", server.port(), EchoServer.VIRTUAL, false);
      play(target, Suite.quick(), "Sockets, handlers on virtual threads", "virtual");
    }
  }

  static void play(Target target, List<Case> cases, String title, String name) throws Exception {
    assertThat(run(target, cases, title, name).notOk()).isEmpty();
  }

  private static Results run(Target target, List<Case> cases, String title, String name)
      throws Exception {
    var results = new Results(title);
    var places = new Semaphore(AT_A_TIME);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Stream<Future<?>> futures =
          cases.stream()
              .map(c ->
                  threads.submit(() -> {
                    places.acquire();
                    try {
                      results.add(c, run(c, target));
                    } finally {
                      places.release();
                    }
                    return null;
                  }));
      for (var future : futures.toList()) {
        await(future);
      }
    }
    results.write(name);
    return results;
  }

  private static void await(Future<?> future) throws Exception {
    try {
      future.get();
    } catch (ExecutionException e) {
      throw new AssertionError("a case could not be played", e.getCause());
    }
  }

  private static Verdict run(Case c, Target target) throws InterruptedException {
    try (var peer = SocketPeer.open(target, c.offer())) {
      return Runner.run(c, peer);
    } catch (IOException | IllegalStateException e) {
      return Verdict.fail("handshake: " + e.getMessage());
    }
  }
}

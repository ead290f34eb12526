package dev.dunlin.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Clients that never read, and those beside them that do: what waits is bounded by each queue's
 * limit and by the budget of the process, nobody waits for anybody, and the good ones lose nothing.
 */
class SlowReadersTest {

  private static final int SMALL_WINDOW = 4096;

  /** What the first messages of a kind cost, however many follow: classes, compiled code. */
  private static final long FIXED = 1 << 20;

  /** A kernel's thread may be off its processor so long; a call that waits would wait 10 s. */
  private static final long NEVER_BLOCKED = 2_000_000_000L;

  @Test
  void slowReadersCostTheirQueuesAndNobodyElse() throws Exception {
    try (var server =
        ForkedServer.start(List.of("-Xmx256m"), "queue=200000", "sndbuf=16384", "loops=1")) {
      holds(server, 20, 200_000, 10, 20 * 200_000L);
    }
  }

  @Test
  void theBudgetOfTheProcessHoldsWhateverTheQueuesMayHold() throws Exception {
    // the least budget is 64 MiB, however small the heap
    try (var server =
        ForkedServer.start(List.of("-Xmx256m"), "queue=2097152", "sndbuf=16384", "loops=1")) {
      assertThat(server.ask("counts").of("queueLimit")).isEqualTo(64 << 20);
      holds(server, 50, 2 << 20, 5, 64 << 20);
    }
  }

  @Test
  @Tag("figures")
  void twoHundredSlowReadersCostTheirQueues() throws Exception {
    try (var server = ForkedServer.start(List.of("-Xmx1g"), "sndbuf=16384")) {
      holds(server, 200, 1 << 20, 100, 200L << 20);
    }
  }

  @Test
  @Tag("figures")
  void aThousandSlowReadersCostTheBudget() throws Exception {
    try (var server = ForkedServer.start(List.of("-Xmx1g"), "sndbuf=16384")) {
      holds(server, 1000, 1 << 20, 100, 256L << 20);
    }
  }

  /**
   * Fills the queues almost, measures, and goes on until all slow ones have been closed.
   *
   * @param limit what may wait in one queue
   * @param bound what may wait in all
   */
  private static void holds(ForkedServer server, int slow, int limit, int good, long bound)
      throws Exception {
    int size = 10_000;
    var clients = new ArrayList<RawClient>();
    var threads = Executors.newVirtualThreadPerTaskExecutor();
    try {
      // the code that is to be measured is loaded, the loops have their buffers
      try (var first = RawClient.open(server.port(), "/echo")) {
        first.send(Frame.binary(new byte[100_000]));
        assertThat(first.next()).isInstanceOf(Event.Message.class);
      }
      var readers = new ArrayList<Future<Long>>();
      for (int i = 0; i < good; i++) {
        var client = RawClient.open(server.port(), "/good");
        clients.add(client);
        readers.add(threads.submit(() -> consecutive(client)));
      }
      for (int i = 0; i < slow; i++) {
        clients.add(RawClient.open(server.port(), "/slow", SMALL_WINDOW, Optional.empty()));
      }
      var before = server.ask("memory");
      var filled = server.ask("offer " + size + " " + (limit - size) + " paced");
      var full = server.ask("memory");
      long queued = server.ask("counts").of("queued");
      var flooded = server.ask("offer " + size + " " + Long.MAX_VALUE + " paced");
      var after = server.ask("memory");
      for (var client : clients.subList(good, clients.size())) {
        client.close();
      }
      // nobody has waited for the ends of the slow ones; their stories are told as they end
      var stories = server.ask("stories");
      while (stories.of("ended") < slow) {
        Thread.onSpinWait();
        stories = server.ask("stories");
      }
      System.out.printf(
          "%d slow, limit %d: queued %d, grown when full %d (heap %d, direct %d), after %d; slowest trySend %d us%n",
          slow,
          limit,
          queued,
          grown(before, full),
          full.of("heap") - before.of("heap"),
          full.of("direct") - before.of("direct"),
          grown(before, after),
          flooded.of("slowest") / 1000);
      assertThat(queued).isLessThanOrEqualTo(bound);
      // they have been filled, be it the queues or the wires
      assertThat(grown(before, full)).isBetween(bound / 2, bound + bound / 10 + FIXED);
      assertThat(grown(before, after)).isLessThan(bound + bound / 10 + FIXED);
      assertThat(flooded.of("slowest")).isLessThan(NEVER_BLOCKED);
      assertThat(stories.of("told")).isEqualTo(slow);
      assertThat(stories.of("others")).isZero();
      assertThat(flooded.of("rounds")).isGreaterThan(filled.of("rounds") - 1);
      for (var client : clients.subList(0, good)) {
        client.send(Frame.close(1000));
      }
      for (var reader : readers) {
        assertThat(reader.get()).isEqualTo(flooded.of("rounds"));
      }
    } finally {
      for (var client : clients) {
        client.close();
      }
      threads.close();
    }
  }

  private static long grown(ForkedServer.Answer before, ForkedServer.Answer after) {
    return after.of("heap") + after.of("direct") - before.of("heap") - before.of("direct");
  }

  /** How many numbers came, each one more than the last, until the close. */
  private static long consecutive(RawClient client) throws IOException {
    client.socket().setSoTimeout(120_000);
    long next = 0;
    while (client.next() instanceof Event.Message message) {
      assertThat(new String(message.bytes())).isEqualTo(Long.toString(next));
      next++;
    }
    return next;
  }
}

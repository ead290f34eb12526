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
 * Connections come, echo and go, some with compression contexts of their own, some cut off:
 * afterwards files, threads and direct memory are what they were.
 */
class ChurnTest {

  private static final int THREADS = 8;

  @Test
  void aThousandConnectionsLeaveNothingBehind() throws Exception {
    try (var server = ForkedServer.start(List.of("-Xmx128m"))) {
      churn(server, 400);
      var before = settled(server);
      long files = server.ask("files").of("files");
      long direct = server.ask("memory").of("direct");
      churn(server, 1000);
      var after = settled(server);
      assertThat(server.ask("files").of("files")).isEqualTo(files);
      assertThat(after.of("threads")).isLessThanOrEqualTo(before.of("threads") + 2);
      assertThat(server.ask("memory").of("direct")).isLessThanOrEqualTo(direct + (1 << 20));
    }
  }

  @Test
  void pongsLeaveNothingBehind() throws Exception {
    pongs(10_000);
  }

  @Test
  @Tag("figures")
  void aHundredThousandPongsLeaveNothingBehind() throws Exception {
    pongs(100_000);
  }

  @Test
  @Tag("figures")
  void aHundredThousandConnectionsLeaveNothingBehind() throws Exception {
    try (var server = ForkedServer.start(List.of("-Xmx256m"))) {
      var counts = new ArrayList<ForkedServer.Answer>();
      var files = new ArrayList<Long>();
      var memory = new ArrayList<ForkedServer.Answer>();
      for (int cycle = 1; cycle <= 10; cycle++) {
        churn(server, 10_000);
        counts.add(settled(server));
        files.add(server.ask("files").of("files"));
        memory.add(server.ask("memory"));
        System.out.println(
            "cycle "
                + cycle
                + ": "
                + files.getLast()
                + " files, "
                + counts.getLast()
                + " "
                + memory.getLast());
      }
      assertThat(files.getLast()).isEqualTo(files.getFirst());
      assertThat(counts.getLast().of("threads"))
          .isLessThanOrEqualTo(counts.getFirst().of("threads") + 2);
      assertThat(memory.getLast().of("direct"))
          .isLessThanOrEqualTo(memory.get(2).of("direct") + (1 << 20));
      assertThat(memory.getLast().of("heap"))
          .isLessThanOrEqualTo(memory.get(2).of("heap") + (1 << 20));
      assertThat(leastResident(memory.subList(7, 10)))
          .isLessThanOrEqualTo(leastResident(memory.subList(2, 5)) * 105 / 100);
    }
  }

  /** Of several cycles: the collector keeps more of the heap, or less, as it sees fit. */
  private static long leastResident(List<ForkedServer.Answer> cycles) {
    return cycles.stream().mapToLong(each -> each.of("rss")).min().orElseThrow();
  }

  /** Each of many at a time connects, echoes and leaves; every tenth leaves without a word. */
  private static void churn(ForkedServer server, int connections) throws Exception {
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var done = new ArrayList<Future<?>>();
      for (int thread = 0; thread < THREADS; thread++) {
        int first = thread;
        done.add(
            threads.submit(() -> {
              for (int i = first; i < connections; i += THREADS) {
                connectEchoClose(server.port(), i);
              }
              return null;
            }));
      }
      for (var each : done) {
        each.get();
      }
    }
  }

  private static void connectEchoClose(int port, int number) throws IOException {
    var path = List.of("/echo", "/deflate", "/takeover", "/virtual").get(number % 4);
    var offer = number % 4 == 0 ? Optional.<String>empty() : Optional.of(DeflateCases.OFFER);
    try (var client = RawClient.open(port, path, 0, offer)) {
      client.send(Frame.text("number " + number));
      assertThat(client.next()).isEqualTo(Event.text("number " + number));
      if (number % 10 != 0) {
        client.send(Frame.close(1000));
        assertThat(client.next()).isEqualTo(new Event.Close(1000, ""));
        assertThat(client.ends()).isTrue();
      }
    }
  }

  private static void pongs(int number) throws Exception {
    var options = List.of("-Xmx128m", "-Dio.netty.leakDetection.level=paranoid");
    try (var server = ForkedServer.start(options, "controls=1000000");
        var client = RawClient.open(server.port(), "/echo")) {
      var payload = new byte[125];
      var hundred = new byte[100 * Frame.ping(payload).bytes().length];
      for (int i = 0; i < 100; i++) {
        var ping = Frame.ping(payload).bytes();
        System.arraycopy(ping, 0, hundred, i * ping.length, ping.length);
      }
      long direct = 0;
      for (int sent = 0; sent < number; sent += 100) {
        if (sent == 1000) {
          direct = server.ask("memory").of("direct");
        }
        client.send(hundred);
        for (int i = 0; i < 100; i++) {
          assertThat(client.next()).isEqualTo(Event.pong(payload));
        }
      }
      assertThat(server.ask("memory").of("direct")).isLessThanOrEqualTo(direct);
      // what was lost is reported, as an error, when the next buffer is taken
      client.send(hundred);
      for (int i = 0; i < 100; i++) {
        assertThat(client.next()).isEqualTo(Event.pong(payload));
      }
    }
  }

  /** What is open once all connections have ended. */
  private static ForkedServer.Answer settled(ForkedServer server) throws IOException {
    var counts = server.ask("counts");
    while (counts.of("tcp") > 0) {
      Thread.onSpinWait();
      counts = server.ask("counts");
    }
    return counts;
  }
}

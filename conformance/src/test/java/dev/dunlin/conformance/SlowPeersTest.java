package dev.dunlin.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Peers that take connections and do nothing with them: heads that come octet by octet, and more
 * connections than there are files.
 */
class SlowPeersTest {

  @Test
  void aHeadThatComesOctetByOctetEndsInTime() throws Exception {
    slowloris(100, 1000, 50);
  }

  @Test
  @Tag("figures")
  void fiveThousandHeadsOctetByOctetEndInTenSeconds() throws Exception {
    var cost = slowloris(5000, 10_000, 1000);
    System.out.printf(
        "5,000 slow heads cost %.4f of a processor and end within %d ms of the last's beginning%n",
        cost.share(), cost.millis());
    assertThat(cost.share()).isLessThan(0.05);
    assertThat(cost.millis()).isLessThan(13_000); // the client looks once in a second
  }

  /**
   * What slow heads cost.
   *
   * @param share the share of a processor that the event loops took
   * @param millis from the time when all were open until all had ended
   */
  private record Cost(double share, long millis) {}

  /** To one event loop: two that sleep between octets wake twice as often, which is what costs. */
  private static Cost slowloris(int connections, int headMillis, int everyMillis) throws Exception {
    try (var server =
            ForkedServer.start(
                List.of("-Xmx256m"), "head=" + headMillis, "connections=15000", "loops=1");
        var neighbour = RawClient.open(server.port(), "/echo")) {
      warm(server.port(), connections / 50);
      // a server that has run for a while has seen heads end before, too
      wave(server, Math.min(connections, 1000), headMillis, everyMillis);
      var cost = wave(server, connections, headMillis, everyMillis);
      neighbour.send(Frame.text("still here"));
      assertThat(neighbour.next()).isEqualTo(Event.text("still here"));
      return cost;
    }
  }

  private static Cost wave(ForkedServer server, int connections, int headMillis, int everyMillis)
      throws Exception {
    // a header that goes on for as long as anybody listens
    var request = "GET /echo HTTP/1.1\r\nHost: localhost\r\nX-Slow: ".getBytes();
    var clients = new ArrayList<SocketChannel>();
    try {
      long began = System.nanoTime();
      for (int i = 0; i < connections; i++) {
        var client = SocketChannel.open(new InetSocketAddress("127.0.0.1", server.port()));
        client.configureBlocking(false);
        clients.add(client);
      }
      long opened = System.nanoTime();
      var before = server.ask("counts");
      var open = new ArrayList<>(clients);
      long firstEnd = 0;
      for (int round = 0; !open.isEmpty(); round++) {
        byte octet = round < request.length ? request[round] : (byte) 'x';
        for (var each = open.iterator(); each.hasNext(); ) {
          if (over(each.next(), octet)) {
            each.remove();
            firstEnd = firstEnd == 0 ? System.nanoTime() : firstEnd;
          }
        }
        long next = began + (round + 1L) * everyMillis * 1_000_000;
        while (!open.isEmpty() && System.nanoTime() < next) {
          Thread.sleep(1);
        }
      }
      long ended = System.nanoTime();
      var counts = server.ask("counts");
      assertThat(counts.of("timedOut") - before.of("timedOut")).isEqualTo(connections);
      assertThat((firstEnd - began) / 1_000_000).isGreaterThanOrEqualTo(headMillis);
      double share = (counts.of("loops") - before.of("loops")) / (double) (ended - opened);
      return new Cost(share, (ended - opened) / 1_000_000);
    } finally {
      for (var client : clients) {
        client.close();
      }
    }
  }

  /** Heads octet by octet, as many as a server has seen that has run for a while. */
  private static void warm(int port, int connections) throws IOException {
    var head = Opening.request("localhost", "/echo", Optional.empty());
    for (int i = 0; i < connections; i++) {
      try (var client = RawClient.connect(port)) {
        for (byte octet : head) {
          client.send(new byte[] {octet});
        }
        assertThat(client.status()).isEqualTo(101);
      }
    }
  }

  private static boolean over(SocketChannel client, byte octet) {
    try {
      if (client.read(ByteBuffer.allocate(512)) != 0) {
        return true; // 408, or the end
      }
      client.write(ByteBuffer.wrap(new byte[] {octet}));
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  @Test
  void withoutFilesAcceptingPausesAndNobodyElseNotices() throws Exception {
    // an acceptor that spins takes a whole processor; what the rest takes depends on the machine
    assertThat(withoutFiles(400)).isLessThan(0.5);
  }

  @Test
  @Tag("figures")
  void withoutFilesAcceptingCostsLessThanATwentiethOfAProcessor() throws Exception {
    double share = withoutFiles(300);
    assertThat(share).isLessThan(0.05);
  }

  /** The share of a processor that the event loop took while there was no file to accept with. */
  private static double withoutFiles(int files) throws Exception {
    var clients = new ArrayList<RawClient>();
    try (var server =
            ForkedServer.withFiles(files, List.of("-Xmx128m"), "connections=100000", "loops=1");
        var good = RawClient.open(server.port(), "/echo")) {
      double share;
      try {
        good.send(Frame.text("before"));
        assertThat(good.next()).isEqualTo(Event.text("before"));
        server.ask("counts"); // loads its classes, which need files too
        for (int i = 0; i < files; i++) {
          clients.add(RawClient.connect(server.port())); // the kernel's queue takes them
        }
        var before = server.ask("counts");
        while (before.of("acceptFailures") == 0) {
          Thread.onSpinWait();
          before = server.ask("counts");
        }
        long began = System.nanoTime();
        int echoes = 0;
        while (System.nanoTime() - began < 2_500_000_000L) {
          good.send(Frame.text("echo " + echoes));
          assertThat(good.next()).isEqualTo(Event.text("echo " + echoes));
          echoes++;
          Thread.sleep(10);
        }
        var after = server.ask("counts");
        double seconds = (System.nanoTime() - began) / 1e9;
        // each try to accept fails once, and a second passes until the next
        assertThat(after.of("acceptFailures") - before.of("acceptFailures"))
            .isLessThan((long) (2 * seconds + 2));
        share = (after.of("loops") - before.of("loops")) / (seconds * 1e9);
        System.out.printf("without files: %.4f of a processor, %d echoes%n", share, echoes);
      } finally {
        for (var client : clients) {
          client.close();
        }
      }
      // with files there again, it accepts again
      try (var late = RawClient.open(server.port(), "/echo")) {
        late.send(Frame.text("late"));
        assertThat(late.next()).isEqualTo(Event.text("late"));
      }
      return share;
    }
  }
}

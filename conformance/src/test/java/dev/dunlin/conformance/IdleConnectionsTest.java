package dev.dunlin.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What a connection costs that has nothing to do: live heap after a collection and resident memory,
 * in a server process of its own.
 */
class IdleConnectionsTest {

  private static final Optional<String> NONE = Optional.empty();

  /** Agrees on compression without context takeover, which costs a connection no contexts. */
  private static final Optional<String> DEFLATE = Optional.of("permessage-deflate");

  private static final List<String> PLAIN_HEADERS = List.of("-Xmx1g");
  private static final List<String> COMPACT_HEADERS =
      List.of("-Xmx1g", "-XX:+UnlockExperimentalVMOptions", "-XX:+UseCompactObjectHeaders");

  @Test
  void anIdleConnectionCostsLessThanTwoAndAHalfKilobytesOfHeap() throws Exception {
    assertThat(heapPerConnection(1000, "/deflate", DEFLATE, PLAIN_HEADERS)).isLessThan(2560);
  }

  @Test
  @Tag("figures")
  void tenThousandIdleConnectionsCostLessThanTwoKilobytesOfHeapEach() throws Exception {
    assertThat(heapPerConnection(10_000, "/echo", NONE, PLAIN_HEADERS)).isLessThan(2048);
    assertThat(heapPerConnection(10_000, "/deflate", DEFLATE, PLAIN_HEADERS)).isLessThan(2048);
    if (Runtime.version().feature() >= 24) {
      assertThat(heapPerConnection(10_000, "/echo", NONE, COMPACT_HEADERS)).isLessThan(2048);
      assertThat(heapPerConnection(10_000, "/deflate", DEFLATE, COMPACT_HEADERS)).isLessThan(2048);
    }
  }

  /** Each has echoed one message before it falls idle. */
  private static long heapPerConnection(
      int connections, String path, Optional<String> offer, List<String> options) throws Exception {
    var clients = new ArrayList<RawClient>();
    try (var server = ForkedServer.start(options, "connections=" + (connections + 500))) {
      try {
        for (int i = 0; i < 200; i++) {
          echo(server, path, offer).close();
        }
        while (server.ask("counts").of("tcp") > 0) {
          Thread.onSpinWait();
        }
        var before = server.ask("memory");
        for (int i = 0; i < connections; i++) {
          clients.add(echo(server, path, offer));
        }
        assertThat(server.ask("counts").of("connections")).isEqualTo(connections);
        var after = server.ask("memory");
        long heap = (after.of("heap") - before.of("heap")) / connections;
        System.out.printf(
            "%d idle at %s, %s: heap %d, direct %d, rss %d bytes each%n",
            connections,
            path,
            options.getLast(),
            heap,
            (after.of("direct") - before.of("direct")) / connections,
            (after.of("rss") - before.of("rss")) / connections);
        return heap;
      } finally {
        for (var client : clients) {
          client.close();
        }
      }
    }
  }

  private static RawClient echo(ForkedServer server, String path, Optional<String> offer)
      throws Exception {
    var client = RawClient.open(server.port(), path, 0, offer);
    client.send(Frame.text("hello"));
    assertThat(client.next()).isEqualTo(Event.text("hello"));
    return client;
  }
}

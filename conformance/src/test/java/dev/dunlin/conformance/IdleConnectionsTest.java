package dev.dunlin.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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

  /** Netty's channel, pipeline and buffers are most of the objects. */
  @Test
  void anIdleConnectionCostsLessThanTwoAndAHalfKilobytesOfHeapAndFortyFiveObjects()
      throws Exception {
    var each = perConnection(1000, "/deflate", DEFLATE, PLAIN_HEADERS);
    assertThat(each.of("heap")).isLessThan(2560);
    assertThat(each.of("objects")).isLessThan(45);
  }

  @Test
  @Tag("figures")
  void tenThousandIdleConnectionsCostLessThanTwoKilobytesOfHeapEach() throws Exception {
    assertThat(heap(10_000, "/echo", NONE, PLAIN_HEADERS)).isLessThan(2048);
    assertThat(heap(10_000, "/deflate", DEFLATE, PLAIN_HEADERS)).isLessThan(2048);
    if (Runtime.version().feature() >= 24) {
      assertThat(heap(10_000, "/echo", NONE, COMPACT_HEADERS)).isLessThan(2048);
      assertThat(heap(10_000, "/deflate", DEFLATE, COMPACT_HEADERS)).isLessThan(2048);
    }
  }

  private static long heap(
      int connections, String path, Optional<String> offer, List<String> options) throws Exception {
    return perConnection(connections, path, offer, options).of("heap");
  }

  /** Each has echoed one message before it falls idle. */
  private static ForkedServer.Answer perConnection(
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
        var each =
            new ForkedServer.Answer(
                Stream.of("heap", "objects", "direct", "rss")
                    .collect(
                        Collectors.toMap(
                            what -> what,
                            what -> (after.of(what) - before.of(what)) / connections)));
        System.out.printf(
            "%d idle at %s, %s: %s each%n", connections, path, options.getLast(), each);
        return each;
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

package dev.dunlin.conformance.sdk;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.auth.Revocation;
import dev.dunlin.centrifuge.Nodes;
import dev.dunlin.centrifuge.ProtocolOptions;
import dev.dunlin.channels.Broker;
import dev.dunlin.channels.Hub;
import dev.dunlin.server.Session;
import dev.dunlin.server.WebSocketClient;
import dev.dunlin.testing.ServerProcess;
import dev.dunlin.websocket.Closed;
import dev.dunlin.websocket.Message;
import dev.dunlin.websocket.Text;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A user is revoked, its tokens are, all it was issued before now is, or its tokens end: every
 * connection of it on every node closes within a second, nobody else's does, and none comes back.
 */
class RevocationTest {

  private static final int NODES = 3;
  private static final long SECOND = 1_000_000_000L;
  private static final String CHANNEL = "open:revoked";

  /** The four ways in which what was granted ends. */
  private enum Way {
    USER,
    TOKENS,
    ISSUED_BEFORE,
    EXPIRY
  }

  private record Node(Hub hub, SdkServer server, Nodes nodes) implements AutoCloseable {
    static Node start(ServerProcess redis, int number) throws Exception {
      var hub = Hub.over(Broker.open("redis", Map.of("url", redis.url())));
      hub.ready().toCompletableFuture().get(10, TimeUnit.SECONDS);
      var server =
          SdkServer.start(hub, ProtocolOptions.defaults().withExpiryGrace(Duration.ZERO), 0);
      var nodes = server.endpoint().join("node-" + number, "node-" + number, Map::of);
      return new Node(hub, server, nodes);
    }

    @Override
    public void close() {
      nodes.close();
      server.close();
      hub.close();
    }
  }

  /** One connection, and when it heard what. */
  private static final class Connection {
    final String user;
    final String tokenId;
    final String token;
    final CompletableFuture<Boolean> subscribed = new CompletableFuture<>();
    final CompletableFuture<Long> closedAt = new CompletableFuture<>();
    volatile int code;
    volatile long heardAt;

    Connection(String user, int number, Duration life) {
      this.user = user;
      this.tokenId = user + "-" + number;
      this.token = SdkTokens.connection(user, life, claims(tokenId));
    }

    private static String claims(String tokenId) {
      long now = Instant.now().getEpochSecond();
      return ",\"jti\":\"" + tokenId + "\",\"iat\":" + (now - 5);
    }

    void open(WebSocketClient client, Node node) throws Exception {
      Session session =
          client.connect(
              URI.create(node.server().url()),
              opened -> {
                opened.onClose(this::closed);
                return message -> heard(opened, message);
              });
      session.send(Text.of("{\"id\":1,\"connect\":{\"token\":\"" + token + "\"}}"));
      session.send(Text.of("{\"id\":2,\"subscribe\":{\"channel\":\"" + CHANNEL + "\"}}"));
    }

    private void heard(Session session, Message message) {
      if (message instanceof Text text) {
        if (text.value().lines().anyMatch("{}"::equals)) {
          session.send(Text.of("{}")); // a ping and its pong
        }
        if (text.value().contains("\"id\":2")) {
          subscribed.complete(true);
        }
        heardAt = System.nanoTime();
      }
    }

    @Override
    public String toString() {
      return tokenId + " closed with " + code;
    }

    private void closed(Closed closed) {
      code = closed.received().map(close -> close.code().value()).orElse(0);
      closedAt.complete(System.nanoTime());
    }
  }

  @Test
  void everyConnectionOfARevokedUserEndsAtOnceAndNobodyElses() throws Exception {
    assertThat(slowest(8, 6)).isLessThan(SECOND);
  }

  @Test
  @Tag("figures")
  void aThousandConnectionsOfAHundredUsersOnThreeNodesEndWithinASecond() throws Exception {
    long slowest = slowest(100, 10);
    System.out.printf("99 %% of the sockets closed within %d ms%n", slowest / 1_000_000);
    assertThat(slowest).isLessThan(SECOND);
  }

  /** The 99th percentile, in nanoseconds, of the time from the withdrawal to the close. */
  private static long slowest(int users, int connections) throws Exception {
    var took = new ArrayList<Long>();
    try (var redis = ServerProcess.redis();
        var first = Node.start(redis, 0);
        var second = Node.start(redis, 1);
        var third = Node.start(redis, 2);
        var client = WebSocketClient.builder().loops(1).build()) {
      var nodes = List.of(first, second, third);
      var all = new ArrayList<List<Connection>>();
      for (int u = 0; u < users; u++) {
        var user = "user-" + u;
        if (way(u) == Way.EXPIRY) {
          all.add(List.of()); // opened when their turn comes
        } else {
          all.add(open(client, nodes, user, connections, Duration.ofMinutes(10)));
        }
      }
      for (int u = 0; u < users; u++) {
        long begun;
        var own = all.get(u);
        var node = nodes.get(u % NODES);
        if (way(u) == Way.EXPIRY) {
          var end = Instant.now().plusSeconds(2).getEpochSecond();
          var life = Duration.between(Instant.now(), Instant.ofEpochSecond(end));
          own = open(client, nodes, "user-" + u, connections, life);
          begun =
              System.nanoTime()
                  + Duration.between(Instant.now(), Instant.ofEpochSecond(end)).toNanos();
        } else {
          begun = System.nanoTime();
          withdraw(node, way(u), own);
        }
        for (var connection : own) {
          long closedAt = connection.closedAt.get(10, TimeUnit.SECONDS);
          took.add(closedAt - begun);
          assertThat(connection.code).isEqualTo(way(u) == Way.EXPIRY ? 3005 : 3500);
        }
        publish(node, u);
        for (var connection : own) {
          assertThat(connection.heardAt).isLessThan(begun + SECOND);
        }
        if (u + 1 < users) {
          assertThat(all.subList(u + 1, users))
              .allSatisfy(others ->
                  assertThat(others).filteredOn(other -> other.closedAt.isDone()).isEmpty());
        }
      }
      comeBack(client, nodes, all);
    }
    took.sort(null);
    return took.get((int) Math.ceil(took.size() * 0.99) - 1);
  }

  private static Way way(int user) {
    return Way.values()[user % Way.values().length];
  }

  private static List<Connection> open(
      WebSocketClient client, List<Node> nodes, String user, int count, Duration life)
      throws Exception {
    var own = IntStream.range(0, count).mapToObj(i -> new Connection(user, i, life)).toList();
    for (int i = 0; i < count; i++) {
      own.get(i).open(client, nodes.get(i % NODES));
    }
    for (var connection : own) {
      connection.subscribed.get(10, TimeUnit.SECONDS);
    }
    return own;
  }

  private static void withdraw(Node node, Way way, List<Connection> own) throws Exception {
    var until = Instant.now().plusSeconds(600);
    var user = own.getFirst().user;
    var api = node.server().endpoint().api();
    var calls = new ArrayList<CompletableFuture<Void>>();
    switch (way) {
      case USER, EXPIRY ->
          calls.add(api.revoke(new Revocation.OfUser(user, until)).toCompletableFuture());
      case TOKENS -> {
        for (var each : own) {
          var revocation = new Revocation.OfToken(each.tokenId, until);
          calls.add(api.revoke(revocation).toCompletableFuture());
        }
      }
      case ISSUED_BEFORE ->
          calls.add(
              api.revoke(Revocation.IssuedBefore.ofUser(user, Instant.now(), until))
                  .toCompletableFuture());
    }
    CompletableFuture.allOf(calls.toArray(CompletableFuture<?>[]::new)).get(10, TimeUnit.SECONDS);
  }

  private static void publish(Node node, int number) throws Exception {
    node.server()
        .endpoint()
        .api()
        .publish(CHANNEL, String.valueOf(number).getBytes(UTF_8), options -> options)
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS);
  }

  /** With the same tokens nobody comes in again, at whichever node. */
  private static void comeBack(WebSocketClient client, List<Node> nodes, List<List<Connection>> all)
      throws Exception {
    for (var own : all) {
      if (own.isEmpty()) {
        continue;
      }
      var before = own.getLast();
      for (var node : nodes) {
        var again = new Again(before.token);
        var session =
            client.connect(
                URI.create(node.server().url()),
                opened -> {
                  opened.onClose(closed ->
                      again.code.complete(
                          closed.received().map(close -> close.code().value()).orElse(0)));
                  return message -> {};
                });
        session.send(Text.of("{\"id\":1,\"connect\":{\"token\":\"" + again.token + "\"}}"));
        assertThat(again.code.get(10, TimeUnit.SECONDS)).isEqualTo(3500);
      }
    }
  }

  private record Again(String token, CompletableFuture<Integer> code) {
    Again(String token) {
      this(token, new CompletableFuture<>());
    }
  }
}

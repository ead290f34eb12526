package dev.dunlin.centrifuge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.dunlin.testing.LosingBroker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Server-side subscriptions: section 15 of the protocol. */
@ParameterizedClass
@EnumSource(Encoding.class)
class ServerSideTest {

  @Parameter Encoding encoding;

  private boolean losing;

  private final TestNode node =
      TestNode.over(
          broker -> LosingBroker.over(broker, publication -> losing),
          endpoint ->
              endpoint
                  .namespaces(
                      new Namespaces(
                          NamespaceOptions.defaults(),
                          Map.of(
                              "closed", NamespaceOptions.defaults(),
                              "stream",
                                  NamespaceOptions.builder()
                                      .historySize(10)
                                      .historyTtl(Duration.ofMinutes(5))
                                      .forceRecovery(true)
                                      .build(),
                              "joins",
                                  NamespaceOptions.builder()
                                      .presence(true)
                                      .joinLeave(true)
                                      .forcePushJoinLeave(true)
                                      .build(),
                              "own", NamespaceOptions.defaults())))
                  .personalChannels("own"));

  @AfterEach
  void close() {
    node.close();
  }

  @Test
  void aPatternOfManyStarsIsMatchedAtOnce() {
    var name = "a".repeat(200) + "\nb";
    try (var one = node.hub.subscribe(name, publication -> {});
        var other = node.hub.subscribe("b", publication -> {})) {
      var api = node.endpoint.api();
      assertTimeoutPreemptively(
          Duration.ofSeconds(20),
          () -> {
            assertThat(api.channels("*a".repeat(50) + "c")).isEmpty();
            assertThat(api.channels("*a".repeat(50) + "?b")).containsOnlyKeys(name);
          });
      assertThat(api.channels("*")).containsOnlyKeys(name, "b");
      assertThat(api.channels("?")).containsOnlyKeys("b");
      assertThat(api.channels("a*a*b*")).containsOnlyKeys(name);
      assertThat(api.channels("")).hasSize(2);
    }
  }

  private String connect(Peer peer, String claims, String more) {
    return peer.ask("{'id':1,'connect':{'token':'%s'%s}}".formatted(TestNode.token(claims), more));
  }

  private Peer connected(String claims) {
    var peer = node.peer(encoding);
    assertThat(connect(peer, claims, "")).contains("\"connect\"");
    return peer;
  }

  @Test
  void theTokensChannelsAndThePersonalOneAreAnnouncedInTheConnectReply() {
    var peer = node.peer(encoding);
    assertThat(connect(peer, "{'sub':'ann','channels':['closed:a']}", ""))
        .isEqualTo(
            Expected.json(
                "{'id':1,'connect':{'client':'C1','version':'dunlin','subs':{'closed:a':{},"
                    + "'own:#ann':{}},'ping':25,'pong':true}}"));
    node.publish("closed:a", "1");
    node.publish("own:#ann", "2");
    assertThat(peer.next(2))
        .containsExactly(
            Expected.json("{'push':{'channel':'closed:a','pub':{'data':1}}}"),
            Expected.json("{'push':{'channel':'own:#ann','pub':{'data':2}}}"));
  }

  @Test
  void subsWinOverChannelsAndCarryData() {
    assertThat(
            connect(
                node.peer(encoding),
                "{'sub':'','channels':['closed:a'],'subs':{'closed:b':{'data':{'x':1}}}}",
                ""))
        .contains(Expected.json("'subs':{'closed:b':{'data':{'x':1}}}"));
  }

  @Test
  void theClientCannotSubscribeToThemAgain() {
    var peer = connected("{'sub':'ann','channels':['closed:a']}");
    assertThat(peer.ask("{'id':2,'subscribe':{'channel':'closed:a'}}"))
        .isEqualTo(Expected.error(2, ErrorCode.ALREADY_SUBSCRIBED));
  }

  @Test
  void theyRecoverThroughTheConnectRequest() {
    for (int i = 1; i <= 3; i++) {
      node.publish("stream:a", String.valueOf(i));
    }
    var claims = "{'sub':'ann','channels':['stream:a']}";
    assertThat(connect(node.peer(encoding), claims, ""))
        .contains(
            Expected.json(
                "'stream:a':{'recoverable':true,'epoch':'E1','offset':3,'positioned':true}"));
    var recovering = ",'subs':{'stream:a':{'recover':true,'offset':2,'epoch':'E1'}}";
    assertThat(connect(node.peer(encoding), claims, recovering))
        .contains(
            Expected.json(
                "'stream:a':{'recoverable':true,'epoch':'E1','publications':[{'data':3,"
                    + "'offset':3}],'recovered':true,'offset':2,'positioned':true,"
                    + "'was_recovering':true}"));
  }

  @Test
  void resumedOnesThatDoNotRecoverAndForeignOnesAreIgnored() {
    assertThat(
            connect(
                node.peer(encoding),
                "{'sub':'','channels':['closed:a']}",
                ",'subs':{'closed:a':{},'closed:not-mine':{'recover':true}}"))
        .contains(Expected.json("'subs':{'closed:a':{}}"));
  }

  @Test
  void aGapClosesTheConnectionWith3010() {
    var peer = connected("{'sub':'ann','channels':['stream:a']}");
    losing = true;
    node.publish("stream:a", "1");
    losing = false;
    node.publish("stream:a", "2");
    assertThat(peer.ending()).isEqualTo("3010 insufficient state");
  }

  @Test
  void moreThanTheLimitCloseWith3505() {
    var channels = new StringBuilder();
    for (int i = 0; i < 129; i++) {
      channels.append(i == 0 ? "" : ",").append("'closed:").append(i).append("'");
    }
    var peer = node.peer(encoding);
    peer.send(
        "{'id':1,'connect':{'token':'%s'}}"
            .formatted(TestNode.token("{'sub':'','channels':[" + channels + "]}")));
    assertThat(peer.ending()).isEqualTo("3505 channel limit");
    assertThat(node.hub.channels()).isEmpty();
  }

  @Test
  void anUnknownNamespaceInATokenRefusesTheConnect() {
    assertThat(connect(node.peer(encoding), "{'sub':'','channels':['nowhere:a']}", ""))
        .isEqualTo(Expected.error(1, ErrorCode.UNKNOWN_CHANNEL));
    assertThat(node.hub.channels()).isEmpty();
  }

  @Test
  void theApiAddsAndRemovesThem() {
    var peer = connected("{'sub':'ann'}");
    var api = node.endpoint.api();
    node.publish("stream:a", "1");
    var added =
        api.subscribe(
            ServerApi.Target.user("ann"),
            "stream:a",
            SubscribeOptions.NONE.withData(
                "{\"x\":1}".getBytes(java.nio.charset.StandardCharsets.UTF_8)));
    assertThat(peer.next())
        .isEqualTo(
            Expected.json(
                "{'push':{'channel':'stream:a','subscribe':{'recoverable':true,'epoch':'E1',"
                    + "'offset':1,'positioned':true,'data':{'x':1}}}}"));
    assertThat(added.toCompletableFuture()).isCompleted();
    node.publish("stream:a", "2");
    assertThat(peer.next())
        .isEqualTo(Expected.json("{'push':{'channel':'stream:a','pub':{'data':2,'offset':2}}}"));
    api.unsubscribe(ServerApi.Target.user("ann"), "stream:a");
    assertThat(peer.next())
        .isEqualTo(
            Expected.json(
                "{'push':{'channel':'stream:a','unsubscribe':{'code':2000,"
                    + "'reason':'server unsubscribe'}}}"));
  }

  @Test
  void whatTheApiSubscriptionMissedComesAsPushesInOrder() {
    var peer = connected("{'sub':'ann'}");
    for (int i = 1; i <= 3; i++) {
      node.publish("stream:a", String.valueOf(i));
    }
    node.endpoint
        .api()
        .subscribe(
            ServerApi.Target.user("ann"),
            "stream:a",
            SubscribeOptions.NONE.withRecoverSince(new dev.dunlin.channels.StreamPosition(1, "")));
    assertThat(peer.next()).contains("\"subscribe\"").contains("\"offset\":1");
    assertThat(peer.next(2))
        .containsExactly(
            Expected.json("{'push':{'channel':'stream:a','pub':{'data':2,'offset':2}}}"),
            Expected.json("{'push':{'channel':'stream:a','pub':{'data':3,'offset':3}}}"));
    node.publish("stream:a", "4");
    assertThat(peer.next()).contains("\"offset\":4");
  }

  @Test
  void theApiDisconnectsAUserButNotWhomItKeeps() {
    var keeps = connected("{'sub':'ann'}");
    var goes = connected("{'sub':'ann'}");
    var other = connected("{'sub':'bob'}");
    node.endpoint
        .api()
        .disconnect(
            ServerApi.Target.user("ann"), Set.of(node.client(1)), Disconnect.FORCE_RECONNECT);
    assertThat(goes.ending()).isEqualTo("3011 force reconnect");
    assertThat(keeps.open()).isTrue();
    assertThat(other.open()).isTrue();
  }

  @Test
  void theApiMovesTheEndOfConnections() {
    var peer = connected("{'sub':'ann'}");
    node.endpoint
        .api()
        .refresh(ServerApi.Target.user("ann"), Optional.of(TestNode.START.plusSeconds(5)));
    node.advance(Duration.ofSeconds(6));
    assertThat(peer.ending()).isEqualTo("3005 connection expired");
  }

  @Test
  void aSessionNamesNoClientOfAWebSocket() {
    var peer = connected("{'sub':'ann'}");
    var target = new ServerApi.Target("ann", Optional.empty(), Optional.of("a session"));
    node.endpoint.api().disconnect(target, Set.of(), Disconnect.FORCE_DISCONNECT);
    assertThat(peer.open()).isTrue();
    assertThat(target.toString()).doesNotContain("a session");
  }

  @Test
  void theApiChangesWhatOthersSeeOfAConnection() {
    var peer = connected("{'sub':'ann'}");
    node.endpoint
        .api()
        .refresh(
            ServerApi.Target.user("ann"),
            Optional.empty(),
            Optional.of("{\"name\":1}".getBytes(StandardCharsets.UTF_8)));
    var joined =
        node.endpoint
            .api()
            .subscribe(ServerApi.Target.user("ann"), "joins:a", SubscribeOptions.NONE);
    peer.next();
    assertThat(joined.toCompletableFuture()).isCompleted();
    assertThat(node.endpoint.api().presence("joins:a").toCompletableFuture().join().values())
        .singleElement()
        .satisfies(seen ->
            assertThat(StandardCharsets.UTF_8.decode(seen.connInfo()).toString())
                .isEqualTo("{\"name\":1}"));
  }

  @Test
  void theClientsOwnJoinComesAfterTheConnectReply() {
    var peer = node.peer(encoding);
    assertThat(connect(peer, "{'sub':'ann','channels':['joins:a']}", "")).contains("\"connect\"");
    assertThat(peer.next())
        .isEqualTo(
            Expected.json(
                "{'push':{'channel':'joins:a','join':{'info':{'user':'ann','client':'C1'}}}}"));
  }

  @Test
  void anExpiredServerSideSubscriptionClosesWith3006() {
    var peer = connected("{'sub':'ann'}");
    node.endpoint
        .api()
        .subscribe(
            ServerApi.Target.user("ann"),
            "closed:a",
            SubscribeOptions.NONE.withExpiresAt(TestNode.START.plusSeconds(10)));
    assertThat(peer.next()).contains("\"subscribe\"");
    for (int i = 0; i < 34; i++) {
      node.advance(Duration.ofSeconds(1));
      peer.pong();
    }
    assertThat(peer.open()).isTrue();
    node.advance(Duration.ofSeconds(2));
    peer.pong();
    assertThat(peer.ending()).isEqualTo("3006 subscription expired");
  }
}

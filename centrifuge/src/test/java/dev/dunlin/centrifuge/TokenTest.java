package dev.dunlin.centrifuge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.auth.Revocation;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Tokens of connections and subscriptions: sections 9 and 10 of the protocol. */
@ParameterizedClass
@EnumSource(Encoding.class)
class TokenTest {

  @Parameter Encoding encoding;

  private final TestNode node =
      TestNode.of(endpoint ->
          endpoint.namespaces(
              new Namespaces(
                  NamespaceOptions.defaults(),
                  Map.of(
                      "closed", NamespaceOptions.defaults(),
                      "present",
                          TestNode.anybody()
                              .presence(true)
                              .allowPresenceForClient(true)
                              .build()))));

  @AfterEach
  void close() {
    node.close();
  }

  private String connect(Peer peer, String claims) {
    return peer.ask("{'id':1,'connect':{'token':'%s'}}".formatted(TestNode.token(claims)));
  }

  private Peer connected(String claims) {
    var peer = node.peer(encoding);
    assertThat(connect(peer, claims)).contains("\"connect\"");
    return peer;
  }

  private Peer until(int second) {
    return connected("{'sub':'ann','exp':%d}".formatted(TestNode.second(second)));
  }

  private static String claims(String user, int end) {
    return "{'sub':'%s','exp':%d}".formatted(user, TestNode.second(end));
  }

  // ---- connection tokens

  @Test
  void forgedMalformedAndSubscriptionTokensCloseWith3500() {
    for (var token :
        List.of(
            TestNode.forged("{'sub':'ann'}"),
            "no token",
            TestNode.token("{'sub':'ann','channel':'closed:a'}"),
            TestNode.token("{'sub':'ann','info':"))) {
      var peer = node.peer(encoding);
      peer.send("{'id':1,'connect':{'token':'%s'}}".formatted(token));
      assertThat(peer.ending()).isEqualTo("3500 invalid token");
    }
  }

  @Test
  void expiredAndPrematureTokensAreError109() {
    for (var claim : List.of("'exp':" + TestNode.second(-1), "'nbf':" + TestNode.second(30))) {
      var peer = node.peer(encoding);
      assertThat(connect(peer, "{'sub':'ann'," + claim + "}"))
          .isEqualTo(Expected.error(1, ErrorCode.TOKEN_EXPIRED));
    }
  }

  @Test
  void anEndIsToldInWholeSeconds() {
    assertThat(connect(node.peer(encoding), claims("ann", 60)))
        .isEqualTo(
            Expected.json(
                "{'id':1,'connect':{'client':'C1','version':'dunlin','expires':true,'ttl':60,"
                    + "'ping':25,'pong':true}}"));
  }

  @Test
  void expireAtMovesTheEndAndZeroTakesItAway() {
    assertThat(
            connect(
                node.peer(encoding),
                "{'sub':'ann','exp':%d,'expire_at':%d}"
                    .formatted(TestNode.second(60), TestNode.second(90))))
        .contains("\"ttl\":90");
    assertThat(
            connect(
                node.peer(encoding),
                "{'sub':'ann','exp':%d,'expire_at':0}".formatted(TestNode.second(60))))
        .doesNotContain("expires");
  }

  /** The year 9999, a time in milliseconds by mistake, and the last one that can be written. */
  private static final long[] FAR_ENDS = {253_402_300_799L, 1_800_000_000_000L, Long.MAX_VALUE};

  @Test
  void anEndThatIsVeryFarAwayIsAnEnd() {
    for (long end : FAR_ENDS) {
      var peer = node.peer(encoding);
      var claims = "{'sub':'ann','exp':253402300799,'expire_at':%d}".formatted(end);
      assertThat(connect(peer, claims)).contains("\"expires\":true,\"ttl\":2147483647");
      assertThat(peer.ask("{'id':2,'refresh':{'token':'%s'}}".formatted(TestNode.token(claims))))
          .contains("\"ttl\":2147483647");
      var subscription =
          TestNode.token("{'sub':'ann','channel':'closed:a','expire_at':%d}".formatted(end));
      assertThat(
              peer.ask(
                  "{'id':3,'subscribe':{'channel':'closed:a','token':'%s'}}"
                      .formatted(subscription)))
          .isEqualTo(Expected.json("{'id':3,'subscribe':{'expires':true,'ttl':2147483647}}"));
      assertThat(
              peer.ask(
                  "{'id':4,'sub_refresh':{'channel':'closed:a','token':'%s'}}"
                      .formatted(subscription)))
          .isEqualTo(Expected.json("{'id':4,'sub_refresh':{'expires':true,'ttl':2147483647}}"));
      pass(peer, 120);
      assertThat(peer.open()).isTrue();
    }
  }

  @Test
  void withoutARefreshTheConnectionEndsAfterItsGrace() {
    var peer = until(60);
    pass(peer, 84);
    assertThat(peer.open()).isTrue();
    node.advance(Duration.ofMillis(1_200));
    peer.pong();
    assertThat(peer.ending()).isEqualTo("3005 connection expired");
  }

  /** Lets seconds pass in which the client answers pings. */
  private void pass(Peer peer, int seconds) {
    for (int i = 0; i < seconds; i++) {
      node.advance(Duration.ofSeconds(1));
      peer.pong();
    }
  }

  @Test
  void aRefreshMovesTheEnd() {
    var peer = until(60);
    pass(peer, 60);
    assertThat(
            peer.ask(
                "{'id':2,'refresh':{'token':'%s'}}".formatted(TestNode.token(claims("ann", 160)))))
        .isEqualTo(
            Expected.json(
                "{'id':2,'refresh':{'client':'C1','version':'dunlin','expires':true,'ttl':100}}"));
    pass(peer, 124);
    assertThat(peer.open()).isTrue();
    pass(peer, 2);
    assertThat(peer.ending()).isEqualTo("3005 connection expired");
  }

  @Test
  void badRefreshesClose() {
    assertThat(refreshed(TestNode.forged(claims("ann", 90)))).isEqualTo("3500 invalid token");
    assertThat(refreshed(TestNode.token(claims("eve", 90)))).isEqualTo("3500 invalid token");
    assertThat(refreshed(TestNode.token("{'sub':'ann','channel':'closed:a'}")))
        .isEqualTo("3500 invalid token");
    assertThat(refreshed(TestNode.token(claims("ann", -1)))).isEqualTo("3005 connection expired");
    assertThat(refreshed("")).isEqualTo("3501 bad request");
    assertThat(refreshed(TestNode.token("{'sub':'ann','channels':['closed:other']}")))
        .as("other server-side channels")
        .isEqualTo("3010 insufficient state");
  }

  private String refreshed(String token) {
    var peer = until(60);
    peer.send("{'id':2,'refresh':{'token':'%s'}}".formatted(token));
    return peer.ending();
  }

  @Test
  void aRefreshWithTheSameChannelsKeepsThem() {
    var peer = connected("{'sub':'ann','channels':['closed:a','closed:b']}");
    assertThat(
            peer.ask(
                "{'id':2,'refresh':{'token':'%s'}}"
                    .formatted(TestNode.token("{'sub':'ann','channels':['closed:b','closed:a']}"))))
        .contains("\"refresh\"");
  }

  @Test
  void whereAHookRefreshesTheClientIsNotAskedAndMayNotRefresh() {
    var calls = new java.util.concurrent.atomic.AtomicInteger();
    var hooked =
        TestNode.of(endpoint ->
            endpoint.hooks(
                Hooks.NONE.onRefresh(asked -> {
                  if (calls.incrementAndGet() == 2) {
                    throw Rejection.error(ErrorCode.EXPIRED);
                  }
                  return new Hooks.Refreshed(
                      Optional.of(TestNode.START.plusSeconds(40)), Optional.empty());
                })));
    var peer = hooked.peer(encoding);
    assertThat(connect(peer, claims("ann", 10))).doesNotContain("expires").doesNotContain("ttl");
    for (int i = 0; i < 11; i++) {
      hooked.advance(Duration.ofSeconds(1));
      peer.pong();
    }
    var client = hooked.endpoint.clients().all().iterator().next();
    hooked.await(() -> client.expiresAt().equals(Optional.of(TestNode.START.plusSeconds(40))));
    for (int i = 0; i < 30; i++) {
      hooked.advance(Duration.ofSeconds(1));
      peer.pong();
    }
    assertThat(peer.closing()).isEqualTo("3005 connection expired");
    var other = hooked.peer(encoding);
    connect(other, "{'sub':'ann'}");
    other.send("{'id':2,'refresh':{'token':'%s'}}".formatted(TestNode.token("{'sub':'ann'}")));
    assertThat(other.ending()).isEqualTo("3501 bad request");
    hooked.close();
  }

  // ---- subscription tokens

  private String subscribe(Peer peer, String token) {
    return peer.ask("{'id':2,'subscribe':{'channel':'closed:a','token':'%s'}}".formatted(token));
  }

  private String until(String channel, int second) {
    return TestNode.token(
        "{'sub':'ann','channel':'%s','exp':%d}".formatted(channel, TestNode.second(second)));
  }

  @Test
  void aTokenLetsInWhereNothingElseDoes() {
    var peer = connected("{'sub':'ann'}");
    assertThat(
            subscribe(peer, TestNode.token("{'sub':'ann','channel':'closed:a','data':{'hi':1}}")))
        .isEqualTo(Expected.json("{'id':2,'subscribe':{'data':{'hi':1}}}"));
  }

  @Test
  void aSubscriptionWhoseOwnEndIsOverIs110() {
    var peer = connected("{'sub':'ann'}");
    var token = "{'sub':'ann','channel':'closed:a','expire_at':%d}".formatted(TestNode.second(-5));
    assertThat(subscribe(peer, TestNode.token(token)))
        .isEqualTo(Expected.error(2, ErrorCode.EXPIRED));
  }

  @Test
  void forgedIs103AndExpiredIs109() {
    var peer = connected("{'sub':'ann'}");
    assertThat(subscribe(peer, TestNode.forged("{'sub':'ann','channel':'closed:a'}")))
        .isEqualTo(Expected.error(2, ErrorCode.PERMISSION_DENIED));
    assertThat(subscribe(peer, until("closed:a", -1)))
        .isEqualTo(Expected.error(2, ErrorCode.TOKEN_EXPIRED));
  }

  @Test
  void somebodyElsesTokenCloses() {
    for (var claims :
        List.of(
            "{'sub':'eve','channel':'closed:a'}",
            "{'sub':'ann','channel':'closed:b'}",
            "{'sub':'ann'}",
            "{'sub':'ann','channel':'closed:a','client':'another'}")) {
      var peer = connected("{'sub':'ann'}");
      peer.send(
          "{'id':2,'subscribe':{'channel':'closed:a','token':'%s'}}"
              .formatted(TestNode.token(claims)));
      assertThat(peer.ending()).as(claims).isEqualTo("3500 invalid token");
    }
  }

  @Test
  void aSubscriptionThatIsNotRefreshedEndsWith2501AfterItsGrace() {
    var peer = connected("{'sub':'ann'}");
    assertThat(subscribe(peer, until("closed:a", 30)))
        .isEqualTo(Expected.json("{'id':2,'subscribe':{'expires':true,'ttl':30}}"));
    pass(peer, 54);
    assertThat(node.hub.subscribers("closed:a")).isEqualTo(1);
    pass(peer, 2);
    assertThat(peer.next())
        .isEqualTo(
            Expected.json(
                "{'push':{'channel':'closed:a','unsubscribe':{'code':2501,"
                    + "'reason':'subscription expired'}}}"));
    assertThat(node.hub.channels()).isEmpty();
    assertThat(peer.open()).isTrue();
  }

  @Test
  void subRefreshMovesTheEnd() {
    var peer = connected("{'sub':'ann'}");
    subscribe(peer, until("closed:a", 30));
    pass(peer, 30);
    assertThat(
            peer.ask(
                "{'id':3,'sub_refresh':{'channel':'closed:a','token':'%s'}}"
                    .formatted(until("closed:a", 130))))
        .isEqualTo(Expected.json("{'id':3,'sub_refresh':{'expires':true,'ttl':100}}"));
    pass(peer, 124);
    assertThat(node.hub.subscribers("closed:a")).isEqualTo(1);
  }

  @Test
  void subRefreshWithoutAChannelTakesItFromTheToken() {
    var peer = connected("{'sub':'ann'}");
    subscribe(peer, until("closed:a", 30));
    assertThat(peer.ask("{'id':3,'sub_refresh':{'token':'%s'}}".formatted(until("closed:a", 60))))
        .isEqualTo(Expected.json("{'id':3,'sub_refresh':{'expires':true,'ttl':60}}"));
  }

  @Test
  void badSubRefreshes() {
    var peer = connected("{'sub':'ann'}");
    subscribe(peer, until("closed:a", 30));
    assertThat(peer.ask("{'id':3,'sub_refresh':{'channel':'closed:a'}}"))
        .isEqualTo(Expected.error(3, ErrorCode.BAD_REQUEST));
    assertThat(
            peer.ask(
                "{'id':3,'sub_refresh':{'channel':'closed:b','token':'%s'}}"
                    .formatted(until("closed:b", 60))))
        .isEqualTo(Expected.error(3, ErrorCode.PERMISSION_DENIED));
    assertThat(
            peer.ask(
                "{'id':3,'sub_refresh':{'channel':'closed:a','token':'%s'}}"
                    .formatted(TestNode.forged("{'sub':'ann','channel':'closed:a'}"))))
        .isEqualTo(Expected.error(3, ErrorCode.PERMISSION_DENIED));
    peer.send(
        "{'id':3,'sub_refresh':{'channel':'closed:a','token':'%s'}}"
            .formatted(until("closed:a", -1)));
    assertThat(peer.ending()).isEqualTo("3006 subscription expired");
  }

  @Test
  void aSubRefreshForAnotherChannelOrUserCloses() {
    for (var claims :
        List.of("{'sub':'ann','channel':'closed:b'}", "{'sub':'eve','channel':'closed:a'}")) {
      var peer = connected("{'sub':'ann'}");
      subscribe(peer, until("closed:a", 30));
      peer.send(
          "{'id':3,'sub_refresh':{'channel':'closed:a','token':'%s'}}"
              .formatted(TestNode.token(claims)));
      assertThat(peer.ending()).isEqualTo("3500 invalid token");
    }
  }

  @Test
  void infoOfTokensIsWhatOthersSee() {
    var peer = connected("{'sub':'ann','info':{'name':'Ann'}}");
    peer.ask(
        "{'id':2,'subscribe':{'channel':'present:a','token':'%s'}}"
            .formatted(
                TestNode.token("{'sub':'ann','channel':'present:a','b64info':'eyJhIjoxfQ=='}")));
    assertThat(peer.ask("{'id':3,'presence':{'channel':'present:a'}}"))
        .isEqualTo(
            Expected.json(
                "{'id':3,'presence':{'presence':{'C1':{'user':'ann','client':'C1',"
                    + "'conn_info':{'name':'Ann'},'chan_info':{'a':1}}}}}"));
  }

  @Test
  void aTokenMayOverrideTheNamespace() {
    var peer = connected("{'sub':'ann'}");
    peer.ask(
        "{'id':2,'subscribe':{'channel':'present:a','token':'%s'}}"
            .formatted(
                TestNode.token(
                    "{'sub':'ann','channel':'present:a','override':{'presence':{'value':false}}}")));
    assertThat(peer.ask("{'id':3,'presence_stats':{'channel':'present:a'}}"))
        .isEqualTo(Expected.json("{'id':3,'presence_stats':{}}"));
  }

  // ---- capabilities

  @Test
  void capabilitiesGrantWhatTheNamespaceDoesNot() {
    var peer =
        connected(
            "{'sub':'ann','exp':%d,'caps':[{'channels':['closed:a'],'allow':['sub','pub']}]}"
                .formatted(TestNode.second(600)));
    assertThat(peer.ask("{'id':2,'publish':{'channel':'closed:a','data':{}}}"))
        .contains("\"publish\"");
    assertThat(peer.ask("{'id':3,'subscribe':{'channel':'closed:a'}}")).contains("\"subscribe\"");
    assertThat(peer.ask("{'id':4,'subscribe':{'channel':'closed:b'}}")).contains("103");
    assertThat(peer.ask("{'id':5,'publish':{'channel':'closed:b','data':{}}}")).contains("103");
  }

  @Test
  void capabilitiesThatAreNoneMakeAnInvalidToken() {
    var peer = node.peer(encoding);
    var claims =
        "{'sub':'ann','exp':%d,'caps':[{'channels':'closed:a','allow':['everything']}]}"
            .formatted(TestNode.second(600));
    peer.send("{'id':1,'connect':{'token':'%s'}}".formatted(TestNode.token(claims)));
    assertThat(peer.ending()).isEqualTo("3500 invalid token");
  }

  // ---- revocation

  @Test
  void aRevokedUserIsClosedAndLetInNoMore() {
    var ann = until(600);
    var bob = connected(claims("bob", 600));
    node.endpoint
        .revocations()
        .add(new Revocation.OfUser("ann", Instant.ofEpochSecond(TestNode.second(900))));
    assertThat(ann.ending()).isEqualTo("3500 invalid token");
    var again = node.peer(encoding);
    again.send("{'id':1,'connect':{'token':'%s'}}".formatted(TestNode.token(claims("ann", 600))));
    assertThat(again.ending()).isEqualTo("3500 invalid token");
    assertThat(bob.ask("{'id':2,'unsubscribe':{'channel':'x'}}")).contains("\"unsubscribe\"");
  }

  @Test
  void aRevokedTokenEndsOnlyTheConnectionsItOpened() {
    var one = connected("{'sub':'ann','jti':'one','exp':%d}".formatted(TestNode.second(600)));
    var two = connected("{'sub':'ann','jti':'two','exp':%d}".formatted(TestNode.second(600)));
    node.endpoint
        .revocations()
        .add(new Revocation.OfToken("one", Instant.ofEpochSecond(TestNode.second(900))));
    assertThat(one.ending()).isEqualTo("3500 invalid token");
    assertThat(two.ask("{'id':2,'unsubscribe':{'channel':'x'}}")).contains("\"unsubscribe\"");
  }
}

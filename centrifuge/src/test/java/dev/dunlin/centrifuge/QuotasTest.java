package dev.dunlin.centrifuge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How much one client may ask for. */
class QuotasTest {

  private final TestNode node =
      TestNode.of(endpoint ->
          endpoint
              .quotas(new Quotas(50, 200, 2, 5))
              .allowAnonymous()
              .namespaces(new Namespaces(TestNode.anybody().build(), Map.of())));

  @AfterEach
  void close() {
    node.close();
  }

  private static String publish(Peer peer) {
    return peer.ask("{'id':7,'publish':{'channel':'a','data':1}}");
  }

  @Test
  void theCommandBeyondTheBurstIsRefusedAndOthersAreUnharmed() {
    var hasty = node.user(Encoding.JSON, "ann");
    var calm = node.user(Encoding.JSON, "bob");
    for (int i = 0; i < 200; i++) {
      assertThat(publish(hasty)).doesNotContain("error");
    }
    assertThat(publish(hasty)).contains("\"code\":111");
    assertThat(publish(calm)).doesNotContain("\"code\":111");
    node.advance(Duration.ofMillis(20));
    assertThat(publish(hasty)).doesNotContain("\"code\":111");
    assertThat(publish(hasty)).contains("\"code\":111");
  }

  @Test
  void whoGoesOnAllTheSameIsClosedWith3509() {
    var hasty = node.user(Encoding.JSON, "ann");
    for (int i = 0; i < 300; i++) {
      publish(hasty);
    }
    hasty.send("{'id':7,'publish':{'channel':'a','data':1}}");
    assertThat(hasty.next()).contains("\"code\":111");
    assertThat(hasty.ending()).startsWith("3509");
  }

  @Test
  void theConnectionBeyondAUsersLimitIsClosedWith3504() {
    var one = node.user(Encoding.JSON, "ann");
    node.user(Encoding.JSON, "ann");
    var third = node.peer(Encoding.JSON);
    var connect = "{'id':1,'connect':{'token':'%s'}}".formatted(TestNode.token("{'sub':'ann'}"));
    third.send(connect);
    assertThat(third.ending()).startsWith("3504");
    assertThat(node.user(Encoding.JSON, "bob")).isNotNull();
    for (int i = 0; i < 5; i++) {
      node.anonymous(Encoding.JSON);
    }
    one.leave();
    assertThat(node.peer(Encoding.JSON).ask(connect)).contains("\"connect\"");
  }

  @Test
  void anAddressWithTooManyInvalidTokensIsNotHeard() {
    var guard = new Guard(() -> new Quotas(0, 0, 0, 5));
    var attacker = new InetSocketAddress("192.0.2.1", 1);
    for (int i = 0; i < 5; i++) {
      assertThat(guard.failsTooOften(attacker)).isFalse();
      guard.failed(attacker);
    }
    assertThat(guard.failsTooOften(attacker)).isTrue();
    assertThat(guard.failsTooOften(new InetSocketAddress("192.0.2.2", 1))).isFalse();
    var local = new InetSocketAddress("127.0.0.1", 1);
    for (int i = 0; i < 100; i++) {
      guard.failed(local);
    }
    assertThat(guard.failsTooOften(local)).isFalse();
  }

  @Test
  void whoHasNotConnectedHasOneCommandWaiting() {
    var answer = new CompletableFuture<Hooks.Connected>();
    try (var asking =
        TestNode.of(endpoint ->
            endpoint
                .hooks(Hooks.NONE.onConnect(event -> answer.join()))
                .namespaces(new Namespaces(TestNode.anybody().build(), Map.of())))) {
      var peer = asking.peer(Encoding.JSON);
      peer.send("{'id':1,'connect':{}}");
      assertThat(peer.wire.paused).isFalse();
      peer.send("{'id':2,'publish':{'channel':'a','data':1}}");
      assertThat(peer.wire.paused).as("a second one is not read").isTrue();
      answer.complete(Hooks.Connected.user("ann"));
      asking.await(() -> !peer.wire.paused);
      assertThat(peer.next()).contains("\"connect\"");
      assertThat(peer.next()).contains("\"publish\"");
    }
  }

  @Test
  void whoBeginsWithAnotherCommandIsClosedWith3501() {
    var peer = node.peer(Encoding.JSON);
    peer.send("{'id':1,'publish':{'channel':'a','data':1}}", "{'id':2,'connect':{}}");
    assertThat(peer.ending()).startsWith("3501");
  }

  @Test
  void burstsBelowTheRateAreRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> new Quotas(50, 10, 0, 0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Quotas.Shared(0, 0, Integer.MAX_VALUE, 0));
  }

  // ---- what several connections share

  private static final Quotas.Shared NONE = Quotas.Shared.none();

  private static TestNode sharing(int connects, Quotas.Shared user, Quotas.Shared address) {
    return TestNode.of(endpoint ->
        endpoint
            .quotas(new Quotas(0, 0, 0, 5, connects, user, address))
            .namespaces(new Namespaces(TestNode.anybody().build(), Map.of())));
  }

  @Test
  void ratesAreMeansOverTenSecondsForEachUserAndAddress() {
    var now = new AtomicLong();
    var shared = new Quotas.Shared(2, 3, 100, 0);
    var quotas = new Quotas(0, 0, 0, 0, 1, shared, shared);
    var guard = new Guard(() -> quotas, now::get);
    for (int i = 0; i < 20; i++) {
      assertThat(guard.command(null, "ann")).isTrue();
      assertThat(guard.command("192.0.2.1", "")).isTrue();
    }
    assertThat(guard.command(null, "ann")).isFalse();
    assertThat(guard.command("192.0.2.1", "")).isFalse();
    assertThat(guard.command("192.0.2.2", "bob")).isTrue();
    now.addAndGet(500_000_000);
    assertThat(guard.command(null, "ann")).isTrue();
    assertThat(guard.command(null, "ann")).isFalse();
    assertThat(guard.message(null, "ann", 900)).isTrue();
    assertThat(guard.message(null, "ann", 101)).as("bytes").isFalse();
    assertThat(guard.message(null, "ann", 100)).isTrue();
    for (int i = 0; i < 30; i++) {
      assertThat(guard.message("192.0.2.1", "", 0)).isTrue();
    }
    assertThat(guard.message("192.0.2.1", "", 0)).as("messages").isFalse();
    for (int i = 0; i < 10; i++) {
      assertThat(guard.connects("ann")).isTrue();
    }
    assertThat(guard.connects("ann")).isFalse();
    assertThat(guard.connects("bob")).isTrue();
    for (int i = 0; i < 1_000; i++) {
      assertThat(guard.connects("")).as("nobody in particular").isTrue();
      assertThat(guard.command(null, "")).isTrue();
    }
  }

  @Test
  void ratesBeyondAllCountingLetEverybodyIn() {
    int most = Integer.MAX_VALUE;
    var shared = new Quotas.Shared(most, most, 0, most);
    var guard = new Guard(() -> new Quotas(most, most, most, most, most, shared, shared));
    assertThat(guard.command(null, "ann")).isTrue();
    assertThat(guard.message(null, "ann", 1)).isTrue();
    assertThat(guard.connects("ann")).isTrue();
  }

  @Test
  void addressesOfANetworkAreOneAndThisMachineIsNone() throws Exception {
    var one = new InetSocketAddress("2001:db8::1", 1);
    assertThat(Guard.key(one)).isEqualTo(Guard.key(new InetSocketAddress("2001:db8::2:3", 9)));
    assertThat(Guard.key(one)).isNotEqualTo(Guard.key(new InetSocketAddress("2001:db9::1", 1)));
    assertThat(Guard.key(new InetSocketAddress("127.0.0.1", 1))).isNull();
    assertThat(Guard.key(InetSocketAddress.createUnresolved("memory", 0))).isNull();
  }

  @Test
  void theSubscriptionBeyondAUsersLimitIsRefusedWith106AndOthersAreUnharmed() {
    try (var sharing = sharing(0, new Quotas.Shared(0, 0, 0, 3), NONE)) {
      theFourthIsRefused(
          sharing.user(Encoding.JSON, "ann"),
          sharing.user(Encoding.JSON, "ann"),
          sharing.user(Encoding.JSON, "bob"));
    }
  }

  @Test
  void theSubscriptionBeyondAnAddressesLimitIsRefusedWith106AndOthersAreUnharmed() {
    try (var sharing = sharing(0, NONE, new Quotas.Shared(0, 0, 0, 3))) {
      sharing.address = new InetSocketAddress("192.0.2.1", 1);
      var one = sharing.user(Encoding.JSON, "ann");
      var another = sharing.user(Encoding.JSON, "bob");
      sharing.address = new InetSocketAddress("192.0.2.2", 1);
      theFourthIsRefused(one, another, sharing.user(Encoding.JSON, "ann"));
    }
  }

  private static void theFourthIsRefused(Peer one, Peer another, Peer stranger) {
    var subscribe = "{'id':2,'subscribe':{'channel':'%s'}}";
    assertThat(one.ask(subscribe.formatted("a"))).contains("\"subscribe\"");
    assertThat(one.ask(subscribe.formatted("b"))).contains("\"subscribe\"");
    assertThat(another.ask(subscribe.formatted("a"))).contains("\"subscribe\"");
    assertThat(another.ask(subscribe.formatted("b"))).contains("\"code\":106");
    assertThat(stranger.ask(subscribe.formatted("b"))).contains("\"subscribe\"");
    one.ask("{'id':3,'unsubscribe':{'channel':'a'}}");
    assertThat(another.ask(subscribe.formatted("b"))).contains("\"subscribe\"");
    assertThat(another.ask(subscribe.formatted("c"))).contains("\"code\":106");
    one.leave();
    assertThat(another.ask(subscribe.formatted("c"))).contains("\"subscribe\"");
  }

  @Test
  void serverSideSubscriptionsBeyondTheLimitCloseWith3505() {
    try (var sharing = sharing(0, new Quotas.Shared(0, 0, 0, 1), NONE)) {
      var peer = sharing.peer(Encoding.JSON);
      var token = TestNode.token("{'sub':'ann','channels':['a','b']}");
      peer.send("{'id':1,'connect':{'token':'%s'}}".formatted(token));
      assertThat(peer.ending()).startsWith("3505");
      assertThat(sharing.user(Encoding.JSON, "ann").ask("{'id':2,'subscribe':{'channel':'a'}}"))
          .as("what it had is free again")
          .contains("\"subscribe\"");
    }
  }

  @Test
  void theCommandBeyondWhatAUsersConnectionsShareIsRefusedWith111() {
    try (var sharing = sharing(0, new Quotas.Shared(1, 0, 0, 0), NONE)) {
      var peers = List.of(sharing.user(Encoding.JSON, "ann"), sharing.user(Encoding.JSON, "ann"));
      var answers = new ArrayList<String>();
      for (int i = 0; i < 30; i++) {
        answers.add(publish(peers.get(i % 2)));
      }
      assertThat(answers.subList(0, 10)).noneMatch(answer -> answer.contains("\"code\":111"));
      assertThat(answers).anyMatch(answer -> answer.contains("\"code\":111"));
      assertThat(publish(sharing.user(Encoding.JSON, "bob"))).doesNotContain("\"code\":111");
    }
  }

  @Test
  void messagesAndBytesBeyondWhatIsSharedCloseWith3013() {
    for (var shared : List.of(new Quotas.Shared(0, 1, 0, 0), new Quotas.Shared(0, 0, 100, 0))) {
      try (var sharing = sharing(0, NONE, shared)) {
        sharing.address = new InetSocketAddress("192.0.2.1", 1);
        var one = sharing.user(Encoding.JSON, "ann");
        sharing.address = new InetSocketAddress("192.0.2.2", 1);
        var calm = sharing.user(Encoding.JSON, "bob");
        for (int i = 0; i < 40; i++) {
          one.send("{'id':7,'publish':{'channel':'a','data':1}}");
        }
        assertThat(one.closing()).startsWith("3013");
        assertThat(publish(calm)).contains("\"publish\"");
      }
    }
  }

  @Test
  void whoConnectsTooOftenIsToldToWaitWith111() {
    try (var sharing = sharing(1, NONE, NONE)) {
      var connect = "{'id':1,'connect':{'token':'%s'}}".formatted(TestNode.token("{'sub':'ann'}"));
      var answers = new ArrayList<String>();
      for (int i = 0; i < 30; i++) {
        answers.add(sharing.peer(Encoding.JSON).ask(connect));
      }
      assertThat(answers.subList(0, 10)).allMatch(answer -> answer.contains("\"connect\""));
      assertThat(answers).anyMatch(answer -> answer.contains("\"code\":111"));
      assertThat(sharing.user(Encoding.JSON, "bob")).isNotNull();
    }
  }

  @Test
  void invalidTokensOfSubscriptionsAndRefreshesCountToo() {
    try (var sharing = sharing(0, NONE, NONE)) {
      sharing.address = new InetSocketAddress("192.0.2.1", 1);
      var guessing = sharing.user(Encoding.JSON, "ann");
      var subscribe =
          "{'id':2,'subscribe':{'channel':'$a','token':'%s'}}"
              .formatted(TestNode.forged("{'sub':'ann','channel':'$a'}"));
      for (int i = 0; i < 5; i++) {
        assertThat(guessing.ask(subscribe)).contains("\"code\":103");
      }
      assertThat(guessing.ask(subscribe)).contains("\"code\":111");
      var good = TestNode.token("{'sub':'ann'}");
      assertThat(guessing.ask("{'id':3,'refresh':{'token':'%s'}}".formatted(good)))
          .contains("\"code\":111");
    }
  }

  @Test
  void whoLeavesWhileABackEndIsAskedLeavesNoSubscriptionBehind() {
    var answer = new CompletableFuture<SubscribeOptions>();
    try (var asking =
        TestNode.of(endpoint ->
            endpoint
                .quotas(new Quotas(0, 0, 0, 0, 0, new Quotas.Shared(0, 0, 0, 1), NONE))
                .hooks(Hooks.NONE.onSubscribe(event -> answer.join()))
                .namespaces(new Namespaces(NamespaceOptions.defaults(), Map.of())))) {
      var leaving = asking.user(Encoding.JSON, "ann");
      leaving.send("{'id':2,'subscribe':{'channel':'a'}}");
      leaving.leave();
      var waiting = asking.user(Encoding.JSON, "ann");
      answer.complete(SubscribeOptions.NONE);
      assertThat(waiting.ask("{'id':2,'subscribe':{'channel':'b'}}")).contains("\"subscribe\"");
      asking.await(() -> asking.hub.subscribers("a") == 0);
    }
  }
}

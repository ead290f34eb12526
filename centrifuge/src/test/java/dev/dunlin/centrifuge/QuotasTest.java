package dev.dunlin.centrifuge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
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
  }
}

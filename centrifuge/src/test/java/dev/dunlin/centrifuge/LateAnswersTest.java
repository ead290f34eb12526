package dev.dunlin.centrifuge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.auth.Authenticator;
import dev.dunlin.auth.Jwt;
import dev.dunlin.auth.Revocation;
import dev.dunlin.channels.Broker;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A client, or somebody else, that changes its mind before a broker or an authenticator answers.
 */
class LateAnswersTest {

  private static final NamespaceOptions ROOM =
      TestNode.anybody()
          .presence(true)
          .joinLeave(true)
          .forcePushJoinLeave(true)
          .allowPresenceForClient(true)
          .build();

  /** What the broker has confirmed no subscription before; null while it answers at once. */
  private final AtomicReference<CompletableFuture<Void>> held = new AtomicReference<>();

  /** What the authenticator has verified no token before; null while it answers at once. */
  private final AtomicReference<CompletableFuture<Void>> verifying = new AtomicReference<>();

  private final TestNode node =
      TestNode.over(
          this::holding,
          endpoint ->
              endpoint
                  .authenticate(this::authenticate)
                  .authenticateSubscriptions(this::authenticate)
                  .namespaces(new Namespaces(NamespaceOptions.defaults(), Map.of("room", ROOM))));

  private final Authenticator tokens =
      Jwt.hs512("a secret of the tests, long enough for HS512: 64 bytes and then some more")
          .expiryOptional()
          .clock(node.clock)
          .leeway(Duration.ZERO);

  @AfterEach
  void close() {
    node.close();
  }

  private CompletionStage<dev.dunlin.auth.Identity> authenticate(
      dev.dunlin.auth.Credentials credentials) {
    var verified = tokens.authenticate(credentials);
    var wait = verifying.get();
    return wait == null ? verified : wait.thenCompose(done -> verified);
  }

  /** The same broker, whose subscriptions are active when what is held is complete. */
  private Broker holding(Broker broker) {
    return (Broker)
        Proxy.newProxyInstance(
            Broker.class.getClassLoader(),
            new Class<?>[] {Broker.class},
            (proxy, method, arguments) -> {
              Object answer;
              try {
                answer = method.invoke(broker, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
              var wait = held.get();
              return method.getName().equals("subscribe") && wait != null ? wait : answer;
            });
  }

  private CompletableFuture<Void> hold() {
    var wait = new CompletableFuture<Void>();
    held.set(wait);
    return wait;
  }

  private Map<String, ?> present(String channel) {
    return node.hub.presence().presence(channel).toCompletableFuture().join();
  }

  @Test
  void whoLeavesWhileItSubscribesIsNotPresent() {
    var peer = node.user(Encoding.JSON, "ann");
    var wait = hold();
    peer.send("{'id':2,'subscribe':{'channel':'room:a'}}");
    peer.leave();
    wait.complete(null);
    node.lane.run();
    assertThat(node.hub.subscribers("room:a")).isZero();
    assertThat(present("room:a")).isEmpty();
  }

  @Test
  void whoIsLostBeforeTheReplyIsNotSaidToHaveJoined() {
    var wait = hold();
    var witness = node.user(Encoding.JSON, "bob");
    witness.send("{'id':2,'subscribe':{'channel':'room:c'}}");
    var peer = node.user(Encoding.JSON, "ann");
    peer.send("{'id':2,'subscribe':{'channel':'room:c'}}");
    node.lane.execute(() -> wait.complete(null)); // the answer comes in the turn of the loss
    peer.leave();
    assertThat(witness.next()).contains("subscribe");
    assertThat(witness.next()).contains("join").contains("bob");
    witness.silent();
    assertThat(present("room:c")).hasSize(1);
  }

  @Test
  void whoIsLostAtThePushOfAServerSideSubscriptionIsSaidToHaveJoinedAndLeft() {
    var wait = hold();
    var witness = node.user(Encoding.JSON, "bob");
    witness.send("{'id':2,'subscribe':{'channel':'room:d'}}");
    var peer = node.user(Encoding.JSON, "ann");
    var added =
        node.endpoint
            .api()
            .subscribe(ServerApi.Target.user("ann"), "room:d", SubscribeOptions.NONE);
    node.lane.run();
    wait.complete(null);
    peer.leave();
    assertThat(added.toCompletableFuture()).isDone();
    assertThat(witness.next()).contains("subscribe");
    assertThat(witness.next(3).stream().filter(push -> push.contains("\"ann\"")))
        .satisfiesExactly(
            push -> assertThat(push).contains("join"), push -> assertThat(push).contains("leave"));
    witness.silent();
    assertThat(present("room:d")).hasSize(1);
  }

  @Test
  void whoIsUnsubscribedWhileItSubscribesIsNotSubscribed() {
    var peer = node.user(Encoding.JSON, "ann");
    var wait = hold();
    peer.send("{'id':2,'subscribe':{'channel':'room:e'}}");
    var ended = node.endpoint.api().unsubscribe(ServerApi.Target.user("ann"), "room:e");
    node.lane.run();
    assertThat(ended.toCompletableFuture()).isCompleted();
    wait.complete(null);
    assertThat(peer.next()).contains("\"subscribe\":{");
    assertThat(peer.next()).contains("\"unsubscribe\":{\"code\":2000");
    assertThat(node.hub.subscribers("room:e")).isZero();
    assertThat(present("room:e")).isEmpty();
  }

  @Test
  void whomTheServerSubscribesWhileItsTokenIsVerifiedIsSubscribedOnce() {
    var peer = node.user(Encoding.JSON, "ann");
    verifying.set(new CompletableFuture<>());
    peer.send(
        "{'id':2,'subscribe':{'channel':'room:f','token':'%s'}}"
            .formatted(TestNode.token("{'sub':'ann','channel':'room:f'}")));
    var added =
        node.endpoint
            .api()
            .subscribe(ServerApi.Target.user("ann"), "room:f", SubscribeOptions.NONE);
    assertThat(peer.next()).contains("\"subscribe\":{");
    assertThat(peer.next()).contains("join");
    assertThat(added.toCompletableFuture()).isCompleted();
    verifying.get().complete(null);
    assertThat(peer.next()).isEqualTo(Expected.error(2, ErrorCode.ALREADY_SUBSCRIBED));
    node.publish("room:f", "1");
    assertThat(peer.next()).contains("\"pub\"");
    peer.silent();
    peer.leave();
    assertThat(node.hub.subscribers("room:f")).isZero();
    assertThat(present("room:f")).isEmpty();
  }

  @Test
  void whatIsPublishedWhileItSubscribesIsHeldWithinBounds() {
    var peer = node.user(Encoding.JSON, "ann");
    var other = node.user(Encoding.JSON, "bob");
    var wait = hold();
    peer.send("{'id':2,'subscribe':{'channel':'room:g'}}");
    other.send("{'id':2,'subscribe':{'channel':'room:h'}}");
    var large = "'" + "x".repeat(60_000) + "'";
    for (int i = 0; i < 20; i++) {
      node.publish("room:g", large);
    }
    node.publish("room:h", large);
    assertThat(peer.ending()).isEqualTo("3010 insufficient state");
    wait.complete(null);
    assertThat(other.next()).contains("\"subscribe\":{");
    assertThat(other.next(2)).anyMatch(push -> push.contains("xxx"));
    assertThat(node.hub.subscribers("room:g")).isZero();
    assertThat(present("room:g")).isEmpty();
  }

  @Test
  void whoLeavesWhileItsTokenIsVerifiedIsWatchedNoMore() {
    var peer = node.user(Encoding.JSON, "ann");
    verifying.set(new CompletableFuture<>());
    peer.send("{'id':2,'refresh':{'token':'%s'}}".formatted(TestNode.token("{'sub':'ann'}")));
    peer.leave();
    verifying.get().complete(null);
    node.lane.run();
    node.endpoint
        .revocations()
        .add(new Revocation.OfUser("ann", TestNode.START.plus(Duration.ofDays(36_500))));
    assertThat(node.lane.waiting()).as("connections that are told").isZero();
  }
}

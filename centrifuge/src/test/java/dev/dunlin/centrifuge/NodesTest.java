package dev.dunlin.centrifuge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunlin.auth.Revocation;
import dev.dunlin.centrifuge.wire.NodeMessage;
import dev.dunlin.centrifuge.wire.NodeRequest;
import dev.dunlin.channels.Hub;
import dev.dunlin.channels.StreamPosition;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What nodes tell each other, and that all of them do what one is asked to. */
class NodesTest {

  private static final Duration LONG = Duration.ofMillis(Nodes.GONE_AFTER_MILLIS + 1);

  private final AtomicLong time = new AtomicLong();
  private final TestNode here = node();
  private final TestNode there = node();
  private final Nodes nodesHere = new Nodes(time::get);
  private final Nodes nodesThere = new Nodes(time::get);
  private final Set<byte[]> carried = Collections.newSetFromMap(new IdentityHashMap<>());
  private boolean deaf; // there

  private static TestNode node() {
    return TestNode.of(endpoint ->
        endpoint
            .named("dunlin", "1.0")
            .namespaces(
                new Namespaces(
                    NamespaceOptions.defaults(), Map.of("room", NamespaceOptions.defaults()))));
  }

  /** What one node sends to all reaches the other one too. */
  private void connect(Hub from, Hub to) {
    from.onControl(message -> {
      if (deaf && to == there.hub) {
        return;
      }
      if (!carried.remove(message)) {
        carried.add(message);
        var unused = to.publishControl(message);
      }
    });
  }

  private void join() {
    connect(here.hub, there.hub);
    connect(there.hub, here.hub);
    nodesHere.prepare(here.endpoint.node, "A", "alpha", Map::of);
    nodesThere.prepare(there.endpoint.node, "B", "beta", () -> Map.of("heap", "5"));
  }

  private void pass(Duration duration) {
    time.addAndGet(duration.toNanos());
  }

  @AfterEach
  void close() {
    here.close();
    there.close();
  }

  private Peer connected(TestNode node, String user) {
    var peer = node.peer(Encoding.JSON);
    var token = TestNode.token("{'sub':'" + user + "','jti':'t-" + user + "'}");
    assertThat(peer.ask("{'id':1,'connect':{'token':'" + token + "'}}")).contains("\"connect\"");
    return peer;
  }

  private static void await(CompletionStage<?> stage) {
    assertThat(stage.toCompletableFuture()).isCompleted();
  }

  @Test
  void nodesKnowEachOtherAtOnce() {
    var unused = connected(there, "ann");
    join();
    assertThat(nodesHere.all()).extracting(NodeInfo::name).containsExactly("alpha", "beta");
    assertThat(nodesThere.all()).extracting(NodeInfo::name).containsExactly("beta", "alpha");
    assertThat(nodesHere.all().getLast())
        .isEqualTo(
            new NodeInfo("B", "beta", "1.0", Duration.ZERO, 1, 1, 0, 0, Map.of("heap", "5")));
  }

  @Test
  void silentNodeIsGoneAndComesBack() {
    join();
    pass(LONG);
    nodesHere.beat();
    assertThat(nodesHere.all()).extracting(NodeInfo::name).containsExactly("alpha");
    nodesThere.beat();
    assertThat(nodesHere.all()).extracting(NodeInfo::name).containsExactly("alpha", "beta");
  }

  @Test
  void nodeThatSaysGoodbyeIsGone() {
    join();
    nodesThere.close();
    assertThat(nodesHere.all()).extracting(NodeInfo::name).containsExactly("alpha");
  }

  @Test
  void disconnectReachesTheOtherNodesClients() {
    join();
    var ann = connected(there, "ann");
    var bob = connected(there, "bob");
    await(
        nodesHere.ask(
            new NodeCall.Disconnect(
                ServerApi.Target.user("ann"), Set.of(), Disconnect.FORCE_RECONNECT)));
    assertThat(ann.ending()).isEqualTo("3011 force reconnect");
    assertThat(bob.open()).isTrue();
  }

  @Test
  void subscriptionsAreMadeAndEndedThere() {
    join();
    var ann = connected(there, "ann");
    var target = ServerApi.Target.user("ann");
    var subscribed = nodesHere.ask(new NodeCall.Subscribe(target, "room:1", SubscribeOptions.NONE));
    assertThat(ann.next()).contains("\"subscribe\"");
    await(subscribed);
    var channels = nodesHere.ask(new NodeCall.Channels("room:*"));
    assertThat(channels.toCompletableFuture().join()).containsExactly(Map.entry("room:1", 1));
    var ended = nodesHere.ask(new NodeCall.Unsubscribe(target, ""));
    assertThat(ann.next()).contains("\"unsubscribe\"");
    await(ended);
  }

  @Test
  void endsOfConnectionsAreMovedThere() {
    join();
    var ann = connected(there, "ann");
    var end = Optional.of(TestNode.START.plusSeconds(5));
    await(nodesHere.ask(new NodeCall.Refresh(ServerApi.Target.user("ann"), end, Optional.empty())));
    there.advance(Duration.ofSeconds(6));
    assertThat(ann.ending()).isEqualTo("3005 connection expired");
  }

  @Test
  void revocationReachesTheOtherNodesClients() {
    join();
    var ann = connected(there, "ann");
    var bob = connected(there, "bob");
    var until = java.time.Instant.now().plusSeconds(60);
    await(nodesHere.ask(new NodeCall.Revoke(new Revocation.OfToken("t-ann", until))));
    assertThat(ann.ending()).startsWith("3500");
    await(nodesHere.ask(new NodeCall.Revoke(new Revocation.OfUser("bob", until))));
    assertThat(bob.ending()).startsWith("3500");
  }

  @Test
  void laterNodesLearnWhatWasRevokedBefore() {
    var until = java.time.Instant.now().plusSeconds(60);
    var revocations =
        List.of(
            new Revocation.OfUser("ann", until),
            new Revocation.OfToken("t", until),
            Revocation.IssuedBefore.ofUser("bob", until.minusSeconds(60), until),
            Revocation.IssuedBefore.ofAll(until.minusSeconds(90), until));
    revocations.forEach(here.endpoint.revocations()::add);
    join();
    assertThat(there.endpoint.revocations().all()).containsExactlyInAnyOrderElementsOf(revocations);
  }

  /** A starved link: what it sends is heard, so that nobody else has missed it. */
  @Test
  void nodeThatHeardNothingForAWhileLearnsWhatWasRevokedMeanwhile() {
    join();
    var ann = connected(there, "ann");
    deaf = true;
    var until = java.time.Instant.now().plusSeconds(60);
    here.endpoint.revocations().add(new Revocation.OfUser("ann", until));
    for (int beats = 0; beats < 5; beats++) {
      pass(Duration.ofMillis(Nodes.BEAT_MILLIS));
      nodesHere.beat();
      nodesThere.beat();
    }
    assertThat(nodesThere.all()).extracting(NodeInfo::name).containsExactly("beta");
    assertThat(nodesHere.all()).extracting(NodeInfo::name).containsExactly("alpha", "beta");
    assertThat(ann.open()).isTrue();
    deaf = false;
    nodesHere.beat();
    assertThat(nodesThere.all()).extracting(NodeInfo::name).containsExactly("beta", "alpha");
    assertThat(there.endpoint.revocations().all()).hasSize(1);
    assertThat(ann.ending()).startsWith("3500");
  }

  @Test
  void callIsOverWhenEveryKnownNodeHasAnsweredOrIsGone() {
    nodesHere.prepare(here.endpoint.node, "A", "alpha", Map::of);
    var silent = new NodeInfo("C", "gamma", "1.0", Duration.ZERO, 0, 0, 0, 0, Map.of());
    var unused = here.hub.publishControl(NodeMessages.status(silent, "", false));
    var call = nodesHere.ask(new NodeCall.Channels(""));
    assertThat(call.toCompletableFuture()).isNotDone();
    pass(LONG);
    nodesHere.beat();
    assertThat(call.toCompletableFuture()).isCompleted();
  }

  @Test
  void refusalOfAnotherNodeIsTheAnswer() {
    nodesHere.prepare(here.endpoint.node, "A", "alpha", Map::of);
    var other = new NodeInfo("C", "gamma", "1.0", Duration.ZERO, 0, 0, 0, 0, Map.of());
    var unused = here.hub.publishControl(NodeMessages.status(other, "", false));
    var call = nodesHere.ask(new NodeCall.Channels(""));
    var reply = NodeMessages.failure("C", "A", 1, ErrorCode.NOT_AVAILABLE);
    var sent = here.hub.publishControl(reply);
    assertThatThrownBy(() -> call.toCompletableFuture().join())
        .cause()
        .isEqualTo(call.toCompletableFuture().exceptionNow())
        .satisfies(
            failure -> assertThat(((Rejection) failure).error()).contains(ErrorCode.NOT_AVAILABLE));
    await(sent);
  }

  @Test
  void callThatThisVersionDoesNotKnowIsRefused() throws Exception {
    join();
    var answers = new HashMap<Long, Integer>();
    here.hub.onControl(bytes -> {
      try {
        var message = NodeMessage.parseFrom(bytes);
        if (message.hasReply()) {
          answers.put(message.getReply().getCall(), message.getReply().getError());
        }
      } catch (com.google.protobuf.InvalidProtocolBufferException e) {
        throw new AssertionError(e);
      }
    });
    // field 99 of NodeRequest, as a later version may have it
    var request =
        NodeRequest.newBuilder()
            .setCall(7)
            .mergeFrom(new byte[] {(byte) 0x9a, 0x06, 0x02, 0x08, 0x01})
            .build();
    var message = NodeMessage.newBuilder().setVersion(1).setFrom("A").setRequest(request).build();
    await(here.hub.publishControl(message.toByteArray()));
    assertThat(answers).containsExactly(Map.entry(7L, 108));
  }

  @Test
  void unknownFieldsAndNewerVersionsAndNoiseDoNoHarm() {
    join();
    var status =
        NodeMessages.status(
            new NodeInfo("C", "gamma", "9", Duration.ZERO, 0, 0, 0, 0, Map.of()), "", false);
    var extended = java.util.Arrays.copyOf(status, status.length + 5);
    System.arraycopy(
        new byte[] {(byte) 0x9a, 0x06, 0x02, 0x08, 0x01}, 0, extended, status.length, 5);
    await(here.hub.publishControl(extended));
    var newer = NodeMessage.newBuilder().setVersion(2).setFrom("D").setGoodbye(false);
    await(here.hub.publishControl(newer.build().toByteArray()));
    await(here.hub.publishControl(new byte[] {1, 2, 3}));
    assertThat(nodesHere.all())
        .extracting(NodeInfo::name)
        .containsExactly("alpha", "beta", "gamma");
  }

  @Test
  void callOfANewerNeighbourIsCarriedOutWhateverElseItHas() throws Exception {
    join();
    var ann = connected(there, "ann");
    var call =
        new NodeCall.Disconnect(ServerApi.Target.user("ann"), Set.of(), Disconnect.FORCE_RECONNECT);
    var message = NodeMessage.parseFrom(NodeMessages.request("A", 7, call)).toBuilder();
    // field 99 at every level, as a later version may have it
    var more = new byte[] {(byte) 0x9a, 0x06, 0x02, 0x08, 0x01};
    message.mergeFrom(more).getRequestBuilder().mergeFrom(more);
    message.getRequestBuilder().getDisconnectBuilder().mergeFrom(more);
    await(here.hub.publishControl(message.build().toByteArray()));
    assertThat(ann.ending()).isEqualTo("3011 force reconnect");
  }

  @Test
  void answerOfANewerNeighbourIsTakenWhateverElseItHas() throws Exception {
    nodesHere.prepare(here.endpoint.node, "A", "alpha", Map::of);
    var newer = new NodeInfo("C", "gamma", "2.0", Duration.ZERO, 0, 0, 0, 0, Map.of());
    await(here.hub.publishControl(NodeMessages.status(newer, "", false)));
    var call = nodesHere.ask(new NodeCall.Channels(""));
    var more = new byte[] {(byte) 0x9a, 0x06, 0x02, 0x08, 0x01};
    var reply =
        NodeMessage.parseFrom(NodeMessages.replies("C", "A", 1, Map.of("x", 3)).getFirst())
            .toBuilder()
            .mergeFrom(more);
    reply.getReplyBuilder().mergeFrom(more);
    await(here.hub.publishControl(reply.build().toByteArray()));
    assertThat(call.toCompletableFuture().join()).containsExactly(Map.entry("x", 3));
  }

  @Test
  void questionIsOverWhenEnoughHaveAnsweredAndOlderNodesHaveNoAnswer() throws Exception {
    join();
    var older = new NodeInfo("C", "gamma", "0.9", Duration.ZERO, 0, 0, 0, 0, Map.of());
    await(here.hub.publishControl(NodeMessages.status(older, "", false)));
    nodesThere.onQuestion("greeting", body -> Optional.of(new byte[] {body[0], 2}));
    var first = nodesHere.question("greeting", new byte[] {1}, 1);
    assertThat(first.toCompletableFuture().get(10, TimeUnit.SECONDS))
        .containsExactly(new byte[] {1, 2});
    var all = nodesHere.question("greeting", new byte[] {3}, 9);
    assertThat(all.toCompletableFuture()).isNotDone();
    await(here.hub.publishControl(NodeMessages.failure("C", "A", 2, ErrorCode.NOT_AVAILABLE)));
    assertThat(all.toCompletableFuture().get(10, TimeUnit.SECONDS))
        .containsExactly(new byte[] {3, 2});
  }

  @Test
  void callsComeThroughAsTheyWere() throws Exception {
    var target = new ServerApi.Target("u", Optional.of("c"), Optional.of("s"));
    var options =
        new SubscribeOptions(
            new byte[0],
            new byte[0],
            Optional.of(TestNode.START.plusNanos(7)),
            new SubscribeOptions.Override(
                Optional.of(true),
                Optional.of(false),
                Optional.empty(),
                Optional.of(true),
                Optional.empty()),
            Optional.of(new StreamPosition(9, "e")));
    var subscribe = (NodeCall.Subscribe) carried(new NodeCall.Subscribe(target, "ch", options));
    assertThat(subscribe.target()).isEqualTo(target);
    assertThat(subscribe.options()).usingRecursiveComparison().isEqualTo(options);
    for (var call :
        List.of(
            new NodeCall.Disconnect(target, Set.of("k"), Disconnect.SLOW),
            new NodeCall.Unsubscribe(target, "ch"),
            new NodeCall.Refresh(target, Optional.empty(), Optional.empty()),
            new NodeCall.Channels("a*"))) {
      assertThat(carried(call)).isEqualTo(call);
    }
  }

  private static NodeCall carried(NodeCall call) throws Exception {
    var message = NodeMessages.read(NodeMessages.request("A", 1, call)).orElseThrow();
    return NodeMessages.call(message.getRequest()).orElseThrow();
  }

  @Test
  void manyChannelsAreAnsweredInPartsThatBrokersTake() {
    var channels = new HashMap<String, Integer>();
    for (int i = 0; i < 20_000; i++) {
      channels.put("a channel with a longish name, number " + i, i + 1);
    }
    var replies = NodeMessages.replies("B", "A", 1, channels);
    assertThat(replies).hasSizeGreaterThan(2).allMatch(reply -> reply.length < 512 << 10);
    var answers = new NodeAnswers(Set.of("B"));
    answers.sent();
    for (var reply : replies) {
      assertThat(answers.all().toCompletableFuture()).isNotDone();
      try {
        answers.add("B", NodeMessage.parseFrom(reply).getReply());
      } catch (com.google.protobuf.InvalidProtocolBufferException e) {
        throw new AssertionError(e);
      }
    }
    assertThat(answers.all().toCompletableFuture().join()).isEqualTo(channels);
  }
}

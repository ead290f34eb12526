package dev.dunlin.centrifuge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.channels.ClientInfo;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Publish, history, presence, rpc and send: sections 7 and 16 of the protocol. */
@ParameterizedClass
@EnumSource(Encoding.class)
class CommandsTest {

  @Parameter Encoding encoding;

  private final CountDownLatch gate = new CountDownLatch(1);

  private final TestNode node =
      TestNode.of(endpoint ->
          endpoint
              .allowAnonymous()
              .namespaces(
                  new Namespaces(
                      NamespaceOptions.defaults(),
                      Map.of(
                          "open", TestNode.anybody().build(),
                          "closed",
                              NamespaceOptions.builder().allowSubscribeForClient(true).build(),
                          "members",
                              TestNode.history()
                                  .presence(true)
                                  .allowPublishForClient(false)
                                  .allowPublishForSubscriber(true)
                                  .allowHistoryForClient(false)
                                  .allowHistoryForSubscriber(true)
                                  .allowPresenceForSubscriber(true)
                                  .allowPresenceForAnonymous(true)
                                  .build(),
                          "json", format(NamespaceOptions.DataFormat.JSON),
                          "object", format(NamespaceOptions.DataFormat.JSON_OBJECT),
                          "binary", format(NamespaceOptions.DataFormat.BINARY),
                          "history", TestNode.history().build(),
                          "joins",
                              TestNode.anybody()
                                  .presence(true)
                                  .joinLeave(true)
                                  .allowPresenceForClient(true)
                                  .allowPresenceForAnonymous(true)
                                  .build())))
              .hooks(
                  Hooks.NONE
                      .onRpc(this::procedure)
                      .onMessage(message -> message.client().send(message.data()))));

  private byte[] procedure(Hooks.Rpc call) throws Exception {
    return switch (call.method()) {
      case "echo" -> call.data();
      case "slow" -> {
        gate.await();
        yield call.data();
      }
      case "bytes" -> new byte[] {1, 2, 3};
      case "bug" -> throw new IllegalStateException("the hook fails");
      default -> throw Rejection.error(ErrorCode.METHOD_NOT_FOUND);
    };
  }

  private static NamespaceOptions format(NamespaceOptions.DataFormat format) {
    return TestNode.anybody().publicationDataFormat(format).build();
  }

  @AfterEach
  void close() {
    gate.countDown();
    node.close();
  }

  private String subscribe(Peer peer, String channel) {
    return peer.ask("{'id':2,'subscribe':{'channel':'%s'}}".formatted(channel));
  }

  private String publish(Peer peer, String channel, String data) {
    return peer.ask("{'id':3,'publish':{'channel':'%s'%s}}".formatted(channel, data));
  }

  private static final String PUBLISHED = Expected.json("{'id':3,'publish':{}}");

  // ---- publish

  @Test
  void aPublicationCarriesItsPublisherAndReachesAll() {
    var one = node.user(encoding, "ann");
    var two = node.anonymous(encoding);
    subscribe(one, "open:a");
    subscribe(two, "open:a");
    one.send("{'id':3,'publish':{'channel':'open:a','data':{'x':1}}}");
    var push =
        Expected.json(
            "{'push':{'channel':'open:a','pub':{'data':{'x':1},'info':{'user':'ann',"
                + "'client':'C1'}}}}");
    assertThat(one.next(2)).containsExactlyInAnyOrder(PUBLISHED, push);
    assertThat(two.next()).isEqualTo(push);
  }

  @Test
  void publishingHasItsChecks() {
    var peer = node.user(encoding, "ann");
    assertThat(publish(peer, "nowhere:a", ",'data':1"))
        .isEqualTo(Expected.error(3, ErrorCode.UNKNOWN_CHANNEL));
    assertThat(publish(peer, "closed:a", ",'data':1"))
        .isEqualTo(Expected.error(3, ErrorCode.PERMISSION_DENIED));
    assertThat(publish(peer, "open:a", "")).isEqualTo(Expected.error(3, ErrorCode.BAD_REQUEST));
    assertThat(publish(peer, "members:a", ",'data':1"))
        .as("not a subscriber")
        .isEqualTo(Expected.error(3, ErrorCode.PERMISSION_DENIED));
    subscribe(peer, "members:a");
    peer.send("{'id':3,'publish':{'channel':'members:a','data':1}}");
    assertThat(peer.next(2)).contains(PUBLISHED);
    peer.send("{'id':3,'publish':{'data':1}}");
    assertThat(peer.ending()).isEqualTo("3501 bad request");
  }

  @Test
  void formatsAreDemandedWhereTheNamespaceSays() {
    var peer = node.user(encoding, "ann");
    var bad = Expected.error(3, ErrorCode.BAD_REQUEST);
    assertThat(publish(peer, "json:a", "")).isEqualTo(bad);
    assertThat(publish(peer, "json:a", ",'data':[1]")).isEqualTo(PUBLISHED);
    assertThat(publish(peer, "object:a", ",'data':[1]")).isEqualTo(bad);
    assertThat(publish(peer, "object:a", ",'data':{'a':1}")).isEqualTo(PUBLISHED);
    assertThat(publish(peer, "binary:a", "")).isEqualTo(PUBLISHED);
  }

  @Test
  void aPayloadThatIsNoJsonClosesTheJsonSubscriberAloneWith3506() {
    var json = node.anonymous(Encoding.JSON);
    var protobuf = node.anonymous(Encoding.PROTOBUF);
    subscribe(json, "binary:a");
    subscribe(protobuf, "binary:a");
    node.endpoint.api().publish("binary:a", new byte[] {'{', 'x'}, options -> options);
    assertThat(json.ending()).isEqualTo("3506 inappropriate protocol");
    assertThat(protobuf.next()).contains("\"pub\":{\"data\":{x}}");
    node.endpoint.api().publish("binary:a", new byte[] {(byte) 0xc3}, options -> options);
    assertThat(protobuf.next()).contains("\"pub\"");
    assertThat(node.hub.subscribers("binary:a")).isEqualTo(1);
  }

  @Test
  void aPayloadWithRawNewlinesReachesJsonWithoutThem() {
    var peer = node.anonymous(encoding);
    subscribe(peer, "open:a");
    node.publish("open:a", "{\n 'a' :\n1}");
    assertThat(peer.next()).contains("\"pub\":{\"data\":{");
    assertThat(peer.open()).isTrue();
  }

  // ---- history

  private String history(Peer peer, String channel, String more) {
    return peer.ask("{'id':4,'history':{'channel':'%s'%s}}".formatted(channel, more));
  }

  @Test
  void historyAnswersPagesInBothDirections() {
    for (int i = 1; i <= 5; i++) {
      node.publish("history:a", String.valueOf(i));
    }
    var peer = node.anonymous(encoding);
    assertThat(history(peer, "history:a", ""))
        .as("the position alone")
        .isEqualTo(Expected.json("{'id':4,'history':{'epoch':'E1','offset':5}}"));
    assertThat(history(peer, "history:a", ",'limit':2"))
        .isEqualTo(
            Expected.json(
                "{'id':4,'history':{'publications':[{'data':1,'offset':1,'epoch':'E1'},"
                    + "{'data':2,'offset':2}],'epoch':'E1','offset':5}}"));
    assertThat(history(peer, "history:a", ",'limit':-1,'since':{'offset':3,'epoch':'E1'}"))
        .contains(Expected.json("[{'data':4,'offset':4},{'data':5,'offset':5}]"));
    assertThat(history(peer, "history:a", ",'limit':2,'reverse':true"))
        .contains(Expected.json("[{'data':5,'offset':5},{'data':4,'offset':4}]"));
    assertThat(history(peer, "history:a", ",'limit':2,'reverse':true,'since':{'offset':3}"))
        .contains(Expected.json("[{'data':2,'offset':2},{'data':1,'offset':1,'epoch':'E1'}]"));
    assertThat(history(peer, "history:a", ",'limit':1,'since':{'offset':3,'epoch':'other'}"))
        .isEqualTo(Expected.error(4, ErrorCode.UNRECOVERABLE_POSITION));
    assertThat(history(peer, "history:a", ",'limit':1,'reverse':true,'since':{}"))
        .isEqualTo(Expected.error(4, ErrorCode.BAD_REQUEST));
  }

  @Test
  void historyBeforeTheWindowStartsWithTheOldestThatIsKept() {
    for (int i = 1; i <= 15; i++) {
      node.publish("history:a", String.valueOf(i));
    }
    assertThat(history(node.anonymous(encoding), "history:a", ",'limit':1,'since':{'offset':2}"))
        .isEqualTo(
            Expected.json(
                "{'id':4,'history':{'publications':[{'data':6,'offset':6}],'epoch':'E1',"
                    + "'offset':15}}"));
  }

  @Test
  void aPageOfHistoryFitsIntoTheQueue() {
    for (int i = 0; i < 10; i++) {
      node.publish("history:a", '"' + "x".repeat(100_000) + '"');
    }
    var peer = node.anonymous(encoding);
    assertThat(history(peer, "history:a", ",'limit':-1"))
        .contains("\"offset\":5}]")
        .doesNotContain("\"offset\":6}");
    assertThat(history(peer, "history:a", ",'limit':-1,'since':{'offset':5}"))
        .contains("\"offset\":6},");
    assertThat(peer.open()).isTrue();
  }

  @Test
  void historyHasItsChecks() {
    var peer = node.anonymous(encoding);
    assertThat(history(peer, "open:a", "")).isEqualTo(Expected.error(4, ErrorCode.NOT_AVAILABLE));
    assertThat(history(peer, "members:a", ""))
        .isEqualTo(Expected.error(4, ErrorCode.PERMISSION_DENIED));
    subscribe(peer, "members:a");
    assertThat(history(peer, "members:a", "")).contains("\"history\"");
    peer.send("{'id':4,'history':{}}");
    assertThat(peer.ending()).isEqualTo("3501 bad request");
  }

  // ---- presence, joins and leaves

  /** Half of it would be a lie, and all of it would close the client as too slow. */
  @Test
  void aPresenceThatIsTooLargeToTellIsError106() {
    var peer = node.anonymous(encoding);
    var presence = node.hub.presence();
    var info = new byte[8_000];
    Arrays.fill(info, (byte) '1');
    for (int i = 0; i < 100; i++) {
      var joined = ClientInfo.of("user" + i, "client" + i).withConnInfo(info);
      presence.add("joins:many", joined, Duration.ofMinutes(1)).toCompletableFuture().join();
    }
    assertThat(peer.ask("{'id':5,'presence':{'channel':'joins:many'}}"))
        .isEqualTo(Expected.json("{'id':5,'error':{'code':106,'message':'limit exceeded'}}"));
    assertThat(peer.ask("{'id':6,'presence_stats':{'channel':'joins:many'}}"))
        .contains("\"num_clients\":100");
  }

  @Test
  void presenceHasItsChecks() {
    var peer = node.anonymous(encoding);
    assertThat(peer.ask("{'id':5,'presence':{'channel':'open:a'}}"))
        .isEqualTo(Expected.error(5, ErrorCode.NOT_AVAILABLE));
    assertThat(peer.ask("{'id':5,'presence_stats':{'channel':'members:a'}}"))
        .isEqualTo(Expected.error(5, ErrorCode.PERMISSION_DENIED));
    peer.send("{'id':5,'presence':{}}");
    assertThat(peer.ending()).isEqualTo("3501 bad request");
  }

  @Test
  void anonymousClientsCountAsOneUser() {
    var peer = node.anonymous(encoding);
    subscribe(peer, "joins:a");
    subscribe(node.anonymous(encoding), "joins:a");
    subscribe(node.user(encoding, "ann"), "joins:a");
    assertThat(peer.ask("{'id':5,'presence_stats':{'channel':'joins:a'}}"))
        .isEqualTo(Expected.json("{'id':5,'presence_stats':{'num_clients':3,'num_users':2}}"));
  }

  @Test
  void joinsAndLeavesReachThoseWhoAskedInOrderTheOwnAfterTheReply() {
    var asks = node.user(encoding, "ann");
    asks.send("{'id':2,'subscribe':{'channel':'joins:a','join_leave':true}}");
    assertThat(asks.next(2))
        .containsExactly(
            Expected.json("{'id':2,'subscribe':{}}"),
            Expected.json(
                "{'push':{'channel':'joins:a','join':{'info':{'user':'ann','client':'C1'}}}}"));
    var silent = node.user(encoding, "bob");
    subscribe(silent, "joins:a");
    silent.ask("{'id':3,'unsubscribe':{'channel':'joins:a'}}");
    subscribe(silent, "joins:a");
    silent.leave();
    assertThat(asks.next(4))
        .satisfiesExactly(
            text -> assertThat(text).contains("\"join\":{\"info\":{\"user\":\"bob\""),
            text -> assertThat(text).contains("\"leave\":{\"info\":{\"user\":\"bob\""),
            text -> assertThat(text).contains("\"join\":{\"info\":{\"user\":\"bob\""),
            text -> assertThat(text).contains("\"leave\":{\"info\":{\"user\":\"bob\""));
    silent.silent();
    assertThat(asks.ask("{'id':5,'presence':{'channel':'joins:a'}}"))
        .isEqualTo(
            Expected.json("{'id':5,'presence':{'presence':{'C1':{'user':'ann','client':'C1'}}}}"));
  }

  @Test
  void presenceIsRenewedWhileTheClientIsThere() {
    var peer = node.anonymous(encoding);
    subscribe(peer, "joins:a");
    for (int i = 0; i < 150; i++) {
      node.advance(Duration.ofSeconds(1));
      peer.pong();
    }
    assertThat(peer.ask("{'id':5,'presence_stats':{'channel':'joins:a'}}"))
        .contains("\"num_clients\":1");
  }

  // ---- rpc and send

  @Test
  void rpcAndSendGoToTheApplication() {
    var peer = node.anonymous(encoding);
    assertThat(peer.ask("{'id':2,'rpc':{'data':{'a':1},'method':'echo'}}"))
        .isEqualTo(Expected.json("{'id':2,'rpc':{'data':{'a':1}}}"));
    assertThat(peer.ask("{'id':3,'rpc':{'method':'none'}}"))
        .isEqualTo(Expected.error(3, ErrorCode.METHOD_NOT_FOUND));
    peer.send("{'send':{'data':{'b':2}}}");
    assertThat(peer.next()).isEqualTo(Expected.json("{'push':{'message':{'data':{'b':2}}}}"));
  }

  @Test
  void aHookThatFailsIsError100AndNothingOfItIsTold() {
    var peer = node.anonymous(encoding);
    assertThat(peer.ask("{'id':2,'rpc':{'method':'bug'}}"))
        .isEqualTo(
            Expected.json(
                "{'id':2,'error':{'code':100,'message':'internal server error',"
                    + "'temporary':true}}"));
    assertThat(peer.open()).isTrue();
  }

  @Test
  void anAnswerThatIsNoJsonClosesAJsonConnectionWith3506() {
    var peer = node.anonymous(encoding);
    peer.send("{'id':2,'rpc':{'method':'bytes'}}");
    switch (encoding) {
      case JSON -> assertThat(peer.ending()).isEqualTo("3506 inappropriate protocol");
      case PROTOBUF -> assertThat(peer.next()).contains("\"rpc\"");
    }
  }

  @Test
  void commandsWaitForASlowHookAndNobodyElseDoes() {
    var slow = node.anonymous(encoding);
    var other = node.anonymous(encoding);
    slow.send(
        "{'id':2,'rpc':{'data':1,'method':'slow'}}",
        "{'id':3,'subscribe':{'channel':'open:a'}}",
        "{'id':4,'rpc':{'data':2,'method':'echo'}}");
    slow.send("{'id':5,'unsubscribe':{'channel':'open:a'}}");
    subscribe(other, "open:a");
    node.publish("open:a", "1");
    assertThat(other.next()).contains("\"pub\"");
    slow.silent();
    assertThat(node.hub.subscribers("open:a")).isEqualTo(1);
    gate.countDown();
    assertThat(slow.next(4))
        .containsExactly(
            Expected.json("{'id':2,'rpc':{'data':1}}"),
            Expected.json("{'id':3,'subscribe':{}}"),
            Expected.json("{'id':4,'rpc':{'data':2}}"),
            Expected.json("{'id':5,'unsubscribe':{}}"));
  }

  @Test
  void pushesAndPingsGoOnWhileACommandWaits() {
    var peer = node.anonymous(encoding);
    subscribe(peer, "open:a");
    peer.send("{'id':3,'rpc':{'data':1,'method':'slow'}}");
    node.publish("open:a", "1");
    assertThat(peer.next()).contains("\"pub\"");
    for (int second = 0; second < 60; second++) {
      node.advance(Duration.ofSeconds(1));
      peer.pong();
    }
    assertThat(peer.open()).as("the pong does not wait in line").isTrue();
    gate.countDown();
    assertThat(peer.next()).contains("\"rpc\"");
  }

  @Test
  void aClientThatWaitsIsNotReadWithoutEnd() {
    var peer = node.anonymous(encoding);
    peer.send("{'id':2,'rpc':{'data':1,'method':'slow'}}");
    for (int i = 0; i < 64; i++) {
      peer.send("{'id':%d,'unsubscribe':{'channel':'open:a'}}".formatted(i + 3));
    }
    assertThat(peer.wire.paused).isTrue();
    gate.countDown();
    assertThat(peer.next(65)).last().isEqualTo(Expected.json("{'id':66,'unsubscribe':{}}"));
    node.lane.run();
    assertThat(peer.wire.paused).isFalse();
  }

  @Test
  void aClientThatLeavesDuringAHookLeavesNothing() {
    var peer = node.anonymous(encoding);
    peer.send(
        "{'id':2,'rpc':{'data':1,'method':'slow'}}", "{'id':3,'subscribe':{'channel':'open:a'}}");
    peer.leave();
    gate.countDown();
    node.await(() -> node.lane.executed() > 0 && node.endpoint.clients().count() == 0);
    assertThat(node.hub.channels()).isEmpty();
  }

  @Test
  void thePublishHookDecidesAlsoWhereOptionsWouldAllow() {
    var hooked =
        TestNode.of(endpoint ->
            endpoint
                .allowAnonymous()
                .namespaces(
                    new Namespaces(
                        NamespaceOptions.builder()
                            .allowSubscribeForClient(true)
                            .allowSubscribeForAnonymous(true)
                            .build(),
                        Map.of("open", TestNode.anybody().build())))
                .hooks(
                    Hooks.NONE.onPublish(asked ->
                        new Hooks.Published(
                            "{\"checked\":true}".getBytes(StandardCharsets.UTF_8),
                            Optional.empty()))));
    var peer = hooked.anonymous(encoding);
    subscribe(peer, "a");
    subscribe(peer, "open:a");
    for (var channel : List.of("a", "open:a")) {
      peer.send("{'id':3,'publish':{'channel':'%s','data':1}}".formatted(channel));
      assertThat(peer.next(2))
          .containsExactlyInAnyOrder(
              PUBLISHED,
              Expected.json(
                  "{'push':{'channel':'%s','pub':{'data':{'checked':true},'info':{"
                          .formatted(channel)
                      + "'client':'C1'}}}}"));
    }
    hooked.close();
  }
}

package dev.dunlin.centrifuge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.channels.Broker;
import dev.dunlin.channels.History;
import dev.dunlin.channels.HistoryQuery;
import dev.dunlin.testing.LosingBroker;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Streams: positions, recovery, gaps, cache mode (section 11 of the protocol). */
@ParameterizedClass
@EnumSource(Encoding.class)
class StreamTest {

  @Parameter Encoding encoding;

  private boolean losing;

  private final TestNode node =
      TestNode.over(
          broker -> slowly(LosingBroker.over(broker, publication -> losing)),
          endpoint ->
              endpoint
                  .allowAnonymous()
                  .namespaces(
                      new Namespaces(
                          NamespaceOptions.defaults(),
                          Map.of(
                              "plain", TestNode.anybody().build(),
                              "asked",
                                  TestNode.history()
                                      .allowPositioning(true)
                                      .allowRecovery(true)
                                      .build(),
                              "history",
                                  TestNode.anybody()
                                      .historySize(10)
                                      .historyTtl(Duration.ofMinutes(5))
                                      .build(),
                              "stream",
                                  TestNode.history()
                                      .forceRecovery(true)
                                      .allowTagsFilter(true)
                                      .build(),
                              "short",
                                  TestNode.history().historySize(2).forceRecovery(true).build(),
                              "quiet",
                                  TestNode.history()
                                      .historyTtl(Duration.ofSeconds(20))
                                      .historyMetaTtl(Duration.ofSeconds(30))
                                      .forceRecovery(true)
                                      .build(),
                              "cache",
                                  TestNode.history()
                                      .forceRecovery(true)
                                      .forceRecoveryMode(NamespaceOptions.RecoveryMode.CACHE)
                                      .build(),
                              "auto",
                                  TestNode.history()
                                      .forceRecovery(true)
                                      .forceRecoveryMode(NamespaceOptions.RecoveryMode.CACHE)
                                      .autoCacheRecover(true)
                                      .build()))));

  private final ArrayDeque<Runnable> unanswered = new ArrayDeque<>();
  private boolean slow;

  /** A broker whose histories, when it is slow, are read when the test says so. */
  private Broker slowly(Broker broker) {
    return (Broker)
        Proxy.newProxyInstance(
            Broker.class.getClassLoader(),
            new Class<?>[] {Broker.class},
            (self, method, arguments) -> {
              if (slow && method.getName().equals("history")) {
                var answer = new CompletableFuture<History>();
                unanswered.add(() ->
                    broker
                        .history((String) arguments[0], (HistoryQuery) arguments[1])
                        .whenComplete((history, failure) -> answer.complete(history)));
                return answer;
              }
              return method.invoke(broker, arguments);
            });
  }

  @AfterEach
  void close() {
    node.close();
  }

  private String subscribe(Peer peer, String channel, String more) {
    return peer.ask("{'id':2,'subscribe':{'channel':'%s'%s}}".formatted(channel, more));
  }

  private static String pub(String channel, int number) {
    return Expected.json(
        "{'push':{'channel':'%s','pub':{'data':%d,'offset':%d%s}}}"
            .formatted(channel, number, number, number == 1 ? ",'epoch':'E1'" : ""));
  }

  private void fill(String channel, int from, int to) {
    for (int i = from; i <= to; i++) {
      node.publish(channel, String.valueOf(i));
    }
  }

  @Test
  void aNewSubscriptionStandsAtTheTop() {
    fill("stream:a", 1, 3);
    var peer = node.anonymous(encoding);
    assertThat(subscribe(peer, "stream:a", ""))
        .isEqualTo(
            Expected.json(
                "{'id':2,'subscribe':{'recoverable':true,'epoch':'E1','offset':3,"
                    + "'positioned':true}}"));
    fill("stream:a", 4, 4);
    assertThat(peer.next()).isEqualTo(pub("stream:a", 4));
  }

  @Test
  void aStreamThatDoesNotExistYetHasAnEpochAndNoOffset() {
    var peer = node.anonymous(encoding);
    assertThat(subscribe(peer, "stream:a", ""))
        .isEqualTo(
            Expected.json(
                "{'id':2,'subscribe':{'recoverable':true,'epoch':'E1','positioned':true}}"));
    fill("stream:a", 1, 1);
    assertThat(peer.next()).isEqualTo(pub("stream:a", 1));
  }

  @Test
  void positionAndRecoveryAreGivenWhereAskedForAndAllowed() {
    var peer = node.anonymous(encoding);
    assertThat(subscribe(peer, "asked:none", ""))
        .isEqualTo(Expected.json("{'id':2,'subscribe':{}}"));
    assertThat(subscribe(peer, "asked:positioned", ",'positioned':true"))
        .isEqualTo(Expected.json("{'id':2,'subscribe':{'epoch':'E1','positioned':true}}"));
    assertThat(subscribe(peer, "asked:recoverable", ",'recoverable':true"))
        .contains("\"recoverable\":true")
        .contains("\"positioned\":true");
    assertThat(subscribe(peer, "history:a", ",'recoverable':true,'positioned':true,'recover':true"))
        .as("where it is not allowed it is not there")
        .isEqualTo(Expected.json("{'id':2,'subscribe':{}}"));
    assertThat(subscribe(peer, "plain:a", ",'recoverable':true,'positioned':true"))
        .isEqualTo(Expected.json("{'id':2,'subscribe':{}}"));
  }

  @Test
  void whatWasMissedComesWithTheReplyAtTheOffsetThatWasAskedFor() {
    fill("stream:a", 1, 4);
    var peer = node.anonymous(encoding);
    node.alias("\"epoch\":\"" + epoch("stream:a") + "\"");
    assertThat(subscribe(peer, "stream:a", ",'recover':true,'offset':2,'epoch':'E1'"))
        .isEqualTo(
            Expected.json(
                "{'id':2,'subscribe':{'recoverable':true,'epoch':'E1','publications':["
                    + "{'data':3,'offset':3},{'data':4,'offset':4}],'recovered':true,'offset':2,"
                    + "'positioned':true,'was_recovering':true}}"));
    fill("stream:a", 5, 5);
    assertThat(peer.next()).isEqualTo(pub("stream:a", 5));
  }

  private String epoch(String channel) {
    return node.hub
        .history(channel, dev.dunlin.channels.HistoryQuery.position())
        .toCompletableFuture()
        .join()
        .position()
        .epoch();
  }

  @Test
  void nothingMissedIsARecoveryToo() {
    fill("stream:a", 1, 2);
    node.alias("\"epoch\":\"" + epoch("stream:a") + "\"");
    assertThat(
            subscribe(
                node.anonymous(encoding), "stream:a", ",'recover':true,'offset':2,'epoch':'E1'"))
        .isEqualTo(
            Expected.json(
                "{'id':2,'subscribe':{'recoverable':true,'epoch':'E1','recovered':true,'offset':2,"
                    + "'positioned':true,'was_recovering':true}}"));
  }

  @Test
  void recoverWithoutAPositionMeansFromTheBeginning() {
    fill("stream:a", 1, 2);
    assertThat(subscribe(node.anonymous(encoding), "stream:a", ",'recover':true"))
        .isEqualTo(
            Expected.json(
                "{'id':2,'subscribe':{'recoverable':true,'epoch':'E1','publications':["
                    + "{'data':1,'offset':1,'epoch':'E1'},{'data':2,'offset':2}],'recovered':true,"
                    + "'positioned':true,'was_recovering':true}}"));
  }

  @Test
  void whatIsNotKeptAnyMoreIsToldAsNotRecovered() {
    fill("short:a", 1, 5);
    node.alias("\"epoch\":\"" + epoch("short:a") + "\"");
    assertThat(
            subscribe(
                node.anonymous(encoding), "short:a", ",'recover':true,'offset':2,'epoch':'E1'"))
        .isEqualTo(
            Expected.json(
                "{'id':2,'subscribe':{'recoverable':true,'epoch':'E1','offset':5,"
                    + "'positioned':true,'was_recovering':true}}"));
  }

  @Test
  void anotherEpochIsNotRecovered() {
    fill("stream:a", 1, 2);
    for (var epoch : List.of("otherone", "_")) {
      var peer = node.anonymous(encoding);
      assertThat(
              subscribe(
                  peer, "stream:a", ",'recover':true,'offset':0,'epoch':'%s'".formatted(epoch)))
          .isEqualTo(
              Expected.json(
                  "{'id':2,'subscribe':{'recoverable':true,'epoch':'E1','offset':2,"
                      + "'positioned':true,'was_recovering':true}}"));
    }
  }

  /** What SDKs ask for after their state was declared invalid (2502, 3014). */
  @Test
  void theImpossiblePositionIsNeverRecovered() {
    fill("stream:a", 1, 1);
    var peer = node.anonymous(encoding);
    assertThat(subscribe(peer, "stream:a", ",'recover':true,'epoch':'_'"))
        .contains("\"was_recovering\":true")
        .doesNotContain("\"recovered\"")
        .doesNotContain("publications");
  }

  @Test
  void aClientWithStateOfItsOwnGetsError112InPlaceOfUnrecovered() {
    fill("short:a", 1, 5);
    var peer = node.anonymous(encoding);
    assertThat(subscribe(peer, "short:a", ",'recover':true,'offset':1,'flag':2"))
        .isEqualTo(Expected.error(2, ErrorCode.UNRECOVERABLE_POSITION));
    assertThat(node.hub.channels()).as("and no subscription stays").isEmpty();
    assertThat(subscribe(peer, "short:a", ",'recover':true,'offset':3,'flag':2"))
        .contains("\"recovered\":true");
  }

  @Test
  void aGapEndsTheSubscriptionWith2500AndTheClientRecovers() {
    var peer = node.anonymous(encoding);
    subscribe(peer, "stream:a", "");
    fill("stream:a", 1, 1);
    peer.next();
    losing = true;
    fill("stream:a", 2, 2);
    losing = false;
    peer.silent();
    fill("stream:a", 3, 3);
    assertThat(peer.next())
        .isEqualTo(
            Expected.json(
                "{'push':{'channel':'stream:a','unsubscribe':{'code':2500,"
                    + "'reason':'insufficient state'}}}"));
    assertThat(subscribe(peer, "stream:a", ",'recover':true,'offset':1,'epoch':'E1'"))
        .contains("\"publications\":[{\"data\":2,\"offset\":2},{\"data\":3,\"offset\":3}]")
        .contains("\"recovered\":true");
  }

  @Test
  void aPublicationLostBeforeASilenceIsNoticedWithinTenSeconds() {
    var peer = node.anonymous(encoding);
    subscribe(peer, "stream:a", "");
    losing = true;
    fill("stream:a", 1, 1);
    losing = false;
    node.advance(Duration.ofMillis(10_200));
    assertThat(peer.next()).contains("\"unsubscribe\":{\"code\":2500");
  }

  /** Also where something came just before it, as on a channel that was busy until then. */
  @Test
  void aPublicationLostAfterAnotherIsNoticedWithinTenSecondsToo() {
    var peer = node.anonymous(encoding);
    subscribe(peer, "stream:a", "");
    fill("stream:a", 1, 1);
    assertThat(peer.next()).isEqualTo(pub("stream:a", 1));
    losing = true;
    fill("stream:a", 2, 2);
    losing = false;
    node.advance(Duration.ofMillis(10_200));
    assertThat(peer.next()).contains("\"unsubscribe\":{\"code\":2500");
  }

  @Test
  void subscribersOfAChannelShareTheLooksAtItsPosition() {
    var peers = new ArrayList<Peer>();
    for (int i = 0; i < 50; i++) {
      peers.add(node.anonymous(encoding));
      subscribe(peers.getLast(), "stream:a", "");
    }
    losing = true;
    fill("stream:a", 1, 1);
    losing = false;
    slow = true;
    for (int look = 0; look < 2; look++) {
      node.advance(Duration.ofMillis(5_050));
      int reads = 0;
      for (var read = unanswered.poll(); read != null; read = unanswered.poll()) {
        read.run();
        reads++;
      }
      assertThat(reads).as("one is under way when the others look").isBetween(1, 2);
    }
    node.advance(Duration.ofMillis(1));
    for (var peer : peers) {
      assertThat(peer.next()).contains("\"unsubscribe\":{\"code\":2500");
    }
  }

  /** Looks at a stream keep it, or its epoch would change under those who depend on it. */
  @Test
  void aStreamIsNotForgottenUnderItsQuietSubscribers() {
    var peer = node.anonymous(encoding);
    subscribe(peer, "quiet:a", "");
    fill("quiet:a", 1, 1);
    assertThat(peer.next()).isEqualTo(pub("quiet:a", 1));
    for (int i = 0; i < 40; i++) {
      node.advance(Duration.ofSeconds(5)); // far beyond what a stream is remembered for
      peer.pong();
    }
    fill("quiet:a", 2, 2);
    assertThat(peer.next()).isEqualTo(pub("quiet:a", 2));
    peer.silent();
  }

  @Test
  void filteredPublicationsMoveThePositionAndRecoveryFiltersToo() {
    var peer = node.anonymous(encoding);
    subscribe(peer, "stream:a", ",'tf':{'key':'to','cmp':'eq','val':'me'}");
    for (int i = 1; i <= 4; i++) {
      var tag = i % 2 == 0 ? "me" : "you";
      node.publish("stream:a", String.valueOf(i), options -> options.tags(Map.of("to", tag)));
    }
    assertThat(peer.next(2))
        .containsExactly(
            Expected.json(
                "{'push':{'channel':'stream:a','pub':{'data':2,'offset':2,'tags':{'to':'me'}}}}"),
            Expected.json(
                "{'push':{'channel':'stream:a','pub':{'data':4,'offset':4,'tags':{'to':'me'}}}}"));
    peer.silent();
    var late = node.anonymous(encoding);
    assertThat(
            subscribe(
                late,
                "stream:a",
                ",'recover':true,'offset':1,'tf':{'key':'to','cmp':'eq','val':'you'}"))
        .contains("\"publications\":[{\"data\":3,\"offset\":3,\"tags\":{\"to\":\"you\"}}]")
        .contains("\"recovered\":true");
  }

  @Test
  void cacheModeBringsTheLatestUnlessTheClientHasIt() {
    fill("cache:a", 1, 3);
    assertThat(subscribe(node.anonymous(encoding), "cache:a", ",'recover':true,'offset':1"))
        .isEqualTo(
            Expected.json(
                "{'id':2,'subscribe':{'recoverable':true,'epoch':'E1','publications':["
                    + "{'data':3,'offset':3}],'recovered':true,'offset':3,'positioned':true,"
                    + "'was_recovering':true}}"));
    assertThat(
            subscribe(
                node.anonymous(encoding), "cache:a", ",'recover':true,'offset':3,'epoch':'E1'"))
        .isEqualTo(
            Expected.json(
                "{'id':2,'subscribe':{'recoverable':true,'epoch':'E1','recovered':true,"
                    + "'offset':3,'positioned':true,'was_recovering':true}}"));
    assertThat(subscribe(node.anonymous(encoding), "cache:a", "")).doesNotContain("publications");
  }

  @Test
  void autoCacheRecoverBringsTheLatestUnasked() {
    fill("auto:a", 1, 2);
    assertThat(subscribe(node.anonymous(encoding), "auto:a", ""))
        .contains("\"publications\":[{\"data\":2,\"offset\":2}]")
        .contains("\"recovered\":true");
  }

  @Test
  void oneTurnsPublicationsLeaveInOneFrame() {
    var peer = node.anonymous(encoding);
    subscribe(peer, "stream:a", "");
    peer.frames();
    for (int i = 1; i <= 5; i++) {
      node.endpoint.api().publish("stream:a", new byte[] {(byte) ('0' + i)}, options -> options);
    }
    assertThat(peer.next(5)).last().isEqualTo(pub("stream:a", 5));
    assertThat(peer.frames()).containsExactly(5);
  }

  @Test
  void publicationsPastTheHistoryHaveNoOffsetAndLeaveThePositionAlone() {
    var peer = node.anonymous(encoding);
    subscribe(peer, "stream:a", "");
    node.publish("stream:a", "7", options -> options.skipHistory(true));
    assertThat(peer.next())
        .isEqualTo(Expected.json("{'push':{'channel':'stream:a','pub':{'data':7}}}"));
    fill("stream:a", 1, 1);
    assertThat(peer.next()).isEqualTo(pub("stream:a", 1));
  }

  private void fillWithSixtyKilobytes(String channel, int count) {
    for (int i = 0; i < count; i++) {
      node.publish(channel, '"' + "x".repeat(60_000) + '"');
    }
  }

  @Test
  void moreThanTheQueueCanTakeIsNotRecoveredRatherThanTooSlow() {
    fillWithSixtyKilobytes("stream:a", 10);
    var peer = node.anonymous(encoding);
    assertThat(subscribe(peer, "stream:a", ",'recover':true"))
        .isEqualTo(
            Expected.json(
                "{'id':2,'subscribe':{'recoverable':true,'epoch':'E1','offset':10,"
                    + "'positioned':true,'was_recovering':true}}"));
    node.publish("stream:a", "11");
    assertThat(peer.next()).isEqualTo(pub("stream:a", 11));
  }

  @Test
  void manyLargeRecoveriesInOneFrameWaitForEachOther() {
    var commands = new String[8];
    for (int i = 0; i < commands.length; i++) {
      fillWithSixtyKilobytes("stream:" + i, 8);
      commands[i] =
          "{'id':%d,'subscribe':{'channel':'stream:%d','recover':true}}".formatted(i + 2, i);
    }
    var peer = node.anonymous(encoding);
    peer.send(commands);
    for (int i = 0; i < commands.length; i++) {
      assertThat(peer.next()).contains("\"recovered\":true");
    }
    assertThat(peer.open()).isTrue();
  }

  @Test
  void aRecoveringClientThatDoesNotReadDoesNotFillItsQueue() {
    var commands = new String[8];
    for (int i = 0; i < commands.length; i++) {
      fillWithSixtyKilobytes("stream:" + i, 8);
      commands[i] =
          "{'id':%d,'subscribe':{'channel':'stream:%d','recover':true}}".formatted(i + 2, i);
    }
    var peer = node.anonymous(encoding);
    peer.stall(true);
    peer.send(commands);
    node.advance(Duration.ofSeconds(2));
    assertThat(node.hub.channels()).as("the others wait").hasSizeLessThan(3);
    peer.stall(false);
    for (int i = 0; i < commands.length; i++) {
      node.advance(Duration.ofMillis(200));
      assertThat(peer.next()).contains("\"recovered\":true");
    }
    assertThat(peer.open()).isTrue();
  }
}

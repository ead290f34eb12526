package dev.dunlin.centrifuge;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** The namespace option batch_max_delay: what is published within it leaves at once. */
@ParameterizedClass
@EnumSource(Encoding.class)
class BatchDelayTest {

  private static final Duration DELAY = Duration.ofMillis(20);

  @Parameter Encoding encoding;

  private final TestNode node =
      TestNode.open(
          Map.of(
              "slow", TestNode.anybody().batchMaxDelay(DELAY).build(),
              "stream",
                  TestNode.history()
                      .forceRecovery(true)
                      .joinLeave(true)
                      .forcePushJoinLeave(true)
                      .batchMaxDelay(DELAY)
                      .build(),
              "open", TestNode.anybody().build()));

  @AfterEach
  void close() {
    node.close();
  }

  private Peer subscribed(String channel) {
    var peer = node.anonymous(encoding);
    peer.ask("{'id':2,'subscribe':{'channel':'%s'}}".formatted(channel));
    peer.frames();
    peer.wire.writes = 0;
    return peer;
  }

  private static void advanceMillis(TestNode node, int millis) {
    node.advance(Duration.ofMillis(millis));
  }

  @Test
  void publicationsWithinTheDelayLeaveAsOneFrame() {
    var peer = subscribed("slow:a");
    for (int i = 0; i < 5; i++) {
      node.publish("slow:a", String.valueOf(i));
      advanceMillis(node, 3);
    }
    peer.silent();
    advanceMillis(node, 5); // 20 ms after the first
    assertThat(peer.frames()).containsExactly(5);
    assertThat(peer.wire.writes).isEqualTo(1);
    assertThat(peer.next(5)).last().asString().contains("\"data\":4");
    node.publish("slow:a", "5");
    advanceMillis(node, 19);
    peer.silent();
    advanceMillis(node, 1);
    assertThat(peer.next()).contains("\"data\":5");
  }

  @Test
  void whatIsMoreThanAFrameHoldsLeavesInOneWriteAllTheSame() {
    var peer = subscribed("slow:a");
    for (int i = 0; i < 40; i++) {
      node.publish("slow:a", String.valueOf(i));
    }
    advanceMillis(node, 20);
    assertThat(peer.frames()).containsExactly(16, 16, 8);
    assertThat(peer.wire.writes).isEqualTo(1);
    peer.next(40);
  }

  @Test
  void manySubscribersCostOneTaskAndOneWriteEach() {
    var peers = new ArrayList<Peer>();
    for (int i = 0; i < 100; i++) {
      peers.add(subscribed("slow:a"));
    }
    long tasks = node.hub.stats().laneTasks();
    for (int i = 0; i < 10; i++) {
      node.publish("slow:a", String.valueOf(i));
      advanceMillis(node, 1);
    }
    advanceMillis(node, 10);
    assertThat(node.hub.stats().laneTasks() - tasks).isEqualTo(1);
    for (var peer : peers) {
      assertThat(peer.wire.writes).isEqualTo(1);
      assertThat(peer.next(10)).last().asString().contains("\"data\":9");
    }
  }

  @Test
  void otherNamespacesAndRepliesDoNotWait() {
    var peer = subscribed("slow:a");
    peer.ask("{'id':3,'subscribe':{'channel':'open:a'}}");
    node.publish("slow:a", "1");
    node.publish("open:a", "2");
    assertThat(peer.next()).contains("\"open:a\"");
    assertThat(peer.ask("{'id':4,'publish':{'channel':'open:a','data':3}}")).contains("\"id\":4");
    assertThat(peer.next()).contains("\"data\":3");
    peer.silent();
    advanceMillis(node, 20);
    assertThat(peer.next()).contains("\"slow:a\"");
  }

  @Test
  void joinsAndPublicationsKeepTheirOrder() {
    var peer = subscribed("stream:a");
    advanceMillis(node, 20);
    peer.next();
    node.publish("stream:a", "1");
    var other = node.anonymous(encoding);
    other.ask("{'id':2,'subscribe':{'channel':'stream:a'}}");
    node.publish("stream:a", "2");
    advanceMillis(node, 20);
    var seen = List.of(peer.next(), peer.next(), peer.next());
    assertThat(seen.get(0)).contains("\"data\":1");
    assertThat(seen.get(1)).contains("\"join\"");
    assertThat(seen.get(2)).contains("\"data\":2");
    assertThat(other.next()).as("its own join").contains("\"join\"");
    assertThat(other.next()).as("not what its reply covers").contains("\"data\":2");
    other.silent();
  }

  @Test
  void whoLeavesMeanwhileGetsNothingAndWhoComesBackRecovers() {
    var peer = subscribed("stream:a");
    advanceMillis(node, 20);
    peer.next();
    node.publish("stream:a", "1");
    assertThat(peer.ask("{'id':3,'unsubscribe':{'channel':'stream:a'}}")).contains("unsubscribe");
    node.publish("stream:a", "2");
    assertThat(peer.ask("{'id':4,'subscribe':{'channel':'stream:a','recover':true,'epoch':'E1'}}"))
        .contains("\"recovered\":true")
        .contains("{\"data\":2,\"offset\":2}");
    advanceMillis(node, 20);
    assertThat(peer.next()).as("what was recovered does not come again").contains("\"join\"");
    peer.silent();
  }
}

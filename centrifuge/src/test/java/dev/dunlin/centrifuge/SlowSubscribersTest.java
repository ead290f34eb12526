package dev.dunlin.centrifuge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.centrifuge.NamespaceOptions.SlowSubscribers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** The namespace option slow_subscribers: who reads too slowly loses, or is told, but not all. */
@ParameterizedClass
@EnumSource(Encoding.class)
class SlowSubscribersTest {

  private static final String FILL = "x".repeat(30_000);

  @Parameter Encoding encoding;

  private final TestNode node =
      TestNode.open(
          Map.of(
              "drop", TestNode.anybody().slowSubscribers(SlowSubscribers.DROP).build(),
              "latest", TestNode.anybody().slowSubscribers(SlowSubscribers.CONFLATE).build(),
              "stream",
                  TestNode.history()
                      .historySize(100)
                      .forceRecovery(true)
                      .slowSubscribers(SlowSubscribers.DROP)
                      .build()));

  @AfterEach
  void close() {
    node.close();
  }

  private Peer stalled(String channel) {
    var peer = node.anonymous(encoding);
    peer.ask("{'id':2,'subscribe':{'channel':'%s'}}".formatted(channel));
    peer.frames(); // of the replies
    peer.stall(true);
    return peer;
  }

  private void publishMany(String channel) {
    for (int i = 0; i < 60; i++) {
      node.publish(channel, "{'n':%d,'fill':'%s'}".formatted(i, FILL));
    }
  }

  @Test
  void droppedOnesAreGoneAndLaterOnesComeAgain() {
    var peer = stalled("drop:a");
    publishMany("drop:a");
    peer.stall(false);
    var got = 0;
    for (var count : peer.frames()) {
      got += count;
    }
    assertThat(got).as("a quarter of the queue, and not all 60").isBetween(5, 12);
    for (int i = 0; i < got; i++) {
      assertThat(peer.next()).contains("\"n\":" + i + ",");
    }
    node.publish("drop:a", "'later'");
    assertThat(peer.next()).contains("later");
    assertThat(peer.open()).isTrue();
  }

  @Test
  void ofConflatedOnesTheLatestComes() {
    var peer = stalled("latest:a");
    publishMany("latest:a");
    peer.stall(false);
    node.advance(Duration.ofMillis(200));
    var last = "";
    for (var count : peer.frames()) {
      for (int i = 0; i < count; i++) {
        last = peer.next();
      }
    }
    assertThat(last).contains("\"n\":59,");
    node.publish("latest:a", "'later'");
    assertThat(peer.next()).contains("later");
  }

  @Test
  void eachKeyHasItsLatest() {
    var peer = stalled("latest:a");
    publishMany("latest:a");
    node.publish("latest:a", "'one'", options -> options.key("k1"));
    node.publish("latest:a", "'two'", options -> options.key("k2"));
    node.publish("latest:a", "'three'", options -> options.key("k1"));
    peer.stall(false);
    node.advance(Duration.ofMillis(200));
    var texts = new StringBuilder();
    for (var count : peer.frames()) {
      for (int i = 0; i < count; i++) {
        texts.append(peer.next());
      }
    }
    assertThat(texts.indexOf("one")).isNegative();
    assertThat(List.of(texts.indexOf("\"n\":59,"), texts.indexOf("two"), texts.indexOf("three")))
        .as("where the latest of all, of k2 and of k1 stand")
        .doesNotContain(-1)
        .isSorted();
  }

  @Test
  void moreKeysThanTheQueueHoldsComeOneAfterTheOther() {
    var peer = stalled("latest:a");
    publishMany("latest:a");
    for (int i = 0; i < 100; i++) {
      var key = "k" + i;
      node.publish("latest:a", "'%s %s'".formatted(key, FILL), options -> options.key(key));
    }
    peer.stall(false);
    node.advance(Duration.ofSeconds(2));
    assertThat(peer.open()).as("3 MB in a queue of 1 MiB").isTrue();
    var texts = new StringBuilder();
    for (var count : peer.frames()) {
      for (int i = 0; i < count; i++) {
        texts.append(peer.next());
      }
    }
    for (int i = 0; i < 100; i++) {
      assertThat(texts.indexOf("k" + i + " ")).as("the latest of key %d", i).isPositive();
    }
    node.publish("latest:a", "'later'");
    assertThat(peer.next()).contains("later");
  }

  @Test
  void whoFollowsAPositionIsToldAndRecovers() {
    var peer = stalled("stream:a");
    publishMany("stream:a");
    peer.stall(false);
    var last = "";
    var got = 0;
    for (var count : peer.frames()) {
      for (int i = 0; i < count; i++, got++) {
        last = peer.next();
      }
    }
    assertThat(last).contains("\"unsubscribe\":{\"code\":2500");
    assertThat(
            peer.ask(
                "{'id':3,'subscribe':{'channel':'stream:a','recover':true,'offset':58,"
                    + "'epoch':'E1'}}"))
        .contains("\"recovered\":true");
    assertThat(got).isLessThan(15);
  }

  @Test
  void manySmallOnesAreSparedToo() {
    var peer = stalled("drop:a");
    for (int i = 0; i < 5_000; i++) {
      node.publish("drop:a", "1");
    }
    assertThat(node.hub.subscribers("drop:a")).as("nobody is closed").isEqualTo(1);
    peer.stall(false);
    var got = 0;
    for (var count : peer.frames()) {
      got += count;
    }
    peer.next(got);
    assertThat(got).isLessThan(2_000);
  }
}

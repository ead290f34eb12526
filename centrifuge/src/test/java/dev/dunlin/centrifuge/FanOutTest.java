package dev.dunlin.centrifuge;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What one publication to very many costs, counted. */
class FanOutTest {

  private static final int SUBSCRIBERS = 10_000;

  private final TestNode node =
      TestNode.open(
          Map.of(
              "open", TestNode.anybody().build(),
              "delta",
                  TestNode.history()
                      .forceRecovery(true)
                      .allowedDeltaTypes(Set.of(NamespaceOptions.FOSSIL))
                      .deltaPublish(true)
                      .build()));
  private final List<Peer> peers = new ArrayList<>();

  @AfterEach
  void close() {
    node.close();
  }

  /** A quarter each of JSON and Protobuf, plain and compressed. */
  private void subscribeAll() {
    for (int i = 0; i < SUBSCRIBERS; i++) {
      var encoding = i % 2 == 0 ? Encoding.JSON : Encoding.PROTOBUF;
      var peer = i % 4 < 2 ? node.peer(encoding) : node.compressed(encoding);
      peer.send("{'id':1,'connect':{}}", "{'id':2,'subscribe':{'channel':'open:a'}}");
      peer.next(2);
      peers.add(peer);
    }
    for (var peer : peers) {
      peer.wire.writes = 0;
      peer.wire.copiedBytes = 0;
      peer.wire.sharedBytes = 0;
    }
  }

  /** Text that does not compress to nothing. */
  private static String text(int bytes) {
    return '"' + letters(5, bytes) + '"';
  }

  private static String letters(long seed, int count) {
    var random = new byte[count * 3 / 4];
    new Random(seed).nextBytes(random);
    return Base64.getEncoder().encodeToString(random);
  }

  @Test
  void onePublicationToTenThousandIsEncodedFourTimesAndCopiedForNobody() {
    subscribeAll();
    long tasks = node.hub.stats().laneTasks();
    node.publish("open:a", text(16_000));
    assertThat(node.hub.stats().laneTasks() - tasks).as("tasks for one lane").isEqualTo(1);
    Set<ByteBuffer> frames = new HashSet<>();
    for (var peer : peers) {
      assertThat(peer.wire.writes).as("writes per connection").isEqualTo(1);
      assertThat(peer.wire.copiedBytes).as("bytes copied").isZero();
      frames.add(peer.wire.shared);
    }
    assertThat(frames).as("what is shared").hasSize(4);
    for (int i = 0; i < 4; i++) {
      assertThat(peers.get(i).next()).contains("\"pub\"");
    }
  }

  /**
   * JSON by name and by number, JSON in strings by name and by number, Protobuf: whole at first,
   * then as patches for those who agreed; plain and compressed.
   */
  @Test
  void variantsAreAsManyAsThereAreKindsOfSubscribersWhateverTheirNumber() {
    for (int i = 0; i < 1_200; i++) {
      boolean json = i % 6 < 4;
      var encoding = json ? Encoding.JSON : Encoding.PROTOBUF;
      var peer = i % 12 < 6 ? node.peer(encoding) : node.compressed(encoding);
      var delta = i % 2 == 0 ? "" : ",'delta':'fossil'";
      var number = i % 6 < 2 ? ",'flag':1" : "";
      peer.send(
          "{'id':1,'connect':{}}",
          "{'id':2,'subscribe':{'channel':'delta:a'%s%s}}".formatted(delta, number));
      peer.next(2);
      peer.wire.writes = 0;
      peers.add(peer);
    }
    var before = text(16_000);
    node.publish("delta:a", before);
    assertThat(frames()).as("4 in JSON, 1 in Protobuf; plain and compressed").hasSize(10);
    node.publish("delta:a", before.substring(0, 5_000) + letters(6, 400) + before.substring(5_400));
    assertThat(frames()).as("4 in JSON, 2 in Protobuf; plain and compressed").hasSize(12);
  }

  /** The different bytes that all peers were sent; each of them in one write. */
  private Set<ByteBuffer> frames() {
    Set<ByteBuffer> frames = new HashSet<>();
    for (var peer : peers) {
      assertThat(peer.wire.writes).as("writes per connection").isEqualTo(1);
      frames.add(peer.wire.last);
      peer.wire.writes = 0;
      peer.next();
    }
    return frames;
  }

  @Test
  void whatIsPublishedInOneTurnLeavesInOneWrite() {
    subscribeAll();
    long tasks = node.hub.stats().laneTasks();
    for (int i = 0; i < 10; i++) {
      node.endpoint.api().publish("open:a", new byte[] {(byte) ('0' + i)}, options -> options);
    }
    node.lane.run();
    assertThat(node.hub.stats().laneTasks() - tasks).as("tasks for one lane").isEqualTo(1);
    for (var peer : peers) {
      assertThat(peer.wire.writes).as("writes per connection").isEqualTo(1);
    }
    assertThat(peers.getFirst().next(10)).last().asString().contains("\"data\":9");
  }
}

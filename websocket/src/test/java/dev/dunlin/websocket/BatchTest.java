package dev.dunlin.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What a batch takes, and what leaves on a connection without compression. */
class BatchTest {

  private static final Batching LINES = Batching.defaults().joint("\n");

  private final RecordingSink sink = new RecordingSink();
  private final Recorder peerReceived = new Recorder();

  private Connection server() {
    return Connection.builder(Role.SERVER, new Random(1)).open(message -> {}, sink, 0);
  }

  private List<Message> receivedBy(Role role) {
    Connection.builder(role, new Random(2))
        .open(peerReceived, new RecordingSink(), 0)
        .receive(ByteBuffer.wrap(sink.take()), 0);
    var messages = List.copyOf(peerReceived.messages);
    peerReceived.messages.clear();
    return messages;
  }

  private static Batch batch(Batching batching, Data... messages) {
    var batch = new Batch(batching);
    for (var message : messages) {
      assertThat(batch.offer(message)).isTrue();
    }
    return batch;
  }

  @Test
  void defaultsAre16KiBAnd16MessagesWithoutDelayOrJoint() {
    assertThat(Batching.defaults())
        .isEqualTo(new Batching(16384, 16, Duration.ZERO, Optional.empty()));
  }

  @Test
  void settingsThatMakeNoSenseAreRefused() {
    var defaults = Batching.defaults();
    assertThatThrownBy(() -> defaults.maxBytes(0)).hasMessage("maxBytes 0 is below 1");
    assertThatThrownBy(() -> defaults.maxMessages(0)).hasMessage("maxMessages 0 is below 1");
    assertThatThrownBy(() -> defaults.delay(Duration.ofMillis(-1)))
        .hasMessageContaining("PT-0.001");
    assertThat(defaults.delay(Duration.ofMillis(5)).delay()).isEqualTo(Duration.ofMillis(5));
  }

  @Test
  void joinedMessagesAreOneMessageWithTheJointBetween() {
    server().send(batch(LINES, Text.of("{}"), Text.of("{\"a\":1}"), Text.of("{}")));
    assertThat(sink.takeHex()).isEqualTo("810d" + hex("{}\n{\"a\":1}\n{}"));
  }

  @Test
  void theEmptyJointPutsMessagesNextToEachOther() {
    var batching = Batching.defaults().joint("");
    server().send(batch(batching, Binary.of(new byte[] {1, 9}), Binary.of(new byte[] {1, 8})));
    assertThat(sink.takeHex()).isEqualTo("820401090108");
  }

  @Test
  void withoutAJointEachMessageKeepsItsFrame() {
    var batch = batch(Batching.defaults(), Text.of("a"), Binary.of(new byte[] {7}), Text.of(""));
    assertThat(batch.size()).isEqualTo(2);
    assertThat(batch.offer(Prepared.of(Text.of("b")))).isTrue();
    server().send(batch);
    assertThat(sink.takeHex()).isEqualTo("810161" + "820107" + "8100" + "810162");
  }

  @Test
  void aFullBatchRefusesByCount() {
    var batch = new Batch(LINES.maxMessages(2));
    assertThat(batch.offer(Text.of("a"))).isTrue();
    assertThat(batch.full()).isFalse();
    assertThat(batch.offer(Text.of("b"))).isTrue();
    assertThat(batch.full()).isTrue();
    assertThat(batch.offer(Text.of("c"))).isFalse();
    assertThat(batch.messages()).isEqualTo(2);
    assertThat(batch.size()).isEqualTo(3);
  }

  @Test
  void theLimitInBytesIsExactAndCountsJoints() {
    var batch = batch(LINES.maxBytes(10), Text.of("12345"));
    assertThat(batch.offer(Text.of("12345"))).isFalse();
    assertThat(batch.offer(Text.of("1234"))).isTrue();
    assertThat(batch.size()).isEqualTo(10);
    assertThat(batch.full()).isTrue();
  }

  @Test
  void aMessageOverTheLimitGoesAlone() {
    var batch = batch(LINES.maxBytes(4), Text.of("123456"));
    assertThat(batch.full()).isTrue();
    assertThat(batch.offer(Text.of(""))).isFalse();
    server().send(batch);
    assertThat(sink.takeHex()).isEqualTo("8106" + hex("123456"));
  }

  @Test
  void textIsNeverJoinedWithBinary() {
    var batch = batch(LINES, Text.of("a"));
    assertThat(batch.offer(Binary.of(new byte[1]))).isFalse();
    assertThat(batch.offer(Prepared.of(Binary.of(new byte[1])))).isFalse();
    batch.clear();
    assertThat(batch.offer(Binary.of(new byte[1]))).isTrue();
  }

  @Test
  void aJointBetweenTextsMustBeText() {
    var batch = new Batch(Batching.defaults().joint(new byte[] {(byte) 0xff}));
    assertThat(batch.offer(Binary.of(new byte[1]))).isTrue();
    batch.clear();
    assertThatThrownBy(() -> batch.offer(Text.of("a")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aPreparedCountsAsItsMessages() {
    var block = Prepared.of(List.of(Text.of("b"), Text.of("c"), Text.of("d")));
    var batch = batch(LINES.maxMessages(4), Text.of("a"));
    assertThat(batch.offer(block)).isTrue();
    assertThat(batch.messages()).isEqualTo(4);
    assertThat(batch.size()).isEqualTo(7);
    server().send(batch);
    assertThat(receivedBy(Role.CLIENT)).containsExactly(Text.of("a\nb\nc\nd"));
  }

  @Test
  void aPreparedIsTakenWholeOrNotAtAll() {
    var block = Prepared.of(List.of(Text.of("b"), Text.of("c"), Text.of("d")));
    var batch = batch(LINES.maxMessages(3), Text.of("a"));
    assertThat(batch.offer(block)).isFalse();
    assertThat(batch.messages()).isEqualTo(1);
  }

  @Test
  void anEmptyPreparedChangesNothing() {
    var batch = new Batch(LINES);
    assertThat(batch.offer(Prepared.of(List.of()))).isTrue();
    assertThat(server().send(batch)).isTrue();
    assertThat(sink.take()).isEmpty();
  }

  @Test
  void aBlockAloneIsJoinedOnceAndShared() {
    var block = Prepared.of(List.of(Text.of("a"), Text.of("b")));
    var connection = server();
    var first = connection.frames(block, LINES).orElseThrow();
    assertThat(first.isDirect()).isTrue();
    assertThat(first.isReadOnly()).isTrue();
    assertThat(server().frames(block, Batching.defaults().joint("\n")).orElseThrow())
        .isSameAs(first);
    var batch = new Batch(LINES);
    batch.offer(block);
    connection.send(batch);
    assertThat(sink.takeHex()).isEqualTo("8103" + hex("a\nb"));
    assertThat(block.encodings()).isEqualTo(1);
    connection.frames(block, LINES.maxMessages(1));
    assertThat(block.encodings()).isEqualTo(2);
  }

  @Test
  void aBlockBeyondTheLimitsLeavesInSeveralFramesWithinThem() {
    var messages = new ArrayList<Data>();
    for (int i = 0; i < 5; i++) {
      messages.add(Text.of("t" + i));
    }
    messages.add(Binary.of(new byte[] {1}));
    messages.add(Text.of("t5"));
    var batch = new Batch(LINES.maxMessages(2));
    assertThat(batch.offer(Prepared.of(messages))).isTrue();
    server().send(batch);
    var expected =
        new Message[] {
          Text.of("t0\nt1"),
          Text.of("t2\nt3"),
          Text.of("t4"),
          Binary.of(new byte[] {1}),
          Text.of("t5")
        };
    assertThat(receivedBy(Role.CLIENT)).containsExactly(expected);
    var client = Connection.builder(Role.CLIENT, new Random(3)).open(message -> {}, sink, 0);
    assertThat(client.frames(Prepared.of(messages), LINES)).isEmpty();
    client.send(batch);
    assertThat(receivedBy(Role.SERVER)).containsExactly(expected);
  }

  @Test
  void aClientMasksWhatItJoins() {
    var client = Connection.builder(Role.CLIENT, new Random(3)).open(message -> {}, sink, 0);
    client.send(batch(LINES, Text.of("a"), Text.of("b")));
    assertThat(receivedBy(Role.SERVER)).containsExactly(Text.of("a\nb"));
  }

  @Test
  void nothingIsSentAfterTheClose() {
    var connection = server();
    connection.close(CloseCode.NORMAL, "", Closed.Cause.LOCAL, 0);
    sink.take();
    assertThat(connection.send(batch(LINES, Text.of("a")))).isFalse();
    assertThat(sink.take()).isEmpty();
  }

  @Test
  void aClearedBatchIsLikeNew() {
    var batch = batch(LINES, Text.of("a"), Text.of("b"));
    batch.clear();
    assertThat(batch.messages()).isZero();
    assertThat(batch.size()).isZero();
    assertThat(batch.batching()).isEqualTo(LINES);
    assertThat(batch.offer(Binary.of(new byte[] {1}))).isTrue();
    server().send(batch);
    assertThat(sink.takeHex()).isEqualTo("820101");
  }

  private static String hex(String text) {
    return HexFormat.of().formatHex(text.getBytes());
  }
}

package dev.dunlin.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a sender has counted is what stands in its sink, and what its peer counts. */
class TallyTest {

  private static final DeflateParameters FORGET = new DeflateParameters(true, true, 15, 15);
  private static final Batching LINES = Batching.defaults().joint("\n");
  private static final Text LONG = Text.of("the same words, ".repeat(40));

  private final RecordingSink sink = new RecordingSink();
  private final DeflateContext context = new DeflateContext();
  private final Tally sender = new Tally();
  private final Tally receiver = new Tally();

  @AfterEach
  void closeContext() {
    context.close();
  }

  private Connection plain(Role role) {
    return Connection.builder(role, new Random(1)).tally(sender).open(message -> {}, sink, 0);
  }

  private Connection compressing(Role role) {
    return Connection.builder(role, new Random(1))
        .tally(sender)
        .compression(PerMessageDeflate.of(role, FORGET, Compression.shared()), context)
        .open(message -> {}, sink, 0);
  }

  /** Lets a peer read what was sent. */
  private int receive(Role peer, boolean compressed) {
    var builder = Connection.builder(peer, new Random(2)).tally(receiver);
    if (compressed) {
      builder.compression(PerMessageDeflate.of(peer, FORGET, Compression.shared()), context);
    }
    var bytes = sink.take();
    builder.open(message -> {}, new RecordingSink(), 0).receive(ByteBuffer.wrap(bytes), 0);
    return bytes.length;
  }

  @Test
  void everyFrameOfAServerIsCounted() {
    var server = plain(Role.SERVER);
    server.send(Text.of("Hello"));
    server.send(Binary.of(new byte[126]));
    server.send(Binary.of(new byte[70_000]));
    server.sendPart(true, ByteBuffer.wrap(new byte[10]), false);
    server.sendPart(true, ByteBuffer.wrap(new byte[5]), true);
    server.ping(0);
    server.close(CloseCode.NORMAL, "", Closed.Cause.LOCAL, 0);
    var expected =
        new Traffic(
            7,
            4,
            0,
            5 + 126 + 70_000 + 15,
            2 + 5 + 4 + 126 + 10 + 70_000 + 2 + 10 + 2 + 5 + 2 + 8 + 2 + 2);
    assertThat(sender.sent()).isEqualTo(expected);
    assertThat(receive(Role.CLIENT, false)).isEqualTo(expected.wireBytes());
    assertThat(receiver.received()).isEqualTo(expected);
    assertThat(sender.received()).isEqualTo(Traffic.NONE);
  }

  @Test
  void everyFrameOfAClientIsCountedWithItsMask() {
    var client = plain(Role.CLIENT);
    client.send(Text.of("Hello"));
    client.send(Prepared.of(List.of(Text.of("a"), Binary.of(new byte[200]))));
    var expected = new Traffic(3, 3, 0, 5 + 1 + 200, 6 + 5 + 6 + 1 + 8 + 200);
    assertThat(sender.sent()).isEqualTo(expected);
    assertThat(receive(Role.SERVER, false)).isEqualTo(expected.wireBytes());
    assertThat(receiver.received()).isEqualTo(expected);
  }

  @Test
  void whatCompressionSavesIsSeen() {
    var server = compressing(Role.SERVER);
    server.send(LONG);
    server.send(Text.of("short"));
    server.send(Prepared.of(List.of(LONG, LONG, Text.of("short"))));
    var sent = sender.sent();
    assertThat(sent.messages()).isEqualTo(5);
    assertThat(sent.frames()).isEqualTo(5);
    assertThat(sent.compressed()).isEqualTo(3);
    assertThat(sent.payloadBytes()).isEqualTo(3L * LONG.size() + 10);
    assertThat(sent.wireBytes()).isLessThan(sent.payloadBytes() / 5);
    assertThat(receive(Role.CLIENT, true)).isEqualTo(sent.wireBytes());
    assertThat(receiver.received()).isEqualTo(sent);
  }

  @Test
  void messagesOfABatchCountOneByOneAndItsFrameOnce() {
    var server = compressing(Role.SERVER);
    var batch = new Batch(LINES);
    batch.offer(LONG);
    batch.offer(Text.of("short"));
    batch.offer(Prepared.of(LONG));
    server.send(batch);
    batch.clear();
    batch.offer(Prepared.of(List.of(LONG, LONG)));
    server.send(batch);
    var sent = sender.sent();
    assertThat(sent.messages()).isEqualTo(5);
    assertThat(sent.frames()).isEqualTo(2);
    assertThat(sent.compressed()).isEqualTo(2);
    assertThat(sender.joinedBatches()).isEqualTo(2);
    assertThat(receive(Role.CLIENT, true)).isEqualTo(sent.wireBytes());
    assertThat(receiver.received().messages()).isEqualTo(2);
  }

  @Test
  void aBatchOfOneIsNotJoined() {
    var server = plain(Role.SERVER);
    var batch = new Batch(LINES);
    batch.offer(Text.of("alone"));
    server.send(batch);
    assertThat(sender.joinedBatches()).isZero();
    assertThat(sender.sent()).isEqualTo(new Traffic(1, 1, 0, 5, 7));
  }

  @Test
  void aStreamingReceiverCountsItsPieces() {
    plain(Role.CLIENT).send(Binary.of(new byte[1000]));
    var bytes = sink.take();
    var server =
        Connection.builder(Role.SERVER, new Random(2))
            .streaming()
            .tally(receiver)
            .open(message -> {}, new RecordingSink(), 0);
    server.receive(ByteBuffer.wrap(bytes, 0, 300), 0);
    assertThat(receiver.received()).isEqualTo(new Traffic(0, 0, 0, 292, 300));
    server.receive(ByteBuffer.wrap(bytes, 300, bytes.length - 300), 0);
    assertThat(receiver.received()).isEqualTo(new Traffic(1, 1, 0, 1000, 1008));
  }

  @Test
  void bytesAfterTheEndCountAsReceived() {
    var server =
        Connection.builder(Role.SERVER, new Random(2))
            .tally(receiver)
            .limits(Limits.defaults().pingInterval(Duration.ZERO))
            .open(message -> {}, new RecordingSink(), 0);
    server.receive(ByteBuffer.wrap(new byte[] {(byte) 0x83, 0, 1, 2, 3}), 0);
    assertThat(receiver.received()).isEqualTo(new Traffic(0, 0, 0, 0, 5));
  }
}

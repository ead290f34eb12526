package dev.dunlin.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a server compresses, read by an independent peer. */
class DeflateTest {

  private static final String JSON =
      "{\"channel\":\"prices:EURUSD\",\"data\":{\"bid\":1.0712,\"ask\":1.0714,\"time\":1764000000}}";
  private static final DeflateParameters FORGET = new DeflateParameters(true, true, 15, 15);
  private static final DeflateParameters TAKE_OVER = new DeflateParameters(false, false, 15, 15);
  private static final Batching LINES = Batching.defaults().joint("\n");

  private final RecordingSink sink = new RecordingSink();
  private final DeflateContext context = new DeflateContext();

  @AfterEach
  void closeContext() {
    context.close();
  }

  private Connection shared() {
    return connection(FORGET, Compression.shared());
  }

  private Connection connection(DeflateParameters parameters, Compression compression) {
    return Connection.builder(Role.SERVER, new Random(1))
        .compression(PerMessageDeflate.of(Role.SERVER, parameters, compression), context)
        .open(message -> {}, sink, 0);
  }

  private static byte[] noise(int size) {
    var noise = new byte[size];
    new Random(size).nextBytes(noise);
    return noise;
  }

  @Test
  void theSamplesOfTheRfcAreWhatWeSendWithTakeover() {
    var connection = connection(TAKE_OVER, Compression.takeover().thresholdBytes(0));
    connection.send(Text.of("Hello"));
    connection.send(Text.of("Hello"));
    assertThat(sink.takeHex()).isEqualTo("c107f248cdc9c90700" + "c105f200110000");
  }

  @Test
  void aMessageBelowTheThresholdGoesPlain() {
    var connection = connection(FORGET, Compression.shared().thresholdBytes(100));
    connection.send(Text.of("a".repeat(99)));
    assertThat(sink.take()[0]).isEqualTo((byte) 0x81);
    connection.send(Text.of("a".repeat(100)));
    assertThat(sink.take()[0]).isEqualTo((byte) 0xc1);
    connection.send(Prepared.of(Text.of("a".repeat(99))));
    assertThat(sink.take()[0]).isEqualTo((byte) 0x81);
    connection.send(Prepared.of(Text.of("a".repeat(100))));
    assertThat(sink.take()[0]).isEqualTo((byte) 0xc1);
  }

  @Test
  void aMessageInPiecesIsCompressedWhereItsFirstIsWorthIt() {
    for (var parameters : List.of(FORGET, TAKE_OVER, new DeflateParameters(true, true, 9, 15))) {
      var connection = connection(parameters, Compression.takeover().thresholdBytes(100));
      var peer = new InflaterPeer(parameters == TAKE_OVER, parameters.serverMaxWindowBits());
      var whole = JSON.repeat(2_000).getBytes(java.nio.charset.StandardCharsets.UTF_8);
      for (int at = 0; at < whole.length; at += 32 << 10) {
        int size = Math.min(32 << 10, whole.length - at);
        connection.sendPart(true, ByteBuffer.wrap(whole, at, size), at + size == whole.length);
      }
      var sent = sink.take();
      int smaller = parameters.serverMaxWindowBits() == 15 ? 20 : 2;
      assertThat(sent.length).isLessThan(whole.length / smaller);
      assertThat(peer.read(sent)).containsExactly(whole);
      assertThat(peer.compressed()).isEqualTo(1);
      connection.sendPart(true, ByteBuffer.wrap(whole, 0, 99), false);
      connection.sendPart(true, ByteBuffer.wrap(whole, 99, 1_000), true);
      sent = sink.take();
      assertThat(sent).hasSize(2 + 99 + 4 + 1_000);
      assertThat(peer.read(sent)).containsExactly(Arrays.copyOf(whole, 1_099));
      connection.abort(Closed.Cause.LOCAL, "");
    }
  }

  @Test
  void piecesThatDoNotShrinkAreStored() {
    var connection = shared();
    var noise = noise(150_000);
    connection.sendPart(false, ByteBuffer.wrap(noise, 0, 70_000), false);
    connection.sendPart(false, ByteBuffer.wrap(noise, 70_000, 80_000), true);
    var sent = sink.take();
    assertThat(sent.length).isLessThan(noise.length + 60);
    assertThat(new InflaterPeer(false).read(sent)).containsExactly(noise);
  }

  @Test
  void whatDoesNotShrinkGoesPlain() {
    var connection = shared();
    var noise = Binary.of(noise(1000));
    connection.send(noise);
    assertThat(sink.take()).hasSize(1004);
    connection.send(Prepared.of(noise));
    assertThat(sink.take()).hasSize(1004);
    var batch = new Batch(LINES);
    batch.offer(noise);
    batch.offer(Prepared.of(noise));
    connection.send(batch);
    assertThat(sink.take()).hasSize(2005);
    var block = new Batch(LINES);
    block.offer(Prepared.of(List.of(noise, noise)));
    connection.send(block);
    assertThat(sink.take()).hasSize(2005);
  }

  @Test
  void theEmptyMessageGoesPlainWhateverTheThreshold() {
    for (var parameters : new DeflateParameters[] {FORGET, TAKE_OVER}) {
      var connection = connection(parameters, Compression.shared().thresholdBytes(0));
      connection.send(Text.of(""));
      connection.send(Prepared.of(Text.of("")));
      assertThat(sink.takeHex()).isEqualTo("81008100");
    }
  }

  @Test
  void oneInstanceServesAllWhoForget() {
    assertThat(PerMessageDeflate.of(Role.SERVER, FORGET, Compression.shared()).perConnection())
        .isFalse();
    for (var parameters :
        new DeflateParameters[] {
          new DeflateParameters(false, true, 15, 15), new DeflateParameters(true, false, 15, 15)
        }) {
      var deflate = PerMessageDeflate.of(Role.SERVER, parameters, Compression.takeover());
      assertThat(deflate.perConnection()).isTrue();
    }
    var one = PerMessageDeflate.of(Role.SERVER, FORGET, Compression.shared());
    one.close();
    assertThat(one.deflate(Text.of(JSON.repeat(5)), context)).isNotNull();
    assertThat(one.headerValue())
        .isEqualTo("permessage-deflate; server_no_context_takeover; client_no_context_takeover");
  }

  @Test
  void aJoinedBatchIsOneCompressedMessageOfSegmentsMadeOnce() {
    var connection = shared();
    var a = Prepared.of(Text.of(JSON + JSON));
    var b = Prepared.of(List.of(Text.of("short"), Text.of(JSON.repeat(3))));
    var batch = new Batch(LINES);
    var peer = new InflaterPeer(false);
    for (int i = 0; i < 3; i++) {
      batch.offer(a);
      batch.offer(b);
      batch.offer(Text.of(JSON.repeat(2)));
      connection.send(batch);
      batch.clear();
      assertThat(peer.read(sink.take()))
          .containsExactly(
              String.join("\n", JSON + JSON, "short", JSON.repeat(3), JSON.repeat(2)).getBytes());
    }
    assertThat(peer.compressed()).isEqualTo(3);
    assertThat(a.deflations()).isEqualTo(1);
    assertThat(b.deflations()).isEqualTo(1);
  }

  @Test
  void aJointCompletesTheStoredBlockThatASegmentEndsIn() {
    var out = new Scratch(16);
    var joiner = new SegmentJoiner(out, Binary.of("\n".getBytes()));
    var hello = ByteBuffer.wrap(HexFormat.of().parseHex("f248cdc9c90700"));
    joiner.add(Text.of("Hello"), hello);
    joiner.add(Text.of("Hello"), hello);
    joiner.add(Text.of("x"), null);
    joiner.end();
    assertThat(HexFormat.of().formatHex(out.bytes, 0, out.size))
        .isEqualTo("f248cdc9c90700" + "0100feff0a" + "f248cdc9c90700" + "0200fdff0a78" + "00");
    assertThat(new InflaterPeer(false).inflate(Arrays.copyOf(out.bytes, out.size)))
        .isEqualTo("Hello\nHello\nx".getBytes());
  }

  @Test
  void storedPiecesOfAnySizeAreJoined() {
    for (int size : new int[] {0, 1, 65534, 65535, 65536, 140_000}) {
      for (boolean segmentFirst : new boolean[] {true, false}) {
        var joiner = new SegmentJoiner(new Scratch(1), Binary.of(new byte[] {1, 2, 3}));
        var hello = ByteBuffer.wrap(HexFormat.of().parseHex("f248cdc9c90700"));
        var expected = new ArrayList<String>();
        if (segmentFirst) {
          joiner.add(Text.of("Hello"), hello);
          expected.add("Hello");
        }
        joiner.add(Text.of("a".repeat(size)), null);
        expected.add("a".repeat(size));
        joiner.add(Text.of("Hello"), hello);
        expected.add("Hello");
        var out = joiner.end();
        assertThat(new InflaterPeer(false).inflate(Arrays.copyOf(out.bytes, out.size)))
            .isEqualTo(String.join("\1\2\3", expected).getBytes());
      }
    }
  }

  @Test
  void aBlockAloneLeavesInCompressedFramesByReference() {
    var messages = new ArrayList<Data>();
    for (int i = 0; i < 40; i++) {
      messages.add(Text.of(i % 3 == 0 ? "" + i : JSON.repeat(2) + i));
    }
    var block = Prepared.of(messages);
    var peer = new InflaterPeer(false);
    var first = shared().frames(block, LINES).orElseThrow();
    assertThat(shared().frames(block, LINES).orElseThrow()).isSameAs(first);
    var batch = new Batch(LINES);
    batch.offer(block);
    shared().send(batch);
    var received = peer.read(sink.take());
    assertThat(received).hasSize(3);
    assertThat(String.join("\n", received.stream().map(String::new).toList()))
        .isEqualTo(
            String.join("\n", messages.stream().map(message -> ((Text) message).value()).toList()));
    assertThat(peer.compressed()).isEqualTo(3);
    assertThat(block.deflations()).isEqualTo(26);
    assertThat(block.encodings()).isEqualTo(2);
  }

  @Test
  void aBlockOfSmallMessagesLeavesPlain() {
    var block = Prepared.of(List.of(Text.of("a"), Text.of("b")));
    var batch = new Batch(LINES);
    batch.offer(block);
    shared().send(batch);
    assertThat(sink.takeHex()).isEqualTo("8103610a62");
    assertThat(block.deflations()).isZero();
  }

  @Test
  void onePublicationToManyConnectionsIsDeflatedOncePerParameterSet() throws Exception {
    var publication = Prepared.of(Text.of(JSON.repeat(240))); // over 16 KiB
    var small = Prepared.of(Text.of(JSON.repeat(2)));
    var begin = new CountDownLatch(1);
    try (var loops = Executors.newFixedThreadPool(4)) {
      var done = new ArrayList<Future<?>>();
      for (int loop = 0; loop < 4; loop++) {
        done.add(loops.submit(toAllWindows(begin, publication, small)));
      }
      begin.countDown();
      for (var future : done) {
        future.get();
      }
    }
    // windows 8 to 14 are smaller than the message, 15 is not
    assertThat(publication.deflations()).isEqualTo(8);
    assertThat(publication.encodings()).isEqualTo(8);
    assertThat(small.deflations()).isEqualTo(1);
  }

  private static Callable<Void> toAllWindows(
      CountDownLatch begin, Prepared publication, Prepared small) {
    return () -> {
      begin.await();
      try (var own = new DeflateContext()) {
        for (int i = 0; i < 40; i++) {
          int bits = 8 + i % 8;
          var parameters = new DeflateParameters(true, true, bits, 15);
          var deflate = PerMessageDeflate.of(Role.SERVER, parameters, Compression.shared());
          var sink = new RecordingSink();
          var connection =
              Connection.builder(Role.SERVER, new Random(1))
                  .compression(deflate, own)
                  .open(message -> {}, sink, 0);
          connection.send(publication);
          connection.send(small);
          assertThat(new InflaterPeer(false, bits).read(sink.take()))
              .containsExactly(JSON.repeat(240).getBytes(), JSON.repeat(2).getBytes());
        }
      }
      return null;
    };
  }

  @Test
  void everyWindowIsHonoured() {
    var text = new StringBuilder();
    var random = new Random(5);
    for (int i = 0; i < 900; i++) {
      text.append(JSON, 0, random.nextInt(JSON.length())).append(random.nextInt(1000));
    }
    for (int bits = 8; bits <= 15; bits++) {
      for (boolean forget : new boolean[] {true, false}) {
        var parameters = new DeflateParameters(forget, true, bits, 15);
        var connection = connection(parameters, Compression.shared());
        var peer = new InflaterPeer(!forget, bits);
        for (int size : new int[] {130, (1 << bits) - 1, 1 << bits, (1 << bits) + 1, 40_000}) {
          var message = Text.of(text.substring(0, Math.min(size, text.length())));
          connection.send(message);
          connection.send(Prepared.of(message));
          var batch = new Batch(Batching.defaults().joint("").maxBytes(1 << 20));
          batch.offer(message);
          batch.offer(Prepared.of(message));
          connection.send(batch);
          assertThat(peer.read(sink.take()))
              .containsExactly(
                  message.toByteArray(),
                  message.toByteArray(),
                  (message.value() + message.value()).getBytes());
        }
        assertThat(peer.farthest()).isBetween(1 << bits - 2, 1 << bits);
        assertThat(peer.compressed()).isEqualTo(peer.messages());
      }
    }
  }

  @Test
  void aTakeoverConnectionNeverSendsASharedSegment() {
    var connection = connection(TAKE_OVER, Compression.takeover());
    var message = Text.of(JSON.repeat(2));
    var prepared = Prepared.of(message);
    assertThat(connection.frames(prepared)).isEmpty();
    assertThat(connection.frames(prepared, LINES)).isEmpty();
    connection.send(message);
    int alone = sink.take().length;
    connection.send(prepared);
    assertThat(sink.take().length).isLessThan(alone / 2);
    var batch = new Batch(LINES);
    batch.offer(prepared);
    batch.offer(prepared);
    connection.send(batch);
    assertThat(sink.take().length).isLessThan(alone / 2);
    assertThat(prepared.deflations()).isZero();
  }

  @Test
  void aWindowBelow15IsNotTakenOverAndStillNotShared() {
    var connection = connection(new DeflateParameters(false, true, 10, 15), Compression.takeover());
    var prepared = Prepared.of(Text.of(JSON.repeat(2)));
    assertThat(connection.frames(prepared)).isEmpty();
    connection.send(prepared);
    connection.send(prepared);
    var batch = new Batch(LINES);
    batch.offer(prepared);
    connection.send(batch);
    assertThat(new InflaterPeer(false, 10).read(sink.take()))
        .allMatch(payload -> new String(payload).equals(JSON.repeat(2)));
    assertThat(prepared.deflations()).isZero();
  }

  @Test
  void aGuessNextToNothingTellsNothingAcrossMessages() {
    var secret = Text.of("{\"session\":\"" + "k7Qz9-secret-".repeat(12) + "\"}");
    var connection = shared();
    for (boolean batched : new boolean[] {false, true}) {
      var lengths = new ArrayList<Integer>();
      for (int guess = 0; guess < 256; guess++) {
        // all guesses compress alike among themselves; one of them is the secret's first letter
        var attempt = Text.of(("{\"session\":\"" + (char) (256 + guess)).repeat(20));
        if (batched) {
          var batch = new Batch(LINES);
          batch.offer(attempt);
          batch.offer(secret);
          connection.send(batch);
          int both = sink.take().length;
          connection.send(attempt);
          lengths.add(both - sink.take().length);
        } else {
          connection.send(attempt);
          sink.take();
          connection.send(secret);
          lengths.add(sink.take().length);
        }
      }
      assertThat(lengths).hasSize(256).containsOnly(lengths.get(0));
    }
  }

  @Test
  void withTakeoverAGuessShowsAsDocumented() {
    var lengths = new ArrayList<Integer>();
    for (var guess : List.of("k7Qz9-secret-", "k7Qz9-guess--")) {
      var connection = connection(TAKE_OVER, Compression.takeover().thresholdBytes(0));
      connection.send(Text.of("{\"session\":\"" + guess + "\"}"));
      sink.take();
      connection.send(Text.of("{\"session\":\"k7Qz9-secret-\"}"));
      lengths.add(sink.take().length);
      connection.abort(Closed.Cause.LOCAL, "");
    }
    assertThat(lengths.get(0)).isLessThan(lengths.get(1));
  }

  @Test
  void aLargeMessageLeavesNoLargeScratch() {
    var text = new StringBuilder();
    var random = new Random(5);
    while (text.length() < 1_000_000) {
      text.append(random.nextInt());
    }
    var message = Text.of(text.toString());
    var batch = new Batch(LINES);
    batch.offer(message);
    for (var parameters : new DeflateParameters[] {FORGET, TAKE_OVER}) {
      var connection = connection(parameters, Compression.shared());
      connection.send(message);
      connection.send(Prepared.of(message));
      connection.frames(Prepared.of(message), LINES);
      connection.send(batch);
      assertThat(new InflaterPeer(parameters == TAKE_OVER).read(sink.take()))
          .allMatch(payload -> new String(payload).contentEquals(text));
      assertThat(context.deflated().bytes.length).isLessThanOrEqualTo(Scratch.KEPT_BYTES);
      assertThat(context.joined().bytes.length).isLessThanOrEqualTo(Scratch.KEPT_BYTES);
      assertThat(context.framed().bytes.length).isLessThanOrEqualTo(Scratch.KEPT_BYTES);
      connection.abort(Closed.Cause.LOCAL, "");
    }
  }

  @Test
  void theLevelBelongsToTheRouteNotToTheLoop() {
    var text = new StringBuilder();
    var random = new Random(5);
    for (int i = 0; i < 900; i++) {
      text.append(JSON, 0, random.nextInt(JSON.length()));
    }
    var message = Text.of(text.toString());
    connection(FORGET, Compression.shared().level(1)).send(message);
    int fast = sink.take().length;
    connection(FORGET, Compression.shared().level(9)).send(message);
    int small = sink.take().length;
    connection(FORGET, Compression.shared().level(1)).send(message);
    assertThat(sink.take().length).isEqualTo(fast).isGreaterThan(small);
  }
}

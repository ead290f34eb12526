package dev.dunlin.websocket;

import static dev.dunlin.websocket.Frames.client;
import static dev.dunlin.websocket.Frames.hex;
import static dev.dunlin.websocket.Frames.join;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import java.util.zip.Deflater;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a server makes of compressed messages (RFC 7692, 6.2 and 7.2.2). */
class InflateTest {

  private static final DeflateParameters FORGET = new DeflateParameters(true, true, 15, 15);
  private static final DeflateParameters TAKE_OVER = new DeflateParameters(false, false, 15, 15);
  private static final Text HELLO = Text.of("Hello");

  private final Recorder recorder = new Recorder();
  private final RecordingSink sink = new RecordingSink();
  private DeflateContext context = new DeflateContext();

  @AfterEach
  void closeContext() {
    context.close();
  }

  private Connection open(DeflateParameters parameters, int limit) {
    return Connection.builder(Role.SERVER, new Random(1))
        .limits(Limits.defaults().maxMessageBytes(limit).maxFragments(1 << 20))
        .compression(PerMessageDeflate.of(Role.SERVER, parameters, Compression.shared()), context)
        .open(recorder, sink, 0);
  }

  private Connection open(DeflateParameters parameters) {
    return open(parameters, 1 << 20);
  }

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex);
  }

  private static ByteBuffer text(String hex) {
    return client(0xc1, bytes(hex));
  }

  private int code(Connection connection) {
    return connection.closed().orElseThrow().sent().orElseThrow().code().value();
  }

  /** Deflates alone, the tail removed, by a deflater that the code under test never touches. */
  static byte[] deflated(byte[] plain, int level) {
    var deflater = new Deflater(level, true);
    deflater.setInput(plain);
    var out = new byte[plain.length + plain.length / 1000 + 64];
    int size = deflater.deflate(out, 0, out.length, Deflater.SYNC_FLUSH);
    deflater.end();
    return Arrays.copyOf(out, size - 4);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "f248cdc9c90700", // one block
        "000500faff48656c6c6f00", // a stored block
        "000500faff48656c6c6f01", // a stored block, BFINAL set on the empty one at the end
        "f348cdc9c9070000", // BFINAL set
        "f348cdc9c90700", // BFINAL set and nothing after it
        "f248050000 00ffffcac9c90700", // two blocks
      })
  void theSamplesOfTheRfcAreHello(String payload) {
    for (var parameters : new DeflateParameters[] {FORGET, TAKE_OVER}) {
      var connection = open(parameters);
      connection.receive(text(payload.replace(" ", "")), 0);
      recorder.got(HELLO);
    }
  }

  @Test
  void theSecondHelloOfTheRfcRefersToTheFirst() {
    var connection = open(TAKE_OVER);
    connection.receive(join(text("f248cdc9c90700"), text("f200110000"), text("f200110000")), 0);
    recorder.got(HELLO, HELLO, HELLO);
  }

  @Test
  void withoutTakeoverTheSecondHelloRefersToNothing() {
    var connection = open(FORGET);
    connection.receive(join(text("f248cdc9c90700"), text("f200110000")), 0);
    recorder.got(HELLO);
    assertThat(code(connection)).isEqualTo(1007);
  }

  @Test
  void aFinalBlockKeepsTheWindow() {
    var connection = open(TAKE_OVER);
    connection.receive(join(text("f348cdc9c9070000"), text("f200110000")), 0);
    recorder.got(HELLO, HELLO);
    // and within one message, across the final block's end
    connection.receive(text("f348cdc9c90700f200110000"), 0);
    recorder.got(Text.of("HelloHello"));
  }

  @Test
  void fragmentsAreInflatedTogetherWithAPingBetween() {
    var connection = open(FORGET);
    connection.receive(
        join(
            client(0x41, bytes("f248cd")),
            client(0x89, "p"),
            client(0x00, ""),
            client(0x80, bytes("c9c90700"))),
        0);
    recorder.got(new Ping(ByteBuffer.wrap("p".getBytes())), HELLO);
  }

  @Test
  void nothingAtAllIsTheEmptyMessage() {
    var connection = open(TAKE_OVER);
    connection.receive(
        join(
            text(""),
            text("00"),
            join(client(0x42, ""), client(0x80, "")),
            join(client(0x41, bytes("f248cdc9c90700")), client(0x80, ""))),
        0);
    recorder.got(Text.of(""), Text.of(""), Binary.of(new byte[0]), HELLO);
  }

  @Test
  void uncompressedMessagesPassBetweenCompressedOnes() {
    var connection = open(TAKE_OVER);
    connection.receive(join(text("f248cdc9c90700"), client(0x81, "Hello"), text("f200110000")), 0);
    recorder.got(HELLO, HELLO, HELLO);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ffff", // block type 3
        "000500000048656c6c6f00", // LEN and NLEN do not match
        "f200110000", // a distance before the start
        "f248cd", // missing end
        "f348cd", // missing end of a final block
        "000500faff4865", // missing end of a stored block
        "f248cdc9c90700 0000ffff", // tail not removed
        "f348cdc9c90700ff" // garbage after a final block
      })
  void whatIsNotDeflateFailsWith1007(String payload) {
    var connection = open(FORGET);
    connection.receive(text(payload.replace(" ", "")), 0);
    recorder.gotNothing();
    assertThat(code(connection)).isEqualTo(1007);
  }

  @Test
  void noPrefixOfAMessageCountsAsTheMessage() {
    var plain = "a sentence, and again a sentence, and again".repeat(9).getBytes();
    for (int level : new int[] {0, 1, 9}) {
      var whole = deflated(plain, level);
      for (int i = 1; i < whole.length; i++) {
        var connection = open(TAKE_OVER);
        connection.receive(client(0xc1, Arrays.copyOf(whole, i)), 0);
        for (var message : recorder.messages) {
          assertThat(((Data) message).size()).isNotEqualTo(plain.length);
        }
        recorder.messages.clear();
      }
    }
  }

  @Test
  void endlessNewStreamsInOneMessageAreRefused() {
    for (int streams : new int[] {200, 300}) {
      var payload = new byte[2 * streams + 1];
      for (int i = 0; i < streams; i++) {
        payload[2 * i] = 3; // an empty final block
      }
      var connection = open(FORGET);
      connection.receive(client(0xc1, payload), 0);
      if (streams == 200) {
        recorder.got(Text.of(""));
      } else {
        assertThat(code(connection)).isEqualTo(1007);
      }
    }
  }

  @Test
  void textIsCheckedAfterInflation() {
    var connection = open(FORGET);
    connection.receive(client(0xc1, deflated(new byte[] {'a', (byte) 0xc3, '('}, 1)), 0);
    assertThat(code(connection)).isEqualTo(1007);
  }

  @Test
  void theLimitCountsInflatedBytesExactly() {
    for (int limit : new int[] {1, 100, 4095, 4096, 4097, 65536}) {
      for (int size : new int[] {limit - 1, limit}) {
        var connection = open(FORGET, limit);
        connection.receive(client(0xc2, deflated(new byte[size], 1)), 0);
        recorder.got(Binary.of(new byte[size]));
      }
      var connection = open(FORGET, limit);
      connection.receive(client(0xc2, deflated(new byte[limit + 1], 1)), 0);
      recorder.gotNothing();
      assertThat(code(connection)).isEqualTo(1009);
    }
  }

  @Test
  void aBombEndsWith1009AndLeavesNoLargeScratch() {
    var bomb = deflated(new byte[10 << 20], 9);
    assertThat(bomb.length).isLessThan(11_000);
    var cuts = new int[] {bomb.length, 1, 7, 256, 4096};
    for (int cut : cuts) {
      var connection = open(FORGET);
      for (int at = 0; at < bomb.length; at += cut) {
        var piece = Arrays.copyOfRange(bomb, at, Math.min(bomb.length, at + cut));
        boolean last = at + cut >= bomb.length;
        connection.receive(client((at == 0 ? 0x42 : 0) | (last ? 0x80 : 0), piece), 0);
      }
      recorder.gotNothing();
      assertThat(code(connection)).isEqualTo(1009);
      assertThat(context.inflated().bytes.length).isLessThanOrEqualTo(Scratch.KEPT_BYTES);
    }
  }

  @Test
  void aBombCutInTwoReadsAnywhereEndsWith1009() {
    var frame = client(0xc2, deflated(new byte[1 << 20], 9));
    for (int cut = 1; cut < frame.limit(); cut += 13) {
      var copy = ByteBuffer.allocate(frame.limit()).put(frame.duplicate()).flip();
      var connection = open(FORGET, (1 << 20) - 1);
      connection.receive(copy.slice(0, cut), 0);
      connection.receive(copy.slice(cut, frame.limit() - cut), 0);
      assertThat(code(connection)).isEqualTo(1009);
    }
  }

  @Test
  void theScratchNeverPassesTheLimit() {
    int limit = 1_000_000;
    var deflate = PerMessageDeflate.of(Role.SERVER, FORGET, Compression.shared());
    var payload = ByteBuffer.wrap(deflated(new byte[limit], 9));
    assertThat(deflate.inflate(payload, limit, context)).isEqualTo(limit);
    assertThat(context.inflated().bytes.length).isLessThanOrEqualTo(limit + 1);
    context.trim();
    assertThat(context.inflated().bytes.length).isLessThanOrEqualTo(Scratch.KEPT_BYTES);
  }

  @Test
  void largeMessagesShrinkTheScratchAgain() {
    var plain = "0123456789abcdef".repeat(20_000).getBytes();
    var connection = open(TAKE_OVER);
    connection.receive(client(0xc1, deflated(plain, 1)), 0);
    recorder.got(Text.of(plain));
    assertThat(context.inflated().bytes.length).isLessThanOrEqualTo(Scratch.KEPT_BYTES);
  }

  @Test
  void noOutputIsLostWhateverTheBufferSize() {
    // Tomcat lost bytes where the output filled its 8 KiB buffer exactly (BZ 65317, 70126)
    var random = new Random(7);
    for (int size : new int[] {1, 8191, 8192, 8193, 16384, 65536, 3 * 8192, 100_000}) {
      var plain = new byte[size];
      for (int i = 0; i < size; i++) {
        plain[i] = (byte) ("abcdefgh".charAt(random.nextInt(8)));
      }
      var payload = deflated(plain, 6);
      for (int buffer = 1; buffer <= 65536; buffer = buffer < 40 ? buffer + 1 : buffer * 5 / 4) {
        checkBuffer(plain, payload, buffer);
      }
      checkBuffer(plain, payload, 8192);
      checkBuffer(plain, payload, 65536);
    }
  }

  private static void checkBuffer(byte[] plain, byte[] payload, int buffer) {
    var deflate = PerMessageDeflate.of(Role.SERVER, FORGET, Compression.shared());
    try (var small = new DeflateContext(buffer)) {
      var direct = ByteBuffer.allocateDirect(payload.length).put(payload).flip();
      int size = deflate.inflate(direct, 1 << 20, small);
      assertThat(Arrays.copyOf(small.inflated().bytes, size)).isEqualTo(plain);
    }
  }

  @Test
  void aPeerThatTakesOverIsUnderstoodForAsLongAsItLikes() {
    for (int bits = 8; bits <= 15; bits++) {
      var connection = open(new DeflateParameters(true, false, 15, bits), 1 << 20);
      var random = new Random(bits);
      var deflater = new Deflater(6, true);
      var out = new byte[100_000];
      for (int i = 0; i < 60; i++) {
        var plain = new byte[random.nextInt(i % 10 == 9 ? 40_000 : 1 << (bits - 2))];
        for (int j = 0; j < plain.length; j++) {
          plain[j] = (byte) ("{}:,\"abcde".charAt(random.nextInt(10)));
        }
        if (bits < 15 && plain.length + deflater.getBytesRead() > 1 << bits) {
          deflater.reset(); // keeps to the agreed window, for which it has no parameter
        }
        if (bits < 15 && plain.length > 1 << bits) {
          continue;
        }
        deflater.setInput(plain);
        int size = deflater.deflate(out, 0, out.length, Deflater.SYNC_FLUSH);
        connection.receive(client(0xc2, Arrays.copyOf(out, size - 4)), 0);
        recorder.got(Binary.of(plain));
      }
      deflater.end();
    }
  }

  @Test
  void aDistanceBeyondTheAgreedWindowFails() {
    var connection = open(new DeflateParameters(true, false, 15, 8));
    var noise = new byte[300];
    new Random(3).nextBytes(noise);
    var deflater = new Deflater(6, true);
    var out = new byte[1000];
    deflater.setInput(noise);
    int size = deflater.deflate(out, 0, out.length, Deflater.SYNC_FLUSH);
    connection.receive(client(0xc2, Arrays.copyOf(out, size - 4)), 0);
    recorder.got(Binary.of(noise));
    deflater.setInput(noise, 0, 40);
    size = deflater.deflate(out, 0, out.length, Deflater.SYNC_FLUSH);
    deflater.end();
    connection.receive(client(0xc2, Arrays.copyOf(out, size - 4)), 0);
    assertThat(code(connection)).isEqualTo(1007);
  }

  @Test
  void connectionsOnOneContextDoNotMixTheirWindows() {
    var a = open(TAKE_OVER);
    var b = open(TAKE_OVER);
    a.receive(text("f248cdc9c90700"), 0);
    recorder.got(HELLO);
    b.receive(text("f200110000"), 0);
    recorder.gotNothing();
    assertThat(code(b)).isEqualTo(1007);
    a.receive(text("f200110000"), 0);
    recorder.got(HELLO);
  }

  @Test
  void theClientRoleReadsWhatTheServerRoleWrites() {
    for (var parameters : new DeflateParameters[] {FORGET, TAKE_OVER}) {
      var settings = Compression.shared().thresholdBytes(0);
      var server =
          Connection.builder(Role.SERVER, new Random(1))
              .compression(PerMessageDeflate.of(Role.SERVER, parameters, settings), context)
              .open(recorder, sink, 0);
      var clientSink = new RecordingSink();
      var client =
          Connection.builder(Role.CLIENT, new Random(2))
              .compression(PerMessageDeflate.of(Role.CLIENT, parameters, settings), context)
              .open(recorder, clientSink, 0);
      for (int i = 0; i < 5; i++) {
        var message = Text.of("Grüße, Grüße, Grüße und Grüße Nummer " + i);
        server.send(message);
        client.receive(ByteBuffer.wrap(sink.take()), 0);
        recorder.got(message);
        client.send(Prepared.of(message));
        var sent = clientSink.take();
        assertThat(sent[0] & 0xff).isEqualTo(0xc1);
        server.receive(ByteBuffer.wrap(sent), 0);
        recorder.got(message);
      }
      assertThat(client.frames(Prepared.of(Text.of("x")))).isEmpty();
    }
  }

  @Test
  void closingDropsWhatAConnectionRemembered() {
    var deflate = PerMessageDeflate.of(Role.SERVER, TAKE_OVER, Compression.takeover());
    assertThat(deflate.inflate(ByteBuffer.wrap(bytes("f248cdc9c90700")), 100, context))
        .isEqualTo(5);
    deflate.close();
    assertThat(deflate.inflate(ByteBuffer.wrap(bytes("f200110000")), 100, context))
        .isEqualTo(PerMessageDeflate.INVALID);
    assertThat(deflate.deflate(Text.of("x".repeat(1000)), context)).isNull();
    deflate.close();
  }
}

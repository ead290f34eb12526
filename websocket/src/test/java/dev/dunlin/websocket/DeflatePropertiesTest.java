package dev.dunlin.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;

/** Whatever is sent, in whatever form, an independent peer reads the same bytes in order. */
class DeflatePropertiesTest {

  private static final DeflateContext CONTEXT = new DeflateContext();

  private final RecordingSink sink = new RecordingSink();

  @AfterContainer
  static void closeContext() {
    CONTEXT.close();
  }

  private Connection connection(DeflateParameters parameters, Compression settings) {
    return Connection.builder(Role.SERVER, new Random(1))
        .compression(PerMessageDeflate.of(Role.SERVER, parameters, settings), CONTEXT)
        .open(message -> {}, sink, 0);
  }

  /** Small or large; repetitive, like JSON, or noise. */
  private static Data message(Random random) {
    int size =
        switch (random.nextInt(12)) {
          case 0 -> 0;
          case 1, 2 -> random.nextInt(40);
          case 3, 4, 5, 6, 7, 8 -> random.nextInt(600);
          case 9, 10 -> random.nextInt(5000);
          default -> random.nextInt(70_000);
        };
    var bytes = new byte[size];
    int kind = random.nextInt(3);
    for (int i = 0; i < size; i++) {
      bytes[i] =
          (byte)
              switch (kind) {
                case 0 -> 'a' + random.nextInt(2);
                case 1 -> "{\"price\":1.07,\"name\":\"EURUSD\"},".charAt((i + i / 97) % 31);
                default -> random.nextInt(256);
              };
    }
    return Binary.of(bytes);
  }

  private static List<Data> messages(Random random, int most) {
    var messages = new ArrayList<Data>();
    for (int i = random.nextInt(most + 1); i > 0; i--) {
      messages.add(message(random));
    }
    return messages;
  }

  private static byte[] joint(Random random) {
    return switch (random.nextInt(3)) {
      case 0 -> new byte[0];
      case 1 -> new byte[] {'\n'};
      default -> new byte[200];
    };
  }

  private static void write(ByteArrayOutputStream out, Data message, byte[] joint, boolean first) {
    if (!first) {
      out.writeBytes(joint);
    }
    out.writeBytes(message.toByteArray());
  }

  @Property(tries = 120, shrinking = ShrinkingMode.OFF)
  void anySequenceOfSegmentsInflatesToTheConcatenation(
      @ForAll long seed, @ForAll @IntRange(min = 8, max = 15) int bits) {
    var random = new Random(seed);
    var joint = joint(random);
    var joiner = new SegmentJoiner(new Scratch(1), Binary.of(joint));
    var deflate =
        PerMessageDeflate.of(
            Role.SERVER, new DeflateParameters(true, true, bits, 15), Compression.shared());
    var expected = new ByteArrayOutputStream();
    boolean first = true;
    for (var message : messages(random, 12)) {
      var segment =
          random.nextInt(4) == 0
              ? null
              : deflate.segment(message, deflate.windowBits(message.size()), CONTEXT);
      joiner.add(message, segment);
      write(expected, message, joint, first);
      first = false;
    }
    var joined = joiner.end();
    var payload = new byte[joined.size];
    System.arraycopy(joined.bytes, 0, payload, 0, joined.size);
    assertThat(new InflaterPeer(false).inflate(payload)).isEqualTo(expected.toByteArray());
    assertThat(new StrictInflater(bits, false).inflate(payload)).isEqualTo(expected.toByteArray());
  }

  @Property(tries = 80, shrinking = ShrinkingMode.OFF)
  void privateSharedPlainAndBatchedMessagesInterleave(
      @ForAll long seed,
      @ForAll boolean weForget,
      @ForAll boolean peerForgets,
      @ForAll @IntRange(min = 8, max = 15) int bits) {
    var random = new Random(seed);
    var parameters =
        new DeflateParameters(weForget, peerForgets, random.nextBoolean() ? 15 : bits, 15);
    var compression = Compression.takeover().thresholdBytes(random.nextInt(300));
    var connection = connection(parameters, compression);
    var other = connection(new DeflateParameters(true, true, bits, 15), compression);
    var peer = new InflaterPeer(!weForget, parameters.serverMaxWindowBits());
    var batching = Batching.defaults().maxMessages(100).maxBytes(1 << 24).joint(joint(random));
    for (int step = 0; step < 12; step++) {
      var expected = new ArrayList<byte[]>();
      switch (random.nextInt(5)) {
        case 0 -> { // private
          var message = message(random);
          connection.send(message);
          expected.add(message.toByteArray());
        }
        case 1 -> { // shared, in part made by another connection
          var prepared = Prepared.of(messages(random, 3));
          if (random.nextBoolean()) {
            other.send(prepared);
            sink.take();
          }
          connection.send(prepared);
          prepared.messages().forEach(message -> expected.add(message.toByteArray()));
        }
        case 2 -> { // in pieces, some of them empty
          var whole = new ByteArrayOutputStream();
          for (var piece : messages(random, 4)) {
            connection.sendPart(false, piece.bytes(), false);
            write(whole, piece, new byte[0], true);
          }
          var last = random.nextBoolean() ? Binary.of(new byte[0]) : message(random);
          connection.sendPart(false, last.bytes(), true);
          whole.writeBytes(last.toByteArray());
          expected.add(whole.toByteArray());
        }
        case 3 -> { // joined
          var batch = new Batch(batching);
          var all = new ByteArrayOutputStream();
          for (int i = random.nextInt(6); i >= 0; i--) {
            var some = random.nextBoolean() ? messages(random, 3) : List.of(message(random));
            int before = batch.messages();
            if (some.size() == 1 && random.nextBoolean()) {
              batch.offer(some.get(0));
            } else {
              batch.offer(Prepared.of(some));
            }
            for (int j = 0; j < some.size(); j++) {
              write(
                  all, some.get(j), batching.joint().orElseThrow().toByteArray(), before + j == 0);
            }
          }
          connection.send(batch);
          if (batch.messages() > 0) {
            expected.add(all.toByteArray());
          }
        }
        default -> { // coalesced
          var batch = new Batch(Batching.defaults().maxBytes(1 << 24));
          for (var message : messages(random, 4)) {
            batch.offer(message);
            expected.add(message.toByteArray());
          }
          connection.send(batch);
        }
      }
      assertThat(peer.read(sink.take())).containsExactlyElementsOf(expected);
    }
    connection.abort(Closed.Cause.LOCAL, "");
    other.abort(Closed.Cause.LOCAL, "");
  }
}

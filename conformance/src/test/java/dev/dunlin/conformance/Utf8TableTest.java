package dev.dunlin.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import dev.dunlin.websocket.Compression;
import dev.dunlin.websocket.Text;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * UTF-8 against {@code java.nio}'s decoder: every character, every cut, in plain and compressed.
 */
class Utf8TableTest {

  private static final byte[] EDGES = Utf8Cases.hex("808f909fa0bf");

  /**
   * The number of octets after which no continuation can be valid, or -1 if there always is one.
   */
  private static int dead(byte[] octets) {
    for (int length = 1; length <= octets.length; length++) {
      if (!completable(Arrays.copyOf(octets, length), 3)) {
        return length;
      }
    }
    return -1;
  }

  /** Whether up to {@code more} octets make it valid; the edges of the ranges stand for all. */
  private static boolean completable(byte[] octets, int more) {
    if (FrameReader.utf8(octets)) {
      return true;
    }
    if (more > 0) {
      var longer = Arrays.copyOf(octets, octets.length + 1);
      for (byte edge : EDGES) {
        longer[octets.length] = edge;
        if (completable(longer, more - 1)) {
          return true;
        }
      }
    }
    return false;
  }

  @Test
  void everyCharacterIsAccepted() {
    var all = new ByteArrayOutputStream();
    int characters = 0;
    for (int point = 0; point <= Character.MAX_CODE_POINT; point++) {
      if (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE) {
        continue;
      }
      var octets = Character.toString(point).getBytes(StandardCharsets.UTF_8);
      if (Text.of(octets).size() != octets.length) {
        fail("U+%04X is not kept".formatted(point));
      }
      all.writeBytes(Frame.text(octets).bytes());
      characters++;
    }
    assertThat(characters).isEqualTo(1_112_064);
    var peer = MemoryPeer.plain(MemoryPeer.RAISED);
    peer.send(all.toByteArray(), 0, all.size());
    var reader = new FrameReader();
    assertThat(peer.receive(reader, Peer.Patience.LONG)).isEqualTo(Peer.State.DATA);
    assertThat(reader.frames()).isEqualTo(characters);
    assertThat(reader.events()).allMatch(Event.Message.class::isInstance);
  }

  @Test
  void everySurrogateIsRefused() {
    for (int point = Character.MIN_SURROGATE; point <= Character.MAX_SURROGATE; point++) {
      byte[] octets = {
        (byte) (0xe0 | point >> 12), (byte) (0x80 | point >> 6 & 0x3f), (byte) (0x80 | point & 0x3f)
      };
      assertThat(refused(List.of(Frame.text(octets)))).isTrue();
      var lone = String.valueOf((char) point);
      assertThatThrownBy(() -> Text.of(lone)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void everySequenceFailsAtTheOctetWhereItBecomesWrong() {
    for (var sequence : Utf8Cases.sequences().values()) {
      int first = dead(padded(0, sequence, 3));
      for (int prefix = 0; prefix <= 40; prefix += 1 + prefix / 10) {
        var octets = padded(prefix, sequence, 3);
        int dead = first < 0 ? -1 : prefix + first;
        var frame = Frame.text(octets).bytes();
        int header = frame.length - octets.length;
        for (int length = 1; length <= octets.length; length++) {
          var peer = MemoryPeer.plain(MemoryPeer.RAISED);
          peer.send(frame, 0, header + length);
          if (peer.connection().finished() != (dead >= 0 && length >= dead)) {
            fail(Arrays.toString(octets) + " is not judged right after octet " + length);
          }
        }
      }
    }
  }

  @Test
  void everySequenceIsJudgedTheSameAcrossFrames() {
    for (var sequence : Utf8Cases.sequences().values()) {
      for (int prefix : new int[] {0, 1, 7, 31}) {
        var octets = padded(prefix, sequence, 1);
        boolean valid = FrameReader.utf8(octets);
        for (int cut = 0; cut <= octets.length; cut++) {
          var first = Frame.text(Arrays.copyOf(octets, cut)).open();
          var rest = Frame.continuation(Arrays.copyOfRange(octets, cut, octets.length));
          assertThat(refused(List.of(first, rest)))
              .as("%s cut at %d", Arrays.toString(octets), cut)
              .isEqualTo(!valid);
        }
      }
    }
  }

  @Test
  void everySequenceIsJudgedTheSameAcrossCompressionBlocks() {
    try (var engine = new MemoryEngine(MemoryPeer.RAISED, Compression.shared())) {
      for (var sequence : Utf8Cases.sequences().values()) {
        var octets = padded(1, sequence, 1);
        boolean valid = FrameReader.utf8(octets);
        for (int cut = 0; cut <= octets.length; cut++) {
          var blocks = new ByteArrayOutputStream();
          stored(blocks, Arrays.copyOf(octets, cut));
          int first = blocks.size();
          stored(blocks, Arrays.copyOfRange(octets, cut, octets.length));
          blocks.write(0);
          var all = blocks.toByteArray();
          var frames =
              List.of(
                  Frame.text(Arrays.copyOf(all, first)).rsv(4).open(),
                  Frame.continuation(Arrays.copyOfRange(all, first, all.length)));
          var peer = engine.openAgreed(Optional.of(DeflateCases.OFFER));
          assertThat(refused(peer, frames)).as("cut at %d", cut).isEqualTo(!valid);
        }
      }
    }
  }

  @Test
  void randomOctetsAreJudgedAsTheDecoderJudgesThem() {
    var random = new SplittableRandom(8);
    var alphabet = Utf8Cases.hex("00417f80818f90919fa0bfc0c1c2dfe0e1ecedeeeff0f1f3f4f5f7f8fe");
    for (int i = 0; i < 200_000; i++) {
      var octets = new byte[random.nextInt(12)];
      for (int j = 0; j < octets.length; j++) {
        octets[j] = random.nextInt(3) == 0 ? (byte) 'a' : alphabet[random.nextInt(alphabet.length)];
      }
      boolean accepted;
      try {
        accepted = Text.of(octets).size() == octets.length;
      } catch (IllegalArgumentException e) {
        accepted = false;
      }
      if (accepted != FrameReader.utf8(octets)) {
        fail(Arrays.toString(octets) + (accepted ? " is accepted" : " is refused"));
      }
    }
  }

  private static void stored(ByteArrayOutputStream out, byte[] bytes) {
    out.write(0);
    out.write(bytes.length);
    out.write(0);
    out.write(~bytes.length);
    out.write(0xff);
    out.writeBytes(bytes);
  }

  private static byte[] padded(int prefix, byte[] sequence, int suffix) {
    var all = new byte[prefix + sequence.length + suffix];
    Arrays.fill(all, (byte) 'x');
    System.arraycopy(sequence, 0, all, prefix, sequence.length);
    return all;
  }

  private static boolean refused(List<Frame> frames) {
    return refused(MemoryPeer.plain(MemoryPeer.RAISED), frames);
  }

  /** Whether the frames end in 1007, otherwise in an echo: nothing else may happen. */
  private static boolean refused(MemoryPeer peer, List<Frame> frames) {
    for (var frame : frames) {
      var bytes = frame.bytes();
      peer.send(bytes, 0, bytes.length);
    }
    var reader = peer.agreed().reader();
    peer.receive(reader, Peer.Patience.LONG);
    var events = new ArrayList<>(reader.events());
    assertThat(events).hasSize(1);
    if (events.getFirst() instanceof Event.Close close) {
      assertThat(close.code()).isEqualTo(1007);
      return true;
    }
    assertThat(events.getFirst()).isInstanceOf(Event.Message.class);
    return false;
  }
}

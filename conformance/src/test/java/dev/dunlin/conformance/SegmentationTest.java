package dev.dunlin.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.websocket.Compression;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Four hundred messages, plain and compressed: the same events however their bytes are cut. */
class SegmentationTest {

  private static final Optional<String> OFFER = Optional.of("permessage-deflate");

  private final List<Event> expected = new ArrayList<>();
  private final byte[] plain = stream(false);
  private final byte[] compressed = stream(true);

  private byte[] stream(boolean deflate) {
    var random = new SplittableRandom(65_317);
    var out = new ByteArrayOutputStream();
    expected.clear();
    try (var deflater = new WindowDeflater(15, true)) {
      for (int i = 0; i < 400; i++) {
        int size = i % 40 == 39 ? random.nextInt(4096) : random.nextInt(60);
        boolean text = random.nextBoolean();
        var payload = new byte[size];
        for (int at = 0; at < size; at++) {
          payload[at] = (byte) (text ? 'a' + random.nextInt(4) : random.nextInt(256));
        }
        expected.add(new Event.Message(text, payload));
        boolean rsv = random.nextInt(4) > 0 && deflate;
        var frame =
            Frame.of(text ? Frame.TEXT : Frame.BINARY, rsv ? deflater.message(payload) : payload)
                .rsv(rsv ? 4 : 0);
        var frames = SizeCases.fragments(frame, random.nextInt(5) == 0 ? 1 + size / 3 : 0);
        for (int at = 0; at < frames.size(); at++) {
          out.writeBytes(frames.get(at).bytes());
          if (i % 10 == 0 && at == 0) {
            out.writeBytes(Frame.pong("p").bytes());
          }
        }
      }
    }
    return out.toByteArray();
  }

  @Test
  void messagesAreTheSameInManyCuts() {
    everyTwoWaySplit(31);
    dribble();
    randomChunkings(150);
  }

  @Test
  @Tag("figures")
  void messagesAreTheSameInEveryTwoPiecesAndTenThousandRandomChunkings() {
    everyTwoWaySplit(1);
    randomChunkings(10_000);
  }

  private void everyTwoWaySplit(int step) {
    for (var bytes : List.of(plain, compressed)) {
      for (int cut = 1; cut < bytes.length; cut += step) {
        int first = cut;
        check(bytes, from -> from == 0 ? first : bytes.length, "cut at " + cut);
      }
    }
  }

  private void dribble() {
    for (var bytes : List.of(plain, compressed)) {
      check(bytes, from -> from + 1, "octet by octet");
    }
  }

  private void randomChunkings(int number) {
    for (int seed = 0; seed < number; seed++) {
      var random = new SplittableRandom(seed);
      int most = 1 << 1 + random.nextInt(13);
      var bytes = seed % 2 == 0 ? plain : compressed;
      check(bytes, from -> from + 1 + random.nextInt(most), "seed " + seed);
    }
  }

  /** Where the piece ends that begins here. */
  private interface Cut {
    int after(int from);
  }

  private void check(byte[] bytes, Cut cut, String how) {
    try (var engine = new MemoryEngine(MemoryPeer.RAISED, Compression.takeover())) {
      var peer = engine.openAgreed(bytes == plain ? Optional.<String>empty() : OFFER);
      var reader = peer.agreed().reader();
      for (int from = 0; from < bytes.length; ) {
        int to = Math.min(bytes.length, cut.after(from));
        peer.send(bytes, from, to - from);
        from = to;
      }
      peer.receive(reader, Peer.Patience.LONG);
      assertThat(List.copyOf(reader.events()).equals(expected)).as(how).isTrue();
    }
  }
}

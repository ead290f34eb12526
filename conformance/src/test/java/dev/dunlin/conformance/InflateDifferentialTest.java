package dev.dunlin.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.websocket.Compression;
import dev.dunlin.websocket.Limits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Compressed messages, whole and spoilt, inflated by the engine and by the suite's inflater. */
class InflateDifferentialTest {

  private static final Limits LIMITS = Limits.defaults().pingInterval(Duration.ZERO);

  @Test
  void theEngineInflatesWhatTheSuitesInflaterInflates() {
    var random = new SplittableRandom(6);
    int valid = 0;
    int invalid = 0;
    var corpora = new Corpus[] {Corpus.bitmap(), Corpus.prose(), Corpus.incompressible()};
    try (var engine = new MemoryEngine(LIMITS, Compression.shared())) {
      for (int i = 0; i < 20_000; i++) {
        var plain = corpora[i % 3].window(random.nextInt(1 << 20), random.nextInt(600));
        byte[] compressed;
        try (var deflater = new WindowDeflater(8 + random.nextInt(8), false)) {
          compressed = deflater.message(plain);
        }
        for (int spoilt = random.nextInt(3); spoilt > 0; spoilt--) {
          compressed[random.nextInt(compressed.length)] ^= (byte) (1 << random.nextInt(8));
        }
        var reference = WindowInflater.forgiving();
        Optional<byte[]> expected;
        try {
          expected = Optional.of(reference.message(compressed));
        } catch (IllegalStateException e) {
          if (reference.failedInTheTail()) {
            continue; // the tail was taken for codes: what comes then is chance
          }
          expected = Optional.empty();
        }
        var peer = engine.openAgreed(Optional.of(DeflateCases.OFFER));
        var bytes = Frame.binary(compressed).rsv(4).bytes();
        peer.send(bytes, 0, bytes.length);
        var reader = peer.agreed().reader();
        peer.receive(reader, Peer.Patience.LONG);
        var events = new ArrayList<>(reader.events());
        assertThat(events).hasSize(1);
        if (expected.isPresent()) {
          assertThat(events.getFirst())
              .as("message %d: %s", i, HexFormat.of().formatHex(compressed))
              .isEqualTo(Event.binary(expected.get()));
          valid++;
        } else {
          assertThat(events.getFirst())
              .as("message %d: %s", i, HexFormat.of().formatHex(compressed))
              .isInstanceOfSatisfying(
                  Event.Close.class, close -> assertThat(close.code()).isEqualTo(1007));
          invalid++;
        }
      }
    }
    assertThat(valid).isGreaterThan(2000);
    assertThat(invalid).isGreaterThan(2000);
  }
}

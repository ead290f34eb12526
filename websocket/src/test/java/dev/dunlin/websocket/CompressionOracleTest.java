package dev.dunlin.websocket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What the length of a compressed frame tells somebody who may put a guess near a secret (RFC 7692,
 * 8), and messages that nobody compresses.
 */
class CompressionOracleTest {

  private static final DeflateParameters FORGET = new DeflateParameters(true, true, 15, 15);
  private static final DeflateParameters TAKE_OVER = new DeflateParameters(false, false, 15, 15);
  private static final Batching LINES = Batching.defaults().joint("\n");
  private static final Text SECRET =
      Text.of("{\"account\":\"4711\",\"password\":\"correct-horse-battery-staple\"}".repeat(3));

  private final RecordingSink sink = new RecordingSink();
  private final DeflateContext context = new DeflateContext();

  @AfterEach
  void closeContext() {
    context.close();
  }

  private Connection connection(DeflateParameters parameters) {
    var settings = parameters == FORGET ? Compression.shared() : Compression.takeover();
    return Connection.builder(Role.SERVER, new Random(1))
        .compression(
            PerMessageDeflate.of(Role.SERVER, parameters, settings.thresholdBytes(0)), context)
        .open(message -> {}, sink, 0);
  }

  /** One of 256 guesses of the same length, of which number 99 is right. */
  private static Text guess(int number) {
    var right = "\"password\":\"correct-horse-battery-staple\"";
    return Text.of(number == 99 ? right : right.replace("battery", "%07d".formatted(number)));
  }

  private Map<Integer, Integer> byLength(java.util.function.IntFunction<Integer> length) {
    var counts = new HashMap<Integer, Integer>();
    for (int number = 0; number < 256; number++) {
      counts.merge(length.apply(number), 1, Integer::sum);
    }
    return counts;
  }

  @Test
  void withoutTakeoverTheSecretsLengthDoesNotDependOnAnyOf256GuessesBeforeIt() {
    var lengths =
        byLength(number -> {
          var connection = connection(FORGET);
          connection.send(guess(number));
          sink.take();
          connection.send(SECRET);
          return sink.take().length;
        });
    assertThat(lengths).hasSize(1);
  }

  @Test
  void norInABatchWhereEachMessageIsCompressedAlone() {
    var lengths =
        byLength(number -> {
          var connection = connection(FORGET);
          int[] sizes = new int[2];
          for (var beside : List.of(SECRET, Text.of("0".repeat(200)))) {
            var batch = new Batch(LINES);
            batch.offer(guess(number));
            batch.offer(Prepared.of(beside));
            connection.send(batch);
            sizes[beside == SECRET ? 0 : 1] = sink.take().length;
          }
          return sizes[0] - sizes[1]; // what the guess itself takes is the same in both
        });
    assertThat(lengths).hasSize(1);
  }

  @Test
  void takeoverTellsTheRightGuessByItsLength() {
    var byGuess = new HashMap<Integer, Integer>();
    for (int number = 0; number < 256; number++) {
      var connection = connection(TAKE_OVER);
      connection.send(guess(number));
      sink.take();
      connection.send(SECRET);
      byGuess.put(number, sink.take().length);
      connection.abort(Closed.Cause.LOCAL, "");
    }
    int right = byGuess.remove(99);
    assertThat(byGuess.values())
        .as("the leak that docs/security/compression.md tells of")
        .allMatch(wrong -> wrong > right);
  }

  @Test
  void aMessageThatIsNotToBeCompressedIsNotWhereverItStands() {
    for (var parameters : List.of(FORGET, TAKE_OVER)) {
      var plain = Prepared.of(SECRET).uncompressed();
      var other = Text.of("x".repeat(500));
      var connection = connection(parameters);
      connection.send(plain);
      assertPlain(sink.take());
      var several = Prepared.of(List.of(SECRET, other, SECRET)).uncompressed();
      connection.send(several);
      assertPlain(sink.take());
      for (var joint : List.of(LINES, LINES.maxMessages(2), Batching.defaults())) {
        var batch = new Batch(joint);
        batch.offer(several);
        connection.send(batch); // alone in its batch
        assertPlain(sink.take());
      }
      var batch = new Batch(LINES);
      batch.offer(other);
      batch.offer(plain);
      batch.offer(Prepared.of(other));
      connection.send(batch); // beside others
      assertPlain(sink.take());
      batch.clear();
      batch.offer(other);
      connection.send(batch);
      assertThat(sink.take()[0] & 0x40).as("others are compressed as before").isNotZero();
      connection.send(Prepared.of(SECRET));
      assertThat(sink.take()[0] & 0x40).isNotZero();
      connection.abort(Closed.Cause.LOCAL, "");
    }
  }

  @Test
  void whatFollowsAMessageThatWasNotCompressedInflatesAsItShould() {
    var connection = connection(TAKE_OVER);
    var peer = new InflaterPeer(true);
    var bytes = SECRET.value().getBytes(UTF_8);
    for (int i = 0; i < 3; i++) {
      connection.send(SECRET);
      assertThat(peer.read(sink.take())).containsExactly(bytes);
      connection.send(Prepared.of(SECRET).uncompressed());
      assertThat(peer.read(sink.take())).containsExactly(bytes);
    }
    assertThat(peer.compressed()).isEqualTo(3);
    connection.abort(Closed.Cause.LOCAL, "");
  }

  @Test
  void theLengthOfWhatIsNotCompressedDoesNotDependOnTheGuessInIt() {
    var lengths =
        byLength(number -> {
          var connection = connection(FORGET);
          var both = Text.of(SECRET.value() + guess(number).value());
          connection.send(Prepared.of(both).uncompressed());
          return sink.take().length;
        });
    assertThat(lengths).hasSize(1);
  }

  /** All frames, and the text in them as it is. */
  private static void assertPlain(byte[] sent) {
    for (int at = 0; at < sent.length; ) {
      assertThat(sent[at] & 0x40).as("RSV1 at %s", at).isZero();
      int size = sent[at + 1] & 0x7f;
      at += 2;
      if (size == 126) {
        size = (sent[at] & 0xff) << 8 | (sent[at + 1] & 0xff);
        at += 2;
      }
      at += size;
    }
    assertThat(new String(sent, UTF_8)).contains(SECRET.value());
  }
}

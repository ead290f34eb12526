package dev.dunlin.centrifuge;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A namespace that forbids compression, on connections that have agreed on it. */
class ForbiddenCompressionTest {

  private static final String SECRET = "correct-horse-battery-staple".repeat(8);

  private final TestNode node =
      TestNode.open(
          Map.of(
              "open", TestNode.history().allowRecovery(true).build(),
              "secret", TestNode.history().allowRecovery(true).forbidCompression(true).build(),
              "slow",
                  TestNode.anybody()
                      .forbidCompression(true)
                      .batchMaxDelay(Duration.ofMillis(20))
                      .build()));

  @AfterEach
  void close() {
    node.close();
  }

  /** What a frame is: its length on the wire, and whether it is compressed. */
  private record Sent(int length, boolean compressed) {}

  /** The frames that were written last. */
  private static List<Sent> last(Peer peer) {
    var bytes = peer.wire.last.duplicate();
    var frames = new ArrayList<Sent>();
    while (bytes.hasRemaining()) {
      int begin = bytes.position();
      boolean compressed = (bytes.get() & 0x40) != 0;
      skip(bytes);
      frames.add(new Sent(bytes.position() - begin, compressed));
    }
    return frames;
  }

  private static void skip(ByteBuffer bytes) {
    int size = bytes.get() & 0x7f;
    size = size == 126 ? bytes.getShort() & 0xffff : size == 127 ? (int) bytes.getLong() : size;
    bytes.position(bytes.position() + size);
  }

  private Peer subscriber(Encoding encoding, String... channels) {
    var peer = node.compressed(encoding);
    peer.send("{'id':1,'connect':{}}");
    peer.next();
    for (var channel : channels) {
      peer.ask("{'id':2,'subscribe':{'channel':'%s'}}".formatted(channel));
    }
    return peer;
  }

  @ParameterizedTest
  @EnumSource
  void itsPublicationsAreNeverCompressedAndOthersAre(Encoding encoding) {
    var peer = subscriber(encoding, "open:a", "secret:a");
    node.publish("open:a", "'" + SECRET + "'");
    assertThat(peer.next()).contains(SECRET);
    assertThat(last(peer)).allMatch(Sent::compressed);
    node.publish("secret:a", "'" + SECRET + "'");
    assertThat(peer.next()).contains(SECRET);
    assertThat(last(peer)).noneMatch(Sent::compressed);
  }

  @ParameterizedTest
  @EnumSource
  void norAreTheyInABatchWithOthersOrInABlockOfTheirOwn(Encoding encoding) {
    var peer = subscriber(encoding, "open:a", "secret:a", "slow:a");
    var publisher = node.anonymous(encoding);
    publisher.send(
        "{'id':3,'publish':{'channel':'open:a','data':'" + SECRET + "'}}",
        "{'id':4,'publish':{'channel':'secret:a','data':'" + SECRET + "'}}",
        "{'id':5,'publish':{'channel':'open:a','data':'" + SECRET + "'}}");
    publisher.next(3);
    assertThat(peer.next(3)).allMatch(text -> text.contains(SECRET));
    assertThat(peer.frames()).as("one batch").endsWith(3);
    assertThat(last(peer)).singleElement().matches(sent -> !sent.compressed());
    for (int i = 0; i < 3; i++) {
      node.publish("slow:a", "'" + SECRET + "'");
    }
    node.advance(Duration.ofMillis(30));
    assertThat(peer.next(3)).allMatch(text -> text.contains(SECRET));
    assertThat(last(peer)).singleElement().matches(sent -> !sent.compressed());
  }

  @ParameterizedTest
  @EnumSource
  void norInWhatIsReadFromHistoryOrRecovered(Encoding encoding) {
    node.publish("open:a", "'" + SECRET + "'");
    node.publish("secret:a", "'" + SECRET + "'");
    var peer = subscriber(encoding);
    for (var command :
        List.of(
            "{'id':3,'history':{'channel':'%s','limit':9}}",
            "{'id':4,'subscribe':{'channel':'%s','recover':true,'epoch':'%s'}}")) {
      assertThat(peer.ask(asked(command, "open:a"))).contains(SECRET);
      assertThat(last(peer)).allMatch(Sent::compressed);
      assertThat(peer.ask(asked(command, "secret:a"))).contains(SECRET);
      assertThat(last(peer)).noneMatch(Sent::compressed);
    }
  }

  private String asked(String command, String channel) {
    var epoch =
        node.hub
            .history(channel, dev.dunlin.channels.HistoryQuery.position())
            .toCompletableFuture()
            .join()
            .position()
            .epoch();
    return command.formatted(channel, epoch);
  }

  @ParameterizedTest
  @EnumSource
  void theLengthDoesNotDependOnAnyOf256GuessesInTheSamePublication(Encoding encoding) {
    var peer = subscriber(encoding, "secret:a", "open:a");
    var forbidden = new HashSet<Integer>();
    var allowed = new HashSet<Integer>();
    for (int guess = 0; guess < 256; guess++) {
      var tried = guess == 99 ? "battery" : "%07d".formatted(guess);
      var data = "{'secret':'" + SECRET + "','shown':'correct-horse-" + tried + "-staple'}";
      for (var lengths : Map.of("secret:b", forbidden, "open:b", allowed).entrySet()) {
        var channel = lengths.getKey().replace("b", "a");
        node.publish(channel, data, options -> options.skipHistory(true));
        peer.next();
        lengths.getValue().add(last(peer).getFirst().length());
      }
    }
    assertThat(forbidden).as("forbidden").hasSize(1);
    assertThat(allowed).as("compressed it tells").hasSizeGreaterThan(1);
  }
}

package dev.dunlin.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.websocket.Compression;
import dev.dunlin.websocket.Handshake;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.Refusal;
import dev.dunlin.websocket.RequestHead;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every handshake in memory: in one piece, at every two-way split, and octet by octet. */
class MemoryHandshakeTest {

  private static final Handshake HANDSHAKE =
      Handshake.defaults().subprotocols(HandshakeCases.SUBPROTOCOLS);

  private static final Results RESULTS =
      new Results("Opening handshakes in memory, cut in every way");

  @AfterAll
  static void write() {
    RESULTS.write("memory-handshakes");
  }

  @TestFactory
  Stream<DynamicTest> handshakesAreJudgedHoweverTheirBytesAreCut() {
    return HandshakeCases.all().stream()
        .map(c -> DynamicTest.dynamicTest(c.toString(), () -> verify(c)));
  }

  private static void verify(HandshakeCase c) {
    var request = c.request("localhost", "/echo");
    int all = request.length;
    verify(c, request, all, all);
    verify(c, request, 1, 1);
    for (int cut = 1; cut < Math.min(all, 1000); cut++) {
      verify(c, request, cut, all);
    }
  }

  private static void verify(HandshakeCase c, byte[] request, int first, int next) {
    var verdict = c.judge(answer(HANDSHAKE, request, first, next));
    RESULTS.add(c, verdict);
    assertThat(verdict).as("cut at %d, then every %d", first, next).isEqualTo(Verdict.OK);
  }

  @Test
  void compressionSwitchedOffIsNeverAgreed() {
    var request = Opening.request("localhost", "/echo", Optional.of("permessage-deflate"));
    var off = HANDSHAKE.compression(Compression.off());
    assertThat(answer(off, request, request.length, 0).agreed()).isEqualTo(Agreed.NOTHING);
  }

  /** Feeds the request, a first piece and then pieces of a size, and takes the first answer. */
  private static Opening.Response answer(Handshake handshake, byte[] request, int first, int next) {
    var head = RequestHead.expect(Limits.defaults(), false);
    int from = 0;
    while (from < request.length) {
      int to = Math.min(request.length, from + (from == 0 ? first : next));
      switch (head.feed(ByteBuffer.wrap(request, from, to - from))) {
        case RequestHead.NeedMore more -> from = to;
        case Refusal refusal -> {
          return response(refusal.bytes());
        }
        case RequestHead.Complete complete -> {
          return switch (handshake.answer(complete.request())) {
            case Handshake.Accepted accepted -> response(accepted.bytes());
            case Refusal refusal -> response(refusal.bytes());
          };
        }
      }
    }
    throw new AssertionError("the head never ends");
  }

  private static Opening.Response response(ByteBuffer bytes) {
    var all = new byte[bytes.remaining()];
    bytes.get(all);
    return Opening.Response.parse(Arrays.copyOf(all, Opening.headBytes(all, all.length)));
  }
}

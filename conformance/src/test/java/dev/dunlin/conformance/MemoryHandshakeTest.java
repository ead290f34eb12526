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
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every handshake in memory: in one piece, at every two-way split, and octet by octet. */
class MemoryHandshakeTest {

  private static final Handshake HANDSHAKE =
      Handshake.defaults().subprotocols(HandshakeCases.SUBPROTOCOLS);

  @TestFactory
  Stream<DynamicTest> handshakesAreJudgedHoweverTheirBytesAreCut() {
    return HandshakeCases.all().stream()
        .map(c -> DynamicTest.dynamicTest(c.toString(), () -> verify(c)));
  }

  private static void verify(HandshakeCase c) {
    var request = c.request("localhost", "/echo");
    assertThat(c.judge(answer(HANDSHAKE, request, request.length))).isEqualTo(Verdict.OK);
    assertThat(c.judge(answer(HANDSHAKE, request, 1))).as("octet-wise").isEqualTo(Verdict.OK);
    for (int cut = 1; cut < Math.min(request.length, 1000); cut++) {
      assertThat(c.judge(answer(HANDSHAKE, request, cut)))
          .as("cut at %d", cut)
          .isEqualTo(Verdict.OK);
    }
  }

  @Test
  void compressionSwitchedOffIsNeverAgreed() {
    var request = Opening.request("localhost", "/echo", Optional.of("permessage-deflate"));
    var off = HANDSHAKE.compression(Compression.off());
    assertThat(answer(off, request, request.length).agreed()).isEqualTo(Agreed.NOTHING);
  }

  /** Feeds the request in pieces and takes the first answer. */
  private static Opening.Response answer(Handshake handshake, byte[] request, int piece) {
    var head = RequestHead.expect(Limits.defaults(), false);
    int from = 0;
    while (from < request.length) {
      int to = Math.min(request.length, from + piece);
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

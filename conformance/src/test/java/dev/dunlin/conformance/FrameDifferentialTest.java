package dev.dunlin.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.websocket.CloseCode;
import dev.dunlin.websocket.Compression;
import dev.dunlin.websocket.Limits;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Generated streams of frames, right ones with faults strewn in, read by the engine and by Netty's
 * codec: the same events and the same verdict, or a difference that is named here.
 */
class FrameDifferentialTest {

  private static final Limits LIMITS =
      Limits.defaults().pingInterval(Duration.ZERO).maxControlFramesPerSecond(10_000);

  /** Why the two may differ. */
  private enum Difference {
    /** RFC 6455, 7.4.2 and IANA: Netty takes 1012 to 1014 and, as we do not, 5000 and above. */
    NETTY_TAKES_CLOSE_CODES_ABOVE_4999,
    /** RFC 6455, 5.5.1: Netty gives a reason that is not UTF-8 as 1007, others as 1002. */
    REFUSED_WITH_ANOTHER_CODE,
    /** RFC 7692, 6: Netty lets RSV1 pass on continuations and control frames. */
    NETTY_IGNORES_RSV1_OUT_OF_PLACE,
    /** RFC 6455, 5.2: with an extension Netty lets RSV2 and RSV3 pass. */
    NETTY_IGNORES_RSV2_AND_RSV3,
    /** RFC 7692, 6.1: Netty takes the rest of a compressed message for plain where it is cut. */
    NETTY_LOSES_COMPRESSED_FRAGMENTS,
    /** Netty drops a compressed message that ends inside a block instead of failing. */
    NETTY_PASSES_TRUNCATED_DATA
  }

  @Test
  void theEngineAndNettyAgreeOnFrames() {
    compare(new SplittableRandom(4), 1000, false);
  }

  @Test
  void theEngineAndNettyAgreeOnCompressedFrames() {
    compare(new SplittableRandom(5), 800, true);
  }

  private static void compare(SplittableRandom random, int streams, boolean deflate) {
    Map<Difference, Integer> seen = new TreeMap<>();
    int accepted = 0;
    try (var engine = new MemoryEngine(LIMITS, Compression.shared())) {
      for (int i = 0; i < streams; i++) {
        var stream = stream(random, deflate);
        var bytes = Frame.join(stream.toArray(Frame[]::new));
        var ours = ours(engine, bytes, deflate);
        var theirs = NettyReference.read(bytes, deflate);
        if (same(ours, theirs)) {
          accepted += ours.isEmpty() || ours.getLast() instanceof NettyReference.Refused ? 0 : 1;
          continue;
        }
        var difference = difference(stream, ours, theirs);
        assertThat(difference)
            .as("stream %d: %s%nours %s%nNetty's %s", i, describe(stream), ours, theirs)
            .isPresent();
        seen.merge(difference.get(), 1, Integer::sum);
      }
    }
    assertThat(accepted).as("streams that both accept").isGreaterThan(streams / 4);
    assertThat(seen.values().stream().mapToInt(Integer::intValue).sum())
        .as("differences: %s", seen)
        .isLessThan(streams / 4);
  }

  private static List<String> describe(List<Frame> stream) {
    return stream.stream()
        .map(f ->
            "%x%s%s[%d]%s"
                .formatted(
                    f.opcode(),
                    f.fin() ? "" : "-",
                    f.rsv() == 0 ? "" : " rsv " + f.rsv(),
                    f.payload().length,
                    f.masked() ? "" : " unmasked"))
        .toList();
  }

  private static List<Object> ours(MemoryEngine engine, byte[] bytes, boolean deflate) {
    var peer =
        engine.openAgreed(deflate ? Optional.of(DeflateCases.OFFER) : Optional.<String>empty());
    peer.send(bytes, 0, bytes.length);
    var reader = peer.agreed().reader();
    peer.receive(reader, Peer.Patience.LONG);
    var events = new ArrayList<Object>(reader.events());
    var closed = peer.connection().closed();
    if (closed.isPresent() && !events.isEmpty() && events.getLast() instanceof Event.Close close) {
      events.removeLast();
      events.add(
          closed.get().received().isPresent()
              ? new Event.Close(
                  closed.get().received().get().code().equals(CloseCode.NO_STATUS)
                      ? Event.NO_CODE
                      : closed.get().received().get().code().value(),
                  closed.get().received().get().reason())
              : new NettyReference.Refused(close.code(), close.reason()));
    }
    return events;
  }

  private static boolean same(List<Object> ours, List<Object> theirs) {
    if (ours.size() != theirs.size()) {
      return false;
    }
    for (int i = 0; i < ours.size(); i++) {
      boolean equal =
          ours.get(i) instanceof NettyReference.Refused a
                  && theirs.get(i) instanceof NettyReference.Refused b
              ? a.code() == b.code()
              : ours.get(i).equals(theirs.get(i));
      if (!equal) {
        return false;
      }
    }
    return true;
  }

  private static Optional<Difference> difference(
      List<Frame> stream, List<Object> ours, List<Object> theirs) {
    boolean bothRefuse =
        !ours.isEmpty()
            && !theirs.isEmpty()
            && ours.getLast() instanceof NettyReference.Refused
            && theirs.getLast() instanceof NettyReference.Refused
            && ours.size() == theirs.size();
    if (bothRefuse) {
      return Optional.of(Difference.REFUSED_WITH_ANOTHER_CODE);
    }
    boolean compressed = false;
    for (var frame : stream) {
      compressed |= frame.rsv() == 4;
      if (compressed && frame.opcode() == Frame.CONTINUATION) {
        return Optional.of(Difference.NETTY_LOSES_COMPRESSED_FRAGMENTS);
      }
      boolean begins = frame.opcode() == Frame.TEXT || frame.opcode() == Frame.BINARY;
      if ((frame.rsv() & 3) != 0) {
        return Optional.of(Difference.NETTY_IGNORES_RSV2_AND_RSV3);
      }
      if (frame.rsv() == 4 && !begins) {
        return Optional.of(Difference.NETTY_IGNORES_RSV1_OUT_OF_PLACE);
      }
      if (frame.opcode() == Frame.CLOSE && frame.payload().length >= 2) {
        int code = (frame.payload()[0] & 0xff) << 8 | frame.payload()[1] & 0xff;
        if (code >= 5000) {
          return Optional.of(Difference.NETTY_TAKES_CLOSE_CODES_ABOVE_4999);
        }
      }
    }
    return ours.getLast() instanceof NettyReference.Refused refused && refused.code() == 1007
        ? Optional.of(Difference.NETTY_PASSES_TRUNCATED_DATA)
        : Optional.empty();
  }

  /** A few messages, now and then with one thing wrong. */
  private static List<Frame> stream(SplittableRandom random, boolean deflate) {
    var frames = new ArrayList<Frame>();
    int messages = 1 + random.nextInt(4);
    for (int i = 0; i < messages; i++) {
      message(random, deflate, frames);
    }
    if (random.nextInt(3) == 0) {
      frames.add(close(random));
    }
    if (random.nextInt(3) == 0) {
      int at = random.nextInt(frames.size());
      frames.set(at, spoil(random, frames.get(at)));
    }
    return frames;
  }

  private static void message(SplittableRandom random, boolean deflate, List<Frame> frames) {
    boolean text = random.nextBoolean();
    var payload = payload(random, text);
    boolean compressed = deflate && random.nextBoolean();
    if (compressed) {
      try (var deflater = new WindowDeflater(15, false)) {
        payload = deflater.message(payload);
      }
    }
    int from = 0;
    boolean first = true;
    boolean last;
    do {
      int rest = payload.length - from;
      int size = random.nextInt(3) > 0 ? rest : random.nextInt(rest + 1);
      last = size == rest && random.nextInt(8) > 0;
      var part = Arrays.copyOfRange(payload, from, from + size);
      var frame =
          Frame.of(first ? text ? Frame.TEXT : Frame.BINARY : Frame.CONTINUATION, part)
              .rsv(first && compressed ? 4 : 0);
      frames.add(last ? frame : frame.open());
      if (random.nextInt(6) == 0) {
        frames.add(
            random.nextBoolean() ? Frame.ping(payload(random, true, 60)) : Frame.pong("pong"));
      }
      from += size;
      first = false;
    } while (!last);
  }

  private static byte[] payload(SplittableRandom random, boolean text) {
    int[] sizes = {0, 1, 5, 125, 126, 127, 200, 1000, 65_535, 65_536, 70_000};
    return payload(random, text, sizes[random.nextInt(random.nextInt(20) == 0 ? 11 : 8)]);
  }

  private static byte[] payload(SplittableRandom random, boolean text, int size) {
    if (text) {
      var out = new ByteArrayOutputStream();
      var characters = "a\u00e9\u20ac\ud83d\ude00 zz".codePoints().toArray();
      while (out.size() < size) {
        int point = characters[random.nextInt(characters.length)];
        out.writeBytes(Character.toString(point).getBytes(StandardCharsets.UTF_8));
      }
      return out.toByteArray();
    }
    var bytes = new byte[size];
    random.nextBytes(bytes);
    return bytes;
  }

  private static Frame close(SplittableRandom random) {
    return switch (random.nextInt(5)) {
      case 0 -> Frame.close();
      case 1 -> Frame.close(random.nextInt(65_536));
      case 2 -> Frame.close(990 + random.nextInt(40), payload(random, false, 5));
      case 3 -> Frame.of(Frame.CLOSE, payload(random, false, random.nextInt(4)));
      default -> Frame.close(3000 + random.nextInt(2000), payload(random, true, 20));
    };
  }

  private static Frame spoil(SplittableRandom random, Frame frame) {
    var payload = frame.payload();
    return switch (random.nextInt(8)) {
      case 0 -> frame.rsv(random.nextInt(8));
      case 1 -> frame.unmasked();
      case 2 -> frame.form(Frame.Form.BITS_16);
      case 3 -> frame.form(Frame.Form.BITS_64);
      case 4 -> frame.open();
      case 5 ->
          new Frame(
              frame.fin(),
              frame.rsv(),
              random.nextInt(16),
              payload,
              true,
              frame.key(),
              Frame.Form.SHORTEST);
      case 6 -> {
        var other = payload.clone();
        if (other.length > 0) {
          other[random.nextInt(other.length)] = (byte) random.nextInt(256);
        }
        yield new Frame(
            frame.fin(), frame.rsv(), frame.opcode(), other, true, 1, Frame.Form.SHORTEST);
      }
      default ->
          new Frame(
              frame.fin(),
              frame.rsv(),
              frame.opcode(),
              Arrays.copyOf(payload, payload.length / 2),
              true,
              1,
              Frame.Form.SHORTEST);
    };
  }
}

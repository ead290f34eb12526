package dev.dunlin.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.dunlin.websocket.Compression;
import dev.dunlin.websocket.Limits;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * The limits of the engine at their edges: declared lengths, message sizes, fragments, controls.
 */
class LimitTableTest {

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private static final long[] LENGTHS = {
    0,
    125,
    126,
    127,
    65_535,
    65_536,
    (1L << 20) - 1,
    1L << 20,
    (1L << 20) + 1,
    (1L << 31) - 1,
    1L << 31,
    (1L << 31) + 1,
    (1L << 32) - 1,
    1L << 32,
    (1L << 32) + 1,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    -1
  };

  /** Limits as they stand, but with silence from the engine. */
  private static final Limits QUIET = Limits.defaults().pingInterval(Duration.ZERO);

  @Test
  void aDeclaredLengthIsJudgedFromTheHeaderAndCostsNothing() {
    for (int opcode = 0; opcode < 16; opcode++) {
      for (boolean masked : new boolean[] {true, false}) {
        for (long length : LENGTHS) {
          var peer = MemoryPeer.plain(QUIET);
          var header = Frame.header(true, 0, opcode, length, masked, 7, Frame.Form.SHORTEST);
          long before = THREADS.getCurrentThreadAllocatedBytes();
          peer.send(header, 0, header.length);
          long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
          var reader = new FrameReader();
          peer.receive(reader, Peer.Patience.LONG);
          assertThat(allocated).isLessThan(64 << 10);
          assertThat(outcome(reader))
              .as("opcode %d, masked %b, length %d", opcode, masked, length)
              .isEqualTo(expected(opcode, masked, length));
        }
      }
    }
  }

  private static String expected(int opcode, boolean masked, long length) {
    boolean data = opcode == Frame.TEXT || opcode == Frame.BINARY;
    boolean control = opcode >= 8 && opcode <= 10;
    if (!masked || !(data || control) || length < 0 || (control && length > 125)) {
      return "close 1002";
    }
    if (length > QUIET.maxMessageBytes()) {
      return "close 1009";
    }
    if (length > 0) {
      return "waits";
    }
    return data
        ? "echo"
        : opcode == Frame.PING ? "pong" : opcode == Frame.CLOSE ? "close" : "waits";
  }

  private static String outcome(FrameReader reader) {
    var events = new ArrayList<>(reader.events());
    assertThat(events).hasSizeLessThan(2);
    return events.isEmpty()
        ? "waits"
        : switch (events.getFirst()) {
          case Event.Close close ->
              close.code() == Event.NO_CODE ? "close" : "close " + close.code();
          case Event.Message message -> "echo";
          case Event.Pong pong -> "pong";
          case Event.Fault fault -> fault.what();
        };
  }

  @Test
  void everyPathHasTheSameMessageLimit() throws Exception {
    int cells = 0;
    for (int limit : new int[] {100, 1000, 70_000}) {
      var limits = QUIET.maxMessageBytes(limit).maxFragments(1 << 17);
      for (var compression :
          List.of(Compression.off(), Compression.shared(), Compression.takeover())) {
        try (var engine = new MemoryEngine(limits, compression)) {
          for (boolean text : new boolean[] {true, false}) {
            for (int fragment : new int[] {0, 1, 37, limit / 2 + 1}) {
              for (int over = -1; over <= 1; over++) {
                check(engine, limit, compression, text, fragment, over);
                cells++;
              }
            }
          }
        }
      }
    }
    assertThat(cells).isEqualTo(3 * 3 * 2 * 4 * 3);
  }

  private static void check(
      MemoryEngine engine, int limit, Compression compression, boolean text, int fragment, int over)
      throws Exception {
    var payload = FramingCases.ascii(limit + over);
    boolean deflate = compression.mode() != Compression.Mode.OFF;
    var peer =
        engine.openAgreed(deflate ? Optional.of(DeflateCases.OFFER) : Optional.<String>empty());
    Frame whole;
    if (deflate) {
      try (var deflater = new WindowDeflater(peer.agreed())) {
        whole = Frame.of(text ? Frame.TEXT : Frame.BINARY, deflater.message(payload)).rsv(4);
      }
    } else {
      whole = Frame.of(text ? Frame.TEXT : Frame.BINARY, payload);
    }
    var frames = SizeCases.fragments(whole, fragment).toArray(Frame[]::new);
    var c = Case.of("F.0", "", "RFC 6455, 7.4.1").send(frames);
    var judged = over > 0 ? c.fails(1009) : c.expect(new Event.Message(text, payload)).legalEnd();
    var verdict = Runner.run(judged, peer);
    assertThat(verdict)
        .as(
            "limit %d%+d, %s, %s in fragments of %d",
            limit, over, compression.mode(), text ? "text" : "binary", fragment)
        .isEqualTo(Verdict.OK);
  }

  @Test
  void fragmentsAreCountedEvenIfTheyAreEmpty() throws Exception {
    for (int size = 0; size <= 1; size++) {
      var first = Frame.text(FramingCases.ascii(size)).open().bytes();
      var next = Frame.continuation(FramingCases.ascii(size)).open().bytes();
      var peer = MemoryPeer.plain(QUIET);
      peer.send(first, 0, first.length);
      int sent = 1;
      while (!peer.connection().finished()) {
        peer.send(next, 0, next.length);
        sent++;
      }
      assertThat(sent).isEqualTo(QUIET.maxFragments() + 1);
      var reader = new FrameReader();
      peer.receive(reader, Peer.Patience.LONG);
      assertThat(outcome(reader)).isEqualTo("close 1008");
      long before = THREADS.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 1_000_000; i++) {
        peer.send(next, 0, next.length);
      }
      // a buffer's wrapper for each, nothing kept
      assertThat(THREADS.getCurrentThreadAllocatedBytes() - before).isLessThan(100_000_000L);
    }
  }

  @Test
  void aMillionFragmentsCostNoMoreThanTheirPayload() {
    for (int size = 0; size <= 1; size++) {
      var first = Frame.text(FramingCases.ascii(size)).open().bytes();
      var thousand = new ByteArrayOutputStream();
      for (int i = 0; i < 1000; i++) {
        thousand.writeBytes(Frame.continuation(FramingCases.ascii(size)).open().bytes());
      }
      var bytes = thousand.toByteArray();
      var peer = MemoryPeer.plain(QUIET.maxFragments(2_000_000));
      peer.send(first, 0, first.length);
      peer.send(bytes, 0, bytes.length);
      long before = THREADS.getCurrentThreadAllocatedBytes();
      for (int i = 1; i < 1000; i++) {
        peer.send(bytes, 0, bytes.length);
      }
      long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
      // the array doubles: 1 + 1/2 + 1/4 … of twice the payload, and a wrapper per call
      assertThat(allocated).isLessThan(4L * 1_000_000 * size + 1_000_000);
      assertThat(peer.connection().finished()).isFalse();
    }
  }

  @Test
  void controlFramesBeyondTheRateCloseWith1008() {
    var ping = Frame.ping("x").bytes();
    var peer = MemoryPeer.plain(QUIET);
    for (int i = 0; i < QUIET.maxControlFramesPerSecond(); i++) {
      peer.send(ping, 0, ping.length);
    }
    peer.pause();
    for (int i = 0; i < QUIET.maxControlFramesPerSecond(); i++) {
      peer.send(ping, 0, ping.length);
    }
    assertThat(peer.connection().finished()).isFalse();
    peer.send(ping, 0, ping.length);
    assertThat(peer.connection().finished()).isTrue();
    var reader = new FrameReader();
    peer.receive(reader, Peer.Patience.LONG);
    var events = new ArrayList<>(reader.events());
    assertThat(events).hasSize(2 * QUIET.maxControlFramesPerSecond() + 1);
    assertThat(events.getLast())
        .isInstanceOfSatisfying(Event.Close.class, it -> assertThat(it.code()).isEqualTo(1008));
  }
}

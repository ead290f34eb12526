package dev.dunlin.websocket;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The loops that every message passes through: unmask, UTF-8, parse, encode, deflate, join. In the
 * core's package, as they are nobody else's business.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 400, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 400, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
@State(Scope.Thread)
public class FrameKernels {

  private static final int MASK_KEY = 0x01020304;
  private static final int IN_A_BATCH = 16;
  private static final DeflateParameters FORGET = new DeflateParameters(true, true, 15, 15);

  /** Payload size. */
  @Param({"16", "512", "16384"})
  @SuppressWarnings("NullAway.Init")
  public int bytes;

  private final Out sink = new Out();
  private ByteBuffer payload = ByteBuffer.allocate(0);
  private ByteBuffer mixed = ByteBuffer.allocate(0);
  private ByteBuffer frames = ByteBuffer.allocate(0);
  private Text text = Text.of("");
  private Batch batch = new Batch(Batching.defaults());
  private List<Prepared> prepared = List.of();
  private Connection server = plain();
  private Connection deflating = plain();
  private Connection echoing = plain();

  /** An outgoing buffer that begins again when it is full. */
  private static final class Out implements Sink {
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
    private long shared;

    @Override
    public ByteBuffer room(int bytes) {
      if (buffer.remaining() < bytes) {
        buffer.clear();
      }
      return buffer;
    }

    @Override
    public void share(ByteBuffer bytes) {
      shared += bytes.remaining();
    }

    long sent() {
      return shared + buffer.position();
    }
  }

  private Connection plain() {
    return Connection.builder(Role.SERVER, new SplittableRandom(1)).open(message -> {}, sink, 0);
  }

  /** Makes what is measured upon. */
  @Setup(Level.Trial)
  public void setUp() {
    var json = "{\"symbol\":\"AAPL\",\"bid\":189.23,\"ask\":189.27,\"venue\":\"XNAS\"},";
    var ascii = json.repeat(bytes / json.length() + 1).substring(0, bytes);
    text = Text.of(ascii);
    payload = ByteBuffer.allocateDirect(bytes).put(text.bytes()).flip();
    mixed = ByteBuffer.allocateDirect(bytes).put(text.bytes()).flip();
    for (int i = 0; i + 1 < bytes; i += 20) {
      mixed.put(i, (byte) 0xc3).put(i + 1, (byte) 0xa9); // é
    }
    frames = ByteBuffer.allocateDirect(IN_A_BATCH * (bytes + 14));
    for (int i = 0; i < IN_A_BATCH; i++) {
      frames.put((byte) 0x81);
      if (bytes < 126) {
        frames.put((byte) (0x80 | bytes));
      } else {
        frames.put((byte) (0x80 | 126)).putShort((short) bytes);
      }
      frames.putInt(0).put(text.bytes()); // masked with nothing, so that it can be read again
    }
    frames.flip();
    server = plain();
    deflating =
        Connection.builder(Role.SERVER, new SplittableRandom(1))
            .compression(
                PerMessageDeflate.of(Role.SERVER, FORGET, Compression.shared()),
                new DeflateContext())
            .open(message -> {}, sink, 0);
    var echo = new Connection[1];
    echo[0] =
        Connection.builder(Role.SERVER, new SplittableRandom(1))
            .open(
                message -> {
                  if (message instanceof Data data) {
                    echo[0].send(data);
                  }
                },
                sink,
                0);
    echoing = echo[0];
    var all = new ArrayList<Prepared>();
    for (int i = 0; i < IN_A_BATCH; i++) {
      all.add(Prepared.of(text));
    }
    prepared = List.copyOf(all);
    batch = new Batch(Batching.defaults().maxBytes(1 << 20).joint("\n"));
  }

  /** XOR in place, with the look for a high bit. */
  @Benchmark
  public boolean unmask() {
    return Mask.apply(payload, 0, bytes, MASK_KEY, 0);
  }

  /** The check of text that is ASCII. */
  @Benchmark
  public boolean utf8Ascii() {
    return Utf8.valid(payload, 0, bytes);
  }

  /** The check of text with a character of two octets in every twenty. */
  @Benchmark
  public boolean utf8Mixed() {
    return Utf8.valid(mixed, 0, bytes);
  }

  /** A read of 16 frames: parse, unmask, check, hand over. */
  @Benchmark
  public ByteBuffer parse16() {
    server.receive(frames.rewind(), 0);
    return frames;
  }

  /** The same, each message sent back. */
  @Benchmark
  public long echo16() {
    echoing.receive(frames.rewind(), 0);
    return sink.sent();
  }

  /** A header and a copy. */
  @Benchmark
  public long encode() {
    server.send(text);
    return sink.sent();
  }

  /** One message compressed alone. */
  @Benchmark
  public long deflate() {
    deflating.send(text);
    return sink.sent();
  }

  /** 16 messages joined into one. */
  @Benchmark
  public long join16() {
    batch.clear();
    for (var one : prepared) {
      if (!batch.offer(one)) {
        server.send(batch);
        batch.clear();
        batch.offer(one);
      }
    }
    server.send(batch);
    return sink.sent();
  }
}

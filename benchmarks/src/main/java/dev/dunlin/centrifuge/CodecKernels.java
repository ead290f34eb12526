package dev.dunlin.centrifuge;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The two encodings of the channel protocol: a publish command in, a publication out. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 400, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 400, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
@State(Scope.Thread)
public class CodecKernels {

  private static final String DATA =
      "{\"symbol\":\"AAPL\",\"bid\":189.23,\"ask\":189.27,\"size\":1200,\"venue\":\"XNAS\",\"at\":\"10:00:00\"}";

  private final ByteBuffer json =
      utf8("{\"id\":7,\"publish\":{\"channel\":\"prices:aapl\",\"data\":" + DATA + "}}");
  private final ByteBuffer protobuf = protobuf();
  private final Push push =
      new Push.Pub(Push.Channel.named("prices:aapl"), WirePublication.of(utf8(DATA), 42));

  private static ByteBuffer utf8(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  /** The same command, its length before it. */
  private static ByteBuffer protobuf() {
    var command =
        dev.dunlin.centrifuge.wire.Command.newBuilder()
            .setId(7)
            .setPublish(
                dev.dunlin.centrifuge.wire.PublishRequest.newBuilder()
                    .setChannel("prices:aapl")
                    .setData(com.google.protobuf.ByteString.copyFromUtf8(DATA)))
            .build()
            .toByteArray();
    return ByteBuffer.allocate(command.length + 1).put((byte) command.length).put(command).flip();
  }

  /** A publish command read from JSON. */
  @Benchmark
  public List<Command> jsonDecode() throws BadCommandException {
    return JsonCodec.INSTANCE.decode(json.rewind());
  }

  /** A publish command read from Protobuf. */
  @Benchmark
  public List<Command> protobufDecode() throws BadCommandException {
    return ProtobufCodec.INSTANCE.decode(protobuf.rewind());
  }

  /** A publication written as JSON. */
  @Benchmark
  public byte[] jsonEncode() {
    return JsonCodec.INSTANCE.encode(push);
  }

  /** A publication written as Protobuf. */
  @Benchmark
  public byte[] protobufEncode() {
    return ProtobufCodec.INSTANCE.encode(push);
  }
}

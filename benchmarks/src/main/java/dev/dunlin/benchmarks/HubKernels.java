package dev.dunlin.benchmarks;

import dev.dunlin.channels.Hub;
import dev.dunlin.channels.PublishResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** A publication from the call to all its subscribers on one lane. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 400, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 400, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
@State(Scope.Thread)
public class HubKernels {

  private static final String CHANNEL = "prices";

  /** How many subscribe. */
  @Param({"1", "1000"})
  public int subscribers;

  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();
  private final byte[] data = "p".repeat(128).getBytes(StandardCharsets.US_ASCII);
  private final Hub hub = Hub.inMemory();
  private long delivered;

  /** Subscribes. */
  @Setup(Level.Trial)
  public void setUp() {
    Executor lane = tasks::add;
    for (int i = 0; i < subscribers; i++) {
      hub.subscribe(CHANNEL, lane, publication -> delivered++);
    }
  }

  /** Ends the hub. */
  @TearDown(Level.Trial)
  public void tearDown() {
    hub.close();
  }

  /** One publication and the lane's task. */
  @Benchmark
  public CompletionStage<PublishResult> publish() {
    var result = hub.publish(CHANNEL, data);
    for (var task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
    return result;
  }
}

package dev.dunlin.channels;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLL_Result;

/**
 * Two publish to a stream, or one publishes and the other reads. Two actors each: jcstress wants a
 * processor for every one of them.
 */
final class StreamStress {

  private static final PublishOptions KEPT =
      PublishOptions.of(ChannelOptions.history(10, Duration.ofMinutes(1)));

  /**
   * One hub for all samples: 64 locks to make for each would leave few samples. It forgets whole
   * streams of samples that are over, and nothing for want of bytes.
   */
  static final Hub HUB =
      Hub.over(MemoryBroker.builder().maxStreams(20_000).maxBytes(Long.MAX_VALUE).build());

  private static final AtomicLong channels = new AtomicLong();

  private StreamStress() {}

  /** A channel that no other sample uses. */
  static String channel() {
    return "channel:" + channels.incrementAndGet();
  }

  static <T> T now(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  static long publish(String channel, String data) {
    return now(HUB.publish(channel, data.getBytes(UTF_8), KEPT)).position().offset();
  }

  /** The offsets in a history, written one after the other, and the top after a slash. */
  static String offsets(String channel) {
    var history = now(HUB.history(channel, HistoryQuery.first(10)));
    var text = new StringBuilder();
    history.publications().forEach(publication -> text.append(publication.offset()));
    return text.append('/').append(history.position().offset()).toString();
  }

  @JCStressTest
  @Outcome(
      id = {"1, 2, /0", "1, 2, 1/1", "1, 2, 12/2"},
      expect = ACCEPTABLE,
      desc = "a history without holes that reaches its top, whenever it is read")
  @State
  public static class HistoriesAreWholeWhenever {
    private final String channel = channel();

    @Actor
    public void publisher(LLL_Result r) {
      r.r1 = publish(channel, "x");
      r.r2 = publish(channel, "y");
    }

    @Actor
    public void reader(LLL_Result r) {
      r.r3 = offsets(channel);
    }
  }

  @JCStressTest
  @Outcome(
      id = {"true, true, 12/2"},
      expect = ACCEPTABLE,
      desc = "what was acknowledged is read, whoever else reads at the time")
  @State
  public static class AcknowledgedMeansReadable {
    private final String channel = channel();

    @Actor
    public void first(LLL_Result r) {
      long mine = publish(channel, "x");
      r.r1 = now(HUB.history(channel, HistoryQuery.position())).position().offset() >= mine;
    }

    @Actor
    public void second(LLL_Result r) {
      long mine = publish(channel, "y");
      r.r2 = now(HUB.history(channel, HistoryQuery.position())).position().offset() >= mine;
    }

    @Arbiter
    public void inTheEnd(LLL_Result r) {
      r.r3 = offsets(channel);
    }
  }

  @JCStressTest
  @Outcome(
      id = {"1, 2, 12/2", "2, 1, 12/2"},
      expect = ACCEPTABLE,
      desc = "every offset once, and none left out")
  @State
  public static class OffsetsAreDense {
    private final String channel = channel();

    @Actor
    public void first(LLL_Result r) {
      r.r1 = publish(channel, "x");
    }

    @Actor
    public void second(LLL_Result r) {
      r.r2 = publish(channel, "y");
    }

    @Arbiter
    public void inTheEnd(LLL_Result r) {
      r.r3 = offsets(channel);
    }
  }

  @JCStressTest
  @Outcome(
      id = {"1, 1, 1/1"},
      expect = ACCEPTABLE,
      desc = "one key, one publication")
  @State
  public static class OneKeyIsOnePublication {
    private final String channel = channel();

    private long publishOnce() {
      var once = KEPT.idempotencyKey("k");
      return now(HUB.publish(channel, "x".getBytes(UTF_8), once)).position().offset();
    }

    @Actor
    public void first(LLL_Result r) {
      r.r1 = publishOnce();
    }

    @Actor
    public void second(LLL_Result r) {
      r.r2 = publishOnce();
    }

    @Arbiter
    public void inTheEnd(LLL_Result r) {
      r.r3 = offsets(channel);
    }
  }

  /** What one subscriber has got, in its order; for one thread at a time. */
  static final class Seen implements Subscriber {
    private final List<Long> offsets = new ArrayList<>();

    @Override
    public void deliver(Publication publication) {
      offsets.add(publication.offset());
    }

    @Override
    public String toString() {
      var text = new StringBuilder();
      offsets.forEach(text::append);
      return text.toString();
    }
  }
}

package dev.dunlin.app.load;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.HdrHistogram.Histogram;

/** What the connections of one lane have measured. Confined to the lane. */
final class Meter {

  private static final long LOWEST_NANOS = 1_000;
  private static final long HIGHEST_NANOS = 1_000_000_000_000L;

  final Executor lane;
  private final Run run;
  private Histogram latencies = histogram();
  private long messages;

  Meter(Executor lane, Run run) {
    this.lane = lane;
    this.run = run;
  }

  static Histogram histogram() {
    return new Histogram(LOWEST_NANOS, HIGHEST_NANOS, 3);
  }

  /** A message has arrived. */
  void count() {
    messages++;
  }

  /** A message was due, or a round began, at one instant and was complete at another. */
  void latency(long due, long now) {
    if (run.counts(due)) {
      latencies.recordValue(Math.clamp(now - due, 0, HIGHEST_NANOS));
    }
  }

  /** What was measured since the last swap. */
  record Interval(long messages, Histogram latencies) {}

  /** Asks the lane for its measurements, which then begin anew. */
  CompletableFuture<Interval> swap() {
    var result = new CompletableFuture<Interval>();
    lane.execute(() -> {
      result.complete(new Interval(messages, latencies));
      messages = 0;
      latencies = histogram();
    });
    return result;
  }
}

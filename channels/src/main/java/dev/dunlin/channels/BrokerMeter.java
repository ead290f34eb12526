package dev.dunlin.channels;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;

/** Counts what a broker is asked and how long it takes. For any thread. */
final class BrokerMeter {

  /** One kind of call. */
  static final class Calls {
    private final LongAdder answered = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder nanos = new LongAdder();

    /** Counts the call when its stage completes. */
    <T> CompletionStage<T> timed(long begun, CompletionStage<T> call) {
      return call.whenComplete((answer, failure) -> {
        answered.increment();
        nanos.add(System.nanoTime() - begun);
        if (failure != null) {
          failed.increment();
        }
      });
    }
  }

  final Calls publishes = new Calls();
  final Calls reads = new Calls();
  final LongAdder reconnects = new LongAdder();
  final LongAdder probeFailures = new LongAdder();

  BrokerStats stats() {
    return new BrokerStats(
        publishes.answered.sum(),
        publishes.failed.sum(),
        Duration.ofNanos(publishes.nanos.sum()),
        reads.answered.sum(),
        reads.failed.sum(),
        Duration.ofNanos(reads.nanos.sum()),
        reconnects.sum(),
        probeFailures.sum());
  }
}

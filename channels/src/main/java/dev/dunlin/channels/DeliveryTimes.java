package dev.dunlin.channels;

import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;

/**
 * How long deliveries took, as counts by duration: four classes for each power of two, so that what
 * is read from it is at most 25 % too large. Any thread may record.
 */
public final class DeliveryTimes {

  private static final int PER_OCTAVE_BITS = 2;
  private static final int CLASSES = (63 - PER_OCTAVE_BITS) << PER_OCTAVE_BITS;

  private final LongAdder[] counts = new LongAdder[CLASSES];

  DeliveryTimes() {
    for (int i = 0; i < CLASSES; i++) {
      counts[i] = new LongAdder();
    }
  }

  /** Counts {@code times} deliveries that took no longer than this. */
  void record(long nanos, int times) {
    counts[index(Math.max(0, nanos))].add(times);
  }

  private static int index(long nanos) {
    if (nanos < 1 << PER_OCTAVE_BITS) {
      return (int) nanos;
    }
    int shift = 63 - Long.numberOfLeadingZeros(nanos) - PER_OCTAVE_BITS;
    return Math.min(CLASSES - 1, (shift << PER_OCTAVE_BITS) + (int) (nanos >>> shift));
  }

  /** The largest duration that a class counts. */
  private static long upper(int index) {
    if (index < 1 << PER_OCTAVE_BITS) {
      return index;
    }
    int shift = (index >>> PER_OCTAVE_BITS) - 1;
    long mantissa = (1 << PER_OCTAVE_BITS) + (index & ((1 << PER_OCTAVE_BITS) - 1));
    return ((mantissa + 1) << shift) - 1;
  }

  Snapshot snapshot() {
    var copy = new long[CLASSES];
    for (int i = 0; i < CLASSES; i++) {
      copy[i] = counts[i].sum();
    }
    return new Snapshot(copy);
  }

  /** What had been counted at some moment. Immutable. */
  public static final class Snapshot {
    private final long[] counts;

    private Snapshot(long[] counts) {
      this.counts = counts;
    }

    /** What was counted after {@code before}, which is an earlier snapshot of the same hub. */
    public Snapshot since(Snapshot before) {
      var difference = new long[counts.length];
      for (int i = 0; i < counts.length; i++) {
        difference[i] = Math.max(0, counts[i] - before.counts[i]);
      }
      return new Snapshot(difference);
    }

    /** How many were counted. */
    public long count() {
      long count = 0;
      for (long each : counts) {
        count += each;
      }
      return count;
    }

    /** How many took no longer than this, as far as the classes tell: those of 25 % less surely. */
    public long within(Duration bound) {
      long count = 0;
      for (int i = 0; i < counts.length && upper(i) <= bound.toNanos(); i++) {
        count += counts[i];
      }
      return count;
    }

    /** What they took together, as far as the classes tell: at most 25 % too much. */
    public Duration total() {
      double nanos = 0;
      for (int i = 0; i < counts.length; i++) {
        nanos += (double) counts[i] * upper(i);
      }
      return Duration.ofNanos((long) Math.min(nanos, Long.MAX_VALUE));
    }

    /**
     * The duration that this part of the deliveries did not exceed, at most 25 % too large; zero if
     * there were none.
     *
     * @param part 0.5 for the median, 0.99 for the 99th percentile
     */
    public Duration percentile(double part) {
      long rank = Math.max(1, (long) Math.ceil(part * count()));
      long passed = 0;
      for (int i = 0; i < counts.length; i++) {
        passed += counts[i];
        if (passed >= rank) {
          return Duration.ofNanos(upper(i));
        }
      }
      return Duration.ZERO;
    }

    @Override
    public String toString() {
      return "DeliveryTimes[" + count() + "]";
    }
  }
}

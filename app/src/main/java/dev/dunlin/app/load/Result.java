package dev.dunlin.app.load;

import java.util.List;
import java.util.OptionalDouble;
import org.HdrHistogram.Histogram;

/**
 * What a run has measured.
 *
 * @param seconds how long was measured
 * @param messages messages that arrived while it was, deliveries where a message goes to many
 * @param lost in an open loop: deliveries that had not come a second after the end
 * @param latencies in an open loop from the instant at which each message was due, in a closed one
 *     from the beginning of a round to its last message at each connection; in nanoseconds
 * @param cpuSeconds CPU time of the server meanwhile, where it can be seen
 * @param opening how long it took to open all connections, in seconds
 * @param timeline second by second
 */
public record Result(
    double seconds,
    long messages,
    long lost,
    Histogram latencies,
    OptionalDouble cpuSeconds,
    double opening,
    List<Second> timeline) {

  /**
   * One second of it.
   *
   * @param at its end, in seconds from the beginning
   * @param perSecond messages that arrived
   * @param p50 half the latencies were no longer, in nanoseconds; 0 if there was none
   * @param p99 99 % were no longer
   * @param max the longest
   */
  public record Second(double at, double perSecond, long p50, long p99, long max) {}

  /** Messages that arrived in a second. */
  public double perSecond() {
    return messages / seconds;
  }

  /** Messages for each second of the server's CPU time. */
  public OptionalDouble perCpuSecond() {
    return cpuSeconds.isEmpty() || cpuSeconds.getAsDouble() == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(messages / cpuSeconds.getAsDouble());
  }
}

package dev.dunlin.centrifuge;

import dev.dunlin.auth.SignedMessages.Refused.Fault;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * An endpoint in numbers, as {@link CentrifugeEndpoint#statistics()} has read them. Counters begin
 * at zero with the endpoint and never fall; the figures of one reading need not add up to the last
 * command.
 *
 * @param commands how long commands took, by the command's name in the protocol; those that ended
 *     their connection included
 * @param errors errors that clients were told, by code
 * @param recovered subscriptions that continued where they had been
 * @param unrecovered subscriptions that asked for what they had missed and could not have it: they
 *     were told {@code recovered: false}, or error 112 if they wanted that
 * @param encodings publications and blocks of them that were encoded, each once per form in use,
 *     whatever the number of subscribers
 * @param insufficient subscriptions that lost their place in a stream and were sent back to recover
 * @param verified signatures of publications that were right
 * @param signatureRefusals publications that were refused for their signature, by fault
 */
public record EndpointStatistics(
    Map<String, Times> commands,
    Map<Integer, Long> errors,
    long recovered,
    long unrecovered,
    long encodings,
    long insufficient,
    long verified,
    Map<Fault, Long> signatureRefusals) {

  /** Statistics; maps are copied. */
  public EndpointStatistics {
    commands = Map.copyOf(commands);
    errors = Map.copyOf(errors);
    signatureRefusals = Map.copyOf(signatureRefusals);
  }

  /**
   * How long something took, as counts by duration.
   *
   * @param counts how many took no longer than the bound of the same index in {@link #BOUNDS} and
   *     longer than the one before; the last is of those beyond all bounds
   * @param total the sum of all durations
   */
  public record Times(List<Long> counts, Duration total) {

    /** The bounds between the counts. */
    public static final List<Duration> BOUNDS =
        List.of(
            Duration.ofNanos(100_000),
            Duration.ofNanos(250_000),
            Duration.ofNanos(500_000),
            Duration.ofMillis(1),
            Duration.ofNanos(2_500_000),
            Duration.ofMillis(5),
            Duration.ofMillis(10),
            Duration.ofMillis(25),
            Duration.ofMillis(50),
            Duration.ofMillis(100),
            Duration.ofMillis(250),
            Duration.ofMillis(500),
            Duration.ofSeconds(1),
            Duration.ofMillis(2500),
            Duration.ofSeconds(5));

    /** Times; the list is copied. */
    public Times {
      counts = List.copyOf(counts);
    }

    /** How many there were. */
    public long count() {
      return counts.stream().mapToLong(Long::longValue).sum();
    }
  }
}

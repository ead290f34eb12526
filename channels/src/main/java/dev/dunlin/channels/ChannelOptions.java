package dev.dunlin.channels;

import java.time.Duration;

/**
 * What history a channel keeps.
 *
 * @param historySize publications kept at most, the latest; 0 keeps none
 * @param historyTtl how long they are kept after the last of them; zero keeps none
 * @param historyMetaTtl how long epoch and offset outlive the last use of the stream; at least as
 *     long as the history itself. Once it is over the stream is forgotten: the next publication
 *     starts a new epoch at offset 1, and whoever was away is told that it cannot recover
 */
public record ChannelOptions(int historySize, Duration historyTtl, Duration historyMetaTtl) {

  /** How long a stream's position is remembered if nothing else is said: 30 days. */
  public static final Duration DEFAULT_META_TTL = Duration.ofDays(30);

  private static final ChannelOptions NO_HISTORY =
      new ChannelOptions(0, Duration.ZERO, DEFAULT_META_TTL);

  public ChannelOptions {
    if (historySize < 0 || historyTtl.isNegative() || historyMetaTtl.isNegative()) {
      throw new IllegalArgumentException(
          "history size %d, ttl %s and meta ttl %s: none may be negative"
              .formatted(historySize, historyTtl, historyMetaTtl));
    }
    if (historyMetaTtl.compareTo(historyTtl) < 0) {
      historyMetaTtl = historyTtl;
    }
  }

  /** A channel without history: what was not received is gone. */
  public static ChannelOptions defaults() {
    return NO_HISTORY;
  }

  /** A channel that keeps its last {@code size} publications for {@code ttl}. */
  public static ChannelOptions history(int size, Duration ttl) {
    return new ChannelOptions(size, ttl, DEFAULT_META_TTL);
  }

  /** Whether the channel is a stream: history needs both a size and a time to live. */
  public boolean keepsHistory() {
    return historySize > 0 && !historyTtl.isZero();
  }
}

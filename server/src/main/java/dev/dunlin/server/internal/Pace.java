package dev.dunlin.server.internal;

/**
 * How fast one peer may send: a token bucket of one second's worth, kept as the time at which what
 * was taken would have come at the mean rate. Confined to the lane; no allocation.
 */
final class Pace {

  private static final long SECOND = 1_000_000_000L;

  private final long perSecond;
  private long until;

  Pace(long perSecond, long now) {
    this.perSecond = perSecond;
    this.until = now;
  }

  /** Takes so many; false if that is more than there are. A message larger than all is too much. */
  boolean take(long amount, long now) {
    long from = Math.max(until, now);
    long cost = (long) ((double) amount * SECOND / perSecond);
    if (from - now + cost > SECOND) {
      return false;
    }
    until = from + cost;
    return true;
  }
}

package dev.dunlin.centrifuge;

/** How fast one client gives commands: a token bucket as one number. Confined to the lane. */
final class CommandPace {

  private static final long SECOND_NANOS = 1_000_000_000L;

  /** What was taken so far would have come by then, at the mean rate. */
  private long until;

  CommandPace(long now) {
    until = now;
  }

  /** Takes one; false if there is none left. */
  boolean take(Quotas quotas, long now) {
    int perSecond = quotas.commandsPerSecond();
    if (perSecond == 0) {
      return true;
    }
    long each = SECOND_NANOS / perSecond;
    long from = Math.max(until, now);
    if (from - now > each * (quotas.commandBurst() - 1L)) {
      return false;
    }
    until = from + each;
    return true;
  }
}

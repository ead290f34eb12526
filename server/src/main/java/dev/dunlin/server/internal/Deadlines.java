package dev.dunlin.server.internal;

/**
 * When something has to happen to a conversation that is not merely idle, in the lane's
 * nanoseconds. Made when first needed, let go when nothing is left. Lane-confined.
 */
final class Deadlines {

  static final long NEVER = Long.MAX_VALUE;

  /** How long queues are kept after they were needed. */
  private static final long QUEUE_LIFE_NANOS = 20_000_000_000L;

  private final Conversation owner;

  /** Until then a write that is pending must have made progress. */
  private long stalledAt = NEVER;

  private long takenThen;
  private long drainAt = NEVER;
  private long retireAt = NEVER;

  Deadlines(Conversation owner) {
    this.owner = owner;
  }

  /** Bytes are pending: they must move within the limit, from now or from when they first were. */
  void watchWrite(long now) {
    if (stalledAt == NEVER) {
      takenThen = owner.wire.taken();
      stalledAt = now + owner.limits().stalledWrite().toNanos();
    }
  }

  /** There are queues: they are let go when nothing has waited in them for a while. */
  void watchQueues(long now) {
    if (retireAt == NEVER) {
      retireAt = now + QUEUE_LIFE_NANOS;
    }
  }

  /** A server that drains closes this one then. */
  void drainAt(long at) {
    drainAt = at;
  }

  /** The first of all. */
  long next() {
    return Math.min(stalledAt, Math.min(drainAt, retireAt));
  }

  /** Does what is due. */
  void expire(long now) {
    if (now >= stalledAt) {
      stalledAt = NEVER;
      if (owner.wire.pending() > 0) {
        if (owner.wire.taken() > takenThen) {
          watchWrite(now);
        } else {
          owner.stalled();
        }
      }
    }
    if (now >= drainAt) {
      drainAt = NEVER;
      owner.drain(0);
    }
    if (now >= retireAt) {
      retireAt = NEVER;
      owner.retireQueues();
    }
  }
}

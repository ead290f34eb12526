package dev.dunlin.server.netty;

import dev.dunlin.server.internal.Timed;

/** One time limit of a connection that is not a conversation. Lane-confined. */
final class Deadline extends Timed {

  private final NettyLane lane;
  private long at = Long.MAX_VALUE;
  private Runnable action = () -> {};

  Deadline(NettyLane lane) {
    this.lane = lane;
  }

  /** Replaces the limit by another. */
  void set(long nanos, Runnable what) {
    at = lane.now() + nanos;
    action = what;
    lane.watch(this);
  }

  /** No limit. */
  void clear() {
    at = Long.MAX_VALUE;
    lane.unwatch(this);
  }

  @Override
  protected long deadline() {
    return at;
  }

  @Override
  protected void expire(long now) {
    at = Long.MAX_VALUE;
    action.run();
  }
}

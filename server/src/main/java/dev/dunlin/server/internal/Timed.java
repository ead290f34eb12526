package dev.dunlin.server.internal;

import org.jspecify.annotations.Nullable;

/** Something that wants to be called at a time: an entry of a {@link Wheel}. Lane-confined. */
public abstract class Timed {
  @Nullable Timed previous;
  @Nullable Timed next;

  /** The tick at which the wheel looks at this, or -1 while it is not in the wheel. */
  long dueTick = -1;

  /** For subclasses. */
  protected Timed() {}

  /** When {@link #expire} is due, in the lane's nanoseconds; {@code Long.MAX_VALUE} for never. */
  protected abstract long deadline();

  /** Called when the deadline has passed. */
  protected abstract void expire(long now);
}

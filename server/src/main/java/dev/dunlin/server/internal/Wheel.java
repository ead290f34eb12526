package dev.dunlin.server.internal;

import org.jspecify.annotations.Nullable;

/**
 * The timers of a lane: one coarse wheel instead of a scheduled task per connection.
 *
 * <p>An entry stands in the slot of the tick at which it is looked at. A deadline that moves away
 * costs nothing: when the slot comes, the entry is put where it belongs by then. Only a deadline
 * that comes nearer moves it at once. Lane-confined.
 */
final class Wheel {

  static final long TICK_NANOS = 100_000_000;
  private static final int SLOTS = 512;

  private final @Nullable Timed[] slots = new Timed[SLOTS];
  private final long start;
  private long tick;
  private int size;

  Wheel(long now) {
    start = now;
  }

  /** Makes sure that the entry is looked at no later than its deadline, to the next tick. */
  void watch(Timed entry) {
    long deadline = entry.deadline();
    if (deadline == Long.MAX_VALUE) {
      return;
    }
    long due = Math.max(tick + 1, (deadline - start + TICK_NANOS - 1) / TICK_NANOS);
    if (entry.dueTick >= 0) {
      if (entry.dueTick <= due) {
        return;
      }
      remove(entry);
    }
    insert(entry, Math.min(due, tick + SLOTS - 1));
  }

  private void insert(Timed entry, long due) {
    int slot = (int) (due & (SLOTS - 1));
    var first = slots[slot];
    entry.next = first;
    entry.previous = null;
    if (first != null) {
      first.previous = entry;
    }
    slots[slot] = entry;
    entry.dueTick = due;
    size++;
  }

  void remove(Timed entry) {
    if (entry.dueTick < 0) {
      return;
    }
    var before = entry.previous;
    var after = entry.next;
    if (before == null) {
      slots[(int) (entry.dueTick & (SLOTS - 1))] = after;
    } else {
      before.next = after;
    }
    if (after != null) {
      after.previous = before;
    }
    entry.previous = null;
    entry.next = null;
    entry.dueTick = -1;
    size--;
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** Looks at every entry whose tick has come. */
  void advance(long now) {
    long target = (now - start) / TICK_NANOS;
    if (size == 0) {
      tick = Math.max(tick, target);
      return;
    }
    while (tick < target) {
      tick++;
      if (target - tick > SLOTS) {
        tick = target - SLOTS; // after a long sleep every slot is looked at once
      }
      int slot = (int) (tick & (SLOTS - 1));
      // an entry that is put back goes to another slot: at most SLOTS - 1 ticks away
      for (var entry = slots[slot]; entry != null; entry = slots[slot]) {
        remove(entry);
        if (entry.deadline() <= now) {
          entry.expire(now);
        }
        watch(entry);
      }
    }
  }
}

package dev.dunlin.channels;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Which keys of a map to look at when: one entry per key, however often its deadline moves.
 *
 * <p>A deadline that moves back costs nothing: the entry comes up at the old time, and the owner,
 * asked for the deadline that holds now, has it put back. Guarded by the owner's lock. Times are
 * nanoseconds of a {@link Ticker}, compared by their difference.
 */
final class ExpiryQueue {

  /** The answer for a key that needs no further look. */
  static final long NEVER = Long.MIN_VALUE;

  private record Entry(String key, long at) {}

  private final PriorityQueue<Entry> queue =
      new PriorityQueue<>((a, b) -> Long.signum(a.at - b.at));
  private final Map<String, Long> queued = new HashMap<>();

  /** Has {@code key} looked at not later than {@code at}. */
  void by(String key, long at) {
    var before = queued.get(key);
    if (before == null || at - before < 0) {
      queued.put(key, at);
      queue.add(new Entry(key, at));
    }
  }

  /**
   * Looks at up to {@code most} keys that are due.
   *
   * @param expire lets expire what is due at a key, and answers when to look again, or {@link
   *     #NEVER}
   */
  void advance(long now, int most, ToLongFunction<String> expire) {
    for (var i = 0; i < most; i++) {
      var entry = due(now);
      if (entry == null) {
        return;
      }
      if (!queued.remove(entry.key, entry.at)) {
        continue; // an earlier entry for the same key has been served
      }
      var next = expire.applyAsLong(entry.key);
      if (next != NEVER) {
        by(entry.key, next);
      }
    }
  }

  private @Nullable Entry due(long now) {
    var first = queue.peek();
    return first == null || first.at - now > 0 ? null : queue.poll();
  }

  /** Needs no look at {@code key} any more. */
  void forget(String key) {
    queued.remove(key);
    if (queue.size() > 64 + 2 * queued.size()) {
      queue.clear();
      queued.forEach((kept, at) -> queue.add(new Entry(kept, at)));
    }
  }

  int size() {
    return queue.size();
  }

  /** {@code now} plus a duration, which may be longer than the clock can tell. */
  static long after(long now, Duration duration) {
    var seconds = duration.toSeconds();
    var nanos = seconds > Integer.MAX_VALUE ? Long.MAX_VALUE / 4 : duration.toNanos();
    var at = now + nanos;
    return at == NEVER ? at + 1 : at;
  }
}

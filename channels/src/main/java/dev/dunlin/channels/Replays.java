package dev.dunlin.channels;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Histories that were read a moment ago, for those who come back after them: whoever loses a node
 * comes together with all others who lost it, but not at the same instant.
 *
 * <p>A history is as good as a new one while nothing has arrived in the channel here since before
 * it was read: what comes later reaches the newcomer live, since it is subscribed already. Kept for
 * a second, and 16 MiB of them at most.
 */
final class Replays {

  static final long KEPT_NANOS = TimeUnit.SECONDS.toNanos(1);
  static final long MOST_BYTES = 16 << 20;
  private static final long OVERHEAD = 256;

  /** A topic is itself alone: another one of the same channel has another past. */
  private record Key(Topic topic, HistoryQuery query) {}

  private record Replay(History history, long events, long readAt, long bytes) {}

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Key, Replay> replays = new LinkedHashMap<>(); // oldest first; the lock's
  private long bytes; // the lock's

  /** A history that still holds, {@code events} having arrived in the topic by now. */
  Optional<History> find(Topic topic, HistoryQuery query, long events, long now) {
    lock.lock();
    try {
      forget(now);
      var replay = replays.get(new Key(topic, query));
      return replay == null || replay.events != events
          ? Optional.empty()
          : Optional.of(replay.history);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Keeps a history.
   *
   * @param events how many events had arrived in the topic before the read began
   * @param readAt when it began
   */
  void keep(Topic topic, HistoryQuery query, History history, long events, long readAt) {
    long size = OVERHEAD;
    for (var publication : history.publications()) {
      size += OVERHEAD + publication.size();
    }
    if (size > MOST_BYTES / 4) {
      return;
    }
    lock.lock();
    try {
      var key = new Key(topic, query);
      var old = replays.remove(key);
      bytes += size - (old == null ? 0 : old.bytes);
      replays.put(key, new Replay(history, events, readAt, size));
      forget(readAt);
    } finally {
      lock.unlock();
    }
  }

  private void forget(long now) {
    var oldest = replays.values().iterator();
    while (oldest.hasNext()) {
      var replay = oldest.next();
      if (now - replay.readAt < KEPT_NANOS && bytes <= MOST_BYTES) {
        return;
      }
      bytes -= replay.bytes;
      oldest.remove();
    }
  }
}

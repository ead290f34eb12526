package dev.dunlin.channels;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Histories that are being read, or were a moment ago, for those who come back after them: whoever
 * loses a node comes together with all others who lost it, but not at the same instant.
 *
 * <p>A history is as good as a new one while nothing has arrived in the channel here since before
 * its read began: what comes later reaches the newcomer live, since it is subscribed already. Kept
 * for a second, and 16 MiB of them at most.
 */
final class Replays {

  static final long KEPT_NANOS = TimeUnit.SECONDS.toNanos(1);
  static final long MOST_BYTES = 16 << 20;
  private static final long OVERHEAD = 256;

  /** A topic is itself alone: another one of the same channel has another past. */
  private record Key(Topic topic, HistoryQuery query) {}

  private static final class Replay {
    private final CompletableFuture<History> history = new CompletableFuture<>();
    private final long events; // that had arrived in the topic before the read began
    private final long readAt; // when it began
    private long bytes = OVERHEAD; // the lock's

    Replay(long events, long readAt) {
      this.events = events;
      this.readAt = readAt;
    }
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Key, Replay> replays = new LinkedHashMap<>(); // oldest first; the lock's
  private long bytes; // the lock's

  /**
   * A history that still holds, {@code events} having arrived in the topic by now, or a new one.
   *
   * @param now of a clock of nanoseconds
   * @param read reads it; called without a lock
   */
  CompletionStage<History> share(
      Topic topic,
      HistoryQuery query,
      long events,
      long now,
      Supplier<CompletionStage<History>> read) {
    var key = new Key(topic, query);
    var mine = new Replay(events, now);
    lock.lock();
    try {
      forget(now);
      var shared = replays.get(key);
      if (shared != null && shared.events == events) {
        return shared.history.minimalCompletionStage();
      }
      replace(key, mine);
    } finally {
      lock.unlock();
    }
    read.get()
        .whenComplete((history, failure) -> {
          if (failure != null) {
            drop(key, mine);
            mine.history.completeExceptionally(failure);
          } else {
            weigh(key, mine, history);
            mine.history.complete(history);
          }
        });
    return mine.history.minimalCompletionStage();
  }

  private void replace(Key key, Replay replay) {
    var old = replays.remove(key); // the new one is the youngest
    bytes += replay.bytes - (old == null ? 0 : old.bytes);
    replays.put(key, replay);
  }

  private void drop(Key key, Replay replay) {
    lock.lock();
    try {
      if (replays.remove(key, replay)) {
        bytes -= replay.bytes;
      }
    } finally {
      lock.unlock();
    }
  }

  /** Counts what has been read; too much is shared with those who wait, but not kept. */
  private void weigh(Key key, Replay replay, History history) {
    long size = OVERHEAD;
    for (var publication : history.publications()) {
      size += OVERHEAD + publication.size();
    }
    lock.lock();
    try {
      if (replays.get(key) != replay) {
        return; // forgotten meanwhile
      }
      bytes += size - replay.bytes;
      replay.bytes = size;
      if (size > MOST_BYTES / 4) {
        replays.remove(key);
        bytes -= size;
      }
      forget(replay.readAt);
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

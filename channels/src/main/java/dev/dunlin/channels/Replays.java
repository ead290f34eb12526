package dev.dunlin.channels;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Histories that are being read, or were a moment ago, for those who come back after them: whoever
 * loses a node comes together with all others who lost it, but not at the same instant, and not all
 * stand at the same offset.
 *
 * <p>A history that was read is brought up to date by what has arrived in the channel here since
 * before the read began ({@link Tail}); what comes later reaches the newcomer live, since it is
 * subscribed already. Where the two do not join without a gap it is read anew, and so it is once a
 * look at the position ({@link Recovery#check}) has shown more than is known here. Kept for five
 * seconds, and 16 MiB of them at most; there is no timer, so the last ones stay until the next one
 * comes.
 */
final class Replays {

  static final long KEPT_NANOS = TimeUnit.SECONDS.toNanos(5);
  static final long MOST_BYTES = 16 << 20;
  private static final long OVERHEAD = 256;

  /**
   * A topic is itself alone: another one of the same channel has another past. Of the query all but
   * the offset where it starts.
   */
  private record Key(Topic topic, HistoryQuery query) {

    static Key of(Topic topic, HistoryQuery query) {
      var start = new StreamPosition(0, query.since().epoch());
      return new Key(
          topic, new HistoryQuery(start, query.limit(), query.reverse(), query.metaTtl()));
    }
  }

  private static final class Replay {
    private final CompletableFuture<History> history = new CompletableFuture<>();
    private final HistoryQuery query;
    private final Tail.Mark mark; // before the read began
    private final long readAt; // when it began
    private long bytes; // the lock's

    Replay(HistoryQuery query, Tail.Mark mark, long readAt) {
      this.query = query;
      this.mark = mark;
      this.readAt = readAt;
      this.bytes = overhead();
    }

    /** What it takes beside publications: the epoch is whatever a client has sent. */
    long overhead() {
      return OVERHEAD + 2L * query.since().epoch().length();
    }

    /** Whether what it read may hold all that the query asks for. */
    boolean covers(HistoryQuery other) {
      return query.equals(other)
          || !query.reverse() && query.since().offset() <= other.since().offset();
    }

    /** What the query asks for, with what has arrived; empty if the two do not join. */
    Optional<History> joined(History all, HistoryQuery other, List<Publication> arrived) {
      var publications = new ArrayList<>(all.publications());
      var top = all.position();
      boolean whole = publications.isEmpty() || publications.getLast().offset() == top.offset();
      if (!whole && !query.equals(other)) {
        return Optional.empty();
      }
      for (var next : arrived) {
        if (!next.epoch().equals(top.epoch()) || next.offset() > top.offset() + 1) {
          return Optional.empty();
        }
        if (next.offset() > top.offset()) {
          top = new StreamPosition(next.offset(), next.epoch());
          if (whole) {
            publications.add(next);
          }
        }
      }
      publications.removeIf(each -> each.offset() <= other.since().offset());
      int count = Math.min(publications.size(), other.atMost());
      return Optional.of(new History(publications.subList(0, count), top));
    }
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<Key, Replay> replays = new LinkedHashMap<>(); // oldest first; the lock's
  private long bytes; // the lock's

  /**
   * A history of a moment ago with what has arrived since, or a new one.
   *
   * @param now of a clock of nanoseconds
   * @param read reads it; called without a lock
   */
  CompletionStage<History> share(
      Topic topic, HistoryQuery query, long now, Supplier<CompletionStage<History>> read) {
    var key = Key.of(topic, query);
    Replay shared;
    @Nullable Replay mine = null;
    Optional<List<Publication>> arrived = Optional.empty();
    lock.lock();
    try {
      forget(now);
      shared = replays.get(key);
      if (shared != null && shared.covers(query)) {
        arrived = topic.since(shared.mark).filter(some -> some.isEmpty() || !query.reverse());
      }
      if (shared == null || arrived.isEmpty()) {
        mine = new Replay(query, topic.mark(), now);
        replace(key, mine);
      }
    } finally {
      lock.unlock();
    }
    return mine == null
        ? join(key, requireNonNull(shared), query, arrived.orElseThrow(), read)
        : begin(key, mine, read);
  }

  private CompletionStage<History> begin(
      Key key, Replay mine, Supplier<CompletionStage<History>> read) {
    read.get()
        .whenComplete((history, failure) -> {
          if (failure != null) {
            drop(key, mine);
            mine.history.completeExceptionally(failure);
          } else {
            key.topic.read(mine.mark, history.position());
            weigh(key, mine, history);
            mine.history.complete(history);
          }
        });
    return mine.history.minimalCompletionStage();
  }

  private CompletionStage<History> join(
      Key key,
      Replay shared,
      HistoryQuery query,
      List<Publication> arrived,
      Supplier<CompletionStage<History>> read) {
    if (shared.query.equals(query) && arrived.isEmpty()) {
      return shared.history.minimalCompletionStage();
    }
    return shared.history.thenCompose(all -> {
      var joined = shared.joined(all, query, arrived);
      if (joined.isEmpty()) {
        drop(key, shared);
        return read.get();
      }
      return CompletableFuture.completedStage(joined.get());
    });
  }

  private void replace(Key key, Replay replay) {
    var old = replays.remove(key); // the new one is the youngest
    if (old != null) {
      letGo(key, old);
    }
    bytes += replay.bytes;
    replays.put(key, replay);
  }

  private void drop(Key key, Replay replay) {
    lock.lock();
    try {
      if (replays.remove(key, replay)) {
        letGo(key, replay);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Of one that was removed. */
  private void letGo(Key key, Replay replay) {
    bytes -= replay.bytes;
    key.topic.release(replay.mark);
  }

  /** Counts what has been read; too much is shared with those who wait, but not kept. */
  private void weigh(Key key, Replay replay, History history) {
    long size = replay.overhead();
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
        letGo(key, replay);
      }
      forget(replay.readAt);
    } finally {
      lock.unlock();
    }
  }

  private void forget(long now) {
    var oldest = replays.entrySet().iterator();
    while (oldest.hasNext()) {
      var entry = oldest.next();
      var replay = entry.getValue();
      if (now - replay.readAt < KEPT_NANOS && bytes <= MOST_BYTES) {
        return;
      }
      oldest.remove();
      letGo(entry.getKey(), replay);
    }
  }
}

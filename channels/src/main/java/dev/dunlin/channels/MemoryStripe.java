package dev.dunlin.channels;

import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A share of a {@link MemoryBroker}'s channels under one lock: their streams, and the order in
 * which their events leave.
 *
 * <p>An event takes its place in that order under the lock, together with its offset, and leaves
 * outside of it: by the thread that finds nobody at work on the channel, which then also passes on
 * what others add. So a sink may publish from inside, and nobody waits for a sink.
 */
final class MemoryStripe {

  /** How many due keys one ordinary call looks at. */
  private static final int LOOKS_PER_CALL = 4;

  private final ReentrantLock lock = new ReentrantLock();
  private final MemoryBroker.Budget budget;
  private final InstantSource wallClock;
  private final Supplier<String> epochs;

  // All guarded by the lock. Streams are in the order of their last use, oldest first.
  private final LinkedHashMap<String, Stream> streams = new LinkedHashMap<>(16, 0.75f, true);
  private final ExpiryQueue expiry = new ExpiryQueue();
  private final Map<String, ArrayDeque<Event>> leaving = new HashMap<>();
  private long bytes;

  MemoryStripe(MemoryBroker.Budget budget, InstantSource wallClock, Supplier<String> epochs) {
    this.budget = budget;
    this.wallClock = wallClock;
    this.epochs = epochs;
  }

  PublishResult publish(
      String channel, byte[] data, PublishOptions options, long now, Broker.Sink sink) {
    PublishResult result;
    Publication publication;
    lock.lock();
    try {
      var keyed = !options.idempotencyKey().isEmpty();
      var stream = options.toHistory() || keyed ? opened(channel, now) : null;
      if (stream != null) {
        var before = stream.bytes();
        var suppressed = suppressed(stream, options, keyed, now);
        if (suppressed != null) {
          settle(channel, stream, before, now);
          return suppressed;
        }
        if (options.toHistory()) {
          stream.open(options.channel().historyMetaTtl(), epochs, now);
          publication = stream.append(data, channel, options, now, wallClock.millis());
        } else {
          publication = passing(channel, data, options);
        }
        result = PublishResult.at(publication.position());
        if (keyed) {
          stream.remember(options, result, now);
        }
        settle(channel, stream, before, now);
      } else {
        publication = passing(channel, data, options);
        result = PublishResult.at(StreamPosition.START);
      }
      if (!first(channel, publication)) {
        return result;
      }
    } finally {
      lock.unlock();
    }
    leave(channel, publication, sink);
    return result;
  }

  private static @Nullable PublishResult suppressed(
      Stream stream, PublishOptions options, boolean keyed, long now) {
    var earlier = keyed ? stream.earlier(options, now) : null;
    if (earlier != null) {
      return earlier;
    }
    return options.toHistory() && stream.outdated(options)
        ? new PublishResult(stream.position(), PublishResult.Suppression.VERSION)
        : null;
  }

  private Publication passing(String channel, byte[] data, PublishOptions options) {
    return Publication.of(channel, data).options(options).time(wallClock.millis()).build();
  }

  /** Passes on an event that is no publication, in order with those that are. */
  void pass(String channel, Event event, Broker.Sink sink) {
    lock.lock();
    try {
      if (!first(channel, event)) {
        return;
      }
    } finally {
      lock.unlock();
    }
    leave(channel, event, sink);
  }

  History history(String channel, HistoryQuery query, long now) {
    lock.lock();
    try {
      var opening = query.metaTtl().isPositive();
      var stream = opening ? opened(channel, now) : existing(channel, now);
      if (stream == null) {
        return History.none();
      }
      if (opening) {
        stream.open(query.metaTtl(), epochs, now);
        settle(channel, stream, stream.bytes(), now);
      }
      return stream.read(query);
    } finally {
      lock.unlock();
    }
  }

  void removeHistory(String channel, long now) {
    lock.lock();
    try {
      var stream = existing(channel, now);
      if (stream != null) {
        var before = stream.bytes();
        stream.clear();
        settle(channel, stream, before, now);
      }
    } finally {
      lock.unlock();
    }
  }

  void maintain(long now) {
    lock.lock();
    try {
      expiry.advance(now, Integer.MAX_VALUE, channel -> expire(channel, now));
    } finally {
      lock.unlock();
    }
  }

  int streams() {
    lock.lock();
    try {
      return streams.size();
    } finally {
      lock.unlock();
    }
  }

  long bytes() {
    lock.lock();
    try {
      return bytes;
    } finally {
      lock.unlock();
    }
  }

  // Below this, the lock is held, except in leave.

  private @Nullable Stream existing(String channel, long now) {
    expiry.advance(now, LOOKS_PER_CALL, due -> expire(due, now));
    var stream = streams.get(channel);
    if (stream != null && expire(channel, now) == ExpiryQueue.NEVER) {
      return null;
    }
    return stream;
  }

  private Stream opened(String channel, long now) {
    var stream = existing(channel, now);
    if (stream == null) {
      stream = new Stream();
      streams.put(channel, stream);
      budget.streams.incrementAndGet();
      charge(stream.bytes());
    }
    return stream;
  }

  /** Accounts for what a call has changed, and sees to it that the stream is looked at in time. */
  private void settle(String channel, Stream stream, long bytesBefore, long now) {
    var next = stream.expire(now);
    charge(stream.bytes() - bytesBefore); // less a key that is over as soon as it is there
    if (next == ExpiryQueue.NEVER) {
      forget(channel, stream);
    } else {
      expiry.by(channel, next);
      shrink(channel, stream);
    }
  }

  private long expire(String channel, long now) {
    var stream = streams.get(channel);
    if (stream == null) {
      return ExpiryQueue.NEVER;
    }
    var before = stream.bytes();
    var next = stream.expire(now);
    charge(stream.bytes() - before);
    if (next == ExpiryQueue.NEVER) {
      forget(channel, stream);
    }
    return next;
  }

  private void forget(String channel, Stream stream) {
    streams.remove(channel);
    expiry.forget(channel);
    budget.streams.decrementAndGet();
    charge(-stream.bytes());
  }

  private void charge(long difference) {
    bytes += difference;
    budget.bytes.addAndGet(difference);
  }

  /**
   * Forgets the streams that were idle longest; if there is only this one, what it kept longest.
   */
  private void shrink(String channel, Stream current) {
    while (budget.exceeded() && streams.size() > 1) {
      var eldest = streams.firstEntry();
      if (eldest.getValue() == current) {
        break;
      }
      forget(eldest.getKey(), eldest.getValue());
    }
    var before = current.bytes();
    while (budget.bytes.get() - before + current.bytes() > budget.maxBytes
        && (current.dropOldest() || current.dropOldestKey())) {}
    charge(current.bytes() - before);
  }

  /** Whether the caller is to pass the event on; otherwise whoever is at it already will. */
  private boolean first(String channel, Event event) {
    var queue = leaving.get(channel);
    if (queue != null) {
      queue.add(event);
      return false;
    }
    leaving.put(channel, new ArrayDeque<>(1));
    return true;
  }

  private void leave(String channel, Event first, Broker.Sink sink) {
    RuntimeException exception = null;
    Error error = null;
    for (Event event = first; event != null; event = next(channel)) {
      try {
        pass(channel, sink, event);
      } catch (RuntimeException e) {
        exception = e; // the channel goes on; the publisher hears of it
      } catch (Error e) {
        error = e;
      }
    }
    if (error != null) {
      throw error;
    }
    if (exception != null) {
      throw exception;
    }
  }

  private static void pass(String channel, Broker.Sink sink, Event event) {
    switch (event) {
      case Publication publication -> sink.publication(publication);
      case Event.Join(var info) -> sink.join(channel, info);
      case Event.Leave(var info) -> sink.leave(channel, info);
      case Event.Interruption() -> sink.linkRestored();
    }
  }

  private @Nullable Event next(String channel) {
    lock.lock();
    try {
      var queue = leaving.get(channel);
      var event = queue == null ? null : queue.poll();
      if (event == null) {
        leaving.remove(channel);
      }
      return event;
    } finally {
      lock.unlock();
    }
  }
}

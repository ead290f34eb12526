package dev.dunlin.broker.nats;

import dev.dunlin.channels.BrokerUnavailableException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Runs what concerns one channel one after the other, in the order of the calls, and channels side
 * by side. Each turn may wait. One that has waited for the time that a call may take is not taken
 * any more: whoever asked has given up by then and may have asked again, so that doing it would
 * only keep others waiting.
 *
 * <p>What a turn remembers of its channel is kept while there is room; nothing depends on it.
 */
final class Turns {

  private static final int CHANNELS = 10_000;

  /** What is to be done for a channel. */
  interface Turn<T> {
    T take(Streams.Known known) throws Exception;
  }

  private static final class Queue {
    final ReentrantLock lock = new ReentrantLock();
    final ArrayDeque<Runnable> waiting = new ArrayDeque<>(2); // guarded by the lock
    final Streams.Known known = new Streams.Known();
    boolean running; // guarded by the lock
    boolean dropped; // guarded by the lock
  }

  private final Executor threads;
  private final long patienceNanos;
  private final ConcurrentHashMap<String, Queue> queues = new ConcurrentHashMap<>();

  Turns(Executor threads, Duration patience) {
    this.threads = threads;
    this.patienceNanos = patience.toNanos();
  }

  <T> CompletionStage<T> run(String channel, Turn<T> turn) {
    var result = new CompletableFuture<T>();
    long asked = System.nanoTime();
    if (queues.size() > CHANNELS) {
      queues.forEach(this::dropIdle);
    }
    while (true) {
      var queue = queues.computeIfAbsent(channel, name -> new Queue());
      queue.lock.lock();
      try {
        if (queue.dropped) {
          continue;
        }
        queue.waiting.add(() -> {
          if (System.nanoTime() - asked > patienceNanos) {
            result.completeExceptionally(
                new BrokerUnavailableException("its turn did not come in time"));
          } else {
            take(turn, queue.known, result);
          }
        });
        if (!queue.running) {
          queue.running = true;
          threads.execute(() -> drain(queue));
        }
        return result;
      } finally {
        queue.lock.unlock();
      }
    }
  }

  /** What is remembered of the channel, if it is. */
  Optional<Streams.Known> known(String channel) {
    var queue = queues.get(channel);
    return queue == null ? Optional.empty() : Optional.of(queue.known);
  }

  private void dropIdle(String channel, Queue queue) {
    queue.lock.lock();
    try {
      if (!queue.running) {
        queue.dropped = true;
        queues.remove(channel, queue);
      }
    } finally {
      queue.lock.unlock();
    }
  }

  private static void drain(Queue queue) {
    while (true) {
      Runnable next;
      queue.lock.lock();
      try {
        next = queue.waiting.poll();
        if (next == null) {
          queue.running = false;
          return;
        }
      } finally {
        queue.lock.unlock();
      }
      next.run();
    }
  }

  static <T> void take(Turn<T> turn, Streams.Known known, CompletableFuture<T> result) {
    try {
      result.complete(turn.take(known));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      result.completeExceptionally(Link.unavailable(e));
    } catch (Exception e) {
      result.completeExceptionally(Link.unavailable(e));
    } catch (Error e) {
      result.completeExceptionally(e); // not thrown: the turns behind it would wait for good
    }
  }
}

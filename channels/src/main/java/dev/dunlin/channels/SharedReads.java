package dev.dunlin.channels;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * History reads, of which at most one per question is under way and one more is promised.
 *
 * <p>A read that has begun is not shared: it may have been made before the publication that the
 * newcomer already missed. All who come while it is under way share the one that follows it.
 */
final class SharedReads {

  private record Question(String channel, HistoryQuery query) {}

  private final Broker broker;
  private final BrokerMeter.Calls meter;
  private final ReentrantLock lock = new ReentrantLock();

  /** Present while a read is under way; the value is the promised one, if any. The lock's. */
  private final Map<Question, @Nullable CompletableFuture<History>> next = new HashMap<>();

  SharedReads(Broker broker, BrokerMeter.Calls meter) {
    this.broker = broker;
    this.meter = meter;
  }

  CompletionStage<History> read(String channel, HistoryQuery query) {
    var question = new Question(channel, query);
    lock.lock();
    try {
      if (next.containsKey(question)) {
        var promised = next.get(question);
        if (promised == null) {
          promised = new CompletableFuture<>();
          next.put(question, promised);
        }
        return promised.minimalCompletionStage();
      }
      next.put(question, null);
    } finally {
      lock.unlock();
    }
    var read = ask(question);
    read.whenComplete((history, failure) -> ended(question));
    return read;
  }

  private CompletionStage<History> ask(Question question) {
    long begun = System.nanoTime();
    try {
      return meter.timed(begun, broker.history(question.channel, question.query));
    } catch (RuntimeException e) {
      return CompletableFuture.failedStage(e);
    }
  }

  /** Keeps the promises, one after the other while the broker answers at once. */
  private void ended(Question question) {
    while (true) {
      var promised = promised(question);
      if (promised == null) {
        return;
      }
      var read = ask(question).toCompletableFuture();
      var answered = read.isDone();
      read.whenComplete((history, failure) -> {
        if (failure != null) {
          promised.completeExceptionally(failure);
        } else {
          promised.complete(history);
        }
        if (!answered) {
          ended(question);
        }
      });
      if (!answered) {
        return;
      }
    }
  }

  /** The read to make now, which is under way from here on; null if none was asked for. */
  private @Nullable CompletableFuture<History> promised(Question question) {
    lock.lock();
    try {
      var promised = next.get(question);
      if (promised == null) {
        next.remove(question);
      } else {
        next.put(question, null);
      }
      return promised;
    } finally {
      lock.unlock();
    }
  }
}

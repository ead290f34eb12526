package dev.dunlin.broker.redis;

import dev.dunlin.channels.BrokerUnavailableException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The Redis channels this node listens to: asked for in batches, in the order of the calls, and
 * asked for again on every new connection.
 *
 * <p>Redis confirms each channel of each command in order. So the calls that were sent for a
 * channel form a queue, and a confirmation is that of its head.
 */
final class Subscriptions {

  /** Channels in one command: some tens of kilobytes. */
  private static final int BATCH = 512;

  private record Call(String channel, boolean subscribes, CompletableFuture<Void> done) {
    Call(String channel, boolean subscribes) {
      this(channel, subscribes, new CompletableFuture<>());
    }
  }

  private final Executor executor;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock.
  private final Set<String> wanted = new HashSet<>();
  private final Map<String, ArrayDeque<Call>> sent = new HashMap<>();
  private List<Call> waiting = new ArrayList<>();
  private Set<String> restored = Set.of();
  private @Nullable Links connection;

  /**
   * Subscriptions that are sent by tasks of {@code executor}, which is serial.
   *
   * @param always what is wanted whether anybody asks or not
   */
  Subscriptions(Executor executor, List<String> always) {
    this.executor = executor;
    wanted.addAll(always);
  }

  CompletionStage<Void> subscribe(String channel) {
    return add(new Call(channel, true));
  }

  CompletionStage<Void> unsubscribe(String channel) {
    return add(new Call(channel, false));
  }

  private CompletionStage<Void> add(Call call) {
    lock.lock();
    try {
      if (!call.subscribes) {
        wanted.remove(call.channel);
      }
      if (connection == null) {
        return call.subscribes
            ? CompletableFuture.failedStage(unavailable())
            : CompletableFuture.completedStage(null);
      }
      if (call.subscribes) {
        wanted.add(call.channel);
      }
      queue(call);
      return call.done;
    } finally {
      lock.unlock();
    }
  }

  private void queue(Call call) {
    waiting.add(call);
    if (waiting.size() == 1) {
      executor.execute(this::send);
    }
  }

  /** Sends what waits: neighbours that want the same go into one command. */
  private void send() {
    List<Call> calls;
    Links to;
    lock.lock();
    try {
      to = connection;
      if (to == null) {
        return;
      }
      calls = waiting;
      waiting = new ArrayList<>();
      calls.forEach(this::note);
    } finally {
      lock.unlock();
    }
    for (var begin = 0; begin < calls.size(); ) {
      var subscribes = calls.get(begin).subscribes;
      var end = begin + 1;
      while (end < calls.size() && calls.get(end).subscribes == subscribes) {
        end++;
      }
      to.listen(subscribes, calls.subList(begin, end).stream().map(Call::channel).toList(), BATCH);
      begin = end;
    }
  }

  private void note(Call call) {
    sent.computeIfAbsent(call.channel, name -> new ArrayDeque<>(2)).add(call);
  }

  /** Called on the connection's thread for each confirmation. */
  void confirmed(String channel) {
    Call call = null;
    lock.lock();
    try {
      var calls = sent.get(channel);
      if (calls != null) {
        call = calls.poll();
        if (calls.isEmpty()) {
          sent.remove(channel);
        }
      }
    } finally {
      lock.unlock();
    }
    if (call != null) {
      call.done.complete(null);
    }
  }

  /**
   * Asks for everything on new links; the stage completes when all is confirmed.
   *
   * @param besides what these links are to hear in any case
   */
  CompletionStage<Void> restore(Links to, Collection<String> besides) {
    List<Call> calls;
    lock.lock();
    try {
      restored = Set.copyOf(wanted);
      calls =
          Stream.concat(restored.stream(), besides.stream())
              .map(channel -> new Call(channel, true))
              .toList();
      calls.forEach(this::note);
    } finally {
      lock.unlock();
    }
    to.listen(true, calls.stream().map(Call::channel).toList(), BATCH);
    return CompletableFuture.allOf(
        calls.stream().map(Call::done).toArray(CompletableFuture<?>[]::new));
  }

  /** From now on calls go to these links, on which all was {@linkplain #restore restored}. */
  void attach(Links to) {
    lock.lock();
    try {
      connection = to;
      for (var channel : restored) {
        if (!wanted.contains(channel)) {
          queue(new Call(channel, false)); // given up while we were away
        }
      }
      restored = Set.of();
    } finally {
      lock.unlock();
    }
  }

  /** The connection is gone: calls under way fail, later ones fail at once. */
  void detach() {
    var failed = new ArrayList<Call>();
    lock.lock();
    try {
      connection = null;
      sent.values().forEach(failed::addAll);
      sent.clear();
      failed.addAll(waiting);
      waiting = new ArrayList<>();
      for (var call : failed) {
        if (call.subscribes && !restored.contains(call.channel)) {
          wanted.remove(call.channel);
        }
      }
      restored = Set.of();
    } finally {
      lock.unlock();
    }
    for (var call : failed) {
      if (call.subscribes) {
        call.done.completeExceptionally(unavailable());
      } else {
        call.done.complete(null);
      }
    }
  }

  private static BrokerUnavailableException unavailable() {
    return new BrokerUnavailableException("there is no link to Redis");
  }
}

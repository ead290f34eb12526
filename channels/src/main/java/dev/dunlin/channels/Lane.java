package dev.dunlin.channels;

import java.util.ArrayList;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One lane of a hub: a serial executor and the groups that have something to deliver on it. At most
 * one task of it is queued or running; what arrives before the task runs is delivered by that task.
 */
final class Lane implements Runnable {

  private static final System.Logger LOG = System.getLogger("dev.dunlin.channels");

  /** An executor, compared by identity. */
  record Key(Executor executor) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Key key && key.executor == executor;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(executor);
    }
  }

  private final Executor executor;
  private final long limitBytes;
  private final Hub.Counters counters;
  private final ConcurrentLinkedQueue<Group> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private final AtomicLong backlogBytes = new AtomicLong();
  private final AtomicBoolean refused = new AtomicBoolean();

  /** Groups that use this lane; guarded by the hub's map of lanes. */
  int users;

  Lane(Executor executor, long limitBytes, Hub.Counters counters) {
    this.executor = executor;
    this.limitBytes = limitBytes;
    this.counters = counters;
  }

  Executor executor() {
    return executor;
  }

  long backlogBytes() {
    return backlogBytes.get();
  }

  /** Makes room for {@code bytes}; false if what waits has reached the limit. */
  boolean reserve(int bytes) {
    if (backlogBytes.get() >= limitBytes) {
      return false;
    }
    backlogBytes.addAndGet(bytes);
    return true;
  }

  void free(long bytes) {
    backlogBytes.addAndGet(-bytes);
  }

  /** Puts a group in line; {@link #wake} follows once no lock is held. */
  void add(Group group) {
    waiting.add(group);
  }

  /** Sees to it that a task is queued if a group waits. */
  void wake() {
    if (waiting.isEmpty() || !scheduled.compareAndSet(false, true)) {
      return;
    }
    try {
      counters.laneTasks.increment();
      executor.execute(this);
    } catch (RejectedExecutionException e) {
      discard(e);
    }
  }

  /** One turn: what waits when it begins, group by group. */
  @Override
  public void run() {
    var turn = new ArrayList<Group>();
    for (var group = waiting.poll(); group != null; group = waiting.poll()) {
      turn.add(group);
    }
    try {
      for (var group : turn) {
        group.turn();
      }
    } finally {
      scheduled.set(false);
      wake(); // whoever added a group meanwhile found this task scheduled
    }
  }

  private void discard(RejectedExecutionException e) {
    if (refused.compareAndSet(false, true)) {
      LOG.log(System.Logger.Level.WARNING, "a lane refuses its task: its subscribers lose", e);
    }
    for (var group = waiting.poll(); group != null; group = waiting.poll()) {
      group.discard();
    }
    scheduled.set(false);
    wake(); // as after a turn: for whoever came while this one was busy
  }
}

package dev.dunlin.server.internal;

import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;

/** A lane whose turns and whose clock are in the test's hands. */
final class MemoryLane extends Lane {

  final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final PriorityBlockingQueue<Due> due = new PriorityBlockingQueue<>();
  private final AtomicLong scheduled = new AtomicLong();
  private final Thread thread = Thread.currentThread();
  private volatile long now;

  /** As if the server had stopped: no task is taken any more. */
  volatile boolean over;

  MemoryLane() {
    super(new SplittableRandom(1), 1);
    now = 1;
  }

  @Override
  public boolean inLane() {
    return Thread.currentThread() == thread;
  }

  @Override
  public long now() {
    return now;
  }

  @Override
  protected void schedule(Runnable task, long nanos) {
    due.add(new Due(now + nanos, scheduled.getAndIncrement(), task));
  }

  @Override
  public void execute(Runnable task) {
    if (over) {
      throw new RejectedExecutionException("the lane is over");
    }
    tasks.add(task);
  }

  /** Runs what is due now, and what that sets off. */
  void turn() {
    for (var task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
  }

  /** Lets time pass, and everything happen that is due in it. */
  void pass(long nanos) {
    long until = now + nanos;
    for (var next = due.peek(); next != null && next.at <= until; next = due.peek()) {
      due.remove(next);
      now = next.at;
      next.task.run();
      turn();
    }
    now = until;
  }

  /** How many tasks wait for their time. */
  int scheduled() {
    return due.size();
  }

  private record Due(long at, long order, Runnable task) implements Comparable<Due> {
    @Override
    public int compareTo(Due other) {
      return at == other.at ? Long.compare(order, other.order) : Long.compare(at, other.at);
    }
  }
}

package dev.dunlin.server.internal;

import java.util.ArrayDeque;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A lane whose turns and whose clock are in the test's hands. */
final class MemoryLane extends Lane {

  final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  final ArrayDeque<Long> ticks = new ArrayDeque<>();
  private final Thread thread = Thread.currentThread();
  private volatile long now;

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
  protected void scheduleTick(long nanos) {
    ticks.add(now + nanos);
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  /** Runs what is due now, and what that sets off. */
  void turn() {
    for (var task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
  }

  /** Lets time pass, tick by tick. */
  void pass(long nanos) {
    long until = now + nanos;
    while (!ticks.isEmpty() && ticks.peek() <= until) {
      now = ticks.poll();
      tick();
      turn();
    }
    now = until;
  }
}

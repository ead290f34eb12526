package dev.dunlin.testing;

import dev.dunlin.server.internal.Lane;
import java.util.SplittableRandom;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * An event loop without a thread: the test runs its tasks, and its clock stands still until the
 * test moves it.
 */
final class MemoryLane extends Lane {

  private static final long START = 1_000_000_000L;

  private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
  private volatile @Nullable Thread running;
  private volatile long now = START;
  private final PriorityBlockingQueue<Due> due = new PriorityBlockingQueue<>();
  private final AtomicLong scheduled = new AtomicLong();

  MemoryLane() {
    super(new SplittableRandom(1), START);
  }

  @Override
  public boolean inLane() {
    return Thread.currentThread() == running;
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
    tasks.add(task);
  }

  /** Runs what is queued and what that queues, on the calling thread. */
  void run() {
    if (running != null) {
      return; // a task of this lane: what it queued comes after it
    }
    running = Thread.currentThread();
    try {
      for (var task = tasks.poll(); task != null; task = tasks.poll()) {
        task.run();
      }
    } finally {
      running = null;
    }
  }

  /** Waits in real time for a task from another thread, and runs it; false if none came. */
  boolean await(long millis) {
    try {
      var task = tasks.poll(millis, TimeUnit.MILLISECONDS);
      if (task == null) {
        return false;
      }
      tasks.add(task);
      run();
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Moves the clock, stopping at everything that is due on the way. */
  void advance(long nanos) {
    run();
    long target = now + nanos;
    for (var next = due.peek(); next != null && next.at <= target; next = due.peek()) {
      due.remove(next);
      now = next.at;
      execute(next.task);
      run();
    }
    now = target;
    run();
  }

  /** A task and its time; those of the same time run in the order in which they were asked for. */
  private record Due(long at, long order, Runnable task) implements Comparable<Due> {
    @Override
    public int compareTo(Due other) {
      return at == other.at ? Long.compare(order, other.order) : Long.compare(at, other.at);
    }
  }
}

package dev.dunlin.testing;

import dev.dunlin.server.internal.Lane;
import java.util.SplittableRandom;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
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
  private long tickAt = Long.MAX_VALUE;

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
  protected void scheduleTick(long nanos) {
    tickAt = now + nanos;
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

  /** Moves the clock, stopping at every tick of the timers on the way. */
  void advance(long nanos) {
    run();
    long target = now + nanos;
    while (tickAt <= target) {
      now = tickAt;
      tickAt = Long.MAX_VALUE;
      execute(this::tick);
      run();
    }
    now = target;
    run();
  }
}

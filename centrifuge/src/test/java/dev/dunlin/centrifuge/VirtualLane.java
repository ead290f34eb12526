package dev.dunlin.centrifuge;

import dev.dunlin.server.internal.Lane;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** An event loop whose tasks and time go on when the test says so, on the test's thread. */
final class VirtualLane extends Lane {

  private static final long START = 1_000_000_000_000L;
  private static final long NEVER = Long.MAX_VALUE;

  private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
  private volatile long now = START;
  private volatile @Nullable Thread runner;
  private long tickAt = NEVER;
  private long executed;

  VirtualLane() {
    super(new Random(7), START);
  }

  @Override
  public boolean inLane() {
    return Thread.currentThread() == runner;
  }

  @Override
  public long now() {
    return now;
  }

  /** How much time has passed since the lane was made. */
  Duration passed() {
    return Duration.ofNanos(now - START);
  }

  @Override
  protected void scheduleTick(long nanos) {
    tickAt = now + nanos;
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  /** The tasks that have run so far. */
  long executed() {
    return executed;
  }

  /** The tasks that wait. */
  int waiting() {
    return tasks.size();
  }

  /** Runs what waits, and what that brings about. */
  void run() {
    for (var task = tasks.poll(); task != null; task = tasks.poll()) {
      run(task);
    }
  }

  /** Waits for a task from another thread, such as a hook's, and runs it; false after 5 s. */
  boolean awaitTask() {
    try {
      var task = tasks.poll(5, TimeUnit.SECONDS);
      if (task == null) {
        return false;
      }
      run(task);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void run(Runnable task) {
    executed++;
    var before = runner;
    runner = Thread.currentThread();
    try {
      task.run();
    } finally {
      runner = before;
    }
  }

  /** Lets time pass, and everything happen that is due in it. */
  void advance(Duration time) {
    run();
    long target = now + time.toNanos();
    while (tickAt <= target) {
      now = tickAt;
      tickAt = NEVER;
      run(this::tick);
      run();
    }
    now = target;
    run();
  }
}

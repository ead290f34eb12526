package dev.dunlin.centrifuge;

import dev.dunlin.server.internal.Lane;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** An event loop whose tasks and time go on when the test says so, on the test's thread. */
final class VirtualLane extends Lane {

  private static final long START = 1_000_000_000_000L;

  private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
  private volatile long now = START;
  private volatile @Nullable Thread runner;
  private final PriorityBlockingQueue<Due> due = new PriorityBlockingQueue<>();
  private final AtomicLong scheduled = new AtomicLong();
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
  protected void schedule(Runnable task, long nanos) {
    due.add(new Due(now + nanos, scheduled.getAndIncrement(), task));
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
    for (var next = due.peek(); next != null && next.at <= target; next = due.peek()) {
      due.remove(next);
      now = next.at;
      run(next.task);
      run();
    }
    now = target;
    run();
  }

  private record Due(long at, long order, Runnable task) implements Comparable<Due> {
    @Override
    public int compareTo(Due other) {
      return at == other.at ? Long.compare(order, other.order) : Long.compare(at, other.at);
    }
  }
}

package dev.dunlin.channels;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;

/** A lane whose tasks run when the test says so. One thread. */
final class ManualLane implements Executor {

  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  int queued() {
    return tasks.size();
  }

  /** Runs the tasks that wait, and those they bring about. */
  void run() {
    for (var task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
  }
}

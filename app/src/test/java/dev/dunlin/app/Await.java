package dev.dunlin.app;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Waits for something that another thread or process brings about. */
final class Await {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** What may fail while it is not there yet. */
  interface Condition {
    boolean holds() throws Exception;
  }

  private Await() {}

  static void until(String what, Condition condition) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("did not come about: " + what);
      }
      LockSupport.parkNanos(5_000_000);
    }
  }
}

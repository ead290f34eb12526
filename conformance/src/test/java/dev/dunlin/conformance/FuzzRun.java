package dev.dunlin.conformance;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Counts what a fuzzer executes: a run in which hardly anything was executed has proved nothing and
 * fails. Without {@code JAZZER_FUZZ} only the stored inputs are played, which is right.
 */
final class FuzzRun implements AfterAllCallback {

  private static final long LEAST = 100;
  private static final AtomicLong EXECUTIONS = new AtomicLong();

  /** Once for each input. */
  static void executed() {
    EXECUTIONS.incrementAndGet();
  }

  @Override
  public void afterAll(ExtensionContext context) {
    long executions = EXECUTIONS.getAndSet(0);
    if (System.getenv("JAZZER_FUZZ") == null) {
      return;
    }
    System.out.printf("%s executed %,d inputs%n", context.getDisplayName(), executions);
    if (executions < LEAST) {
      throw new AssertionError(
          context.getDisplayName() + " has executed " + executions + " inputs: nothing was fuzzed");
    }
  }
}

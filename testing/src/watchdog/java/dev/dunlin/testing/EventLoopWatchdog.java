package dev.dunlin.testing;

import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/**
 * A JUnit extension that fails a test in which an event loop was seen waiting: one wait on a loop
 * delays every connection that the loop owns, and shows under load only.
 *
 * <p>Register it with {@code @ExtendWith(EventLoopWatchdog.class)}, or for all tests by setting
 * {@code junit.jupiter.extensions.autodetection.enabled=true}. One daemon thread looks at the loops
 * of Dunlin's servers and clients every few milliseconds, so a wait shorter than that may pass
 * unseen; what counts as one is told in {@link LoopWaits}. Where tests run at the same time, the
 * one that ends next fails; the stack in the message says who it was.
 */
public final class EventLoopWatchdog
    implements BeforeAllCallback, AfterEachCallback, AfterAllCallback {

  /** The server names its event-loop threads so. */
  static final String LOOP = "dunlin-loop";

  private static final long INTERVAL_NANOS = 5_000_000;

  /** Called by JUnit. */
  public EventLoopWatchdog() {}

  @Override
  public void beforeAll(ExtensionContext context) {
    watch(context);
  }

  @Override
  public void afterEach(ExtensionContext context) {
    check(context);
  }

  @Override
  public void afterAll(ExtensionContext context) {
    check(context);
  }

  private static void check(ExtensionContext context) {
    List<String> seen = watch(context).waits.drain();
    if (!seen.isEmpty()) {
      throw new AssertionError("an event loop waited:\n" + String.join("\n", seen));
    }
  }

  /** One thread for the whole run of tests; JUnit closes it at the end. */
  private static Watch watch(ExtensionContext context) {
    return context
        .getRoot()
        .getStore(Namespace.create(EventLoopWatchdog.class))
        .computeIfAbsent(Watch.class, type -> new Watch(), Watch.class);
  }

  private static final class Watch implements AutoCloseable {
    private final LoopWaits waits = new LoopWaits(LOOP);
    private final Thread thread =
        Thread.ofPlatform().daemon().name("loop-watchdog").start(this::run);
    private volatile boolean closed;

    private void run() {
      while (!closed) {
        waits.sample(System.nanoTime());
        LockSupport.parkNanos(INTERVAL_NANOS);
      }
    }

    @Override
    public void close() {
      closed = true;
      LockSupport.unpark(thread);
    }
  }
}

package dev.dunlin.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.Extension;

class EventLoopWatchdogTest {

  // Not the name of the server's loops: the watchdog that runs beside this test must not bark.
  private final LoopWaits waits = new LoopWaits("watched-loop");

  private static Thread loop(Runnable task) {
    return Thread.ofPlatform().daemon().name("watched-loop-1").start(task);
  }

  private static void await(Thread thread, Thread.State state) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (thread.getState() != state) {
      assertThat(System.nanoTime()).as("waiting for " + state).isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  private static void awaitUnchecked(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interruption) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void waitForALatchIsSeenAtOnceAndToldOnceWithItsStack() throws Exception {
    CountDownLatch latch = new CountDownLatch(1);
    Thread loop = loop(() -> awaitUnchecked(latch));
    await(loop, Thread.State.WAITING);
    waits.sample(0);
    waits.sample(1);
    List<String> seen = waits.drain();
    assertThat(seen).hasSize(1);
    assertThat(seen.getFirst())
        .startsWith("watched-loop-1 WAITING on java.util.concurrent.CountDownLatch")
        .contains("EventLoopWatchdogTest.awaitUnchecked");
    assertThat(waits.drain()).isEmpty();
    latch.countDown();
    loop.join();
  }

  @Test
  void waitForALockWhoseOwnerWaitsIsSeenOnceItLasts() throws Exception {
    ReentrantLock lock = new ReentrantLock();
    CountDownLatch held = new CountDownLatch(1);
    Thread owner =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              lock.lock();
              awaitUnchecked(held);
              lock.unlock();
            });
    await(owner, Thread.State.WAITING);
    Thread loop =
        loop(() -> {
          lock.lock();
          lock.unlock();
        });
    await(loop, Thread.State.WAITING);
    waits.sample(0);
    waits.sample(TimeUnit.MILLISECONDS.toNanos(LoopWaits.LOCK_MILLIS) - 1);
    assertThat(waits.drain()).isEmpty();
    waits.sample(TimeUnit.MILLISECONDS.toNanos(LoopWaits.LOCK_MILLIS));
    assertThat(waits.drain()).hasSize(1);
    held.countDown();
    loop.join();
  }

  @Test
  void waitForALockWhoseOwnerRunsMayLastLonger() throws Exception {
    ReentrantLock lock = new ReentrantLock();
    lock.lock(); // the owner is this thread, which runs whenever it samples
    Thread loop =
        loop(() -> {
          lock.lock();
          lock.unlock();
        });
    await(loop, Thread.State.WAITING);
    waits.sample(0);
    waits.sample(TimeUnit.MILLISECONDS.toNanos(LoopWaits.BUSY_OWNER_MILLIS) - 1);
    assertThat(waits.drain()).isEmpty();
    waits.sample(TimeUnit.MILLISECONDS.toNanos(LoopWaits.BUSY_OWNER_MILLIS));
    assertThat(waits.drain()).hasSize(1);
    lock.unlock();
    loop.join();
  }

  @Test
  void waitWithoutOurFramesIsIdleness() throws Exception {
    // A worker of the JDK's that has nothing to do: none of our frames is on its stack.
    try (ThreadPoolExecutor idle =
        new ThreadPoolExecutor(
            1,
            1,
            0,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            task -> new Thread(task, "watched-loop-idle"))) {
      Thread loop = idle.submit(Thread::currentThread).get();
      await(loop, Thread.State.WAITING);
      waits.sample(0);
      assertThat(waits.drain()).isEmpty();
    }
  }

  @Test
  void watchdogIsFoundByJUnit() {
    assertThat(ServiceLoader.load(Extension.class))
        .hasAtLeastOneElementOfType(EventLoopWatchdog.class);
  }
}

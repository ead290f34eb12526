package dev.dunlin.server.internal;

import dev.dunlin.websocket.Batch;
import dev.dunlin.websocket.Batching;
import dev.dunlin.websocket.DeflateContext;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.random.RandomGenerator;

/**
 * An event loop as conversations see it: a serial executor with a clock, the outgoing buffer, the
 * timers and the compression contexts that its connections share.
 *
 * <p>{@link #execute} may be called from any thread, everything else on the lane only.
 */
public abstract class Lane implements Executor {

  /** Threads of event loops carry this: on them nothing waits. */
  public interface LoopThread {}

  /**
   * Refuses what waits.
   *
   * @throws IllegalStateException on the thread of an event loop
   */
  public static void requireNoLoop(String what) {
    if (Thread.currentThread() instanceof LoopThread) {
      throw new IllegalStateException(what);
    }
  }

  private final Meter meter = new Meter();
  private final Cork cork = new Cork(meter);
  private final Wheel wheel;
  private final RandomGenerator random;
  private final ArrayList<Conversation> touched = new ArrayList<>();
  private final Runnable endOfTurn = this::flushTouched;
  private final DeflateContext deflateContext = new DeflateContext();
  private final HashMap<Batching, Batch> batches = new HashMap<>(2);
  private final Runnable tick = this::tick;
  private final ConcurrentHashMap<Duration, Executor> delayed = new ConcurrentHashMap<>();
  private boolean ticking;

  /**
   * A lane.
   *
   * @param random unpredictable: mask keys come from it
   */
  protected Lane(RandomGenerator random, long now) {
    this.random = random;
    this.wheel = new Wheel(now);
  }

  /** Whether the calling thread runs this lane's tasks now. */
  public abstract boolean inLane();

  /** Nanoseconds of a monotonic clock, above 0. From any thread. */
  public abstract long now();

  /** Runs a task after this time; to the millisecond or better. From any thread. */
  protected abstract void schedule(Runnable task, long nanos);

  /**
   * This lane, with each task run that much later: the same object for the same delay. From any
   * thread; costs nothing until it is used.
   */
  final Executor delayed(Duration delay) {
    return delay.isZero() ? this : delayed.computeIfAbsent(delay, Delayed::new);
  }

  private final class Delayed implements Executor {
    private final long nanos;

    Delayed(Duration delay) {
      if (delay.isNegative()) {
        throw new IllegalArgumentException("a task cannot run before now: " + delay);
      }
      nanos = delay.toNanos();
    }

    @Override
    public void execute(Runnable task) {
      schedule(task, nanos);
    }
  }

  private void tick() {
    ticking = false;
    long now = now();
    meter.ticked(now);
    try {
      wheel.advance(now);
    } finally {
      keepTicking(); // one that fails must not keep the others from their time
    }
  }

  private void keepTicking() {
    if (!ticking && !wheel.isEmpty()) {
      ticking = true;
      meter.tickDue(now() + Wheel.TICK_NANOS);
      schedule(tick, Wheel.TICK_NANOS);
    } else if (!ticking) {
      meter.idle();
    }
  }

  /** Watches an entry's deadline, which may have come nearer. */
  public final void watch(Timed entry) {
    wheel.watch(entry);
    keepTicking();
  }

  /** Watches it no more. */
  public final void unwatch(Timed entry) {
    wheel.remove(entry);
  }

  /** Whether a wait would stop an event loop. */
  public final boolean mustNotWait() {
    return inLane() || Thread.currentThread() instanceof LoopThread;
  }

  /**
   * Runs a task later, unless the server has stopped and the lane is over: for other threads, which
   * may outlive it.
   *
   * @return false if it is over
   */
  public final boolean offer(Runnable task) {
    try {
      execute(task);
      return true;
    } catch (RejectedExecutionException over) {
      return false;
    }
  }

  /** What this lane counts. May be read from any thread. */
  public final Meter meter() {
    return meter;
  }

  final Cork cork() {
    return cork;
  }

  final RandomGenerator random() {
    return random;
  }

  final DeflateContext deflateContext() {
    return deflateContext;
  }

  /** The empty batch that this lane's connections with these settings take turns to fill. */
  final Batch batch(Batching settings) {
    return batches.computeIfAbsent(settings, Batch::new);
  }

  /** Lets a conversation flush its outbox at the end of this turn, once. */
  final void touch(Conversation conversation) {
    if (touched.isEmpty()) {
      execute(endOfTurn);
    }
    touched.add(conversation);
  }

  private void flushTouched() {
    // one that fails must not keep the others from leaving
    for (int i = 0; i < touched.size(); i++) {
      var conversation = touched.get(i);
      try {
        conversation.flush();
      } catch (RuntimeException | Error failure) {
        conversation.broken(failure);
      }
    }
    touched.clear();
  }

  /** Releases native memory; the lane must not be used afterwards. */
  public final void release() {
    deflateContext.close();
  }
}

package dev.dunlin.testing;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Samples of the event-loop threads, and the waits seen in them.
 *
 * <p>A loop that has nothing to do waits in the kernel, in Netty, with none of our frames on its
 * stack: that does not count. With one of ours on it, a wait for an event (a future, a latch, a
 * queue, a sleep) counts at the first sight. Waiting for a lock counts only if one and the same
 * wait lasts {@value #LOCK_MILLIS} ms, or {@value #BUSY_OWNER_MILLIS} ms while the lock's owner may
 * be running: a short critical section is allowed, and on a busy machine its owner may be off the
 * processor for a while; an owner that itself waits is the fault that is looked for. Not ours, and
 * not counted, is what the JVM waits for while it loads a class or links a call, and what a logging
 * back end does with a line.
 *
 * <p>{@link #sample} belongs to one thread; {@link #drain} may be called from any.
 */
final class LoopWaits {

  static final int LOCK_MILLIS = 50;
  static final int BUSY_OWNER_MILLIS = 1000;

  private static final int MAX_FRAMES = 256;

  private static final List<String> NOT_OURS =
      List.of(
          "java.lang.ClassLoader",
          "jdk.internal.loader.",
          "java.lang.invoke.",
          "org.slf4j.",
          "ch.qos.logback.");

  private static final List<String> LOCKS =
      List.of(
          "java.util.concurrent.locks.ReentrantLock",
          "java.util.concurrent.locks.ReentrantReadWriteLock",
          "java.util.concurrent.locks.StampedLock");

  private record Wait(long count, long sinceNanos, boolean told) {}

  private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
  private final String loopName;
  private final Map<Long, Wait> waits = new HashMap<>();
  private final Queue<String> seen = new ConcurrentLinkedQueue<>();
  private Thread[] found = new Thread[64];

  LoopWaits(String loopName) {
    this.loopName = loopName;
  }

  /** Looks at every loop once. */
  void sample(long nowNanos) {
    int count = enumerate();
    for (int i = 0; i < count; i++) {
      Thread thread = found[i];
      if (thread.getName().startsWith(loopName)) {
        // The cheap question first; state and stack must then come from one moment.
        ThreadInfo info =
            waiting(thread.getState())
                ? threads.getThreadInfo(thread.threadId(), MAX_FRAMES)
                : null;
        if (info != null && waiting(info.getThreadState()) && ours(info.getStackTrace())) {
          judge(info, nowNanos);
        } else {
          waits.remove(thread.threadId());
        }
      }
      found[i] = null;
    }
  }

  /** The waits seen since the last call, each with its stack. */
  List<String> drain() {
    List<String> drained = new ArrayList<>();
    for (String wait = seen.poll(); wait != null; wait = seen.poll()) {
      drained.add(wait);
    }
    return drained;
  }

  private void judge(ThreadInfo info, long nowNanos) {
    long count = info.getBlockedCount() + info.getWaitedCount();
    Wait before = waits.get(info.getThreadId());
    if (before == null || before.count() != count) {
      before = new Wait(count, nowNanos, false);
    }
    long allowed = ownerMayRun(info) ? BUSY_OWNER_MILLIS : LOCK_MILLIS;
    boolean lasts = nowNanos - before.sinceNanos() >= allowed * 1_000_000L;
    boolean tell = !before.told() && (lasts || !forLock(info));
    if (tell) {
      seen.add(describe(info));
    }
    Wait now = new Wait(count, before.sinceNanos(), before.told() || tell);
    waits.put(info.getThreadId(), now);
  }

  /** A virtual thread's state cannot be asked: it counts as running. */
  private boolean ownerMayRun(ThreadInfo info) {
    if (!forLock(info)) {
      return false;
    }
    ThreadInfo owner =
        info.getLockOwnerId() < 0 ? null : threads.getThreadInfo(info.getLockOwnerId());
    return owner == null || owner.getThreadState() == Thread.State.RUNNABLE;
  }

  private int enumerate() {
    ThreadGroup root = Thread.currentThread().getThreadGroup();
    for (ThreadGroup parent = root.getParent(); parent != null; parent = parent.getParent()) {
      root = parent;
    }
    int count = root.enumerate(found, true);
    while (count == found.length) {
      found = new Thread[found.length * 2];
      count = root.enumerate(found, true);
    }
    return count;
  }

  private static boolean waiting(Thread.State state) {
    return switch (state) {
      case BLOCKED, WAITING, TIMED_WAITING -> true;
      case NEW, RUNNABLE, TERMINATED -> false;
    };
  }

  /** Whether a frame of ours waits: from the top, one of ours comes before one that may wait. */
  private static boolean ours(StackTraceElement[] stack) {
    for (StackTraceElement frame : stack) {
      if (NOT_OURS.stream().anyMatch(frame.getClassName()::startsWith)) {
        return false;
      }
      if (frame.getClassName().startsWith("dev.dunlin.")) {
        return true;
      }
    }
    return false;
  }

  private static boolean forLock(ThreadInfo info) {
    if (info.getThreadState() == Thread.State.BLOCKED) {
      return true;
    }
    for (StackTraceElement frame : info.getStackTrace()) {
      if (frame.getClassName().startsWith("dev.dunlin.")) {
        return false;
      }
      if (LOCKS.stream().anyMatch(frame.getClassName()::startsWith)) {
        return true;
      }
    }
    return false;
  }

  private static String describe(ThreadInfo info) {
    StringBuilder text = new StringBuilder();
    text.append(info.getThreadName()).append(' ').append(info.getThreadState());
    if (info.getLockName() != null) {
      text.append(" on ").append(info.getLockName());
    }
    for (StackTraceElement frame : info.getStackTrace()) {
      text.append("\n\tat ").append(frame);
    }
    return text.toString();
  }
}

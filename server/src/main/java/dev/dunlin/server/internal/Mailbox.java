package dev.dunlin.server.internal;

import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Message;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The messages that wait for a handler on virtual threads: serial, in order, and a thread only
 * while there is work.
 *
 * <p>Everything below is guarded by {@link #lock}, except what arrives, which is the lane's, and
 * {@link #workingSince}.
 */
final class Mailbox implements Runnable {

  private static final ThreadFactory THREADS =
      Thread.ofVirtual().name("dunlin-handler-", 0).factory();

  private final ReentrantLock lock = new ReentrantLock();
  private final Conversation owner;
  private final Application application;
  private final ArrayDeque<Object> work = new ArrayDeque<>(8);
  private final int maxMessages;
  private final int maxBytes;

  /** What has arrived in this read batch; the lane's, like the four below. */
  private final ArrayList<Object> arriving = new ArrayList<>(8);

  private int arrivingMessages;
  private long arrivingBytes;

  /** What there was room for at the last hand-over; by now there may be more. */
  private int roomMessages;

  private long roomBytes;

  private int messages;
  private long bytes;
  private boolean running;
  private boolean full;
  private @Nullable Thread thread;

  /** When the handler began with what it works on, or 0. Written by the handler's thread. */
  private volatile long workingSince;

  Mailbox(Conversation owner, Application application) {
    this.owner = owner;
    this.application = application;
    this.maxMessages = owner.limits().inboundMessages();
    this.maxBytes = owner.limits().inboundBytes();
    this.roomMessages = maxMessages;
    this.roomBytes = maxBytes;
  }

  /**
   * Adds a message that owns its bytes. On the lane, which {@linkplain #handOver hands over} what
   * arrived when its read batch ends.
   *
   * @return false if the mailbox is full with it: reading should stop until there is room again
   */
  boolean add(Message message) {
    arriving.add(message);
    arrivingMessages++;
    arrivingBytes += size(message);
    return (arrivingMessages < roomMessages && arrivingBytes < roomBytes) || handOver();
  }

  /** Adds work that is not a message and counts for nothing. On the lane. */
  void add(Runnable task) {
    arriving.add(task);
    var unused = handOver();
  }

  /**
   * Hands over what has arrived, all at once: a lock, a look at the thread and at most one start
   * for a whole read batch. On the lane.
   *
   * @return whether there is room for more
   */
  boolean handOver() {
    if (arriving.isEmpty()) {
      return true;
    }
    boolean start;
    boolean room;
    lock.lock();
    try {
      work.addAll(arriving);
      messages += arrivingMessages;
      bytes += arrivingBytes;
      start = !running;
      running = true;
      room = messages < maxMessages && bytes < maxBytes;
      full |= !room;
      roomMessages = maxMessages - messages;
      roomBytes = maxBytes - bytes;
    } finally {
      lock.unlock();
    }
    arriving.clear();
    arrivingMessages = 0;
    arrivingBytes = 0;
    if (start) {
      THREADS.newThread(this).start();
    }
    return room;
  }

  private static int size(Message message) {
    return message instanceof Data data ? data.size() : 0;
  }

  /** The handler's thread: works until nothing is left. */
  @Override
  public void run() {
    var batch = new ArrayDeque<Object>(8);
    while (take(batch)) {
      int done = 0;
      long size = 0;
      for (var item = batch.poll(); item != null; item = batch.poll()) {
        workingSince = Math.max(1, owner.lane.now());
        if (item instanceof Message message) {
          application.handle(message);
          done++;
          size += size(message);
        } else {
          // meant for a handler that took too long; how it ends is told without
          var unused = Thread.interrupted();
          ((Runnable) item).run();
        }
      }
      if (worked(done, size)) {
        owner.unpauseSoon(Reading.PAUSED_BY_MAILBOX);
      }
    }
  }

  /** Takes all the work there is; none ends the thread. */
  private boolean take(ArrayDeque<Object> batch) {
    lock.lock();
    try {
      if (work.isEmpty()) {
        running = false;
        thread = null;
        workingSince = 0;
        return false;
      }
      thread = Thread.currentThread();
      batch.addAll(work);
      work.clear();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Messages count until they are handled; says whether there is room again. */
  private boolean worked(int done, long size) {
    lock.lock();
    try {
      messages -= done;
      bytes -= size;
      boolean drained = full && messages <= maxMessages / 2 && bytes <= maxBytes / 2;
      full &= !drained;
      return drained;
    } finally {
      lock.unlock();
    }
  }

  /** When the handler began with the message that it works on; 0 if it works on none. */
  long workingSince() {
    return workingSince;
  }

  /** Wakes a handler that took too long out of whatever it waits for. */
  void interrupt() {
    lock.lock();
    try {
      if (thread != null) {
        thread.interrupt();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Whether a handler works or work waits. On the lane. */
  boolean busy() {
    if (!arriving.isEmpty()) {
      return true;
    }
    lock.lock();
    try {
      return running;
    } finally {
      lock.unlock();
    }
  }
}

package dev.dunlin.server.internal;

import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Message;
import java.util.ArrayDeque;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The messages that wait for a handler on virtual threads: serial, in order, and a thread only
 * while there is work.
 *
 * <p>Everything below is guarded by {@link #lock}, except {@link #workingSince}.
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
  }

  /**
   * Adds a message that owns its bytes.
   *
   * @return false if the mailbox is full with it: reading should stop until it has drained
   */
  boolean add(Message message) {
    return add((Object) message);
  }

  /** Adds work that is not a message and counts for nothing. */
  void add(Runnable task) {
    add((Object) task);
  }

  private boolean add(Object item) {
    boolean start;
    boolean room;
    lock.lock();
    try {
      work.add(item);
      if (item instanceof Message message) {
        messages++;
        bytes += size(message);
      }
      start = !running;
      running = true;
      room = messages < maxMessages && bytes < maxBytes;
      full |= !room;
    } finally {
      lock.unlock();
    }
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

  /** Whether a handler works or work waits. */
  boolean busy() {
    lock.lock();
    try {
      return running;
    } finally {
      lock.unlock();
    }
  }
}

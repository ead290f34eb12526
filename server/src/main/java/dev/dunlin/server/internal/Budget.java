package dev.dunlin.server.internal;

import dev.dunlin.websocket.ByteBudget;
import dev.dunlin.websocket.Prepared;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What the outgoing queues of a server hold in all, against what the process can bear. Above it the
 * largest queues close first.
 *
 * <p>Only queues whose peers do not read as fast as they are sent to are counted, and what their
 * wires hold: what leaves at the end of its turn is never charged. Bytes that many queues share are
 * charged once.
 */
public final class Budget {

  /** What a waiting message takes beyond its payload: its objects, as measured. */
  static final int MESSAGE_BYTES = 128;

  private static final int HEAP_SHARE = 4;
  private static final long LEAST_BYTES = 64L << 20;

  private static final int STRANGERS_SHARE = 4;

  private final long most;
  private final ByteBudget strangers;
  private final AtomicLong used = new AtomicLong();
  private final Set<Conversation> charged = ConcurrentHashMap.newKeySet();
  private final ConcurrentHashMap<Identity, Integer> shared = new ConcurrentHashMap<>();
  private final ReentrantLock relief = new ReentrantLock();

  /** A shared message by identity, whatever its {@code equals}. */
  private record Identity(Prepared prepared) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Identity same && same.prepared == prepared;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(prepared);
    }
  }

  /** A budget of so many bytes. */
  public Budget(long most) {
    this.most = most;
    this.strangers = new ByteBudget(most / STRANGERS_SHARE);
  }

  /** A quarter of the largest heap, and never less than 64 MiB. */
  public static Budget ofHeap() {
    return new Budget(Math.max(LEAST_BYTES, Runtime.getRuntime().maxMemory() / HEAP_SHARE));
  }

  /** What may arrive from peers that nobody knows yet: a quarter as much, beside it. */
  public ByteBudget strangers() {
    return strangers;
  }

  /** Bytes that may be charged. */
  public long most() {
    return most;
  }

  /** Bytes charged now. */
  public long used() {
    return used.get();
  }

  /** A queue begins to hold back. */
  void enter(Conversation conversation) {
    charged.add(conversation);
  }

  /** A queue has drained or ended. */
  void leave(Conversation conversation) {
    charged.remove(conversation);
  }

  void add(Outbox.Item item) {
    if (item instanceof Outbox.Shared one
        && shared.merge(new Identity(one.prepared()), 1, Integer::sum) > 1) {
      return;
    }
    used.addAndGet(Outbox.size(item) + MESSAGE_BYTES);
  }

  /** Whether more is charged than there is. */
  boolean exceeded() {
    return used.get() > most;
  }

  void remove(Outbox.Item item) {
    if (item instanceof Outbox.Shared one
        && shared.computeIfPresent(
                new Identity(one.prepared()), (key, count) -> count == 1 ? null : count - 1)
            != null) {
      return;
    }
    used.addAndGet(-Outbox.size(item) - MESSAGE_BYTES);
  }

  /** What is charged of a message or of a wire has become more, or less. */
  void change(long difference) {
    used.addAndGet(difference);
  }

  /**
   * Closes the largest queues until what is left fits. One thread does it for all. The caller holds
   * the lock of no queue: its own may be the largest.
   */
  void relieve() {
    while (exceeded() && !charged.isEmpty() && relief.tryLock()) {
      try {
        var largest = largest();
        if (largest == null) {
          return;
        }
        charged.remove(largest);
        largest.tooSlow();
      } finally {
        relief.unlock();
      }
    }
  }

  private @Nullable Conversation largest() {
    Conversation largest = null;
    long size = 0;
    for (var conversation : charged) {
      long queued = conversation.queued();
      if (queued > size) {
        size = queued;
        largest = conversation;
      }
    }
    return largest;
  }
}

package dev.dunlin.server.internal;

import dev.dunlin.server.Overflow;
import dev.dunlin.websocket.Close;
import dev.dunlin.websocket.Closed;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Prepared;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a session wants to send and could not hand to its connection at once, in order, bounded in
 * bytes and messages.
 *
 * <p>Made when it is first needed and retired when it has been empty for a while: an idle session
 * has none. Everything below is guarded by {@link #lock}, except {@link #count}, which may be read
 * without it.
 */
final class Outbox {

  /** What can wait here. */
  sealed interface Item {}

  /** A message, perhaps under a key that a newer one may take over. */
  static final class One implements Item {
    Data message;
    final @Nullable Object key;

    One(Data message, @Nullable Object key) {
      this.message = message;
      this.key = key;
    }

    /** A message that waits, under its key where the policy has keys. A view is copied. */
    static One of(Data message, Overflow overflow) {
      var owned = message.copy();
      return new One(
          owned, overflow instanceof Overflow.Conflate(var key) ? key.apply(owned) : null);
    }
  }

  /** Messages that others share. */
  record Shared(Prepared prepared) implements Item {}

  /** A piece of a message that is sent while it is produced. */
  record Part(boolean text, ByteBuffer bytes, boolean last) implements Item {}

  /** The end, after all that waits before it. */
  record End(Close close, Closed.Cause cause) implements Item {}

  /** The end that the peer has caused, after all that waits before it. */
  record Conclusion() implements Item {}

  /** What became of an item that was offered. */
  enum Verdict {
    ACCEPTED,
    /** Taken, and the caller is the first since the last flush that needs one. */
    ACCEPTED_FIRST,
    /** Nothing was taken, or something older was dropped to take it: the policy is content. */
    REFUSED,
    /** It does not fit; the caller decides. */
    FULL,
    /** This outbox is no longer in use: look for the current one. */
    RETIRED
  }

  /** The part of the limit that the wire may fill. */
  private static final int WIRE_SHARE = 4;

  private final ReentrantLock lock = new ReentrantLock();
  private final Conversation owner;
  private final Budget budget;
  private final int maxBytes;
  private final int maxMessages;
  private final ArrayDeque<Item> items = new ArrayDeque<>(4);

  private @Nullable Condition space;
  private @Nullable HashMap<Object, One> byKey;

  /** Messages that wait for the end of a message in parts. */
  private @Nullable ArrayDeque<Item> held;

  private volatile int count;
  private long bytes;

  /** What the wire held when it last took no more; it counts like what waits behind it. */
  private long inWire;

  /** How much of that the process's budget counts, until the wire has sent it or is gone. */
  private long wireCharged;

  private boolean flushAsked;
  private boolean retired;
  private boolean refusing;

  /** Whether the process's budget counts what is here. */
  private volatile boolean charged;

  Outbox(Conversation owner) {
    this.owner = owner;
    this.budget = owner.terms.budget();
    var limits = owner.limits();
    this.maxBytes = limits.outboundBytes();
    this.maxMessages = limits.outboundMessages();
  }

  static int size(Item item) {
    return switch (item) {
      case One one -> one.message.size();
      case Shared shared -> shared.prepared.size();
      case Part part -> part.bytes.remaining();
      case End end -> 0;
      case Conclusion conclusion -> 0;
    };
  }

  private static int messages(Item item) {
    return item instanceof Shared shared ? shared.prepared.messages().size() : 1;
  }

  int count() {
    return count;
  }

  /** Whether messages wait for the end of one in parts. */
  boolean holds() {
    lock.lock();
    try {
      return held != null;
    } finally {
      lock.unlock();
    }
  }

  long bytes() {
    lock.lock();
    try {
      return bytes;
    } finally {
      lock.unlock();
    }
  }

  private boolean fits(Item item, int times) {
    // a message larger than the whole queue goes alone, or it could never be sent
    return count == 0
        || (bytes + inWire + size(item) <= (long) maxBytes * times
            && count + messages(item) <= (long) maxMessages * times);
  }

  /**
   * Offers an item and acts as the policy says where it does not fit.
   *
   * @param times how many times the limits may be filled
   * @param inLane whether the lane itself offers, which knows when it flushes
   */
  Verdict offer(Item item, int times, Overflow overflow, boolean inLane) {
    var verdict = offerLocked(item, times, overflow, inLane);
    relieveBudget();
    return verdict;
  }

  /** With no lock held: the queue that is closed may be this one. */
  private void relieveBudget() {
    if (charged && budget.exceeded()) {
      budget.relieve();
    }
  }

  private Verdict offerLocked(Item item, int times, Overflow overflow, boolean inLane) {
    lock.lock();
    try {
      if (retired) {
        return Verdict.RETIRED;
      }
      if (refusing) {
        return Verdict.REFUSED;
      }
      if (replaces(item, times)) {
        return Verdict.ACCEPTED;
      }
      if (!fits(item, times)) {
        switch (overflow) {
          case Overflow.CloseSession close -> {
            return Verdict.FULL;
          }
          case Overflow.DropNewest newest -> {
            owner.lane.meter().dropped(messages(item));
            return Verdict.REFUSED;
          }
          case Overflow.DropOldest oldest -> makeRoom(item, times);
          case Overflow.Conflate conflate -> makeRoom(item, times);
        }
        if (!fits(item, times)) {
          owner.lane.meter().dropped(messages(item));
          return Verdict.REFUSED;
        }
      }
      add(item);
      return inLane ? Verdict.ACCEPTED : accepted();
    } finally {
      lock.unlock();
    }
  }

  private Verdict accepted() {
    boolean first = !flushAsked;
    flushAsked = true;
    return first ? Verdict.ACCEPTED_FIRST : Verdict.ACCEPTED;
  }

  /** Offers an item and waits while it does not fit, up to {@code nanos}. */
  Verdict await(Item item, long nanos) throws InterruptedException {
    var verdict = awaitLocked(item, nanos);
    relieveBudget();
    return verdict;
  }

  private Verdict awaitLocked(Item item, long nanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = nanos;
      while (!retired && !refusing && !fits(item, 1)) {
        if (left <= 0) {
          return Verdict.FULL;
        }
        var condition = space;
        if (condition == null) {
          condition = lock.newCondition();
          space = condition;
        }
        left = condition.awaitNanos(left);
      }
      if (retired) {
        return Verdict.RETIRED;
      }
      if (refusing) {
        return Verdict.REFUSED;
      }
      if (!replaces(item, 1)) {
        add(item);
      }
      return accepted();
    } finally {
      lock.unlock();
    }
  }

  /** Puts a message in the place of the waiting one of its key, if it fits there. */
  private boolean replaces(Item item, int times) {
    var known = byKey;
    if (known == null || !(item instanceof One one) || one.key == null) {
      return false;
    }
    var waiting = known.get(one.key);
    if (waiting == null) {
      return false;
    }
    owner.lane.meter().conflated();
    int more = one.message.size() - waiting.message.size();
    if (more > 0 && bytes + inWire + more > (long) maxBytes * times) {
      // it counts like any other message; the one that it replaces is gone all the same
      if (!items.remove(waiting) && held != null) {
        held.remove(waiting);
      }
      removed(waiting);
      return false;
    }
    bytes += more;
    if (charged) {
      budget.change(more);
    }
    waiting.message = one.message;
    return true;
  }

  private void add(Item item) {
    if (item instanceof One one && one.key != null) {
      if (byKey == null) {
        byKey = new HashMap<>();
      }
      byKey.put(one.key, one);
    }
    bytes += size(item);
    count += messages(item);
    if (charged) {
      budget.add(item);
    }
    var waiting = held;
    if (item instanceof Part part) {
      items.add(item);
      if (part.last && waiting != null) {
        items.addAll(waiting);
        held = null;
      }
    } else if (waiting != null && !(item instanceof End || item instanceof Conclusion)) {
      waiting.add(item);
    } else {
      items.add(item);
    }
  }

  /**
   * From now on messages wait for the last {@link Part}.
   *
   * @return false if a message in parts is open already
   */
  Verdict beginParts() {
    lock.lock();
    try {
      if (retired) {
        return Verdict.RETIRED;
      }
      if (refusing) {
        return Verdict.REFUSED;
      }
      if (held != null) {
        return Verdict.FULL;
      }
      held = new ArrayDeque<>(4);
      return Verdict.ACCEPTED;
    } finally {
      lock.unlock();
    }
  }

  private void makeRoom(Item item, int times) {
    makeRoom(items.iterator(), item, times);
    var waiting = held;
    if (waiting != null) {
      makeRoom(waiting.iterator(), item, times);
    }
  }

  private void makeRoom(Iterator<Item> from, Item item, int times) {
    while (from.hasNext() && !fits(item, times)) {
      var old = from.next();
      switch (old) {
        case One one -> drop(from, one);
        case Shared shared -> drop(from, shared);
        case Part part -> {}
        case End end -> {}
        case Conclusion conclusion -> {}
      }
    }
  }

  private void drop(Iterator<Item> from, Item item) {
    from.remove();
    removed(item);
    owner.lane.meter().dropped(messages(item));
  }

  private void removed(Item item) {
    bytes -= size(item);
    count -= messages(item);
    if (charged) {
      budget.remove(item);
    }
    if (item instanceof One one && one.key != null && byKey != null) {
      byKey.remove(one.key);
    }
  }

  /** Takes the next item. */
  @Nullable Item poll() {
    lock.lock();
    try {
      flushAsked = false;
      var item = items.poll();
      if (item != null) {
        removed(item);
        wakeWaiters();
      }
      return item;
    } finally {
      lock.unlock();
    }
  }

  /**
   * The wire takes no more, so what is here counts against the process's budget, and what the wire
   * holds against that and the limits; or all is well again.
   *
   * @param pending what the wire holds; it counts up to a quarter of the limit, so that a small
   *     queue is more than its wire
   * @param held how much of it is the wire's alone
   */
  void charge(boolean charge, long pending, long held) {
    if (!charge && !charged && wireCharged == 0) {
      return;
    }
    chargeWire(pending, held);
    if (charge == charged) {
      relieveBudget();
      return;
    }
    lock.lock();
    try {
      if (charge == charged || (charge && refusing)) {
        return;
      }
      if (charge) {
        budget.enter(owner);
        charged = true;
        forEach(budget::add);
      } else {
        uncharge();
      }
    } finally {
      lock.unlock();
    }
    relieveBudget();
  }

  private void chargeWire(long pending, long held) {
    lock.lock();
    try {
      inWire = Math.min(pending, maxBytes / WIRE_SHARE);
      budget.change(held - wireCharged);
      wireCharged = held;
    } finally {
      lock.unlock();
    }
  }

  /** The transport has ended, and what it held is gone. */
  void wireGone() {
    chargeWire(0, 0);
  }

  private void uncharge() {
    if (charged) {
      charged = false;
      forEach(budget::remove);
      budget.leave(owner);
    }
  }

  private void forEach(Consumer<Item> action) {
    items.forEach(action);
    var waiting = held;
    if (waiting != null) {
      waiting.forEach(action);
    }
  }

  private void wakeWaiters() {
    var condition = space;
    if (condition != null && bytes <= maxBytes / 2 && count <= maxMessages / 2) {
      condition.signalAll();
    }
  }

  /** Whether it is over the limits, or would be with one more byte. */
  boolean overfull() {
    lock.lock();
    try {
      return bytes + inWire > maxBytes || count > maxMessages;
    } finally {
      lock.unlock();
    }
  }

  /** Whether it has drained to half of the limits. */
  boolean drained() {
    lock.lock();
    try {
      return bytes <= maxBytes / 2 && count <= maxMessages / 2;
    } finally {
      lock.unlock();
    }
  }

  /** Drops everything and refuses whatever comes: the session has ended. */
  void refuse() {
    lock.lock();
    try {
      refusing = true;
      uncharge();
      items.clear();
      held = null;
      byKey = null;
      bytes = 0;
      count = 0;
      var condition = space;
      if (condition != null) {
        condition.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Goes out of use if nothing waits and nobody is in the middle of anything. */
  boolean retire() {
    lock.lock();
    try {
      // what is charged, its wire's part too, is given back here and nowhere else
      if (count > 0 || held != null || refusing || flushAsked || charged || wireCharged > 0) {
        return false;
      }
      retired = true;
      return true;
    } finally {
      lock.unlock();
    }
  }
}

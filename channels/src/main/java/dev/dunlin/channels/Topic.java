package dev.dunlin.channels;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One channel of a hub while it has subscribers here. It is made with the first and gone with the
 * last of them; whoever finds it gone makes another.
 */
final class Topic {

  private static final Group[] NO_GROUPS = {};

  private final Hub hub;
  private final String channel;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock. The array is replaced, never changed.
  private Group[] groups = NO_GROUPS;
  private CompletionStage<Void> active = CompletableFuture.completedStage(null);
  private boolean gone;
  private int size;
  private @Nullable Tail tail;

  Topic(Hub hub, String channel) {
    this.hub = hub;
    this.channel = channel;
  }

  String channel() {
    return channel;
  }

  Hub.Counters counters() {
    return hub.counters;
  }

  CompletionStage<Void> active() {
    lock.lock();
    try {
      return active;
    } finally {
      lock.unlock();
    }
  }

  /** This moment: what arrives after it can be asked for, until it is released. */
  Tail.Mark mark() {
    lock.lock();
    try {
      var current = tail;
      if (current == null) {
        current = new Tail(hub.tailBytes);
        tail = current;
      }
      return current.mark();
    } finally {
      lock.unlock();
    }
  }

  /** What has arrived since a moment; empty if that is not known any more. */
  Optional<List<Publication>> since(Tail.Mark mark) {
    lock.lock();
    try {
      var current = tail;
      return current == mark.tail() ? Optional.of(current.since(mark)) : Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  /** Nobody will ask any more what has arrived since this moment. */
  void release(Tail.Mark mark) {
    lock.lock();
    try {
      if (mark.tail().release() && tail == mark.tail()) {
        dropTail(mark.tail());
      }
    } finally {
      lock.unlock();
    }
  }

  /** The stream was read, beginning after this moment. */
  void read(Tail.Mark mark, StreamPosition position) {
    lock.lock();
    try {
      mark.tail().read(position);
    } finally {
      lock.unlock();
    }
  }

  /** Whether there is anything to {@link #compare} with. */
  boolean remembers() {
    lock.lock();
    try {
      return tail != null;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Compares what is shared here with where the stream stands. If that is further something is
   * under way or was lost, and whoever comes next is to read for himself.
   */
  void compare(StreamPosition position) {
    lock.lock();
    try {
      var current = tail;
      if (current != null && !current.reaches(position)) {
        dropTail(current);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Lets go of what has arrived, whoever may ask for it. */
  void forget() {
    lock.lock();
    try {
      var current = tail;
      if (current != null) {
        dropTail(current);
      }
    } finally {
      lock.unlock();
    }
  }

  private void dropTail(Tail current) {
    current.drop();
    tail = null;
  }

  int size() {
    lock.lock();
    try {
      return size;
    } finally {
      lock.unlock();
    }
  }

  /** A new member, or null if this topic is gone. */
  @Nullable Member add(@Nullable Executor executor, Subscriber subscriber) {
    lock.lock();
    try {
      if (gone) {
        return null;
      }
      var member = group(executor).add(subscriber);
      hub.counters.subscriptions.increment();
      if (size++ == 0) {
        active = hub.occupied(this);
        active.whenComplete((done, failure) -> {
          if (failure != null) {
            abandon();
          }
        });
      }
      return member;
    } finally {
      lock.unlock();
    }
  }

  private Group group(@Nullable Executor executor) {
    for (var group : groups) {
      var lane = group.lane();
      if (lane == null ? executor == null : lane.executor() == executor) {
        return group;
      }
    }
    var added = new Group(this, lock, executor == null ? null : hub.acquire(executor));
    groups = Arrays.copyOf(groups, groups.length + 1);
    groups[groups.length - 1] = added;
    return added;
  }

  void remove(Group group, Member member) {
    lock.lock();
    try {
      group.remove(member);
      hub.counters.subscriptions.decrement();
      if (group.size() == 0) {
        drop(group);
      }
      if (--size == 0 && !gone) {
        leave();
      }
    } finally {
      lock.unlock();
    }
  }

  private void drop(Group group) {
    groups = Arrays.stream(groups).filter(other -> other != group).toArray(Group[]::new);
    var lane = group.lane();
    if (lane != null) {
      hub.release(lane);
    }
  }

  /** The broker would not subscribe: the members know by their stage, the next one tries again. */
  private void abandon() {
    lock.lock();
    try {
      if (!gone) {
        leave();
      }
    } finally {
      lock.unlock();
    }
  }

  private void leave() {
    gone = true;
    forget();
    hub.vacated(this);
  }

  /** Spreads one event. The broker calls this serially, which makes the order the channel's. */
  void accept(Event event) {
    Group[] reached;
    Group direct = null;
    @Nullable Member[] slots = {};
    var used = 0;
    var number = 0L;
    lock.lock();
    try {
      var arrived = tail;
      if (arrived != null && !arrived.add(event)) {
        dropTail(arrived);
      }
      reached = groups;
      for (var group : reached) {
        var lane = group.lane();
        if (lane != null) {
          group.append(event, lane);
        } else {
          direct = group;
          slots = group.members().slots();
          used = group.members().used();
          number = group.next();
        }
      }
    } finally {
      lock.unlock();
    }
    for (var group : reached) {
      var lane = group.lane();
      if (lane != null) {
        lane.wake();
      }
    }
    if (direct != null) {
      direct.deliver(event, number, slots, used);
    }
  }
}

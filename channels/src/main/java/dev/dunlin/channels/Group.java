package dev.dunlin.channels;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The members of one channel on one lane, and what waits for them. Without a lane nothing waits.
 *
 * <p>All fields are guarded by the topic's lock, which is never held while a member is called.
 */
final class Group {

  private static final Event INTERRUPTION = new Event.Interruption();

  private final Topic topic;
  private final ReentrantLock lock;
  private final @Nullable Lane lane;
  private final Members members = new Members();

  /** Null while there is nothing to deliver; otherwise the group stands in line at the lane. */
  private @Nullable ArrayList<Event> waiting;

  private long waitingBytes;

  /** When the first of those that wait came. */
  private long waitingSince;

  private long events;
  private boolean lost;

  Group(Topic topic, ReentrantLock lock, @Nullable Lane lane) {
    this.topic = topic;
    this.lock = lock;
    this.lane = lane;
  }

  Topic topic() {
    return topic;
  }

  @Nullable Lane lane() {
    return lane;
  }

  Hub.Counters counters() {
    return topic.counters();
  }

  int size() {
    return members.size();
  }

  Member add(Subscriber subscriber) {
    var member = new Member(this, subscriber, events);
    members.add(member);
    return member;
  }

  void remove(Member member) {
    members.remove(member);
  }

  /** Counts an event that is delivered at once, without a lane, and answers its number. */
  long next() {
    return events++;
  }

  /** Puts an event behind those that wait. The caller wakes the lane once it holds no lock. */
  void append(Event event, Lane lane) {
    if (waiting == null) {
      waiting = new ArrayList<>(2);
      waitingSince = System.nanoTime();
      lane.add(this);
    }
    var weight = event.weight();
    if (!lane.reserve(weight)) {
      lost = true;
      counters().dropped.increment();
      return;
    }
    waitingBytes += weight;
    waiting.add(event);
    events++;
  }

  /** Delivers what waits: the part of one lane's turn that concerns this channel. */
  void turn() {
    List<Event> turn;
    boolean interrupted;
    long since;
    long first;
    @Nullable Member[] slots;
    int used;
    lock.lock();
    try {
      since = waitingSince;
      turn = take();
      interrupted = lost;
      lost = false;
      first = events - turn.size();
      slots = members.slots();
      used = members.used();
    } finally {
      lock.unlock();
    }
    for (var i = 0; i < turn.size(); ) {
      var end = i;
      while (end < turn.size() && turn.get(end) instanceof Publication) {
        end++;
      }
      if (end > i) {
        deliver(Block.of(publications(turn.subList(i, end))), first + i, slots, used);
        i = end;
      } else {
        deliver(turn.get(i), first + i, slots, used);
        i++;
      }
    }
    if (!turn.isEmpty()) {
      counters().deliveryTimes.record(System.nanoTime() - since, turn.size());
    }
    if (interrupted) {
      for (var i = 0; i < used; i++) {
        var member = slots[i];
        if (member != null) {
          member.take(INTERRUPTION, Long.MAX_VALUE);
        }
      }
    }
  }

  private static List<Publication> publications(List<Event> events) {
    var publications = new Publication[events.size()];
    for (var i = 0; i < publications.length; i++) {
      publications[i] = (Publication) events.get(i);
    }
    return List.of(publications);
  }

  private void deliver(Block block, long first, @Nullable Member[] slots, int used) {
    var taken = 0L;
    for (var i = 0; i < used; i++) {
      var member = slots[i];
      if (member != null) {
        taken += member.take(block, first);
      }
    }
    counters().deliveries.add(taken);
  }

  /** Delivers one event to members that were read under the lock. */
  void deliver(Event event, long number, @Nullable Member[] slots, int used) {
    var taken = 0L;
    for (var i = 0; i < used; i++) {
      var member = slots[i];
      if (member != null) {
        taken += member.take(event, number);
      }
    }
    counters().deliveries.add(taken);
  }

  Members members() {
    return members;
  }

  /** The lane takes no tasks any more: forgets what waits, and says so at the next turn. */
  void discard() {
    lock.lock();
    try {
      counters().dropped.add(take().size());
      lost = true;
    } finally {
      lock.unlock();
    }
  }

  private List<Event> take() {
    var taken = waiting;
    waiting = null;
    if (lane != null) {
      lane.free(waitingBytes);
    }
    waitingBytes = 0;
    return taken == null ? List.of() : taken;
  }
}

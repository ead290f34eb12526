package dev.dunlin.conformance.history;

import dev.dunlin.channels.StreamPosition;
import dev.dunlin.conformance.history.Observation.Ended;
import dev.dunlin.conformance.history.Observation.Received;
import dev.dunlin.conformance.history.Observation.Slow;
import dev.dunlin.conformance.history.Observation.Subscribed;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * One client of a run, by what its SDK tells the application: where it stands in each of its
 * channels. It reports what it sees. For any thread; its lock is held for no wait.
 */
final class Follower {

  private static final StreamPosition UNKNOWN = new StreamPosition(0, "");

  private final String name;
  private final Recorder recorder;
  private final LongSupplier lastMessage;

  private final ReentrantLock lock = new ReentrantLock();
  // guarded by the lock
  private final Map<String, StreamPosition> positions = new LinkedHashMap<>();
  private final Map<String, Long> subscribedAfter = new LinkedHashMap<>();
  private final Set<String> following = new HashSet<>();
  private final Map<Integer, Integer> disconnects = new TreeMap<>();
  private boolean slow;
  private String id = "";

  /**
   * A client that follows these channels.
   *
   * @param lastMessage the number of the last message that anybody began to publish
   */
  Follower(String name, List<String> channels, Recorder recorder, LongSupplier lastMessage) {
    this.name = name;
    this.recorder = recorder;
    this.lastMessage = lastMessage;
    channels.forEach(channel -> positions.put(channel, UNKNOWN));
  }

  String name() {
    return name;
  }

  Set<String> channels() {
    return positions.keySet();
  }

  private void locked(Runnable work) {
    lock.lock();
    try {
      work.run();
    } finally {
      lock.unlock();
    }
  }

  // ---- what the SDK tells

  void connected(String connection) {
    locked(() -> id = connection);
  }

  void disconnected(int code) {
    locked(() -> {
      id = "";
      disconnects.merge(code, 1, Integer::sum);
    });
  }

  void subscribed(String channel, StreamPosition position, boolean recovering, boolean recovered) {
    locked(() -> {
      recorder.record(at ->
          new Subscribed(
              at, name, channel, position.epoch(), position.offset(), recovering, recovered));
      following.add(channel);
      positions.put(channel, position);
      subscribedAfter.put(channel, lastMessage.getAsLong());
    });
  }

  /** A publication; whether it was recovered, an SDK does not say. */
  void received(String channel, long offset, long message) {
    locked(() -> {
      var epoch = positions.getOrDefault(channel, UNKNOWN).epoch();
      boolean live = message > subscribedAfter.getOrDefault(channel, Long.MAX_VALUE);
      recorder.record(at -> new Received(at, name, channel, epoch, offset, message, live));
      positions.put(channel, new StreamPosition(offset, epoch));
    });
  }

  void ended(String channel, int code) {
    locked(() -> {
      if (following.remove(channel)) {
        recorder.record(at -> new Ended(at, name, channel, code));
      }
    });
  }

  // ---- what befalls it

  /** Notes that it reads slowly from here; false if it does so already. */
  boolean slow() {
    lock.lock();
    try {
      if (!slow) {
        recorder.record(at -> new Slow(at, name, true));
        return slow = true;
      }
      return false;
    } finally {
      lock.unlock();
    }
  }

  void quick() {
    locked(() -> {
      slow = false;
      recorder.record(at -> new Slow(at, name, false));
    });
  }

  // ---- how it is

  /** Its connection's id; empty while it has none. */
  String id() {
    lock.lock();
    try {
      return id;
    } finally {
      lock.unlock();
    }
  }

  /** How often its connection ended, by the SDK's codes. */
  Map<Integer, Integer> disconnects() {
    lock.lock();
    try {
      return Map.copyOf(disconnects);
    } finally {
      lock.unlock();
    }
  }

  /** Whether it is connected and follows all its channels. */
  boolean following() {
    lock.lock();
    try {
      return following.size() == positions.size() && !id.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /** Whether it follows all its channels and has come this far in each. */
  boolean reached(Map<String, StreamPosition> tops) {
    lock.lock();
    try {
      return following.size() == positions.size()
          && !id.isEmpty()
          && positions.entrySet().stream()
              .allMatch(each -> each.getValue().equals(tops.get(each.getKey())));
    } finally {
      lock.unlock();
    }
  }

  @Override
  public String toString() {
    return name + positions + (slow ? " slow" : "") + " follows " + following + " as " + id;
  }
}

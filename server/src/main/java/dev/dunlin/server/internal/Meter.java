package dev.dunlin.server.internal;

import dev.dunlin.websocket.CloseCode;
import dev.dunlin.websocket.Closed;
import dev.dunlin.websocket.Tally;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * What a lane counts. What happens for every frame or write is counted by the lane alone, without
 * contention; what is rare, or happens on other threads, in adders. Any thread may read.
 */
public final class Meter {

  /** Ticks later than this are stalls: something has kept the loop busy. */
  static final long STALL_NANOS = 50_000_000;

  private static final int WRITES = 0;
  private static final int TICKS = 1;
  private static final int STALLS = 2;
  private static final int LAG = 3;
  private static final int WORST_LAG = 4;
  private static final int TICK_DUE = 5;

  private final Tally tally = new Tally();
  private final AtomicLongArray own = new AtomicLongArray(6);
  private final LongAdder opened = new LongAdder();
  private final LongAdder dropped = new LongAdder();
  private final LongAdder conflated = new LongAdder();
  private final Map<Closed.Cause, LongAdder> ends = new ConcurrentHashMap<>();
  private final Map<Integer, LongAdder> closesSent = new ConcurrentHashMap<>();
  private final Map<Integer, LongAdder> closesReceived = new ConcurrentHashMap<>();
  private final Map<Integer, LongAdder> refusals = new ConcurrentHashMap<>();

  Meter() {
    own.set(TICK_DUE, Long.MAX_VALUE);
  }

  // ---- counting, on the lane

  Tally tally() {
    return tally;
  }

  private void set(int which, long value) {
    own.setOpaque(which, value);
  }

  void written() {
    set(WRITES, own.getPlain(WRITES) + 1);
  }

  /** The next tick should come at this time; {@code Long.MAX_VALUE} for none. */
  void tickDue(long at) {
    set(TICK_DUE, at);
  }

  /** The tick that was due has come. */
  void ticked(long now) {
    long lag = Math.max(0, now - own.getPlain(TICK_DUE));
    set(TICK_DUE, Long.MAX_VALUE);
    set(TICKS, own.getPlain(TICKS) + 1);
    set(LAG, lag);
    if (lag > own.getPlain(WORST_LAG)) {
      set(WORST_LAG, lag);
    }
    if (lag > STALL_NANOS) {
      set(STALLS, own.getPlain(STALLS) + 1);
    }
  }

  /** Nothing has to happen at any time: nothing can be late. */
  void idle() {
    set(LAG, 0);
  }

  void opened() {
    opened.increment();
  }

  void ended(Closed story) {
    count(ends, story.cause());
    story.sent().ifPresent(close -> count(closesSent, close.code()));
    story.received().ifPresent(close -> count(closesReceived, close.code()));
  }

  private static void count(Map<Integer, LongAdder> counts, CloseCode code) {
    count(counts, (Integer) code.value());
  }

  private static <K> void count(Map<K, LongAdder> counts, K key) {
    counts.computeIfAbsent(key, unseen -> new LongAdder()).increment();
  }

  // ---- counting, from any thread

  /** A handshake or request was answered with an error. */
  public void refused(int status) {
    count(refusals, (Integer) status);
  }

  /** A policy has dropped messages for want of room. */
  void dropped(int messages) {
    dropped.add(messages);
  }

  /** A message has taken the place of one that waited under its key. */
  void conflated() {
    conflated.increment();
  }

  // ---- reading, from any thread

  /** What connections have sent and received. */
  public Tally traffic() {
    return tally;
  }

  /** Calls that handed bytes to the transport. */
  public long writes() {
    return own.getOpaque(WRITES);
  }

  /** Sessions that have begun. */
  public long sessions() {
    return opened.sum();
  }

  public long droppedMessages() {
    return dropped.sum();
  }

  public long conflatedMessages() {
    return conflated.sum();
  }

  /** Times that the loop was {@link #STALL_NANOS} late. */
  public long stalls() {
    return own.getOpaque(STALLS);
  }

  /** How late the loop is, or was at its last tick, in nanoseconds. */
  public long lag(long now) {
    return Math.max(own.getOpaque(LAG), now - own.getOpaque(TICK_DUE));
  }

  /** The longest lag so far. */
  public long worstLag(long now) {
    return Math.max(own.getOpaque(WORST_LAG), now - own.getOpaque(TICK_DUE));
  }

  /** Adds the ends of sessions to a sum, by cause. */
  public void addEnds(Map<Closed.Cause, Long> sums) {
    add(ends, sums);
  }

  /** Adds the close frames sent to a sum, by code. */
  public void addClosesSent(Map<Integer, Long> sums) {
    add(closesSent, sums);
  }

  /** Adds the close frames received to a sum, by code. */
  public void addClosesReceived(Map<Integer, Long> sums) {
    add(closesReceived, sums);
  }

  /** Adds the errors that were answered to a sum, by status. */
  public void addRefusals(Map<Integer, Long> sums) {
    add(refusals, sums);
  }

  private static <K> void add(Map<K, LongAdder> counts, Map<K, Long> sums) {
    counts.forEach((key, count) -> sums.merge(key, count.sum(), Long::sum));
  }
}

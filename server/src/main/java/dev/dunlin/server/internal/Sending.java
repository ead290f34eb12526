package dev.dunlin.server.internal;

import dev.dunlin.server.SessionClosedException;
import dev.dunlin.websocket.Batch;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Prepared;
import dev.dunlin.websocket.Text;
import org.jspecify.annotations.Nullable;

/**
 * What a conversation sends and could not hand to its connection at once: the queue, and how it
 * empties into the connection when the lane's turn ends or the wire takes more.
 *
 * <p>Made when it is first needed, by any thread; retired by the lane when nothing has waited for a
 * while. Its methods may be called from any thread, those under "on the lane" there only.
 */
final class Sending implements Runnable {

  /** Messages above this leave in fragments, so that a pong or a close need not wait for them. */
  static final int WHOLE_BYTES = 256 << 10;

  private static final int FRAGMENT_BYTES = 32 << 10;

  /** Then the loop turns to its other connections: compressing 256 KiB takes it 1.5 ms. */
  private static final int FRAGMENTS_IN_A_TURN = 8;

  private final Conversation owner;
  private final Outbox box;

  /** A large message of which fragments have left, and how much of it; the lane's. */
  private @Nullable Data fragmenting;

  private int fragmented;

  Sending(Conversation owner) {
    this.owner = owner;
    this.box = new Outbox(owner);
  }

  static SessionClosedException closedException() {
    return new SessionClosedException("the session is closed");
  }

  // ---- from any thread

  /**
   * Takes an item, waiting for room unless on an event loop.
   *
   * @return false if this is retired: look for the current one
   * @throws SessionClosedException if the session is closed, or has just been for slowness
   */
  boolean send(Outbox.Item item) {
    var lane = owner.lane;
    var verdict =
        lane.mustNotWait()
            ? box.offer(item, 2, owner.terms.overflow(), lane.inLane())
            : await(item);
    return switch (verdict) {
      case ACCEPTED, ACCEPTED_FIRST -> {
        askFlush(verdict);
        if (lane.inLane() && box.overfull()) {
          owner.pause(Reading.PAUSED_BY_OUTBOX);
        }
        yield true;
      }
      case REFUSED -> {
        if (!owner.open()) {
          throw closedException();
        }
        yield true;
      }
      case FULL -> {
        owner.tooSlow();
        throw closedException();
      }
      case RETIRED -> false;
    };
  }

  private Outbox.Verdict await(Outbox.Item item) {
    try {
      return box.await(item, owner.limits().stalledWrite().toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting to send", e);
    }
  }

  /** Takes an item if there is room, and answers at once. */
  Outbox.Verdict trySend(Outbox.Item item) {
    var verdict = box.offer(item, 1, owner.terms.overflow(), owner.lane.inLane());
    if (verdict == Outbox.Verdict.FULL && flushEarly()) {
      verdict = box.offer(item, 1, owner.terms.overflow(), true);
    }
    switch (verdict) {
      case ACCEPTED, ACCEPTED_FIRST -> askFlush(verdict);
      case FULL -> owner.tooSlow();
      case REFUSED, RETIRED -> {}
    }
    return verdict;
  }

  /**
   * Flushes in the middle of a turn that sends more than the queue holds: whose wire would take it
   * is not slow. Says whether it could.
   */
  private boolean flushEarly() {
    if (!owner.lane.inLane() || owner.lane.cork().busy() || !owner.wire.writable()) {
      return false;
    }
    try {
      owner.flush();
    } catch (RuntimeException | Error failure) {
      owner.broken(failure);
    }
    return true;
  }

  /** Takes an item that has to leave in its turn, whatever waits; false if this is retired. */
  boolean put(Outbox.Item item) {
    var verdict = box.offer(item, Integer.MAX_VALUE, owner.terms.overflow(), owner.lane.inLane());
    askFlush(verdict);
    return verdict != Outbox.Verdict.RETIRED;
  }

  /** From now on messages wait for one that comes in parts. */
  Outbox.Verdict beginParts() {
    return box.beginParts();
  }

  private void askFlush(Outbox.Verdict verdict) {
    if (owner.lane.inLane()) {
      owner.touch();
    } else if (verdict == Outbox.Verdict.ACCEPTED_FIRST) {
      owner.lane.execute(this);
    }
  }

  /** The flush that a sender on another thread asked for. */
  @Override
  public void run() {
    owner.flush();
  }

  /** Drops everything and refuses whatever comes. */
  void refuse() {
    box.refuse();
  }

  /** Bytes that wait. */
  long bytes() {
    return box.bytes();
  }

  int count() {
    return box.count();
  }

  // ---- on the lane

  /** Whether nothing waits that a message would overtake. */
  boolean empty() {
    return box.count() == 0 && fragmenting == null && !box.holds();
  }

  /** Goes out of use if nothing waits and nobody is in the middle of anything. */
  boolean retire() {
    return fragmenting == null && box.retire();
  }

  /** The session has ended: nothing of it will leave. */
  void end() {
    fragmenting = null;
    box.refuse();
  }

  /** The transport has ended. */
  void wireGone() {
    box.wireGone();
  }

  /** Sends what waits, as far as the wire takes it. */
  void drain() {
    var connection = owner.connection;
    var wire = owner.wire;
    var settings = owner.batching();
    if (settings == null) {
      empty(null);
    } else {
      var batch = owner.lane.batch(settings);
      try {
        empty(batch);
      } finally {
        batch.clear(); // it is the lane's: what a failure has left there is for no other peer
      }
    }
    if (!connection.open()) {
      end();
    }
    boolean stuck = !wire.writable();
    box.charge(stuck && connection.open(), stuck ? wire.pending() : 0, stuck ? wire.held() : 0);
    if (owner.pausedBy(Reading.PAUSED_BY_OUTBOX) && box.drained()) {
      owner.unpause(Reading.PAUSED_BY_OUTBOX);
    }
  }

  /** Hands over what waits, through a batch where there is one. */
  private void empty(@Nullable Batch batch) {
    var connection = owner.connection;
    var wire = owner.wire;
    int fragments = 0;
    while (wire.writable() && connection.open()) {
      var large = fragmenting;
      if (large != null) {
        if (fragments++ == FRAGMENTS_IN_A_TURN) {
          owner.lane.execute(this);
          break;
        }
        fragment(large);
        continue;
      }
      var item = box.poll();
      if (item == null) {
        break;
      }
      switch (item) {
        case Outbox.One one -> sendOne(one.message, batch);
        case Outbox.Shared shared -> sendShared(shared.prepared(), batch);
        case Outbox.Part part -> {
          send(batch);
          connection.sendPart(part.text(), part.bytes(), part.last());
        }
        case Outbox.Conclusion conclusion -> {
          send(batch);
          connection.conclude(owner.lane.now());
        }
        case Outbox.End end -> {
          send(batch);
          var close = end.close();
          connection.close(close.code(), close.reason(), end.cause(), owner.lane.now());
        }
      }
    }
    send(batch);
  }

  private void sendOne(Data message, @Nullable Batch batch) {
    if (message.size() > WHOLE_BYTES) {
      send(batch);
      fragmenting = message;
      fragmented = 0;
    } else if (batch == null) {
      owner.connection.send(message);
    } else if (!batch.offer(message)) {
      send(batch);
      batch.offer(message);
    }
  }

  private void sendShared(Prepared prepared, @Nullable Batch batch) {
    if (batch == null) {
      owner.connection.send(prepared);
    } else if (!batch.offer(prepared)) {
      send(batch);
      batch.offer(prepared);
    }
  }

  /** Sends what a batch has gathered. */
  private void send(@Nullable Batch batch) {
    if (batch != null && batch.messages() > 0) {
      owner.connection.send(batch);
      batch.clear();
    }
  }

  private void fragment(Data large) {
    int size = Math.min(FRAGMENT_BYTES, large.size() - fragmented);
    var piece = large.bytes().slice(fragmented, size);
    fragmented += size;
    boolean last = fragmented == large.size();
    owner.connection.sendPart(large instanceof Text, piece, last);
    if (last) {
      fragmenting = null;
    }
  }
}

package dev.dunlin.server.internal;

import dev.dunlin.websocket.Batching;
import dev.dunlin.websocket.Close;
import dev.dunlin.websocket.CloseCode;
import dev.dunlin.websocket.Closed;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Message;
import dev.dunlin.websocket.Prepared;
import dev.dunlin.websocket.Role;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of one session between a protocol core, a transport and an application.
 *
 * <p>The lane owns everything here but the fields marked otherwise. A conversation that does
 * something <em>enters</em> the lane's cork, so that all it sends in that turn leaves in one write;
 * whatever is sent to a conversation that is not at work waits in its {@link Sending} until the
 * turn ends. What an idle conversation does not need is made when it is needed and let go
 * afterwards: {@link Sending}, {@link Reading}, {@link Deadlines}.
 */
public final class Conversation extends SessionSide implements Occupant {

  private static final Logger log = LoggerFactory.getLogger("dev.dunlin.server");

  private static final Close TOO_FAST = new Close(CloseCode.POLICY_VIOLATION, "too many messages");

  private final boolean client;

  /** While reading pauses. */
  private @Nullable Reading reading;

  /** While something has to happen at a time that is not the connection's. */
  private @Nullable Deadlines deadlines;

  /** Once the end has begun. */
  private @Nullable Ending ending;

  /** How many messages and bytes the peer may send in a second; null without a limit. */
  private final @Nullable Pace messages;

  private final @Nullable Pace volume;

  private boolean touched;
  private boolean gone;
  private boolean inputEnded;

  /** A conversation that begins now. {@link #open} lets the application in. */
  public Conversation(Lane lane, Wire wire, Terms terms, Agreement agreement) {
    super(lane, wire, terms, agreement);
    this.client = agreement.role() == Role.CLIENT;
    int perSecond = terms.limits().maxMessagesPerSecond();
    this.messages = perSecond == 0 ? null : new Pace(perSecond, lane.now());
    int bytesPerSecond = terms.limits().maxBytesPerSecond();
    this.volume = bytesPerSecond == 0 ? null : new Pace(bytesPerSecond, lane.now());
  }

  // ---- called by the transport, on the lane

  /**
   * Lets the application in.
   *
   * @param first bytes that leave before anything else, such as the answer to the handshake
   */
  public void open(ByteBuffer first) {
    lane.meter().opened();
    lane.cork().enter(this);
    try {
      int size = first.remaining();
      if (size > 0) {
        lane.cork().room(size).put(first);
      }
      application.open();
      if (tenure != null) {
        tenure.begin();
      }
    } finally {
      leave();
    }
  }

  /** Bytes arrived. The buffer is read to its end and may be changed; it is not kept. */
  public void receive(ByteBuffer in) {
    if (reading != null && reading.unread() != null) {
      reading.keep(in);
      return;
    }
    lane.cork().enter(this);
    try {
      connection.receive(in, lane.now());
      if (in.hasRemaining()) {
        reading().keep(in);
      }
    } finally {
      lane.cork().rest();
    }
  }

  /** No more bytes will arrive in this turn: answers leave. */
  public void received() {
    application.readEnded();
    if (lane.cork().ownedBy(this)) {
      lane.cork().enter(this);
      concludeInTime();
      leave();
    }
  }

  private void concludeInTime() {
    if (connection.ending()) {
      ending().concludeInTime();
    }
  }

  /** Says the last word after what waits to be sent. */
  void conclude() {
    if (direct()) {
      connection.conclude(lane.now());
      return;
    }
    var item = new Outbox.Conclusion();
    while (connection.ending() && !sending().put(item)) {}
  }

  /** The peer has ended its side of the transport: what it sent is handled before ours ends too. */
  public void inputEnded() {
    inputEnded = true;
    if (reading == null) {
      ending().inputEnded();
    } // else when the rest is read: resume
    if (!gone) {
      lane.watch(this);
    }
  }

  /** The wire takes more: what waits may leave. */
  public void writable() {
    flush();
  }

  /** The transport has ended, or is of no use any more. */
  public void lost(String detail) {
    if (gone) {
      return;
    }
    gone = true;
    connection.lost(detail);
    settle();
    lane.unwatch(this);
    var waiting = waiting();
    if (waiting != null) {
      waiting.wireGone();
    }
  }

  /**
   * Closes after a while, for a server that drains. From any thread.
   *
   * @param delay in nanoseconds
   */
  public void drain(long delay) {
    if (delay <= 0) {
      close(terms.farewell().code(), terms.farewell().reason());
    } else {
      lane.execute(() -> {
        deadlines().drainAt(lane.now() + delay);
        if (!gone) {
          lane.watch(this);
        }
      });
    }
  }

  /** Ends the transport without more ado. */
  public void drop(Closed.Cause cause, String detail) {
    connection.abort(cause, detail);
    settle();
    wire.drop();
  }

  /** Something that should not fail has: this connection ends, and no other. */
  public void broken(Throwable failure) {
    log.error("The connection from {} failed", remoteAddress(), failure);
    refuseSending();
    drop(Closed.Cause.LOST, "internal error");
  }

  // ---- the turn

  private void leave() {
    lane.cork().leave();
    settle();
  }

  /** Does something of our own accord, with the cork; later, while another one has it. */
  void act(Runnable action) {
    if (!lane.cork().busy()) {
      lane.cork().enter(this);
      try {
        action.run();
      } finally {
        leave();
      }
    } else if (lane.cork().ownedBy(this)) {
      action.run();
    } else {
      lane.execute(() -> act(action));
    }
  }

  /** After any work: notices the end, a stalled write, the next deadline. */
  private void settle() {
    if (connection.finished()) {
      if (closed().isEmpty()) {
        ended();
      }
    } else if (wire.pending() > 0) {
      deadlines().watchWrite(lane.now());
    }
    if (!idle() && !connection.finished()) {
      deadlines().watchQueues(lane.now());
    }
    if (reading != null && reading.paused() && !connection.open()) {
      readOn(); // nobody gets what arrives now, but the peer's close must be seen
    }
    if (!gone) {
      lane.watch(this);
    }
  }

  /** Lets what was sent in this turn leave when it ends. */
  void touch() {
    if (!touched) {
      touched = true;
      lane.touch(this);
    }
  }

  /** Sends what waits, as far as the wire takes it. */
  void flush() {
    touched = false;
    if (lane.cork().busy()) {
      touch();
      return;
    }
    var kept = takeAlone();
    if (kept == null && waiting() == null) {
      return;
    }
    lane.cork().enter(this);
    try {
      if (kept != null) {
        send(kept, batching());
      }
      if (waiting() != null || !wire.writable()) {
        sending().drain();
      }
    } finally {
      lane.cork().leave();
      if (leftSomething()) {
        settle();
      }
    }
  }

  /**
   * Whether a flush has changed more than what the peer has got. Where it has not, none of what
   * {@link #settle} looks at, half a dozen objects of this conversation alone, is any different.
   */
  private boolean leftSomething() {
    return waiting() != null || wire.pending() > 0 || !connection.open();
  }

  private void send(Prepared kept, @Nullable Batching settings) {
    if (settings == null) {
      connection.send(kept);
      return;
    }
    var batch = lane.batch(settings);
    try {
      batch.offer(kept);
      connection.send(batch);
    } finally {
      batch.clear();
    }
  }

  // ---- reading

  private Reading reading() {
    if (reading == null) {
      reading = new Reading();
    }
    return reading;
  }

  boolean pausedBy(int reason) {
    return reading != null && reading.pausedBy(reason);
  }

  void pause(int reason) {
    if (reading().pause(reason)) {
      connection.pause();
      wire.pause();
    }
  }

  void unpause(int reason) {
    if (reading != null && reading.unpause(reason) && !gone) {
      // as a task: whoever noticed that there is room again may be in the middle of its turn
      lane.execute(this::resume);
    }
  }

  /** Called by a handler's thread: there is room again. */
  void unpauseSoon(int reason) {
    onLaneWhileItLasts(() -> unpause(reason));
  }

  /**
   * Runs a task on the lane, for a handler's thread that has more to do: where the server has
   * stopped and the lane is over nobody reads or writes any more, but the handler still has to hear
   * of the end.
   */
  void onLaneWhileItLasts(Runnable task) {
    if (!lane.offer(task)) {
      log.debug("The loop of the session from {} has ended", remoteAddress());
    }
  }

  /** Whatever the reasons not to were. */
  private void readOn() {
    unpause(-1);
  }

  private void resume() {
    var current = reading;
    if (current == null || current.paused() || gone) {
      return;
    }
    lane.cork().enter(this);
    try {
      connection.resume(lane.now());
      var in = current.unread();
      if (in != null) {
        connection.receive(in, lane.now());
        if (!in.hasRemaining()) {
          current.forgetUnread();
        }
      }
      application.readEnded();
      concludeInTime();
    } finally {
      leave();
    }
    if (!current.paused() && !gone) {
      reading = null;
      if (inputEnded) {
        ending().inputEnded();
      } else {
        wire.resume();
      }
    }
  }

  /** From the connection: a message of the peer. */
  @Override
  public void onMessage(Message message) {
    if (message instanceof Data data && !inPace(1, data.size())) {
      return;
    }
    if (!application.take(message)) {
      pause(Reading.PAUSED_BY_MAILBOX);
    }
  }

  /** From the connection: a piece of a message that is read while it arrives. */
  @Override
  public void onPart(boolean text, ByteBuffer bytes, boolean last) {
    if (!inPace(last ? 1 : 0, bytes.remaining())) {
      return;
    }
    if (!application.take(text, bytes, last)) {
      pause(Reading.PAUSED_BY_STREAM);
    }
  }

  private boolean inPace(int count, int bytes) {
    if ((messages == null || messages.take(count, lane.now()))
        && (volume == null || volume.take(bytes, lane.now()))) {
      return true;
    }
    end(TOO_FAST, Closed.Cause.LOCAL);
    return false;
  }

  // ---- the end

  private void ended() {
    var story = connection.closed().orElseThrow();
    over(story);
    if (tenure != null) {
      tenure.end();
    }
    lane.meter().ended(story);
    if (reading != null) {
      reading.forgetUnread();
    }
    sending().end(); // made if need be: whoever sends later finds the session closed
    if (!gone) {
      ending().endWire(story, client && !inputEnded);
    }
    application.ended(story);
  }

  private Ending ending() {
    if (ending == null) {
      ending = new Ending(this);
    }
    return ending;
  }

  // ---- time

  private Deadlines deadlines() {
    if (deadlines == null) {
      deadlines = new Deadlines(this);
    }
    return deadlines;
  }

  @Override
  protected long deadline() {
    if (connection.finished()) {
      return ending == null ? Deadlines.NEVER : ending.dropAt();
    }
    var due = deadlines;
    long next = due == null ? Deadlines.NEVER : due.next();
    return Math.min(connection.deadline(), Math.min(next, handlerDeadline()));
  }

  /** When the handler has worked too long on one message while the connection waits for it. */
  private long handlerDeadline() {
    return !open() || !(inputEnded || pausedBy(Reading.PAUSED_BY_MAILBOX))
        ? Deadlines.NEVER
        : application.workingSince() + terms.limits().handler().toNanos();
  }

  @Override
  protected void expire(long now) {
    if (connection.finished()) {
      wire.drop();
      return;
    }
    try {
      expireInTurn(now);
    } catch (RuntimeException | Error failure) {
      broken(failure);
    }
  }

  private void expireInTurn(long now) {
    lane.cork().enter(this);
    try {
      var due = deadlines;
      if (due != null) {
        due.expire(now);
        if (due.next() == Deadlines.NEVER) {
          deadlines = null;
        }
      }
      if (now >= handlerDeadline()) {
        handlerTooLong();
      }
      if (connection.deadline() <= now) {
        connection.tick(now);
      }
    } finally {
      leave();
    }
  }

  /** The wire has taken nothing for too long. */
  void stalled() {
    connection.abort(Closed.Cause.SLOW, "a write made no progress in time");
    wire.drop();
  }

  private void handlerTooLong() {
    refuseSending();
    log.warn("A handler took too long; its session from {} closes with 1011", remoteAddress());
    application.interrupt();
    connection.close(CloseCode.INTERNAL_ERROR, "internal error", Closed.Cause.HANDLER, lane.now());
  }

  /** Lets go of queues that nothing waits in. */
  void retireQueues() {
    retireSending();
    application.retire();
  }

  /** Whether it holds no queue. */
  boolean idle() {
    return waiting() == null && application.idle();
  }

  /** Whether no handler works and none has work waiting: for tests. */
  public boolean quiet() {
    return !application.busy();
  }
}

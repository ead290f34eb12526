package dev.dunlin.server.internal;

import dev.dunlin.auth.Identity;
import dev.dunlin.server.Handler;
import dev.dunlin.server.OutgoingStream;
import dev.dunlin.server.Overflow;
import dev.dunlin.server.Session;
import dev.dunlin.server.SessionClosedException;
import dev.dunlin.websocket.Batch;
import dev.dunlin.websocket.Batching;
import dev.dunlin.websocket.Close;
import dev.dunlin.websocket.CloseCode;
import dev.dunlin.websocket.Closed;
import dev.dunlin.websocket.Connection;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.Message;
import dev.dunlin.websocket.PerMessageDeflate;
import dev.dunlin.websocket.Prepared;
import dev.dunlin.websocket.Receiver;
import dev.dunlin.websocket.Role;
import dev.dunlin.websocket.Text;
import dev.dunlin.websocket.UpgradeRequest;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of one session between a protocol core, a transport and an application.
 *
 * <p>The lane owns everything here but the fields marked otherwise. A conversation that does
 * something <em>enters</em> the lane's cork, so that all it sends in that turn leaves in one write;
 * whatever is sent to a conversation that is not at work waits in its {@link Outbox} until the turn
 * ends.
 */
public final class Conversation extends Timed implements Session, Receiver {

  private static final Logger log = LoggerFactory.getLogger("dev.dunlin.server");

  /** Messages above this leave in fragments, so that a pong or a close need not wait for them. */
  private static final int WHOLE_BYTES = 256 << 10;

  private static final int FRAGMENT_BYTES = 32 << 10;

  /** How long queues are kept after they were needed. */
  private static final long QUEUE_LIFE_NANOS = 20_000_000_000L;

  private static final int PAUSED_BY_MAILBOX = 1;
  private static final int PAUSED_BY_OUTBOX = 2;
  private static final int PAUSED_BY_APPLICATION = 4;
  private static final int PAUSED_BY_STREAM = 8;

  private static final VarHandle OUTBOX;

  static {
    try {
      OUTBOX = MethodHandles.lookup().findVarHandle(Conversation.class, "outbox", Outbox.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final Lane lane;
  private final Wire wire;
  private final Terms terms;
  private final Connection connection;
  private final Map<String, String> variables;
  private final Identity identity;
  private final String subprotocol;
  private final @Nullable PerMessageDeflate deflate;
  private final boolean client;

  /** Until the endpoint has opened; then it is let go, with the bytes of the head. */
  private @Nullable UpgradeRequest request;

  /** Set and used where handlers run. */
  private @Nullable Handler handler;

  private @Nullable Mailbox mailbox;

  /** Present where messages are read while they arrive. */
  private final @Nullable StreamInbox streams;

  /** Made by any thread, retired by the lane. */
  private volatile @Nullable Outbox outbox;

  /** Bytes that arrived while paused. */
  private @Nullable ByteBuffer unread;

  /** A large message of which fragments have left, and how much of it. */
  private @Nullable Data fragmenting;

  private int fragmented;

  private int pausedBy;
  private boolean touched;
  private long stalledAt = Long.MAX_VALUE;
  private long takenThen;
  private long drainAt = Long.MAX_VALUE;
  private long retireAt = Long.MAX_VALUE;
  private long dropAt = Long.MAX_VALUE;
  private boolean gone;
  private boolean concluding;

  /** Set by the lane, or by a thread that closes; read by all. */
  private volatile boolean closing;

  /** Set once by the lane; read by all. */
  private volatile @Nullable Closed closed;

  /** Guarded by {@code this}, which nobody holds while waiting or calling out. */
  private @Nullable Consumer<Closed> onClose;

  private boolean closeTold;

  /** How what waits is joined; set once, where the endpoint opens, which is before any sending. */
  private volatile @Nullable Batching batching;

  /** A conversation that begins now. {@link #open} lets the application in. */
  public Conversation(Lane lane, Wire wire, Terms terms, Agreement agreement) {
    this.lane = lane;
    this.wire = wire;
    this.terms = terms;
    this.variables = agreement.variables();
    this.identity = agreement.identity();
    this.subprotocol = agreement.subprotocol();
    this.request = agreement.request();
    var builder =
        Connection.builder(agreement.role(), lane.random())
            .limits(terms.limits())
            .patient()
            .tally(lane.meter().tally());
    this.deflate = agreement.deflate();
    if (deflate != null) {
      builder.compression(deflate, lane.deflateContext());
    }
    if (terms.endpoint() instanceof StreamEndpoint) {
      builder.streaming();
      this.streams =
          new StreamInbox(
              terms.limits().inboundMessages(),
              () -> lane.execute(() -> unpause(PAUSED_BY_STREAM)));
    } else {
      this.streams = null;
    }
    this.connection = builder.open(this, lane.cork(), lane.now());
    this.client = agreement.role() == Role.CLIENT;
  }

  Wire wire() {
    return wire;
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
      switch (terms.dispatch()) {
        case INLINE -> openHandler();
        case VIRTUAL -> mailbox().add(this::openHandler);
      }
    } finally {
      leave();
    }
  }

  /** Bytes arrived. The buffer is read to its end and may be changed; it is not kept. */
  public void receive(ByteBuffer in) {
    if (unread != null) {
      keep(in);
      return;
    }
    lane.cork().enter(this);
    try {
      connection.receive(in, lane.now());
      if (in.hasRemaining()) {
        keep(in);
      }
    } finally {
      lane.cork().rest();
    }
  }

  /** No more bytes will arrive in this turn: answers leave. */
  public void received() {
    if (lane.cork().ownedBy(this)) {
      lane.cork().enter(this);
      concludeInTime();
      leave();
    }
  }

  /** The peer has ended it: our close frame follows what handlers still have to say. */
  private void concludeInTime() {
    if (!connection.ending() || concluding) {
      return;
    }
    concluding = true;
    var box = mailbox;
    if (box == null || !box.busy()) {
      concludeAfterQueue();
    } else {
      box.add(() -> lane.execute(this::concludeAfterQueue));
    }
  }

  private void concludeAfterQueue() {
    if (direct()) {
      connection.conclude(lane.now());
      return;
    }
    var item = new Outbox.Conclusion();
    while (connection.ending()) {
      var box = outbox();
      var verdict = box.offer(item, Integer.MAX_VALUE, terms.overflow(), true);
      if (verdict != Outbox.Verdict.RETIRED) {
        askFlush(box, verdict);
        return;
      }
    }
  }

  private void keep(ByteBuffer in) {
    var before = unread;
    if (before == null || before.capacity() - before.limit() < in.remaining()) {
      int held = before == null ? 0 : before.remaining();
      var larger = ByteBuffer.allocate(Math.max(held + in.remaining(), 2 * held));
      if (before != null) {
        larger.put(before);
      }
      larger.put(in).flip();
      unread = larger;
    } else {
      int end = before.limit();
      before.limit(end + in.remaining());
      before.put(end, in, in.position(), in.remaining());
      in.position(in.limit());
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
  }

  /**
   * Closes after a while, for a server that drains. From any thread.
   *
   * @param delay in nanoseconds
   */
  public void drain(long delay) {
    if (delay <= 0) {
      close(CloseCode.GOING_AWAY, "the server goes down");
    } else {
      lane.execute(() -> {
        drainAt = lane.now() + delay;
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
    closing = true;
    drop(Closed.Cause.LOST, "internal error");
  }

  // ---- the turn

  private void leave() {
    lane.cork().leave();
    settle();
  }

  /** After any work: notices the end, a stalled write, the next deadline. */
  private void settle() {
    if (connection.finished()) {
      if (closed == null) {
        ended();
      }
    } else if (stalledAt == Long.MAX_VALUE && wire.pending() > 0) {
      takenThen = wire.taken();
      stalledAt = lane.now() + terms.limits().stalledWrite().toNanos();
    }
    if (retireAt == Long.MAX_VALUE && !idle()) {
      retireAt = lane.now() + QUEUE_LIFE_NANOS;
    }
    if (pausedBy != 0 && !connection.open()) {
      unpause(pausedBy); // nobody gets what arrives now, but the peer's close must be seen
    }
    if (!gone) {
      lane.watch(this);
    }
  }

  /** Sends what waits in the outbox, as far as the wire takes it. */
  void flush() {
    touched = false;
    var box = outbox;
    if (box == null) {
      return;
    }
    if (lane.cork().busy()) {
      touch();
      return;
    }
    lane.cork().enter(this);
    try {
      drain(box);
    } finally {
      leave();
    }
  }

  private void drain(Outbox box) {
    var settings = batching;
    var batch = settings == null ? null : lane.batch(settings);
    while (wire.writable() && connection.open()) {
      var large = fragmenting;
      if (large != null) {
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
          connection.conclude(lane.now());
        }
        case Outbox.End end -> {
          send(batch);
          connection.close(end.close().code(), end.close().reason(), end.cause(), lane.now());
        }
      }
    }
    send(batch);
    if (!connection.open()) {
      box.refuse();
      fragmenting = null;
    }
    box.charge(!wire.writable() && connection.open());
    if ((pausedBy & PAUSED_BY_OUTBOX) != 0 && box.drained()) {
      unpause(PAUSED_BY_OUTBOX);
    }
  }

  private void sendOne(Data message, @Nullable Batch batch) {
    if (message.size() > WHOLE_BYTES) {
      send(batch);
      fragmenting = message;
      fragmented = 0;
    } else if (batch == null) {
      connection.send(message);
    } else if (!batch.offer(message)) {
      send(batch);
      batch.offer(message);
    }
  }

  private void sendShared(Prepared prepared, @Nullable Batch batch) {
    if (batch == null) {
      connection.send(prepared);
    } else if (!batch.offer(prepared)) {
      send(batch);
      batch.offer(prepared);
    }
  }

  /** Sends what a batch has gathered. */
  private void send(@Nullable Batch batch) {
    if (batch != null && batch.messages() > 0) {
      connection.send(batch);
      batch.clear();
    }
  }

  private void fragment(Data large) {
    int size = Math.min(FRAGMENT_BYTES, large.size() - fragmented);
    var piece = large.bytes().slice(fragmented, size);
    fragmented += size;
    boolean last = fragmented == large.size();
    connection.sendPart(large instanceof Text, piece, last);
    if (last) {
      fragmenting = null;
    }
  }

  private void touch() {
    if (!touched) {
      touched = true;
      lane.touch(this);
    }
  }

  // ---- reading

  private void pause(int reason) {
    if (pausedBy == 0) {
      connection.pause();
      wire.pause();
    }
    pausedBy |= reason;
  }

  private void unpause(int reason) {
    if ((pausedBy & reason) == 0) {
      return;
    }
    pausedBy &= ~reason;
    if (pausedBy == 0 && !gone) {
      // as a task: whoever noticed that there is room again may be in the middle of its turn
      lane.execute(this::resume);
    }
  }

  private void resume() {
    if (pausedBy != 0 || gone) {
      return;
    }
    lane.cork().enter(this);
    try {
      connection.resume(lane.now());
      var in = unread;
      if (in != null) {
        connection.receive(in, lane.now());
        if (!in.hasRemaining()) {
          unread = null;
        }
      }
      concludeInTime();
    } finally {
      leave();
    }
    if (pausedBy == 0 && !gone) {
      wire.resume();
    }
  }

  /** Called by the handler's thread: there is room again. */
  void mailboxDrained() {
    lane.execute(() -> unpause(PAUSED_BY_MAILBOX));
  }

  // ---- the application

  private Mailbox mailbox() {
    var known = mailbox;
    if (known == null) {
      known = new Mailbox(this);
      mailbox = known;
    }
    return known;
  }

  private void openHandler() {
    try {
      handler = terms.endpoint().open(this);
    } catch (Throwable failure) {
      failed(failure);
    } finally {
      request = null;
    }
  }

  /** From the connection: a message of the peer. */
  @Override
  public void onMessage(Message message) {
    switch (terms.dispatch()) {
      case INLINE -> handle(message);
      case VIRTUAL -> {
        var owned = message instanceof Data data ? data.copy() : message;
        if (!mailbox().add(owned)) {
          pause(PAUSED_BY_MAILBOX);
        }
      }
    }
  }

  /** From the connection: a piece of a message that is read while it arrives. */
  @Override
  public void onPart(boolean text, ByteBuffer bytes, boolean last) {
    var inbox = streams;
    if (inbox == null) {
      throw new IllegalStateException("a piece of a message that nobody reads in pieces");
    }
    var begun = inbox.add(text, bytes, last);
    if (begun != null) {
      mailbox().add(() -> handle(begun));
    }
    if (inbox.full()) {
      pause(PAUSED_BY_STREAM);
    }
  }

  private void handle(StreamInbox.Incoming message) {
    try {
      if (handler instanceof StreamEndpoint.Reading reading) {
        reading.read(message);
      }
    } catch (java.io.IOException failure) {
      if (closed == null) {
        failed(failure);
      } // else the peer has left in the middle of its message, which is normal
    } catch (Throwable failure) {
      failed(failure);
    } finally {
      message.abandon();
    }
  }

  /** Hands a message to the application, where handlers run. */
  void handle(Message message) {
    var current = handler;
    if (current == null) {
      return; // it failed to open, or has failed
    }
    try {
      current.onMessage(message);
    } catch (Throwable failure) {
      failed(failure);
    }
  }

  /** The fault barrier: whatever an application throws ends its own session and nothing else. */
  private void failed(Throwable failure) {
    handler = null;
    if (failure instanceof SessionClosedException) {
      return;
    }
    log.error("A handler failed; its session from {} closes with 1011", remoteAddress(), failure);
    end(new Close(CloseCode.INTERNAL_ERROR, "internal error"), Closed.Cause.HANDLER);
  }

  private void ended() {
    var story = connection.closed().orElseThrow();
    closing = true;
    closed = story;
    lane.meter().ended(story);
    unread = null;
    fragmenting = null;
    var inbox = streams;
    if (inbox != null) {
      inbox.end();
    }
    var box = outbox;
    if (box == null) {
      // whoever makes one later finds the session closed
      box = new Outbox(this, terms.limits(), terms.budget());
      if (!OUTBOX.compareAndSet(this, null, box)) {
        box = outbox;
      }
    }
    if (box != null) {
      box.refuse();
    }
    endWire(story);
    switch (terms.dispatch()) {
      case INLINE -> tellClosed(story);
      case VIRTUAL -> mailbox().add(() -> tellClosed(story));
    }
  }

  private void endWire(Closed story) {
    if (gone) {
      return;
    }
    long limit = lane.now() + terms.limits().closeHandshake().toNanos();
    switch (story.cause()) {
      case PEER, LOCAL, HANDLER, SLOW -> {
        dropAt = limit;
        if (!client) { // RFC 6455, 7.1.1: the server ends the transport, the client waits for it
          wire.close();
        }
      }
      case VIOLATION -> {
        dropAt = limit;
        wire.linger();
      }
      case TIMEOUT -> {
        dropAt = limit;
        wire.close();
      }
      case LOST -> wire.drop();
    }
  }

  private void tellClosed(Closed story) {
    Consumer<Closed> actions;
    synchronized (this) {
      closeTold = true;
      actions = onClose;
      onClose = null;
    }
    if (actions != null) {
      tell(actions, story);
    }
    handler = null;
  }

  private void tell(Consumer<Closed> action, Closed story) {
    try {
      action.accept(story);
    } catch (Throwable failure) {
      log.error("An action at the end of a session from {} failed", remoteAddress(), failure);
    }
  }

  // ---- time

  @Override
  protected long deadline() {
    if (connection.finished()) {
      return dropAt;
    }
    long next = Math.min(connection.deadline(), Math.min(stalledAt, Math.min(drainAt, retireAt)));
    return Math.min(next, handlerDeadline());
  }

  /** When the handler has worked too long on one message while nothing is read because of it. */
  private long handlerDeadline() {
    var box = mailbox;
    if (box == null || closing || (pausedBy & PAUSED_BY_MAILBOX) == 0) {
      return Long.MAX_VALUE;
    }
    long since = box.workingSince();
    return (since == 0 ? lane.now() : since) + terms.limits().handler().toNanos();
  }

  @Override
  protected void expire(long now) {
    if (connection.finished()) {
      wire.drop();
      return;
    }
    lane.cork().enter(this);
    try {
      if (now >= stalledAt) {
        checkStalled(now);
      }
      if (now >= drainAt) {
        drainAt = Long.MAX_VALUE;
        close(CloseCode.GOING_AWAY, "the server goes down");
      }
      if (now >= handlerDeadline()) {
        handlerTooLong();
      }
      if (connection.deadline() <= now) {
        connection.tick(now);
      }
      if (now >= retireAt) {
        retireQueues();
      }
    } finally {
      leave();
    }
  }

  private void checkStalled(long now) {
    if (wire.pending() == 0) {
      stalledAt = Long.MAX_VALUE;
    } else if (wire.taken() > takenThen) {
      takenThen = wire.taken();
      stalledAt = now + terms.limits().stalledWrite().toNanos();
    } else {
      stalledAt = Long.MAX_VALUE;
      connection.abort(Closed.Cause.SLOW, "a write made no progress in time");
      wire.drop();
    }
  }

  private void handlerTooLong() {
    closing = true;
    log.warn("A handler took too long; its session from {} closes with 1011", remoteAddress());
    var box = mailbox;
    if (box != null) {
      box.interrupt();
    }
    connection.close(CloseCode.INTERNAL_ERROR, "internal error", Closed.Cause.HANDLER, lane.now());
  }

  /** Lets go of queues that nothing waits in. */
  private void retireQueues() {
    retireAt = Long.MAX_VALUE;
    var box = outbox;
    if (box != null && box.retire()) {
      outbox = null;
    }
    var inbox = mailbox;
    if (inbox != null && !inbox.busy()) {
      mailbox = null;
    }
  }

  /** Whether it holds no queue. */
  boolean idle() {
    return outbox == null && mailbox == null;
  }

  // ---- sending

  private Outbox outbox() {
    while (true) {
      var known = outbox;
      if (known != null) {
        return known;
      }
      var made = new Outbox(this, terms.limits(), terms.budget());
      if (OUTBOX.compareAndSet(this, null, made)) {
        return made;
      }
    }
  }

  /**
   * Whether a message may go straight into the cork: it is our turn and nothing waits before it.
   */
  private boolean direct() {
    if (batching != null || !lane.inLane() || !lane.cork().ownedBy(this) || !wire.writable()) {
      return false;
    }
    var box = outbox;
    return box == null || (box.count() == 0 && fragmenting == null && !box.holds());
  }

  private Outbox.Item item(Data message) {
    var owned = message.copy();
    return new Outbox.One(
        owned, terms.overflow() instanceof Overflow.Conflate(var key) ? key.apply(owned) : null);
  }

  @Override
  public void send(Data message) {
    if (direct() && message.size() <= WHOLE_BYTES) {
      if (closing || !connection.send(message)) {
        throw closedException();
      }
      return;
    }
    send(item(message));
  }

  @Override
  public void send(Prepared prepared) {
    if (direct() && prepared.size() <= WHOLE_BYTES) {
      if (closing || !connection.send(prepared)) {
        throw closedException();
      }
      return;
    }
    send(new Outbox.Shared(prepared));
  }

  private static SessionClosedException closedException() {
    return new SessionClosedException("the session is closed");
  }

  void send(Outbox.Item item) {
    while (!closing) {
      var box = outbox();
      var verdict =
          lane.mustNotWait()
              ? box.offer(item, 2, terms.overflow(), lane.inLane())
              : await(box, item);
      switch (verdict) {
        case ACCEPTED, ACCEPTED_FIRST -> {
          askFlush(box, verdict);
          if (lane.inLane() && box.overfull()) {
            pause(PAUSED_BY_OUTBOX);
          }
          return;
        }
        case REFUSED -> {
          if (closing) {
            throw closedException();
          }
          return;
        }
        case FULL -> {
          tooSlow();
          throw closedException();
        }
        case RETIRED -> {}
      }
    }
    throw closedException();
  }

  private Outbox.Verdict await(Outbox box, Outbox.Item item) {
    try {
      return box.await(item, terms.limits().stalledWrite().toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting to send", e);
    }
  }

  @Override
  public boolean trySend(Data message) {
    if (direct() && message.size() <= WHOLE_BYTES) {
      return !closing && connection.send(message);
    }
    return trySend(item(message));
  }

  @Override
  public boolean trySend(Prepared prepared) {
    if (direct() && prepared.size() <= WHOLE_BYTES) {
      return !closing && connection.send(prepared);
    }
    return trySend(new Outbox.Shared(prepared));
  }

  private boolean trySend(Outbox.Item item) {
    while (!closing) {
      var box = outbox();
      var verdict = box.offer(item, 1, terms.overflow(), lane.inLane());
      switch (verdict) {
        case ACCEPTED, ACCEPTED_FIRST -> {
          askFlush(box, verdict);
          return true;
        }
        case REFUSED -> {
          return false;
        }
        case FULL -> {
          tooSlow();
          return false;
        }
        case RETIRED -> {}
      }
    }
    return false;
  }

  /** Bytes in the outbox. */
  long queued() {
    var box = outbox;
    return box == null ? 0 : box.bytes();
  }

  /** The process cannot bear all queues, and this is the largest. From any thread. */
  void overBudget() {
    tooSlow();
  }

  private void askFlush(Outbox box, Outbox.Verdict verdict) {
    if (lane.inLane()) {
      touch();
    } else if (verdict == Outbox.Verdict.ACCEPTED_FIRST) {
      lane.execute(box);
    }
  }

  /** The peer does not read: nothing that waits will reach it, so the close overtakes it. */
  private void tooSlow() {
    closing = true;
    var box = outbox;
    if (box != null) {
      box.refuse();
    }
    var close =
        terms.overflow() instanceof Overflow.CloseSession(var code, var reason)
            ? new Close(code, reason)
            : new Close(CloseCode.TRY_AGAIN_LATER, "too slow");
    onLane(() -> closeNow(close, Closed.Cause.SLOW));
  }

  private void closeNow(Close close, Closed.Cause cause) {
    if (lane.cork().busy() && !lane.cork().ownedBy(this)) {
      lane.execute(() -> closeNow(close, cause));
      return;
    }
    boolean mine = lane.cork().busy();
    if (!mine) {
      lane.cork().enter(this);
    }
    try {
      connection.close(close.code(), close.reason(), cause, lane.now());
    } finally {
      if (!mine) {
        leave();
      }
    }
  }

  private void onLane(Runnable task) {
    if (lane.inLane()) {
      task.run();
    } else {
      lane.execute(task);
    }
  }

  private void end(Close close, Closed.Cause cause) {
    if (closing) {
      return;
    }
    if (direct()) {
      closing = true;
      connection.close(close.code(), close.reason(), cause, lane.now());
      return;
    }
    var item = new Outbox.End(close, cause);
    while (true) {
      var box = outbox();
      var verdict = box.offer(item, Integer.MAX_VALUE, terms.overflow(), lane.inLane());
      if (verdict != Outbox.Verdict.RETIRED) {
        closing = true;
        askFlush(box, verdict);
        return;
      }
    }
  }

  @Override
  public OutgoingStream stream(boolean text) {
    if (lane.mustNotWait()) {
      throw new IllegalStateException("a stream waits, which an event loop must not");
    }
    while (!closing) {
      switch (outbox().beginParts()) {
        case ACCEPTED, ACCEPTED_FIRST -> {
          return new Parts(this, text);
        }
        case REFUSED -> throw closedException();
        case FULL -> throw new IllegalStateException("another message in parts is not complete");
        case RETIRED -> {}
      }
    }
    throw closedException();
  }

  // ---- the rest of a session

  @Override
  public void close(CloseCode code, String reason) {
    if (!code.sendable()) {
      throw new IllegalArgumentException("close code " + code + " cannot be sent");
    }
    end(new Close(code, reason), Closed.Cause.LOCAL);
  }

  @Override
  public boolean open() {
    return !closing;
  }

  @Override
  public Optional<Closed> closed() {
    return Optional.ofNullable(closed);
  }

  @Override
  public void onClose(Consumer<Closed> action) {
    synchronized (this) {
      if (!closeTold) {
        onClose = onClose == null ? action : both(onClose, action);
        return;
      }
    }
    var story = closed;
    if (story != null) {
      tell(action, story);
    }
  }

  private Consumer<Closed> both(Consumer<Closed> first, Consumer<Closed> second) {
    return story -> {
      tell(first, story);
      second.accept(story);
    };
  }

  @Override
  public String path(String variable) {
    var value = variables.get(variable);
    if (value == null) {
      throw new IllegalArgumentException("the route has no path variable " + variable);
    }
    return value;
  }

  @Override
  public Optional<String> query(String name) {
    var current = request;
    return current == null ? Optional.empty() : current.query(name);
  }

  @Override
  public Optional<String> header(String name) {
    var current = request;
    return current == null ? Optional.empty() : current.headers().first(name);
  }

  @Override
  public Identity identity() {
    return identity;
  }

  @Override
  public Executor lane() {
    return lane;
  }

  @Override
  public SocketAddress remoteAddress() {
    return wire.remoteAddress();
  }

  @Override
  public Optional<String> subprotocol() {
    return subprotocol.isEmpty() ? Optional.empty() : Optional.of(subprotocol);
  }

  @Override
  public String extensions() {
    return deflate == null ? "" : deflate.headerValue();
  }

  @Override
  public void ping() {
    onLane(this::pingNow);
  }

  private void pingNow() {
    if (lane.cork().busy() && !lane.cork().ownedBy(this)) {
      lane.execute(this::pingNow);
      return;
    }
    boolean mine = lane.cork().busy();
    if (!mine) {
      lane.cork().enter(this);
    }
    try {
      connection.ping(lane.now());
    } finally {
      if (!mine) {
        leave();
      }
    }
  }

  @Override
  public void batching(Batching settings) {
    batching = settings;
  }

  @Override
  public long queuedBytes() {
    var box = outbox;
    return wire.pending() + (box == null ? 0 : box.bytes());
  }

  @Override
  public void pauseReading() {
    onLane(() -> pause(PAUSED_BY_APPLICATION));
  }

  @Override
  public void resumeReading() {
    onLane(() -> unpause(PAUSED_BY_APPLICATION));
  }

  @Override
  public void abort(String detail) {
    closing = true;
    lane.execute(() -> drop(Closed.Cause.LOCAL, detail));
  }

  @Override
  public long nanoTime() {
    return lane.now();
  }

  @Override
  public Timer schedule(Duration delay, Runnable task) {
    var timer = new TaskTimer(lane.now() + delay.toNanos(), task);
    onLane(() -> lane.watch(timer));
    return timer;
  }

  /** A task of the application that waits for its time. */
  private final class TaskTimer extends Timed implements Timer {

    private final long at;
    private final Runnable task;
    private volatile boolean over;

    TaskTimer(long at, Runnable task) {
      this.at = at;
      this.task = task;
    }

    @Override
    protected long deadline() {
      return over ? Long.MAX_VALUE : at;
    }

    @Override
    protected void expire(long now) {
      if (!over && closed == null) {
        over = true;
        try {
          task.run();
        } catch (Throwable failure) {
          failed(failure);
        }
      }
    }

    @Override
    public void cancel() {
      over = true;
      onLane(() -> lane.unwatch(this));
    }
  }

  @Override
  public Optional<Duration> roundTrip() {
    return connection.roundTrip();
  }

  @Override
  public Limits limits() {
    return terms.limits();
  }

  /** Whether no handler works and none has work waiting: for tests. */
  public boolean quiet() {
    var box = mailbox;
    return box == null || !box.busy();
  }

  /** Where it is from and whether it is open; nothing that anybody said. */
  @Override
  public String toString() {
    return "Session[" + remoteAddress() + (closing ? ", closed]" : ", open]");
  }
}

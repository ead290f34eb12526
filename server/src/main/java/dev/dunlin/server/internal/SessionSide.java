package dev.dunlin.server.internal;

import dev.dunlin.auth.Credentials;
import dev.dunlin.auth.Identity;
import dev.dunlin.server.OutgoingStream;
import dev.dunlin.server.Overflow;
import dev.dunlin.server.Session;
import dev.dunlin.websocket.Batching;
import dev.dunlin.websocket.Close;
import dev.dunlin.websocket.CloseCode;
import dev.dunlin.websocket.Closed;
import dev.dunlin.websocket.Connection;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.PerMessageDeflate;
import dev.dunlin.websocket.Prepared;
import dev.dunlin.websocket.Receiver;
import dev.dunlin.websocket.UpgradeRequest;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A conversation as its application sees it: all that may be called from any thread. What the lane
 * does with it is in {@link Conversation}.
 */
abstract sealed class SessionSide extends Timed implements Session, Receiver permits Conversation {

  private static final VarHandle SENDING;

  static {
    try {
      SENDING = MethodHandles.lookup().findVarHandle(SessionSide.class, "sending", Sending.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final Lane lane;
  final Terms terms;
  final Wire wire;
  final Connection connection;
  final Application application;
  private final Map<String, String> variables;
  private final Identity identity;

  /** Null where nothing limits how long the peer may stay. */
  final @Nullable Tenure tenure;

  private final String subprotocol;
  private final @Nullable PerMessageDeflate deflate;

  /** Until the endpoint has opened; then it is let go, with the bytes of the head. */
  private @Nullable UpgradeRequest request;

  /**
   * While something waits to be sent, or did so lately. Made by any thread, retired by the lane.
   */
  private volatile @Nullable Sending sending;

  /**
   * What leaves when the turn ends, as long as it is one thing: a subscriber that gets a
   * publication a turn needs no queue. It came before whatever {@link #sending} holds. The lane's.
   */
  private @Nullable Prepared alone;

  /** Set by the lane, or by a thread that closes. */
  private volatile boolean closing;

  /** Set once by the lane. */
  private volatile @Nullable Closed closed;

  /** How what waits is joined; set once, where the endpoint opens, which is before any sending. */
  private volatile @Nullable Batching batching;

  /** Whether nobody knows the peer until the endpoint says so. */
  private final boolean stranger;

  SessionSide(Lane lane, Wire wire, Terms terms, Agreement agreement) {
    this.lane = lane;
    this.wire = wire;
    this.terms = terms;
    this.variables = agreement.variables();
    this.identity = agreement.identity();
    this.tenure =
        terms.admittance().limited() ? new Tenure(self(), terms.admittance(), identity) : null;
    this.subprotocol = agreement.subprotocol();
    this.request = agreement.request();
    this.deflate = agreement.deflate();
    this.application = new Application(self());
    var builder =
        Connection.builder(agreement.role(), lane.random())
            .limits(terms.limits())
            .patient()
            .tally(lane.meter().tally());
    this.stranger = terms.strangers() && identity.isAnonymous();
    if (stranger) {
      builder.budget(terms.budget().strangers());
    }
    if (deflate != null) {
      builder.compression(deflate, lane.deflateContext());
    }
    if (terms.endpoint() instanceof StreamEndpoint) {
      builder.streaming();
    }
    this.connection = builder.open(this, lane.cork(), lane.now());
  }

  private Conversation self() {
    return (Conversation) this;
  }

  // ---- what is known

  /** The endpoint has opened: from now on the request is not known. */
  final void forgetRequest() {
    request = null;
  }

  @Override
  public final String path(String variable) {
    var value = variables.get(variable);
    if (value == null) {
      throw new IllegalArgumentException("the route has no path variable " + variable);
    }
    return value;
  }

  @Override
  public final Optional<String> query(String name) {
    var current = request;
    return current == null ? Optional.empty() : current.query(name);
  }

  @Override
  public final Optional<String> header(String name) {
    var current = request;
    return current == null ? Optional.empty() : current.headers().first(name);
  }

  @Override
  public final void identified() {
    if (stranger) {
      onLane(connection::unbudgeted);
    }
  }

  @Override
  public final Identity identity() {
    var current = tenure;
    return current == null ? identity : current.identity();
  }

  @Override
  public final CompletionStage<Identity> reauthenticate(Credentials credentials) {
    var current = tenure;
    if (current == null) {
      throw new IllegalStateException("the route has no authenticator");
    }
    return current.renew(credentials);
  }

  @Override
  public final Executor lane() {
    return lane;
  }

  @Override
  public final Executor lane(Duration delay) {
    return lane.delayed(delay);
  }

  @Override
  public final SocketAddress remoteAddress() {
    return wire.remoteAddress();
  }

  @Override
  public final Optional<String> subprotocol() {
    return subprotocol.isEmpty() ? Optional.empty() : Optional.of(subprotocol);
  }

  @Override
  public final String extensions() {
    return deflate == null ? "" : deflate.headerValue();
  }

  @Override
  public final long nanoTime() {
    return lane.now();
  }

  @Override
  public final Limits limits() {
    return terms.limits();
  }

  /** Where it is from and whether it is open; nothing that anybody said. */
  @Override
  public final String toString() {
    return "Session[" + remoteAddress() + (open() ? ", open]" : ", closed]");
  }

  // ---- sending

  final Sending sending() {
    while (true) {
      var known = sending;
      if (known != null) {
        return known;
      }
      var made = new Sending(self());
      if (SENDING.compareAndSet(this, null, made)) {
        return made;
      }
    }
  }

  /** What waits, or null. */
  final @Nullable Sending waiting() {
    return sending;
  }

  /** Lets go of a queue that nothing waits in. On the lane. */
  final void retireSending() {
    var waiting = sending;
    if (waiting != null && waiting.retire()) {
      sending = null;
    }
  }

  /** From now on nothing is taken. */
  final void refuseSending() {
    closing = true;
  }

  /** It has ended so. */
  final void over(Closed story) {
    closing = true;
    closed = story;
  }

  /**
   * Whether a message may go straight into the cork: it is our turn and nothing waits before it.
   */
  final boolean direct() {
    if (batching != null || !lane.inLane() || !lane.cork().ownedBy(this) || !wire.writable()) {
      return false;
    }
    if (alone != null) {
      return false;
    }
    var waiting = sending;
    return waiting == null || waiting.empty();
  }

  @Override
  public final void send(Data message) {
    if (direct() && message.size() <= Sending.WHOLE_BYTES) {
      if (closing || !connection.send(message)) {
        throw Sending.closedException();
      }
      return;
    }
    send(Outbox.One.of(message, terms.overflow()));
  }

  @Override
  public final void send(Prepared prepared) {
    if (direct() && prepared.size() <= Sending.WHOLE_BYTES) {
      if (closing || !connection.send(prepared)) {
        throw Sending.closedException();
      }
      return;
    }
    if (!keepAlone(prepared)) {
      send(new Outbox.Shared(prepared));
    }
  }

  final void send(Outbox.Item item) {
    do {
      if (closing) {
        throw Sending.closedException();
      }
    } while (!sending().send(item));
  }

  @Override
  public final boolean trySend(Data message) {
    if (direct() && message.size() <= Sending.WHOLE_BYTES) {
      return !closing && connection.send(message);
    }
    return trySend(Outbox.One.of(message, terms.overflow()));
  }

  @Override
  public final boolean trySend(Prepared prepared) {
    if (direct() && prepared.size() <= Sending.WHOLE_BYTES) {
      return !closing && connection.send(prepared);
    }
    return keepAlone(prepared) || trySend(new Outbox.Shared(prepared));
  }

  /** Keeps the only thing that a turn has sent so far, without a queue; false if it needs one. */
  private boolean keepAlone(Prepared prepared) {
    if (!lane.inLane()
        || alone != null
        || sending != null
        || closing
        || !wire.writable()
        || prepared.size() > Sending.WHOLE_BYTES) {
      return false;
    }
    alone = prepared;
    self().touch();
    return true;
  }

  /** Takes what the turn has kept; null if there is nothing. On the lane. */
  final @Nullable Prepared takeAlone() {
    var kept = alone;
    alone = null;
    return kept;
  }

  private boolean trySend(Outbox.Item item) {
    while (!closing) {
      switch (sending().trySend(item)) {
        case ACCEPTED, ACCEPTED_FIRST -> {
          return true;
        }
        case REFUSED, FULL -> {
          return false;
        }
        case RETIRED -> {}
      }
    }
    return false;
  }

  @Override
  public final OutgoingStream stream(boolean text) {
    if (lane.mustNotWait()) {
      throw new IllegalStateException("a stream waits, which an event loop must not");
    }
    while (!closing) {
      switch (sending().beginParts()) {
        case ACCEPTED, ACCEPTED_FIRST -> {
          return new Parts(self(), text);
        }
        case REFUSED -> throw Sending.closedException();
        case FULL -> throw new IllegalStateException("another message in parts is not complete");
        case RETIRED -> {}
      }
    }
    throw Sending.closedException();
  }

  @Override
  public final void batching(Batching settings) {
    batching = settings;
  }

  final @Nullable Batching batching() {
    return batching;
  }

  /** Bytes in the outbox. */
  final long queued() {
    var waiting = sending;
    var kept = alone; // of another thread's view it may be a turn old
    return (waiting == null ? 0 : waiting.bytes()) + (kept == null ? 0 : kept.size());
  }

  @Override
  public final long queuedBytes() {
    return wire.pending() + queued();
  }

  @Override
  public final int queuedMessages() {
    var waiting = sending;
    return waiting == null ? 0 : waiting.count();
  }

  /**
   * The peer does not read, or the process cannot bear all queues and this is the largest: nothing
   * that waits will reach it, so the close overtakes it. From any thread.
   */
  final void tooSlow() {
    var close =
        terms.overflow() instanceof Overflow.CloseSession(var code, var reason)
            ? new Close(code, reason)
            : new Close(CloseCode.TRY_AGAIN_LATER, "too slow");
    overtake(close, Closed.Cause.SLOW);
  }

  /** Closes before whatever waits to be sent. From any thread. */
  final void overtake(Close close) {
    overtake(close, Closed.Cause.LOCAL);
  }

  private void overtake(Close close, Closed.Cause cause) {
    closing = true;
    var waiting = sending;
    if (waiting != null) {
      waiting.refuse();
    }
    onLane(() -> self().act(() -> close(close, cause)));
  }

  private void close(Close close, Closed.Cause cause) {
    connection.close(close.code(), close.reason(), cause, lane.now());
  }

  /** Begins to close, after what waits. From any thread. */
  final void end(Close close, Closed.Cause cause) {
    if (closing) {
      return;
    }
    if (direct()) {
      closing = true;
      close(close, cause);
      return;
    }
    var item = new Outbox.End(close, cause);
    while (!sending().put(item)) {}
    closing = true;
  }

  @Override
  public final void close(CloseCode code, String reason) {
    if (!code.sendable()) {
      throw new IllegalArgumentException("close code " + code + " cannot be sent");
    }
    end(new Close(code, reason), Closed.Cause.LOCAL);
  }

  @Override
  public final void abort(String detail) {
    closing = true;
    self().onLaneWhileItLasts(() -> self().drop(Closed.Cause.LOCAL, detail));
  }

  @Override
  public final void ping() {
    onLane(() -> self().act(() -> connection.ping(lane.now())));
  }

  @Override
  public final boolean open() {
    return !closing;
  }

  @Override
  public final Optional<Closed> closed() {
    return Optional.ofNullable(closed);
  }

  @Override
  public final void onClose(Consumer<Closed> action) {
    application.onClose(action);
  }

  @Override
  public final void pauseReading() {
    onLane(() -> self().pause(Reading.PAUSED_BY_APPLICATION));
  }

  @Override
  public final void resumeReading() {
    onLane(() -> self().unpause(Reading.PAUSED_BY_APPLICATION));
  }

  @Override
  public final Timer schedule(Duration delay, Runnable task) {
    var timer = new SessionTimer(self(), lane.now() + delay.toNanos(), task);
    onLane(() -> lane.watch(timer));
    return timer;
  }

  @Override
  public final Optional<Duration> roundTrip() {
    return connection.roundTrip();
  }

  final void onLane(Runnable task) {
    if (lane.inLane()) {
      task.run();
    } else {
      self().onLaneWhileItLasts(task);
    }
  }
}

package dev.dunlin.server;

import dev.dunlin.auth.Credentials;
import dev.dunlin.auth.Identity;
import dev.dunlin.websocket.Batching;
import dev.dunlin.websocket.CloseCode;
import dev.dunlin.websocket.Closed;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.Prepared;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * One WebSocket connection, as an application sees it. All methods may be called from any thread.
 *
 * <p>Messages leave in the order in which each thread sent them; {@code send} and {@code trySend}
 * share one queue. Nothing leaves after a close.
 */
public interface Session {

  /**
   * Sends a message: returns when the outgoing queue has accepted it, not when it is written. A
   * view is copied where it has to wait.
   *
   * <p>While the queue is full it waits, at most {@link Limits#stalledWrite()}; then the session
   * closes. On an event loop it never waits: it accepts, reading from this peer stops until the
   * queue has drained, and beyond twice the limit the route's {@link Overflow} acts. Where that
   * drops the message, this returns all the same: use {@link #trySend} to be told.
   *
   * @throws SessionClosedException if the session is closed, or closes while waiting
   */
  void send(Data message);

  /** Sends messages that others share; the contract of {@link #send(Data)}. */
  void send(Prepared prepared);

  /**
   * Offers a message and answers at once.
   *
   * @return whether the outgoing queue took it; false on a closed session and where the route's
   *     {@link Overflow} refused it
   */
  boolean trySend(Data message);

  /** Offers messages that others share; the contract of {@link #trySend(Data)}. */
  boolean trySend(Prepared prepared);

  /**
   * Begins a message that is sent while it is produced. Not on an event loop.
   *
   * @param text whether it is a text message; then what is written must be UTF-8
   * @throws SessionClosedException if the session is closed
   * @throws IllegalStateException if another such message is not complete, or on an event loop
   */
  OutgoingStream stream(boolean text);

  /**
   * Begins the close handshake (RFC 6455, 7.1.2), after what is queued. Later messages are refused,
   * messages that arrive from now on are dropped. Without effect on a closed session.
   *
   * @param reason cut to 123 bytes of UTF-8
   * @throws IllegalArgumentException if the code may not stand in a close frame
   */
  void close(CloseCode code, String reason);

  /** Closes with 1000 and no reason. */
  default void close() {
    close(CloseCode.NORMAL, "");
  }

  /** Whether messages may be sent: neither side has begun to close. */
  boolean open();

  /** How it ended, once it has. */
  Optional<Closed> closed();

  /**
   * Adds an action for the end of the session. It runs once, after the last message has been
   * handled, where handlers run; at once if the session has ended. What it throws is logged.
   */
  void onClose(Consumer<Closed> action);

  /**
   * The value of a variable in the route's path, such as {@code room} in {@code /chat/{room}}.
   *
   * @throws IllegalArgumentException if the route has no such variable
   */
  String path(String variable);

  /**
   * The first query parameter of this name, decoded. Only until the endpoint has opened: capture
   * what you need, for the request is let go then.
   */
  Optional<String> query(String name);

  /** The first header of this name in the request; only until the endpoint has opened. */
  Optional<String> header(String name);

  /** Who the peer is, its certificates included; {@link Identity#anonymous()} if nobody asked. */
  Identity identity();

  /**
   * Shows what the peer presented anew, such as a token from one of its messages, to the route's
   * authenticator. If it is the same user's, it takes the place of the old: {@link #identity()} is
   * the new one, and the session ends when the new token does. No message is lost meanwhile. The
   * certificates of the session are shown too, so that a token bound to one (RFC 8705) is compared.
   *
   * @return the new identity; fails with an {@link dev.dunlin.auth.AuthenticationException}, and
   *     the session goes on as before, if it is refused or another user's
   * @throws IllegalStateException if the route has no authenticator
   */
  CompletionStage<Identity> reauthenticate(Credentials credentials);

  /**
   * The peer has proven who it is by its messages: from now on what it sends does not count against
   * what strangers may send ({@link Route#identifiesLater()}). Without effect elsewhere.
   */
  void identified();

  /**
   * The event loop of this connection, as a serial executor. The same object for all sessions of
   * the loop: compare by identity. Tasks must not block.
   */
  Executor lane();

  /**
   * The same event loop with each task run that much later, to the millisecond: for work that is to
   * gather first. The same object for all sessions of the loop and the same delay. Tasks run
   * whether or not this session has ended.
   *
   * @throws IllegalArgumentException if the delay is negative
   */
  Executor lane(Duration delay);

  /** The peer's address. */
  SocketAddress remoteAddress();

  /** The subprotocol that was agreed (RFC 6455, 1.9). */
  Optional<String> subprotocol();

  /** The agreed extensions as in {@code Sec-WebSocket-Extensions} (RFC 6455, 9.1); may be empty. */
  String extensions();

  /** Sends a ping now (RFC 6455, 5.5.2); its pong updates {@link #roundTrip()}. */
  void ping();

  /** The time between the newest answered ping and its pong. */
  Optional<Duration> roundTrip();

  /** The limits that hold here. */
  Limits limits();

  /**
   * Joins what waits to be sent into fewer messages, for a protocol that allows several of its
   * messages in one. From now on whatever is sent leaves when the event loop's turn ends, joined as
   * far as this allows. {@link Batching#delay()} holds nothing back here: who wants to gather for
   * longer sends later, by {@link #lane(Duration)}.
   */
  void batching(Batching batching);

  /** Bytes that were accepted and that the operating system has not taken yet. */
  long queuedBytes();

  /** Messages that were accepted and that the connection has not begun to write. */
  int queuedMessages();

  /**
   * Stops reading from the peer, for a handler that cannot take more; one message at most still
   * comes. The peer's pongs are not missed meanwhile.
   */
  void pauseReading();

  /** Reads again. */
  void resumeReading();

  /** Ends the connection without a close frame and without sending what waits. */
  void abort(String detail);

  /** The clock of the connection's event loop, in nanoseconds; only differences mean anything. */
  long nanoTime();

  /**
   * Runs a task once on the {@link #lane()}, after a delay and at most 100 ms later. Not run any
   * more once the session has ended.
   */
  Timer schedule(Duration delay, Runnable task);

  /** A task that waits for its time. */
  interface Timer {

    /** Forgets the task, if it has not run. From any thread. */
    void cancel();
  }
}

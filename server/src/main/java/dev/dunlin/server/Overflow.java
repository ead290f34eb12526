package dev.dunlin.server;

import dev.dunlin.websocket.CloseCode;
import dev.dunlin.websocket.Data;
import java.util.function.Function;

/**
 * What happens when a peer reads so slowly that the outgoing queue of its session is full ({@link
 * dev.dunlin.websocket.Limits#outboundBytes()}, {@link
 * dev.dunlin.websocket.Limits#outboundMessages()}). Applies to {@link Session#trySend}.
 */
public sealed interface Overflow {

  /** Closes the session with 1013. The default: the peer knows that it missed something. */
  Overflow CLOSE = new CloseSession(CloseCode.TRY_AGAIN_LATER, "too slow");

  /** Drops the message that does not fit: {@code trySend} answers false. */
  Overflow DROP_NEWEST = new DropNewest();

  /** Drops waiting messages, the oldest first, until the new one fits. */
  Overflow DROP_OLDEST = new DropOldest();

  /** Closes the session with a code and reason of the protocol spoken on the route. */
  static Overflow close(CloseCode code, String reason) {
    return new CloseSession(code, reason);
  }

  /**
   * A new message replaces the waiting one of the same key, in its place; what then still does not
   * fit drops the oldest.
   *
   * @param key gives the key of a message; called on the sender's thread
   */
  static Overflow conflate(Function<Data, ?> key) {
    return new Conflate(key);
  }

  /** {@link #CLOSE} or its like. */
  record CloseSession(CloseCode code, String reason) implements Overflow {
    public CloseSession {
      if (!code.sendable()) {
        throw new IllegalArgumentException("close code " + code + " cannot be sent");
      }
    }
  }

  /** {@link #DROP_NEWEST}. */
  record DropNewest() implements Overflow {}

  /** {@link #DROP_OLDEST}. */
  record DropOldest() implements Overflow {}

  /** {@link #conflate}. */
  record Conflate(Function<Data, ?> key) implements Overflow {}
}

package dev.dunlin.websocket;

import java.util.Optional;

/**
 * How a connection ended: the whole story.
 *
 * @param received the close frame that the peer sent, if one came
 * @param sent the close frame that this side sent, if it sent one
 * @param cause who or what ended it
 * @param detail one sentence for a log line; never the text of an internal exception
 */
public record Closed(Optional<Close> received, Optional<Close> sent, Cause cause, String detail) {

  /** What ended a connection. */
  public enum Cause {
    /** The peer began the close handshake. */
    PEER,
    /** The application, or the server shutting down, began the close handshake. */
    LOCAL,
    /** The peer broke the protocol or a limit. */
    VIOLATION,
    /** The application's handler failed. */
    HANDLER,
    /**
     * The peer did not read what was sent to it: the outgoing queue was full or a write stalled.
     */
    SLOW,
    /** The peer did not answer a ping, or did not complete the close handshake, in time. */
    TIMEOUT,
    /** The transport ended or failed without a close frame. */
    LOST
  }

  /**
   * The code as the application sees it (RFC 6455, 7.1.5): that of the frame received, 1005 for one
   * without a code, 1006 if none came.
   */
  public CloseCode code() {
    return received.map(Close::code).orElse(CloseCode.ABNORMAL);
  }

  /** The reason in the frame received, or empty. */
  public String reason() {
    return received.map(Close::reason).orElse("");
  }

  /** Whether both close frames were exchanged. */
  public boolean clean() {
    return received.isPresent() && sent.isPresent();
  }
}

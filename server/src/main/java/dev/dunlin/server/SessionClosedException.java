package dev.dunlin.server;

/**
 * Thrown by waiting calls on a session that has been closed. Thrown out of that session's own
 * handler it ends the handler's work without a log line: the peer has left, which is normal.
 */
public final class SessionClosedException extends IllegalStateException {
  private static final long serialVersionUID = 1;

  /** For the library. */
  public SessionClosedException(String message) {
    super(message);
  }
}

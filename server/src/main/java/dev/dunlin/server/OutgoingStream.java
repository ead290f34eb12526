package dev.dunlin.server;

import java.io.OutputStream;

/**
 * A data message that is sent while it is produced: every {@link #flush()} or full buffer is a
 * fragment. Other messages of the session wait until it is closed; pings, pongs and closes pass.
 *
 * <p>Writing waits while the session's outgoing queue is full, so it must not be used on an event
 * loop. For one thread at a time. Closing it completes the message. Writing to a session that has
 * ended throws {@link SessionClosedException}.
 */
public abstract class OutgoingStream extends OutputStream {

  /** For the library. */
  protected OutgoingStream() {}

  @Override
  public abstract void flush();

  /** Completes the message. Idempotent. */
  @Override
  public abstract void close();
}

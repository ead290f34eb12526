package dev.dunlin.server;

import java.nio.ByteBuffer;
import java.util.concurrent.Executor;

/** The body of an answer that is written over time. All methods may be called from any thread. */
public interface HttpStream extends AutoCloseable {

  /**
   * Writes the remaining bytes, which are copied. Waits while {@link
   * dev.dunlin.websocket.Limits#outboundBytes()} are on their way, at most {@link
   * dev.dunlin.websocket.Limits#stalledWrite()}; then the stream ends. Not on an event loop.
   *
   * @throws SessionClosedException if the stream has ended
   */
  void write(ByteBuffer bytes);

  /**
   * Writes the remaining bytes if there is room, and answers at once.
   *
   * @return false if the limit is reached or the stream has ended: nothing was written
   */
  boolean tryWrite(ByteBuffer bytes);

  /** Completes the body. Idempotent. */
  @Override
  void close();

  /** Whether it can be written to. */
  boolean open();

  /** Adds an action for the end of the stream, whoever ends it; at once if it has ended. */
  void onClose(Runnable action);

  /** The event loop of the connection, as {@link Session#lane()}. */
  Executor lane();
}

package dev.dunlin.websocket;

import java.nio.ByteBuffer;

/**
 * Where a connection puts what it sends: the transport's outgoing buffer.
 *
 * <p>Bytes leave in the order of the calls. When they leave is the transport's business: a good one
 * gathers all that a turn produces and writes once. Called on the connection's thread only.
 */
public interface Sink {

  /**
   * A buffer with at least {@code bytes} remaining. Whatever the caller puts into it, moving its
   * position, is sent; the buffer is the caller's until the next call to this sink.
   */
  ByteBuffer room(int bytes);

  /**
   * Sends the remaining bytes of a buffer that nobody changes any more, by reference or as a copy.
   * The caller's position and limit stay as they are.
   */
  void share(ByteBuffer bytes);
}

package dev.dunlin.websocket;

import java.nio.ByteBuffer;

/**
 * A message that carries the application's data: {@link Text} or {@link Binary}.
 *
 * <p>A message made with {@code of} owns its bytes and never changes. A message that an {@code
 * inline} handler receives is a <em>view</em> of the event loop's receive buffer: it is valid until
 * {@code onMessage} returns, later use throws {@link IllegalStateException}, and {@link #copy()}
 * keeps it.
 */
public sealed interface Data extends Message permits Text, Binary {

  /** The payload's length in bytes. */
  int size();

  /** The payload, read-only, position 0 to limit {@link #size()}. Shares the bytes; copies none. */
  ByteBuffer bytes();

  /** A new array with the payload. */
  byte[] toByteArray();

  /** This message if it owns its bytes, otherwise an equal one that does. */
  Data copy();
}

package dev.dunlin.centrifuge;

import java.nio.ByteBuffer;

/** Reading buffers without moving them. */
final class Bytes {

  private Bytes() {}

  /** What remains in the buffer: its own array where that is exactly it, otherwise a copy. */
  static byte[] array(ByteBuffer buffer) {
    if (buffer.hasArray()
        && buffer.arrayOffset() + buffer.position() == 0
        && buffer.remaining() == buffer.array().length) {
      return buffer.array();
    }
    byte[] copy = new byte[buffer.remaining()];
    buffer.get(buffer.position(), copy);
    return copy;
  }
}

package dev.dunlin.websocket;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A growing array that is used again and again, and lets go of what an exceptional message took.
 */
final class Scratch {

  /** What is kept between messages. */
  static final int KEPT_BYTES = 64 << 10;

  private static final int MOST = Integer.MAX_VALUE - 8;

  private final int least;
  byte[] bytes;
  int size;

  Scratch(int least) {
    this.least = least;
    this.bytes = new byte[least];
  }

  Scratch clear() {
    size = 0;
    return this;
  }

  /** Makes room for {@code more} bytes. */
  void room(int more) {
    if (bytes.length - size < more) {
      int needed = Math.addExact(size, more);
      bytes = Arrays.copyOf(bytes, (int) Math.max(needed, Math.min(2L * bytes.length, MOST)));
    }
  }

  /**
   * Makes room for at least one byte, doubling up to {@code most} in all.
   *
   * @return false if {@code most} are taken
   */
  boolean grow(long most) {
    if (size == bytes.length) {
      int larger = (int) Math.min(Math.min(2L * size, most), MOST);
      if (larger <= size) {
        return false;
      }
      bytes = Arrays.copyOf(bytes, larger);
    }
    return true;
  }

  void put(int octet) {
    room(1);
    bytes[size++] = (byte) octet;
  }

  /** Appends the remaining bytes; the source's position stays. */
  void put(ByteBuffer from) {
    put(from, from.position(), from.remaining());
  }

  void put(ByteBuffer from, int at, int count) {
    room(count);
    from.get(at, bytes, size, count);
    size += count;
  }

  void put(Payload payload) {
    put(payload.buffer(), payload.offset(), payload.size());
  }

  /** Appends an unmasked frame header. */
  void header(int first, int length) {
    room(FrameEncoder.MAX_SERVER_HEADER_BYTES);
    var out = ByteBuffer.wrap(bytes, size, bytes.length - size);
    FrameEncoder.header(out, first, length);
    size = out.position();
  }

  /** A direct copy of just what stands here. */
  ByteBuffer toDirect() {
    return ByteBuffer.allocateDirect(size).put(bytes, 0, size).flip();
  }

  /** What stands here, valid until the next use. */
  ByteBuffer view() {
    return ByteBuffer.wrap(bytes, 0, size);
  }

  /** Lets go of an array that is larger than what is worth keeping. */
  void trim() {
    if (bytes.length > KEPT_BYTES) {
      bytes = new byte[least];
      size = 0;
    }
  }
}

package dev.dunlin.websocket;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Masking (RFC 6455, 5.3), eight bytes at a time. The same operation masks and unmasks. */
final class Mask {

  private static final long HIGH_BITS = 0x8080808080808080L;

  private Mask() {}

  /**
   * Applies {@code key} in place to {@code size} bytes from {@code at}, of which the first is byte
   * {@code phase} (mod 4) of its frame's payload.
   *
   * @return whether every byte of the result is ASCII, so that text needs no second look
   */
  static boolean apply(ByteBuffer buffer, int at, int size, int key, int phase) {
    int turned = Integer.rotateLeft(key, (phase & 3) << 3);
    long wide = ((long) turned << 32) | (turned & 0xffffffffL);
    if (buffer.order() == ByteOrder.LITTLE_ENDIAN) {
      wide = Long.reverseBytes(wide);
    }
    int end = at + size;
    int i = at;
    long seen = 0;
    for (; i + 32 <= end; i += 32) {
      long a = buffer.getLong(i) ^ wide;
      long b = buffer.getLong(i + 8) ^ wide;
      long c = buffer.getLong(i + 16) ^ wide;
      long d = buffer.getLong(i + 24) ^ wide;
      buffer.putLong(i, a);
      buffer.putLong(i + 8, b);
      buffer.putLong(i + 16, c);
      buffer.putLong(i + 24, d);
      seen |= a | b | c | d;
    }
    for (; i + 8 <= end; i += 8) {
      long a = buffer.getLong(i) ^ wide;
      buffer.putLong(i, a);
      seen |= a;
    }
    int shift = 24;
    int high = 0;
    for (; i < end; i++) {
      int b = buffer.get(i) ^ (turned >>> shift);
      buffer.put(i, (byte) b);
      high |= b;
      shift = (shift - 8) & 31;
    }
    return (seen & HIGH_BITS) == 0 && (high & 0x80) == 0;
  }
}

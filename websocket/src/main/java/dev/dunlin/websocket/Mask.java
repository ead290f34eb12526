package dev.dunlin.websocket;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Masking (RFC 6455, 5.3), eight bytes at a time. The same operation masks and unmasks. */
final class Mask {

  private static final long HIGH_BITS = 0x8080808080808080L;

  /** Eight octets, the first the lowest, whatever the buffer's order and alignment. */
  private static final VarHandle LONGS =
      MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private Mask() {}

  /**
   * Applies {@code key} in place to {@code size} bytes from {@code at}, of which the first is byte
   * {@code phase} (mod 4) of its frame's payload.
   *
   * @return whether every byte of the result is ASCII, so that text needs no second look
   */
  static boolean apply(ByteBuffer buffer, int at, int size, int key, int phase) {
    int turned = Integer.rotateLeft(key, (phase & 3) << 3);
    long wide = Long.reverseBytes(((long) turned << 32) | (turned & 0xffffffffL));
    int end = at + size;
    int i = at;
    long seen = 0;
    // Unrolled by hand, or through the accessors of the buffer, it does not become vector code.
    for (int last = end - 8; i <= last; i += 8) {
      long a = (long) LONGS.get(buffer, i) ^ wide;
      LONGS.set(buffer, i, a);
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

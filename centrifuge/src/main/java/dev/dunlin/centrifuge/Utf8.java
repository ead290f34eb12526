package dev.dunlin.centrifuge;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. */
final class Utf8 {

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long HIGH_BITS = 0x8080808080808080L;

  private Utf8() {}

  /** Whether these bytes are well-formed. */
  static boolean valid(byte[] bytes) {
    return valid(bytes, 0, bytes.length);
  }

  /** Whether the bytes from {@code from} up to {@code to} are well-formed. */
  static boolean valid(byte[] bytes, int from, int to) {
    int i = from;
    while (i < to) {
      if (i + 8 <= to && ((long) LONGS.get(bytes, i) & HIGH_BITS) == 0) {
        i += 8;
        continue;
      }
      int b = bytes[i] & 0xff;
      if (b < 0x80) {
        i++;
        continue;
      }
      int more;
      int least = 0x80;
      int most = 0xbf;
      if (b >= 0xc2 && b <= 0xdf) {
        more = 1;
      } else if (b >= 0xe0 && b <= 0xef) {
        more = 2;
        least = b == 0xe0 ? 0xa0 : 0x80;
        most = b == 0xed ? 0x9f : 0xbf;
      } else if (b >= 0xf0 && b <= 0xf4) {
        more = 3;
        least = b == 0xf0 ? 0x90 : 0x80;
        most = b == 0xf4 ? 0x8f : 0xbf;
      } else {
        return false;
      }
      if (to - i <= more) {
        return false;
      }
      int second = bytes[i + 1] & 0xff;
      if (second < least || second > most) {
        return false;
      }
      for (int k = 2; k <= more; k++) {
        if (!continuation(bytes[i + k])) {
          return false;
        }
      }
      i += more + 1;
    }
    return true;
  }

  /** Whether the octet continues a character rather than starting one. */
  static boolean continuation(byte octet) {
    return (octet & 0xc0) == 0x80;
  }
}

package dev.dunlin.websocket;

import java.nio.ByteBuffer;

/**
 * UTF-8 checked octet by octet as it arrives (RFC 3629; RFC 6455, 8.1), resumable at any octet.
 *
 * <p>The state between octets is an {@code int}: {@link #ACCEPT} between characters, {@link
 * #REJECT} after an octet that cannot stand there, anything else inside a character.
 */
final class Utf8 {

  /** Between characters: text may end here. */
  static final int ACCEPT = 0;

  /** An octet that cannot stand where it stood. Final. */
  static final int REJECT = -1;

  private static final int ONE_MORE = 1;
  private static final int TWO_MORE = 2;
  private static final int THREE_MORE = 3;
  private static final int AFTER_E0 = 4; // no overlong forms: next is a0 to bf
  private static final int AFTER_ED = 5; // no surrogates: next is 80 to 9f
  private static final int AFTER_F0 = 6; // no overlong forms: next is 90 to bf
  private static final int AFTER_F4 = 7; // nothing above U+10FFFF: next is 80 to 8f

  private static final long HIGH_BITS = 0x8080808080808080L;

  private Utf8() {}

  /** Whether {@code size} bytes from {@code offset} are whole, valid UTF-8. */
  static boolean valid(ByteBuffer buffer, int offset, int size) {
    return check(ACCEPT, buffer, offset, offset + size) == ACCEPT;
  }

  /** The state after the bytes {@code from} to {@code to}, begun in {@code state}. */
  static int check(int state, ByteBuffer buffer, int from, int to) {
    int i = from;
    while (i < to) {
      if (state == ACCEPT) {
        i = skipAscii(buffer, i, to);
        if (i == to) {
          return ACCEPT;
        }
      }
      state = next(state, buffer.get(i++));
      if (state == REJECT) {
        return REJECT;
      }
    }
    return state;
  }

  /** The first position from {@code from} on whose octet has its high bit set, or {@code to}. */
  private static int skipAscii(ByteBuffer buffer, int from, int to) {
    int i = from;
    for (; i + 32 <= to; i += 32) {
      long bits =
          buffer.getLong(i)
              | buffer.getLong(i + 8)
              | buffer.getLong(i + 16)
              | buffer.getLong(i + 24);
      if ((bits & HIGH_BITS) != 0) {
        break;
      }
    }
    for (; i + 8 <= to && (buffer.getLong(i) & HIGH_BITS) == 0; i += 8) {}
    while (i < to && buffer.get(i) >= 0) {
      i++;
    }
    return i;
  }

  private static int next(int state, byte octet) {
    int b = octet & 0xff;
    return switch (state) {
      case ACCEPT -> first(b);
      case ONE_MORE -> continuation(b, 0x80, 0xbf, ACCEPT);
      case TWO_MORE -> continuation(b, 0x80, 0xbf, ONE_MORE);
      case THREE_MORE -> continuation(b, 0x80, 0xbf, TWO_MORE);
      case AFTER_E0 -> continuation(b, 0xa0, 0xbf, ONE_MORE);
      case AFTER_ED -> continuation(b, 0x80, 0x9f, ONE_MORE);
      case AFTER_F0 -> continuation(b, 0x90, 0xbf, TWO_MORE);
      case AFTER_F4 -> continuation(b, 0x80, 0x8f, TWO_MORE);
      default -> REJECT;
    };
  }

  private static int first(int b) {
    if (b < 0x80) {
      return ACCEPT;
    }
    if (b < 0xc2) {
      return REJECT; // a continuation octet, or the lead of an overlong form
    }
    if (b < 0xe0) {
      return ONE_MORE;
    }
    if (b < 0xf0) {
      return b == 0xe0 ? AFTER_E0 : b == 0xed ? AFTER_ED : TWO_MORE;
    }
    if (b > 0xf4) {
      return REJECT;
    }
    return b == 0xf0 ? AFTER_F0 : b == 0xf4 ? AFTER_F4 : THREE_MORE;
  }

  private static int continuation(int b, int least, int most, int then) {
    return b >= least && b <= most ? then : REJECT;
  }
}

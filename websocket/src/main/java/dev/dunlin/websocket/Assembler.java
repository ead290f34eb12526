package dev.dunlin.websocket;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Gathers the payload of a data message that does not arrive in one piece.
 *
 * <p>Holds one growing array while a message is open and nothing otherwise. It grows with what has
 * arrived, never by what a header declares.
 */
final class Assembler {

  private static final int LEAST_CAPACITY = 256;

  private byte @Nullable [] bytes;
  private int size;
  private int utf8 = Utf8.ACCEPT;

  boolean empty() {
    return size == 0;
  }

  int size() {
    return size;
  }

  /** The memory that {@code count} more bytes would take beyond what is held. */
  int growth(int count) {
    int held = bytes == null ? 0 : bytes.length;
    return count == 0 || held - size >= count ? 0 : grown(held, count) - held;
  }

  private int grown(int held, int count) {
    return held == 0
        ? Math.max(LEAST_CAPACITY, count)
        : (int) Math.max((long) size + count, Math.min(2L * held, Integer.MAX_VALUE - 8));
  }

  /** Takes over {@code count} bytes; the frame header has already been judged by the limits. */
  void append(ByteBuffer in, int at, int count) {
    if (count == 0) {
      return;
    }
    var held = bytes;
    if (held == null) {
      held = new byte[grown(0, count)];
      bytes = held;
    } else if (held.length - size < count) {
      held = Arrays.copyOf(held, grown(held.length, count));
      bytes = held;
    }
    in.get(at, held, size, count);
    size += count;
  }

  /** Runs the UTF-8 automaton over a piece of text, so that text fails where it becomes wrong. */
  void checkText(ByteBuffer in, int at, int count) throws ProtocolViolation {
    utf8 = Utf8.check(utf8, in, at, at + count);
    if (utf8 == Utf8.REJECT) {
      throw ProtocolViolation.notUtf8();
    }
  }

  /** Whether the text so far ends between characters. */
  boolean textMayEnd() {
    return utf8 == Utf8.ACCEPT;
  }

  /** All that was gathered; from now on the caller's. Ready for the next message. */
  ByteBuffer take() {
    var held = bytes;
    var all = held == null ? ByteBuffer.allocate(0) : ByteBuffer.wrap(held, 0, size);
    bytes = null;
    size = 0;
    utf8 = Utf8.ACCEPT;
    return all;
  }
}

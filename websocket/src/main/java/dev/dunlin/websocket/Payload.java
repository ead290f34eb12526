package dev.dunlin.websocket;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a {@link Data} message: owned, or lent by a receive buffer for the duration of one
 * call.
 *
 * <p>One object per message and nothing else: a range of a buffer that other messages share, plus
 * the lender and the turn in which it lent.
 */
abstract class Payload {

  private final ByteBuffer buffer;
  private final int offset;
  private final int size;
  private final @Nullable Lender lender;
  private final int turn;

  /** Bytes that nobody will change: {@code buffer} from {@code offset}. */
  Payload(ByteBuffer buffer, int offset, int size) {
    this.buffer = buffer;
    this.offset = offset;
    this.size = size;
    this.lender = null;
    this.turn = 0;
  }

  /** Bytes lent until the lender's next turn. */
  Payload(ByteBuffer buffer, int offset, int size, Lender lender) {
    this.buffer = buffer;
    this.offset = offset;
    this.size = size;
    this.lender = lender;
    this.turn = lender.turn;
  }

  /** Whoever lends bytes: its turn moves on when the loan ends. Confined to one thread. */
  static class Lender {
    int turn;
  }

  private ByteBuffer valid() {
    if (lender != null && lender.turn != turn) {
      throw new IllegalStateException(
          "this message was a view of the receive buffer and ended with onMessage:"
              + " call copy() inside onMessage to keep it");
    }
    return buffer;
  }

  static Payload of(Data message) {
    return switch (message) {
      case Text text -> text;
      case Binary binary -> binary;
    };
  }

  /** Appends the bytes. */
  final void put(ByteBuffer out) {
    int at = out.position();
    out.put(at, valid(), offset, size);
    out.position(at + size);
  }

  final boolean lent() {
    return lender != null;
  }

  /** The buffer that holds the payload; together with {@link #offset()} for code that copies. */
  final ByteBuffer buffer() {
    return valid();
  }

  final int offset() {
    return offset;
  }

  /** The payload's length in bytes. */
  public final int size() {
    return size;
  }

  /** The payload, read-only, position 0 to limit {@link #size()}. Shares the bytes; copies none. */
  public final ByteBuffer bytes() {
    return valid().slice(offset, size).asReadOnlyBuffer();
  }

  /** A new array with the payload. */
  public final byte[] toByteArray() {
    var bytes = new byte[size];
    valid().get(offset, bytes);
    return bytes;
  }

  /** The bytes as UTF-8; where they lie in an array, without a copy of them. */
  final String decoded() {
    var from = valid();
    return from.hasArray()
        ? new String(from.array(), from.arrayOffset() + offset, size, StandardCharsets.UTF_8)
        : new String(toByteArray(), StandardCharsets.UTF_8);
  }

  final boolean sameBytes(Payload other) {
    return valid().slice(offset, size).equals(other.valid().slice(other.offset, other.size));
  }

  final int bytesHash() {
    return Arrays.hashCode(toByteArray());
  }
}

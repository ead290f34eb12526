package dev.dunlin.websocket;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** A binary message (RFC 6455, 5.6). */
public final class Binary extends Payload implements Data {

  private Binary(ByteBuffer buffer, int offset, int size) {
    super(buffer, offset, size);
  }

  Binary(ByteBuffer buffer, int offset, int size, Lender lender) {
    super(buffer, offset, size, lender);
  }

  /** A binary message of these bytes, copied. */
  public static Binary of(byte[] bytes) {
    return of(ByteBuffer.wrap(bytes));
  }

  /** A binary message of the remaining bytes, copied; the buffer's position stays. */
  public static Binary of(ByteBuffer bytes) {
    var owned = new byte[bytes.remaining()];
    bytes.get(bytes.position(), owned);
    return new Binary(ByteBuffer.wrap(owned), 0, owned.length);
  }

  /** Takes over bytes that nobody will change. */
  static Binary trusted(ByteBuffer buffer, int offset, int size) {
    return new Binary(buffer, offset, size);
  }

  @Override
  public Binary copy() {
    return lent() ? of(toByteArray()) : this;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Binary binary && sameBytes(binary);
  }

  @Override
  public int hashCode() {
    return bytesHash();
  }

  /** The kind and the size; never the content. */
  @Override
  public String toString() {
    return "Binary[" + size() + " bytes]";
  }
}

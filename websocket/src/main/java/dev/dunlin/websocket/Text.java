package dev.dunlin.websocket;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A text message (RFC 6455, 5.6): valid UTF-8, kept as bytes until someone asks for the {@code
 * String}.
 */
public final class Text extends Payload implements Data {

  private @Nullable String value;

  private Text(ByteBuffer buffer, int offset, int size) {
    super(buffer, offset, size);
  }

  /** A view of bytes already known to be UTF-8. */
  Text(ByteBuffer buffer, int offset, int size, Lender lender) {
    super(buffer, offset, size, lender);
  }

  /**
   * A text message of {@code value}.
   *
   * @throws IllegalArgumentException if {@code value} holds a lone surrogate: it has no UTF-8 form
   *     (RFC 6455, 8.1)
   */
  public static Text of(String value) {
    var bytes = value.getBytes(StandardCharsets.UTF_8);
    // getBytes writes '?' for a lone surrogate: one byte where a pair's half would have taken three
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (Character.isSurrogate(c)) {
        if (Character.isHighSurrogate(c)
            && i + 1 < value.length()
            && Character.isLowSurrogate(value.charAt(i + 1))) {
          i++;
        } else {
          throw new IllegalArgumentException(
              "text with a lone surrogate at index " + i + " has no UTF-8 form");
        }
      }
    }
    var text = new Text(ByteBuffer.wrap(bytes), 0, bytes.length);
    text.value = value;
    return text;
  }

  /**
   * A text message of UTF-8 bytes, copied.
   *
   * @throws IllegalArgumentException if the bytes are not UTF-8
   */
  public static Text of(byte[] utf8) {
    return of(ByteBuffer.wrap(utf8));
  }

  /**
   * A text message of the remaining UTF-8 bytes, copied; the buffer's position stays.
   *
   * @throws IllegalArgumentException if the bytes are not UTF-8
   */
  public static Text of(ByteBuffer utf8) {
    var bytes = new byte[utf8.remaining()];
    utf8.get(utf8.position(), bytes);
    var owned = ByteBuffer.wrap(bytes);
    if (!Utf8.valid(owned, 0, bytes.length)) {
      throw new IllegalArgumentException("text of " + bytes.length + " bytes is not UTF-8");
    }
    return new Text(owned, 0, bytes.length);
  }

  /** Takes over bytes already known to be UTF-8. */
  static Text trusted(ByteBuffer buffer, int offset, int size) {
    return new Text(buffer, offset, size);
  }

  /** The text. Decoded at the first call, kept afterwards. */
  public String value() {
    var known = value;
    if (known == null) {
      known = decoded();
      value = known;
    }
    return known;
  }

  @Override
  public Text copy() {
    return lent() ? new Text(ByteBuffer.wrap(toByteArray()), 0, size()) : this;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Text text && sameBytes(text);
  }

  @Override
  public int hashCode() {
    return bytesHash();
  }

  /** The kind and the size; never the content, which may be anybody's secret. */
  @Override
  public String toString() {
    return "Text[" + size() + " bytes]";
  }
}

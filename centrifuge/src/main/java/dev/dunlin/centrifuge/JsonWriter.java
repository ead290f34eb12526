package dev.dunlin.centrifuge;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * JSON written straight into a byte array that grows. Fields with a zero value are left out, as the
 * protocol wants it. Confined to one thread.
 */
final class JsonWriter {

  private static final byte[] HEX = {
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
  };

  private byte[] bytes;
  private int size;

  JsonWriter(int expectedSize) {
    bytes = new byte[expectedSize];
  }

  /** What was written; the writer's own array if its size was expected exactly. */
  byte[] toByteArray() {
    return size == bytes.length ? bytes : Arrays.copyOf(bytes, size);
  }

  void open() {
    raw('{');
  }

  void close() {
    raw('}');
  }

  void openArray() {
    raw('[');
  }

  void closeArray() {
    raw(']');
  }

  /** Starts an element of an array; members take care of themselves. */
  void element() {
    if (bytes[size - 1] != '[') {
      raw(',');
    }
  }

  /** A member's name, which must need no escapes. */
  void name(String name) {
    if (bytes[size - 1] != '{') {
      raw(',');
    }
    reserve(name.length() + 3);
    bytes[size++] = '"';
    for (int i = 0; i < name.length(); i++) {
      bytes[size++] = (byte) name.charAt(i);
    }
    bytes[size++] = '"';
    bytes[size++] = ':';
  }

  /** A member's name that comes from elsewhere. */
  void anyName(String name) {
    if (bytes[size - 1] != '{') {
      raw(',');
    }
    string(name);
    raw(':');
  }

  void field(String name, String value) {
    if (!value.isEmpty()) {
      name(name);
      string(value);
    }
  }

  void field(String name, boolean value) {
    if (value) {
      name(name);
      reserve(4);
      bytes[size++] = 't';
      bytes[size++] = 'r';
      bytes[size++] = 'u';
      bytes[size++] = 'e';
    }
  }

  void field(String name, long value) {
    if (value != 0) {
      name(name);
      number(value);
    }
  }

  /** A payload, embedded as it is. */
  void field(String name, ByteBuffer json) {
    if (json.hasRemaining()) {
      name(name);
      raw(json);
    }
  }

  void number(long value) {
    if (value < 0) {
      String text = Long.toString(value);
      for (int i = 0; i < text.length(); i++) {
        raw(text.charAt(i));
      }
      return;
    }
    int digits = digits(value);
    reserve(digits);
    long rest = value;
    for (int i = size + digits - 1; i >= size; i--) {
      bytes[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    size += digits;
  }

  /** How many digits a number that is not negative has. */
  static int digits(long value) {
    int digits = 1;
    for (long rest = value; rest >= 10; rest /= 10) {
      digits++;
    }
    return digits;
  }

  void string(String value) {
    raw('"');
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c >= 0x20 && c < 0x80 && c != '"' && c != '\\') {
        raw(c);
      } else if (c < 0x80) {
        escaped((byte) c);
      } else if (Character.isHighSurrogate(c)
          && i + 1 < value.length()
          && Character.isLowSurrogate(value.charAt(i + 1))) {
        character(Character.toCodePoint(c, value.charAt(++i)));
      } else {
        // Half a pair has no form in UTF-8; the JDK and Protobuf put a question mark as well.
        character(Character.isSurrogate(c) ? '?' : c);
      }
    }
    raw('"');
  }

  /** A string from bytes that are known to be UTF-8. */
  void utf8String(byte[] utf8) {
    raw('"');
    for (byte b : utf8) {
      if (b < 0) {
        reserve(1);
        bytes[size++] = b;
      } else {
        escaped(b);
      }
    }
    raw('"');
  }

  private void character(int c) {
    reserve(4);
    if (c < 0x80) {
      bytes[size++] = (byte) c;
    } else if (c < 0x800) {
      bytes[size++] = (byte) (0xc0 | c >> 6);
      bytes[size++] = (byte) (0x80 | c & 0x3f);
    } else if (c < 0x10000) {
      bytes[size++] = (byte) (0xe0 | c >> 12);
      bytes[size++] = (byte) (0x80 | c >> 6 & 0x3f);
      bytes[size++] = (byte) (0x80 | c & 0x3f);
    } else {
      bytes[size++] = (byte) (0xf0 | c >> 18);
      bytes[size++] = (byte) (0x80 | c >> 12 & 0x3f);
      bytes[size++] = (byte) (0x80 | c >> 6 & 0x3f);
      bytes[size++] = (byte) (0x80 | c & 0x3f);
    }
  }

  private void escaped(byte c) {
    reserve(6);
    if (c == '"' || c == '\\') {
      bytes[size++] = '\\';
      bytes[size++] = c;
    } else if (c >= 0x20) {
      bytes[size++] = c;
    } else {
      bytes[size++] = '\\';
      switch (c) {
        case '\n' -> bytes[size++] = 'n';
        case '\r' -> bytes[size++] = 'r';
        case '\t' -> bytes[size++] = 't';
        default -> {
          bytes[size++] = 'u';
          bytes[size++] = '0';
          bytes[size++] = '0';
          bytes[size++] = HEX[c >> 4];
          bytes[size++] = HEX[c & 0xf];
        }
      }
    }
  }

  private void raw(ByteBuffer source) {
    int length = source.remaining();
    reserve(length);
    source.get(source.position(), bytes, size, length);
    size += length;
  }

  private void raw(char c) {
    reserve(1);
    bytes[size++] = (byte) c;
  }

  private void reserve(int more) {
    if (bytes.length - size < more) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length + (bytes.length >> 1), size + more));
    }
  }
}

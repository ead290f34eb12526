package dev.dunlin.centrifuge;

import dev.dunlin.channels.Publication;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * JSON values as bytes (RFC 8259): checked once, embedded as they are. A payload may stand in a
 * frame of a JSON connection if it is one well-formed value of at most {@link #MAX_DEPTH} levels in
 * well-formed UTF-8, without raw newlines, since a newline separates messages.
 */
final class JsonText {

  /** How deep arrays and objects may nest in a payload. */
  static final int MAX_DEPTH = 32;

  private JsonText() {}

  /** Whether the bytes are one JSON value, white space around it allowed. */
  static boolean valid(byte[] bytes) {
    return valid(bytes, 0, bytes.length);
  }

  private static boolean valid(byte[] bytes, int from, int to) {
    int end = end(bytes, skipSpace(bytes, from, to), to, MAX_DEPTH);
    return end >= 0 && skipSpace(bytes, end, to) == to && Utf8.valid(bytes, from, to);
  }

  /**
   * The payload in the form that may be embedded in a JSON frame: the same buffer, or a copy
   * without its formatting newlines; empty if it is no JSON value. To be asked once per
   * publication, not per subscriber.
   */
  static Optional<ByteBuffer> embeddable(ByteBuffer payload) {
    byte[] bytes = Bytes.array(payload);
    if (!valid(bytes, 0, bytes.length)) {
      return Optional.empty();
    }
    int kept = 0;
    for (byte b : bytes) {
      kept += b == '\n' ? 0 : 1;
    }
    if (kept == bytes.length) {
      return Optional.of(payload);
    }
    // Inside strings a newline is always escaped, so each raw one is formatting.
    byte[] stripped = new byte[kept];
    int at = 0;
    for (byte b : bytes) {
      if (b != '\n') {
        stripped[at++] = b;
      }
    }
    return Optional.of(ByteBuffer.wrap(stripped));
  }

  /** The same for a publication's data, found out once for all subscribers. */
  static Optional<ByteBuffer> embeddable(Publication publication) {
    return publication.encoding(
        Memo.EMBEDDABLE, publicationToCheck -> embeddable(publicationToCheck.data()));
  }

  private enum Memo {
    EMBEDDABLE
  }

  /** A JSON string that holds this text; the bytes must be UTF-8. */
  static ByteBuffer quoted(byte[] utf8) {
    var writer = new JsonWriter(utf8.length + utf8.length / 8 + 16);
    writer.utf8String(utf8);
    return ByteBuffer.wrap(writer.toByteArray());
  }

  static int skipSpace(byte[] b, int from, int to) {
    int i = from;
    while (i < to && (b[i] == ' ' || b[i] == '\t' || b[i] == '\r' || b[i] == '\n')) {
      i++;
    }
    return i;
  }

  /**
   * The index after the JSON value that starts at {@code from}, or -1 if there is none or it nests
   * deeper than {@code maxDepth}, at most 63. Takes no memory and no stack whatever the input.
   */
  static int end(byte[] b, int from, int to, int maxDepth) {
    long objects = 0; // bit n: level n is an object
    int depth = 0;
    int i = from;
    while (true) {
      // A value starts at i.
      if (i >= to) {
        return -1;
      }
      byte c = b[i];
      if (c == '{' || c == '[') {
        if (++depth > maxDepth) {
          return -1;
        }
        boolean object = c == '{';
        objects = object ? objects | (1L << depth) : objects & ~(1L << depth);
        i = skipSpace(b, i + 1, to);
        if (i >= to) {
          return -1;
        }
        if (b[i] != (object ? '}' : ']')) {
          i = object ? afterKey(b, i, to) : i;
          if (i < 0) {
            return -1;
          }
          continue;
        }
        // An empty one: the loop below closes it.
      } else {
        i = scalarEnd(b, i, to);
        if (i < 0 || depth == 0) {
          return i;
        }
        i = skipSpace(b, i, to);
      }
      // A value inside level `depth` ended, or that level is empty.
      while (i < to && b[i] == ((objects & (1L << depth)) != 0 ? '}' : ']')) {
        i++;
        if (--depth == 0) {
          return i;
        }
        i = skipSpace(b, i, to);
      }
      if (i >= to || b[i] != ',') {
        return -1;
      }
      i = skipSpace(b, i + 1, to);
      if ((objects & (1L << depth)) != 0) {
        i = afterKey(b, i, to);
        if (i < 0) {
          return -1;
        }
      }
    }
  }

  /** Where the value of the member that starts at {@code i} begins. */
  private static int afterKey(byte[] b, int i, int to) {
    if (i >= to || b[i] != '"') {
      return -1;
    }
    int end = stringEnd(b, i, to);
    if (end < 0) {
      return -1;
    }
    end = skipSpace(b, end, to);
    return end < to && b[end] == ':' ? skipSpace(b, end + 1, to) : -1;
  }

  private static int scalarEnd(byte[] b, int i, int to) {
    return switch (b[i]) {
      case '"' -> stringEnd(b, i, to);
      case 't' -> literalEnd(b, i, to, "true");
      case 'f' -> literalEnd(b, i, to, "false");
      case 'n' -> literalEnd(b, i, to, "null");
      default -> numberEnd(b, i, to);
    };
  }

  private static int literalEnd(byte[] b, int i, int to, String literal) {
    int end = i + literal.length();
    if (end > to) {
      return -1;
    }
    for (int k = 0; k < literal.length(); k++) {
      if (b[i + k] != literal.charAt(k)) {
        return -1;
      }
    }
    return end;
  }

  private static int stringEnd(byte[] b, int from, int to) {
    for (int i = from + 1; i < to; i++) {
      byte c = b[i];
      if (c == '"') {
        return i + 1;
      }
      if (c >= 0 && c < 0x20) {
        return -1;
      }
      if (c == '\\') {
        if (++i >= to) {
          return -1;
        }
        switch (b[i]) {
          case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> {}
          case 'u' -> {
            for (int k = 1; k <= 4; k++) {
              if (i + k >= to || Character.digit(b[i + k], 16) < 0) {
                return -1;
              }
            }
            i += 4;
          }
          default -> {
            return -1;
          }
        }
      }
    }
    return -1;
  }

  private static int numberEnd(byte[] b, int from, int to) {
    int i = from;
    if (b[i] == '-') {
      i++;
    }
    int digits = digits(b, i, to);
    if (digits == i || (b[i] == '0' && digits > i + 1)) {
      return -1;
    }
    i = digits;
    if (i < to && b[i] == '.') {
      digits = digits(b, i + 1, to);
      if (digits == i + 1) {
        return -1;
      }
      i = digits;
    }
    if (i < to && (b[i] == 'e' || b[i] == 'E')) {
      i++;
      if (i < to && (b[i] == '+' || b[i] == '-')) {
        i++;
      }
      digits = digits(b, i, to);
      if (digits == i) {
        return -1;
      }
      i = digits;
    }
    return i;
  }

  private static int digits(byte[] b, int from, int to) {
    int i = from;
    while (i < to && b[i] >= '0' && b[i] <= '9') {
      i++;
    }
    return i;
  }
}

package dev.dunlin.websocket;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The octets of an HTTP head, taken as they arrive (RFC 9112, 2 to 5): each is looked at once,
 * whatever the pieces, and kept; what was seen of it is remembered as positions. Strict: lines end
 * with CRLF and nothing else, fields are not folded, no space stands before a colon.
 *
 * <p>Every limit is checked before the octet is kept, so the memory is that of an honest head.
 */
final class HeadReader {

  /** Judges the first line as soon as it is whole. */
  @FunctionalInterface
  interface StartLine {
    @Nullable Refusal judge(String line);
  }

  private enum At {
    START_LINE,
    START_LINE_LF,
    LINE_START,
    NAME,
    BEFORE_VALUE,
    VALUE,
    VALUE_LF,
    LAST_LF,
    END
  }

  private static final int FIRST_CAPACITY = 1024;
  private static final int POSITIONS = 4; // of a field: name from, name to, value from, value to

  private final StartLine startLine;
  private final int maxStartLineBytes;
  private final int maxHeadBytes;
  private final int maxHeaders;

  private At at = At.START_LINE;
  private byte[] head;
  private int size;
  private int[] positions = new int[16 * POSITIONS];
  private int startLineBytes;
  private int fields;
  private @Nullable Refusal refusal;
  private long examined;

  HeadReader(StartLine startLine, int maxStartLineBytes, int maxHeadBytes, int maxHeaders) {
    this.startLine = startLine;
    this.maxStartLineBytes = maxStartLineBytes;
    this.maxHeadBytes = maxHeadBytes;
    this.maxHeaders = maxHeaders;
    this.head = new byte[Math.min(FIRST_CAPACITY, maxHeadBytes)];
  }

  /**
   * Takes octets up to the end of the head, whose last one is the LF of the blank line, or up to
   * the one that breaks it. What follows stays in {@code bytes}.
   */
  void feed(ByteBuffer bytes) {
    while (refusal == null && at != At.END && bytes.hasRemaining()) {
      if (size == maxHeadBytes) {
        refusal = Refusal.of(431, "the request head is larger than " + maxHeadBytes + " bytes");
        return;
      }
      int octet = bytes.get() & 0xff;
      examined++;
      keep((byte) octet);
      step(octet);
    }
  }

  private void keep(byte octet) {
    if (size == head.length) {
      head = Arrays.copyOf(head, (int) Math.min(maxHeadBytes, head.length * 2L));
    }
    head[size++] = octet;
  }

  private void step(int octet) {
    switch (at) {
      case START_LINE -> startLine(octet);
      case START_LINE_LF -> {
        if (lineFeed(octet)) {
          examined += size;
          startLineBytes = size - 2;
          refusal = startLine.judge(startLine());
          at = At.LINE_START;
        }
      }
      case LINE_START -> lineStart(octet);
      case NAME -> name(octet);
      case BEFORE_VALUE -> {
        if (!Syntax.isSpace(octet)) {
          position(2, size - 1);
          position(3, size - 1);
          at = At.VALUE;
          value(octet);
        }
      }
      case VALUE -> value(octet);
      case VALUE_LF -> {
        if (lineFeed(octet)) {
          fields++;
          at = At.LINE_START;
        }
      }
      case LAST_LF -> {
        if (lineFeed(octet)) {
          at = At.END;
        }
      }
      case END -> throw new IllegalStateException("the head has ended");
    }
  }

  private void startLine(int octet) {
    if (octet == '\r') {
      at = At.START_LINE_LF;
    } else if (octet < ' ' || octet == 0x7f) {
      bad("the first line holds a control character");
    } else if (size > maxStartLineBytes) {
      refusal = Refusal.of(414, "the request line is longer than " + maxStartLineBytes + " bytes");
    }
  }

  private void lineStart(int octet) {
    if (octet == '\r') {
      at = At.LAST_LF;
    } else if (fields == maxHeaders) {
      refusal = Refusal.of(431, "the request has more than " + maxHeaders + " header lines");
    } else if (Syntax.isTokenChar(octet)) {
      if (positions.length == fields * POSITIONS) {
        positions = Arrays.copyOf(positions, positions.length * 2);
      }
      position(0, size - 1);
      at = At.NAME;
    } else if (Syntax.isSpace(octet)) {
      bad("a header line is folded"); // RFC 9112, 5.2
    } else {
      bad("a header name is empty or not a token");
    }
  }

  private void name(int octet) {
    if (octet == ':') {
      position(1, size - 1);
      at = At.BEFORE_VALUE;
    } else if (Syntax.isSpace(octet)) {
      bad("white space stands before the colon of a header"); // RFC 9112, 5.1
    } else if (!Syntax.isTokenChar(octet)) {
      bad("a header name is not a token");
    }
  }

  private void value(int octet) {
    if (octet == '\r') {
      at = At.VALUE_LF;
    } else if (!Syntax.isFieldChar(octet)) {
      bad("a header value holds a control character");
    } else if (!Syntax.isSpace(octet)) {
      position(3, size);
    }
  }

  private boolean lineFeed(int octet) {
    if (octet != '\n') {
      bad("a line ends with CR alone");
    }
    return octet == '\n';
  }

  private void bad(String reason) {
    refusal = Refusal.of(400, reason);
  }

  private void position(int which, int position) {
    positions[fields * POSITIONS + which] = position;
  }

  private String text(int from, int to) {
    return new String(head, from, to - from, StandardCharsets.ISO_8859_1);
  }

  boolean complete() {
    return at == At.END && refusal == null;
  }

  @Nullable Refusal refusal() {
    return refusal;
  }

  /** The first line, once it was judged. */
  String startLine() {
    return text(0, startLineBytes);
  }

  /** The header fields of a complete head. */
  Headers headers() {
    var names = new ArrayList<String>(fields);
    var values = new ArrayList<String>(fields);
    for (int i = 0; i < fields; i++) {
      int p = i * POSITIONS;
      names.add(text(positions[p], positions[p + 1]));
      values.add(text(positions[p + 2], positions[p + 3]));
    }
    examined += size;
    return Headers.trusted(names, values);
  }

  /** The head as it came, in no more memory than it needs: requests live as long as sessions. */
  ByteBuffer bytes() {
    examined += size;
    return ByteBuffer.wrap(Arrays.copyOf(head, size)).asReadOnlyBuffer();
  }

  int size() {
    return size;
  }

  /** Octets looked at so far, each as often as it was. */
  long examined() {
    return examined;
  }
}

package dev.dunlin.app.load;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/**
 * Payloads of one size that differ from message to message, so that a lost, doubled or exchanged
 * one is noticed: ASCII, and valid JSON from {@link #MIN_JSON} bytes on. Immutable.
 */
final class Payloads {

  static final int MIN_JSON = 8;

  /** How many messages later a payload comes again. */
  private static final int DIFFERENT = 256;

  private static final int MAX_TOTAL_BYTES = 4 << 20;

  private final byte[][] payloads;

  Payloads(int size) {
    payloads = new byte[Math.clamp(MAX_TOTAL_BYTES / size, 16, DIFFERENT)][];
    var random = new Random(size);
    for (int i = 0; i < payloads.length; i++) {
      payloads[i] = payload(random, i, size).getBytes(StandardCharsets.US_ASCII);
    }
  }

  /** Quotes of changing instruments where there is room for one: the same keys, other values. */
  private static String payload(Random random, int number, int size) {
    if (size < MIN_JSON) {
      return ("%0" + size + "d").formatted(number % (int) Math.pow(10, size));
    }
    var text = new StringBuilder(size);
    if (size < 128) {
      return text.append('"')
          .append("%06d".formatted(number), 0, Math.min(6, size - 2))
          .repeat('x', Math.max(0, size - 8))
          .append('"')
          .toString();
    }
    text.append("{\"number\":").append(number).append(",\"quotes\":[");
    var quote = quote(random);
    boolean first = true;
    while (text.length() + quote.length() + 16 < size) {
      text.append(first ? "" : ",").append(quote);
      first = false;
      quote = quote(random);
    }
    text.append("],\"pad\":\"");
    return text.repeat('x', size - 2 - text.length()).append("\"}").toString();
  }

  private static String quote(Random random) {
    return "{\"symbol\":\"%s\",\"bid\":%s,\"ask\":%s,\"at\":\"2026-11-22T%02d:00:00Z\"}"
        .formatted(
            Integer.toString(random.nextInt(1 << 20), 36),
            random.nextInt(1_000_000) / 1e4,
            random.nextInt(1_000_000) / 1e4,
            random.nextInt(24));
  }

  int different() {
    return payloads.length;
  }

  /** The payload of the message of this number, counted from 0. */
  byte[] of(long number) {
    return payloads[(int) (number % payloads.length)];
  }

  /** Whether {@code actual}, from its position on, begins with the payload of this number. */
  boolean begins(ByteBuffer actual, long number) {
    var expected = of(number);
    return actual.remaining() >= expected.length
        && actual.slice(actual.position(), expected.length).equals(ByteBuffer.wrap(expected));
  }
}

package dev.dunlin.app;

import java.time.Duration;
import java.util.regex.Pattern;

/** Times and sizes as people write them. */
final class Quantities {

  private static final Pattern TIME = Pattern.compile("([0-9]{1,12})(ms|s|m|h|d)");
  private static final Pattern SIZE = Pattern.compile("([0-9]{1,15})(KiB|MiB|GiB)?");

  /** A century: longer times could not be told in nanoseconds. */
  private static final Duration LONGEST = Duration.ofDays(36_500);

  private Quantities() {}

  /**
   * A time such as {@code 25s}, {@code 1h30m}, {@code 250ms}; {@code 0}.
   *
   * @throws IllegalArgumentException if it is none
   */
  static Duration time(String text) {
    var total = Duration.ZERO;
    if (text.equals("0")) {
      return total;
    }
    var parts = TIME.matcher(text);
    int end = 0;
    while (parts.find() && parts.start() == end) {
      long count = Long.parseLong(parts.group(1));
      total =
          total.plus(
              switch (parts.group(2)) {
                case "ms" -> Duration.ofMillis(count);
                case "s" -> Duration.ofSeconds(count);
                case "m" -> Duration.ofMinutes(count);
                case "h" -> Duration.ofHours(count);
                default -> Duration.ofDays(count);
              });
      end = parts.end();
      if (total.compareTo(LONGEST) > 0) {
        throw new IllegalArgumentException("a time of at most " + text(LONGEST));
      }
    }
    if (end == 0 || end != text.length()) {
      throw new IllegalArgumentException("a time such as 25s, 5m, 1h30m or 250ms");
    }
    return total;
  }

  /** A time as {@link #time(String)} reads it. */
  static String text(Duration time) {
    if (time.isZero()) {
      return "0";
    }
    if (time.toMillisPart() > 0) {
      return time.toMillis() + "ms";
    }
    var text = new StringBuilder();
    append(text, time.toDays(), "d");
    append(text, time.toHoursPart(), "h");
    append(text, time.toMinutesPart(), "m");
    append(text, time.toSecondsPart(), "s");
    return text.toString();
  }

  private static void append(StringBuilder text, long count, String unit) {
    if (count > 0) {
      text.append(count).append(unit);
    }
  }

  /**
   * A size in bytes, such as {@code 65536} or {@code 64KiB}.
   *
   * @throws IllegalArgumentException if it is none
   */
  static long size(String text) {
    var parts = SIZE.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException("a size in bytes such as 65536, 64KiB or 1MiB");
    }
    int shift =
        switch (parts.group(2) == null ? "" : parts.group(2)) {
          case "KiB" -> 10;
          case "MiB" -> 20;
          case "GiB" -> 30;
          default -> 0;
        };
    long count = Long.parseLong(parts.group(1));
    return count > Long.MAX_VALUE >> shift ? Long.MAX_VALUE : count << shift;
  }

  /** A size as {@link #size(String)} reads it, in the largest unit that leaves no rest. */
  static String text(long bytes) {
    if (bytes >= 1 << 20 && bytes % (1 << 20) == 0) {
      return bytes / (1 << 20) + "MiB";
    }
    return bytes >= 1 << 10 && bytes % (1 << 10) == 0
        ? bytes / (1 << 10) + "KiB"
        : Long.toString(bytes);
  }
}

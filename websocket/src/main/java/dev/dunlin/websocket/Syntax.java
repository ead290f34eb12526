package dev.dunlin.websocket;

import java.util.List;

/** The characters of HTTP (RFC 9110, 5.6): tokens, field values, lists. All linear, no regex. */
final class Syntax {

  private static final String TOKEN_MARKS = "!#$%&'*+-.^_`|~";

  private Syntax() {}

  static boolean isTokenChar(int c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || isDigit(c)
        || TOKEN_MARKS.indexOf(c) >= 0;
  }

  static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }

  static boolean isToken(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!isTokenChar(text.charAt(i))) {
        return false;
      }
    }
    return !text.isEmpty();
  }

  /** Whether a field value may hold the octet: visible, space, tab, or obs-text. */
  static boolean isFieldChar(int c) {
    return (c >= ' ' && c != 0x7f && c <= 0xff) || c == '\t';
  }

  static boolean isFieldValue(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!isFieldChar(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  /** The decimal value of one to {@code most} digits, or -1. */
  static long digits(String text, int most) {
    if (text.isEmpty() || text.length() > most) {
      return -1;
    }
    long value = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!isDigit(c)) {
        return -1;
      }
      value = value * 10 + (c - '0');
    }
    return value;
  }

  /** Adds the non-empty elements of a comma-separated list, trimmed. */
  static void split(String value, List<String> elements) {
    int start = 0;
    boolean quoted = false;
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (quoted && c == '\\') {
        i++;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        add(value, start, i, elements);
        start = i + 1;
      }
    }
    add(value, start, value.length(), elements);
  }

  private static void add(String value, int start, int end, List<String> elements) {
    var element = trim(value, start, end);
    if (!element.isEmpty()) {
      elements.add(element);
    }
  }

  /** The range without spaces and tabs around it. */
  static String trim(String value, int start, int end) {
    int from = start;
    int to = end;
    while (from < to && isSpace(value.charAt(from))) {
      from++;
    }
    while (from < to && isSpace(value.charAt(to - 1))) {
      to--;
    }
    return value.substring(from, to);
  }

  static boolean isSpace(int c) {
    return c == ' ' || c == '\t';
  }
}

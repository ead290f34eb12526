package dev.dunlin.websocket;

import java.util.Locale;

/**
 * A host with an optional port, as in {@code Host} (RFC 9110, 7.2), held to what host names really
 * are: letters, digits, {@code - . _}, or an IPv6 address in brackets. No user information, no
 * percent-encoding, no empty port.
 */
final class Authority {

  private Authority() {}

  static boolean valid(String text) {
    int end = text.startsWith("[") ? bracketEnd(text) : nameEnd(text);
    return end > 0 && (end == text.length() || validPort(text, end));
  }

  private static int nameEnd(String text) {
    int i = 0;
    while (i < text.length() && isNameChar(text.charAt(i))) {
      i++;
    }
    return i;
  }

  private static boolean isNameChar(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || Syntax.isDigit(c)
        || c == '-'
        || c == '.'
        || c == '_';
  }

  private static int bracketEnd(String text) {
    int i = 1;
    boolean colon = false;
    while (i < text.length() && isAddressChar(text.charAt(i))) {
      colon |= text.charAt(i) == ':';
      i++;
    }
    return colon && i < text.length() && text.charAt(i) == ']' ? i + 1 : -1;
  }

  private static boolean isAddressChar(char c) {
    return (c < 0x80 && Character.digit(c, 16) >= 0) || c == ':' || c == '.';
  }

  private static boolean validPort(String text, int colon) {
    if (text.charAt(colon) != ':') {
      return false;
    }
    long port = Syntax.digits(text.substring(colon + 1), 5);
    return port >= 0 && port <= 65535;
  }

  /** The authority in lower case with its port, the scheme's own where none is named. */
  static String withPort(String authority, String scheme) {
    var lower = authority.toLowerCase(Locale.ROOT);
    int colon = lower.lastIndexOf(':');
    if (colon > lower.lastIndexOf(']')) {
      return lower.substring(0, colon + 1) + Syntax.digits(lower.substring(colon + 1), 5);
    }
    return lower + (scheme.equals("https") ? ":443" : ":80");
  }
}

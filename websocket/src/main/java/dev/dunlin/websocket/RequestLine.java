package dev.dunlin.websocket;

import java.util.Locale;

/**
 * The first line of a request: method SP target SP version, one space each (RFC 9112, 3).
 *
 * @param authority what an absolute target names, empty otherwise
 */
record RequestLine(
    String method, String target, int minorVersion, String authority, RequestTarget resource) {

  sealed interface Parsed permits Good, Bad {}

  record Good(RequestLine line) implements Parsed {}

  record Bad(Refusal refusal) implements Parsed {}

  static Parsed parse(String text) {
    int first = text.indexOf(' ');
    int second = text.indexOf(' ', first + 1);
    if (first < 0 || second < 0) {
      return bad("the first line is not a method, a target and HTTP/1.1");
    }
    var method = text.substring(0, first);
    var target = text.substring(first + 1, second);
    var version = text.substring(second + 1);
    if (!Syntax.isToken(method)) {
      return bad("the method is not a token");
    }
    int minor;
    switch (version) {
      case "HTTP/1.1" -> minor = 1;
      case "HTTP/1.0" -> minor = 0;
      default -> {
        return isVersion(version)
            ? new Bad(Refusal.of(505, "this server speaks HTTP/1.1"))
            : bad("the first line does not end in HTTP/1.1");
      }
    }
    return target(method, target, minor);
  }

  private static Parsed target(String method, String target, int minor) {
    if (target.equals("*") && method.equals("OPTIONS")) {
      return new Good(new RequestLine(method, target, minor, "", RequestTarget.ASTERISK));
    }
    var authority = "";
    var rest = target;
    if (!target.startsWith("/")) { // RFC 9112, 3.2.2: an absolute target is accepted
      int from = schemeEnd(target);
      if (from < 0) {
        return bad("the target is neither a path nor an http URI");
      }
      int to = from;
      while (to < target.length() && target.charAt(to) != '/' && target.charAt(to) != '?') {
        to++;
      }
      authority = target.substring(from, to);
      if (!Authority.valid(authority)) {
        return bad("the target names no valid host");
      }
      rest = target.startsWith("/", to) ? target.substring(to) : "/" + target.substring(to);
    }
    var resource = RequestTarget.parse(rest);
    return resource == null
        ? bad("the target is not a well-formed path and query")
        : new Good(new RequestLine(method, target, minor, authority, resource));
  }

  private static int schemeEnd(String target) {
    var start = target.substring(0, Math.min(8, target.length())).toLowerCase(Locale.ROOT);
    return start.startsWith("http://") ? 7 : start.equals("https://") ? 8 : -1;
  }

  private static boolean isVersion(String text) {
    return text.length() == 8
        && text.startsWith("HTTP/")
        && Syntax.isDigit(text.charAt(5))
        && text.charAt(6) == '.'
        && Syntax.isDigit(text.charAt(7));
  }

  private static Bad bad(String reason) {
    return new Bad(Refusal.of(400, reason));
  }
}

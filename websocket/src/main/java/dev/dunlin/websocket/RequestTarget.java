package dev.dunlin.websocket;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The path and query of a request, percent-decoded: the only place where that happens.
 *
 * @param path begins with a slash (or is {@code *}); never rewritten, only decoded
 * @param query the parameters in order
 */
record RequestTarget(String path, List<Map.Entry<String, String>> query) {

  static final RequestTarget ASTERISK = new RequestTarget("*", List.of());

  /** The decoded target, or null if it has no single meaning. */
  static @Nullable RequestTarget parse(String target) {
    for (int i = 0; i < target.length(); i++) {
      char c = target.charAt(i);
      if (c <= ' ' || c >= 0x7f || c == '#') {
        return null;
      }
    }
    int mark = target.indexOf('?');
    var path = path(mark < 0 ? target : target.substring(0, mark));
    if (path == null) {
      return null;
    }
    var query = mark < 0 ? List.<Map.Entry<String, String>>of() : query(target, mark + 1);
    return query == null ? null : new RequestTarget(path, query);
  }

  private static @Nullable String path(String raw) {
    if (raw.indexOf('\\') >= 0) {
      return null; // some programs read it as a slash
    }
    var path = decode(raw, false);
    if (path == null || hasControl(path)) {
      return null;
    }
    int slashes = count(path, '/');
    if (slashes != count(raw, '/') || path.indexOf('\\') >= 0) {
      return null; // an encoded slash: one segment to some programs, two to others
    }
    for (int start = 1, end; start <= path.length(); start = end + 1) {
      end = path.indexOf('/', start);
      end = end < 0 ? path.length() : end;
      if (path.startsWith(".", start) && (end - start == 1 || isDotDot(path, start, end))) {
        return null;
      }
    }
    return path;
  }

  private static boolean isDotDot(String path, int start, int end) {
    return end - start == 2 && path.charAt(start + 1) == '.';
  }

  private static int count(String text, char wanted) {
    int count = 0;
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) == wanted) {
        count++;
      }
    }
    return count;
  }

  private static boolean hasControl(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isISOControl(text.charAt(i))) {
        return true;
      }
    }
    return false;
  }

  private static @Nullable List<Map.Entry<String, String>> query(String target, int from) {
    var parameters = new ArrayList<Map.Entry<String, String>>();
    for (int start = from, end; start <= target.length(); start = end + 1) {
      end = target.indexOf('&', start);
      end = end < 0 ? target.length() : end;
      if (end == start) {
        continue;
      }
      int equals = target.indexOf('=', start, end);
      boolean named = equals >= 0;
      var name = decode(target.substring(start, named ? equals : end), true);
      var value = decode(named ? target.substring(equals + 1, end) : "", true);
      if (name == null || value == null) {
        return null;
      }
      parameters.add(Map.entry(name, value));
    }
    return List.copyOf(parameters);
  }

  /** The text with its percent-encoded octets decoded as UTF-8; null if that is not possible. */
  private static @Nullable String decode(String text, boolean plusIsSpace) {
    if (text.indexOf('%') < 0 && !(plusIsSpace && text.indexOf('+') >= 0)) {
      return text;
    }
    var octets = ByteBuffer.allocate(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '%') {
        int high = i + 2 < text.length() ? hex(text.charAt(i + 1)) : -1;
        int low = i + 2 < text.length() ? hex(text.charAt(i + 2)) : -1;
        if (high < 0 || low < 0) {
          return null;
        }
        octets.put((byte) (high << 4 | low));
        i += 2;
      } else {
        octets.put((byte) (plusIsSpace && c == '+' ? ' ' : c));
      }
    }
    octets.flip();
    return Utf8.valid(octets, 0, octets.limit())
        ? StandardCharsets.UTF_8.decode(octets).toString()
        : null;
  }

  private static int hex(char c) {
    return c < 0x80 ? Character.digit(c, 16) : -1;
  }
}

package dev.dunlin.server.internal;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A path with variables, such as {@code /chat/{room}}: each takes one segment, except that a last
 * one written {@code {rest...}} takes all that remains.
 */
public final class PathPattern {

  private sealed interface Segment {}

  private record Literal(String text) implements Segment {}

  private record Variable(String name) implements Segment {}

  private record Rest(String name) implements Segment {}

  private final String text;
  private final List<Segment> segments;

  private PathPattern(String text, List<Segment> segments) {
    this.text = text;
    this.segments = segments;
  }

  /**
   * The pattern in a text.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static PathPattern parse(String text) {
    if (!text.startsWith("/")) {
      throw new IllegalArgumentException("the path '" + text + "' does not begin with a slash");
    }
    var segments = new ArrayList<Segment>();
    var names = new HashSet<String>();
    var parts = text.substring(1).split("/", -1);
    for (int i = 0; i < parts.length; i++) {
      var segment = segment(text, parts[i]);
      var name =
          switch (segment) {
            case Literal literal -> "";
            case Variable variable -> variable.name();
            case Rest rest -> rest.name();
          };
      if (segment instanceof Rest && i < parts.length - 1) {
        throw new IllegalArgumentException("'" + text + "' goes on after " + parts[i]);
      }
      if (!name.isEmpty() && !names.add(name)) {
        throw new IllegalArgumentException("'" + text + "' has two variables " + name);
      }
      segments.add(segment);
    }
    return new PathPattern(text, List.copyOf(segments));
  }

  private static Segment segment(String pattern, String part) {
    if (!part.startsWith("{")) {
      if (part.indexOf('{') >= 0 || part.indexOf('}') >= 0) {
        throw new IllegalArgumentException("'" + pattern + "' has a brace inside a segment");
      }
      return new Literal(part);
    }
    boolean rest = part.endsWith("...}");
    int end = part.length() - (rest ? 4 : 1);
    if (!part.endsWith("}") || end <= 1 || part.indexOf('{', 1) >= 0) {
      throw new IllegalArgumentException("'" + pattern + "' has a malformed variable " + part);
    }
    var name = part.substring(1, end);
    return rest ? new Rest(name) : new Variable(name);
  }

  /** Whether it has no variables: then it matches its own text only. */
  boolean literal() {
    return segments.stream().allMatch(Literal.class::isInstance);
  }

  /** The variables' values if the decoded path matches, else null. */
  @Nullable Map<String, String> match(String path) {
    var values = new ArrayList<Map.Entry<String, String>>(segments.size());
    int start = 1;
    for (int i = 0; i < segments.size(); i++) {
      if (start > path.length()) {
        return null;
      }
      int slash = path.indexOf('/', start);
      int end = slash < 0 ? path.length() : slash;
      switch (segments.get(i)) {
        case Literal literal -> {
          if (end - start != literal.text().length() || !path.startsWith(literal.text(), start)) {
            return null;
          }
        }
        case Variable variable -> {
          if (end == start) {
            return null;
          }
          values.add(Map.entry(variable.name(), path.substring(start, end)));
        }
        case Rest rest -> {
          values.add(Map.entry(rest.name(), path.substring(start)));
          end = path.length();
        }
      }
      start = end + 1;
    }
    if (start <= path.length()) {
      return null;
    }
    @SuppressWarnings("unchecked")
    Map.Entry<String, String>[] entries = values.toArray(new Map.Entry[0]);
    return Map.ofEntries(entries);
  }

  @Override
  public String toString() {
    return text;
  }
}

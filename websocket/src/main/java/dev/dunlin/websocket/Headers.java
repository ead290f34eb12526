package dev.dunlin.websocket;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The header fields of an HTTP head, in the order of their lines (RFC 9110, 5). Names are compared
 * without regard to case, a name may stand on several lines. Immutable.
 */
public final class Headers {

  private static final Headers NONE = new Headers(List.of(), List.of());

  private final List<String> names;
  private final List<String> values;

  private Headers(List<String> names, List<String> values) {
    this.names = names;
    this.values = values;
  }

  /** No header fields. */
  public static Headers none() {
    return NONE;
  }

  /**
   * These lines, in their order.
   *
   * @throws IllegalArgumentException if one could not be written, as with {@link #with}
   */
  public static Headers of(Iterable<Map.Entry<String, String>> lines) {
    var names = new ArrayList<String>();
    var values = new ArrayList<String>();
    for (var line : lines) {
      add(line.getKey(), line.getValue(), names, values);
    }
    return new Headers(names, values);
  }

  /** Takes over both lists. */
  static Headers trusted(List<String> names, List<String> values) {
    return new Headers(names, values);
  }

  /**
   * These fields and one more line.
   *
   * @throws IllegalArgumentException if {@code name} is not a token or {@code value} holds a
   *     control character or anything beyond ISO 8859-1: neither could be written
   */
  public Headers with(String name, String value) {
    var moreNames = new ArrayList<>(names);
    var moreValues = new ArrayList<>(values);
    add(name, value, moreNames, moreValues);
    return new Headers(moreNames, moreValues);
  }

  private static void add(String name, String value, List<String> names, List<String> values) {
    if (!Syntax.isToken(name)) {
      throw new IllegalArgumentException("a header name is a token, which this one is not");
    }
    if (!Syntax.isFieldValue(value)) {
      throw new IllegalArgumentException(
          "the value of " + name + " holds a character that a header cannot carry");
    }
    names.add(name);
    values.add(Syntax.trim(value, 0, value.length()));
  }

  /** Number of header lines. */
  public int size() {
    return names.size();
  }

  /** Whether there is a line of this name, be it empty. */
  public boolean has(String name) {
    return count(name) > 0;
  }

  /** Number of lines of this name. */
  public int count(String name) {
    int count = 0;
    for (var known : names) {
      if (known.equalsIgnoreCase(name)) {
        count++;
      }
    }
    return count;
  }

  /** The value of the first line of this name. */
  public Optional<String> first(String name) {
    for (int i = 0; i < names.size(); i++) {
      if (names.get(i).equalsIgnoreCase(name)) {
        return Optional.of(values.get(i));
      }
    }
    return Optional.empty();
  }

  /** The values of all lines of this name. */
  public List<String> all(String name) {
    var all = new ArrayList<String>();
    for (int i = 0; i < names.size(); i++) {
      if (names.get(i).equalsIgnoreCase(name)) {
        all.add(values.get(i));
      }
    }
    return List.copyOf(all);
  }

  /**
   * The elements of a comma-separated list over all lines of this name, white space around them and
   * empty ones removed; a comma inside a quoted string separates nothing (RFC 9110, 5.6.1).
   */
  public List<String> list(String name) {
    var elements = new ArrayList<String>();
    for (int i = 0; i < names.size(); i++) {
      if (names.get(i).equalsIgnoreCase(name)) {
        Syntax.split(values.get(i), elements);
      }
    }
    return List.copyOf(elements);
  }

  /** Whether the list of this name has an element equal to {@code token} but for case. */
  public boolean lists(String name, String token) {
    for (var element : list(name)) {
      if (element.equalsIgnoreCase(token)) {
        return true;
      }
    }
    return false;
  }

  /** Calls {@code line} with the name, spelled as it came, and the value of every line. */
  public void forEach(BiConsumer<String, String> line) {
    for (int i = 0; i < names.size(); i++) {
      line.accept(names.get(i), values.get(i));
    }
  }

  void appendTo(StringBuilder head) {
    forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
  }

  /** Whether both hold the same lines in the same order, spelled the same. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Headers headers
        && names.equals(headers.names)
        && values.equals(headers.values);
  }

  @Override
  public int hashCode() {
    return 31 * names.hashCode() + values.hashCode();
  }

  /** The names; never the values, which may be anybody's secret. */
  @Override
  public String toString() {
    return "Headers" + names.stream().map(name -> name.toLowerCase(Locale.ROOT)).toList();
  }
}

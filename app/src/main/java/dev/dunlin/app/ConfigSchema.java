package dev.dunlin.app;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** All options in the order of the records, as the annotations describe them. */
final class ConfigSchema {

  /**
   * One option.
   *
   * @param path such as {@code client.token.issuer}; items of lists are {@code []}
   */
  record Entry(String path, Option option, Type type) {

    /** The environment variable that sets it; empty for options of list items. */
    Optional<String> variable() {
      return path.contains("[]")
          ? Optional.empty()
          : Optional.of("DUNLIN_" + path.replace('.', '_').toUpperCase(Locale.ROOT));
    }

    /** Whether its value must not be shown. */
    boolean secret() {
      return type == Secret.class
          || (type instanceof ParameterizedType map
              && map.getActualTypeArguments().length == 2
              && map.getActualTypeArguments()[1] == Secret.class);
    }

    /** Whether its value is a text, number, time or boolean. */
    boolean scalar() {
      return !(type instanceof ParameterizedType);
    }

    /** What kind of value it takes, in a word or two. */
    String kind() {
      if (type instanceof ParameterizedType generic) {
        var arguments = generic.getActualTypeArguments();
        return arguments.length == 2
            ? "map of texts"
            : arguments[0] == String.class ? "list of texts" : "list";
      }
      if (type == boolean.class) {
        return "boolean";
      }
      if (type == int.class) {
        return "number";
      }
      if (type == long.class) {
        return "size in bytes";
      }
      if (type == Duration.class) {
        return "time";
      }
      if (type == Secret.class) {
        return "secret";
      }
      return type instanceof Class<?> named && named.isEnum() ? "choice" : "text";
    }

    /** The default as shown to people. */
    String fallback() {
      return option.fallback();
    }
  }

  private static final List<Entry> ENTRIES = List.copyOf(entries(Config.class, ""));

  private ConfigSchema() {}

  static List<Entry> entries() {
    return ENTRIES;
  }

  private static List<Entry> entries(Class<?> type, String prefix) {
    var found = new ArrayList<Entry>();
    for (var component : type.getRecordComponents()) {
      if (component.isAnnotationPresent(Inline.class)) {
        found.addAll(entries(component.getType(), prefix));
        continue;
      }
      var path = prefix + name(component);
      var option = component.getAnnotation(Option.class);
      if (section(component)) {
        found.addAll(entries(component.getType(), path + "."));
      } else if (option != null) {
        found.add(new Entry(path, option, component.getGenericType()));
        item(component.getGenericType())
            .ifPresent(item -> found.addAll(entries(item, path + "[].")));
      } else {
        throw new IllegalStateException(path + " has no @Option");
      }
    }
    return found;
  }

  /** Whether the component holds options rather than being one. */
  static boolean section(RecordComponent component) {
    return component.getType().isRecord() && component.getType() != Secret.class;
  }

  /** The record that a list holds; empty for other types. */
  static Optional<Class<?>> item(Type type) {
    return type instanceof ParameterizedType list
            && list.getActualTypeArguments().length == 1
            && list.getActualTypeArguments()[0] instanceof Class<?> item
            && item.isRecord()
        ? Optional.of(item)
        : Optional.empty();
  }

  /** The option's name: the component's in snake case. */
  static String name(RecordComponent component) {
    return component.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
  }

  /** The known name nearest to a misspelled one, if any is near. */
  static Optional<String> nearest(String misspelled, Iterable<String> known) {
    String best = "";
    int least = Math.max(2, misspelled.length() / 3) + 1;
    for (var candidate : known) {
      int distance = distance(misspelled.toLowerCase(Locale.ROOT), candidate);
      if (distance < least) {
        least = distance;
        best = candidate;
      }
    }
    return best.isEmpty() ? Optional.empty() : Optional.of(best);
  }

  private static int distance(String a, String b) {
    var row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? diagonal : diagonal + 1;
        row[j] = Math.min(change, Math.min(above, row[j - 1]) + 1);
        diagonal = above;
      }
    }
    return row[b.length()];
  }
}

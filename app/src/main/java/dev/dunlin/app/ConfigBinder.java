package dev.dunlin.app;

import dev.dunlin.app.ConfigNode.Mapping;
import dev.dunlin.app.ConfigNode.Scalar;
import dev.dunlin.app.ConfigNode.Sequence;
import java.lang.reflect.Constructor;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Makes records out of what was written, and a list of what is wrong with it. */
final class ConfigBinder {

  private static final String DEFAULT = "the default";

  private final List<String> problems = new ArrayList<>();

  /** What is wrong, in the order of the options; each names option, place and remedy. */
  List<String> problems() {
    return List.copyOf(problems);
  }

  /** The record for a mapping; where something is wrong it has the default. */
  <T extends Record> T bind(Class<T> type, Mapping mapping, String prefix) {
    unknown(type, mapping, prefix);
    return record(type, mapping, prefix);
  }

  private <T extends Record> T record(Class<T> type, Mapping mapping, String prefix) {
    var components = type.getRecordComponents();
    var values = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      values[i] = component(components[i], mapping, prefix);
    }
    try {
      Constructor<T> constructor =
          type.getDeclaredConstructor(
              Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
      return constructor.newInstance(values);
    } catch (ReflectiveOperationException impossible) {
      throw new IllegalStateException(type + " cannot be made", impossible);
    }
  }

  private Object component(RecordComponent component, Mapping mapping, String prefix) {
    if (component.isAnnotationPresent(Inline.class)) {
      return record(component.getType().asSubclass(Record.class), mapping, prefix);
    }
    var name = ConfigSchema.name(component);
    var path = prefix + name;
    var node = mapping.entries().get(name);
    if (ConfigSchema.section(component)) {
      return bind(
          component.getType().asSubclass(Record.class), section(node, mapping, path), path + ".");
    }
    var option = component.getAnnotation(Option.class);
    var fallback = new Scalar(option.fallback(), DEFAULT);
    var type = component.getGenericType();
    if (node == null || (node instanceof Scalar scalar && scalar.text().isEmpty())) {
      return value(fallback, type, option, path);
    }
    try {
      return value(node, type, option, path);
    } catch (IllegalArgumentException wrong) {
      var shown =
          node instanceof Scalar scalar && type instanceof Class<?> && type != Secret.class
              ? "'" + scalar.text() + "' "
              : ""; // texts by name are secrets too
      problems.add(path + " (" + node.place() + "): " + shown + "must be " + wrong.getMessage());
      return value(fallback, type, option, path);
    }
  }

  private Mapping section(
      @org.jspecify.annotations.Nullable ConfigNode node, Mapping in, String path) {
    return switch (node) {
      case null -> ConfigNode.empty(in.place());
      case Mapping inner -> inner;
      case Scalar scalar when scalar.text().isEmpty() -> ConfigNode.empty(scalar.place());
      case Scalar scalar -> notASection(path, scalar.place());
      case Sequence list -> notASection(path, list.place());
    };
  }

  private Mapping notASection(String path, String place) {
    problems.add(path + " (" + place + "): holds options of its own, not a value");
    return ConfigNode.empty(place);
  }

  private Object value(ConfigNode node, Type type, Option option, String path) {
    if (type instanceof ParameterizedType generic) {
      return generic.getActualTypeArguments().length == 2
          ? map(node, path)
          : list(node, generic.getActualTypeArguments()[0], path);
    }
    if (!(node instanceof Scalar scalar)) {
      throw new IllegalArgumentException("a single value");
    }
    return scalar(scalar.text(), (Class<?>) type, option);
  }

  private static Object scalar(String text, Class<?> type, Option option) {
    if (type == String.class) {
      return text;
    }
    if (type == Secret.class) {
      return new Secret(text);
    }
    if (type == boolean.class) {
      return switch (text) {
        case "true" -> true;
        case "false", "" -> false;
        default -> throw new IllegalArgumentException("true or false");
      };
    }
    if (type == Duration.class) {
      var time = Quantities.time(text.isEmpty() ? "0" : text);
      if (time.toMillis() < option.least()) {
        throw new IllegalArgumentException(
            "at least " + Quantities.text(Duration.ofMillis(option.least())));
      }
      return time;
    }
    if (type.isEnum()) {
      return choice(text, type);
    }
    long number = option.bytes() ? Quantities.size(text) : whole(text);
    if (number < option.least() || number > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "a number from " + option.least() + " to " + Integer.MAX_VALUE);
    }
    if (type == int.class) {
      return (int) number;
    }
    return number;
  }

  private static long whole(String text) {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("a whole number", e);
    }
  }

  private static Object choice(String text, Class<?> type) {
    var constants = type.getEnumConstants();
    for (var constant : constants) {
      if (((Enum<?>) constant).name().equalsIgnoreCase(text.replace('-', '_'))) {
        return constant;
      }
    }
    throw new IllegalArgumentException(
        Stream.of(constants)
            .map(constant -> ((Enum<?>) constant).name().toLowerCase(Locale.ROOT))
            .collect(Collectors.joining(", ", "one of ", "")));
  }

  private Map<String, Secret> map(ConfigNode node, String path) {
    var map = new LinkedHashMap<String, Secret>();
    switch (node) {
      case Mapping mapping ->
          mapping
              .entries()
              .forEach((name, value) -> {
                if (value instanceof Scalar scalar) {
                  map.put(name, new Secret(scalar.text()));
                } else {
                  problems.add(path + "." + name + " (" + value.place() + "): must be a text");
                }
              });
      case Scalar scalar when scalar.text().isEmpty() -> {}
      case Scalar scalar -> throw new IllegalArgumentException("texts by name");
      case Sequence list -> throw new IllegalArgumentException("texts by name");
    }
    return map;
  }

  private List<Object> list(ConfigNode node, Type item, String path) {
    var values = new ArrayList<Object>();
    switch (node) {
      case Sequence list -> {
        for (int i = 0; i < list.items().size(); i++) {
          values.add(item(list.items().get(i), item, path + "[" + i + "]"));
        }
      }
      case Scalar scalar when scalar.text().isEmpty() -> {}
      case Scalar scalar when item == String.class ->
          values.addAll(List.of(scalar.text().strip().split("[\\s,]+")));
      case Scalar scalar -> throw new IllegalArgumentException("a list");
      case Mapping mapping -> throw new IllegalArgumentException("a list");
    }
    return List.copyOf(values);
  }

  private Object item(ConfigNode node, Type type, String path) {
    if (type == String.class) {
      if (node instanceof Scalar scalar) {
        return scalar.text();
      }
      throw new IllegalArgumentException("a list of texts");
    }
    if (node instanceof Mapping mapping) {
      return bind(((Class<?>) type).asSubclass(Record.class), mapping, path + ".");
    }
    throw new IllegalArgumentException("a list whose items have options");
  }

  private void unknown(Class<?> type, Mapping mapping, String prefix) {
    var known = names(type);
    mapping
        .entries()
        .forEach((name, node) -> {
          if (!known.contains(name)) {
            problems.add(
                prefix
                    + name
                    + " ("
                    + node.place()
                    + "): there is no such option"
                    + ConfigSchema.nearest(name, known)
                        .map(near -> "; did you mean " + prefix + near + "?")
                        .orElse(
                            known.contains("options")
                                ? "; what concerns the kind alone stands in " + prefix + "options"
                                : "; dunlin config defaults lists them all"));
          }
        });
  }

  private static Set<String> names(Class<?> type) {
    var names = new LinkedHashSet<String>();
    for (var component : type.getRecordComponents()) {
      if (component.isAnnotationPresent(Inline.class)) {
        names.addAll(names(component.getType()));
      } else {
        names.add(ConfigSchema.name(component));
      }
    }
    return names;
  }
}

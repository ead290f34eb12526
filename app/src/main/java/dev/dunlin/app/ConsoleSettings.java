package dev.dunlin.app;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The options of a configuration with their effective values, as the console shows them. */
final class ConsoleSettings {

  /**
   * One option.
   *
   * @param value as one would write it, secrets as stars
   * @param changed whether it differs from the default
   */
  record Setting(String path, String value, String fallback, String about, boolean changed) {}

  private final List<Setting> settings = new ArrayList<>();

  private ConsoleSettings() {}

  static List<Setting> of(Config config) {
    var settings = new ConsoleSettings();
    settings.add(config, "");
    return settings.settings;
  }

  private void add(Record options, String prefix) {
    for (var component : options.getClass().getRecordComponents()) {
      var value = value(component, options);
      if (component.isAnnotationPresent(Inline.class)) {
        add((Record) value, prefix);
        continue;
      }
      var path = prefix + ConfigSchema.name(component);
      if (ConfigSchema.section(component)) {
        add((Record) value, path + ".");
        continue;
      }
      var option = component.getAnnotation(Option.class);
      if (option != null) {
        add(component, option, value, path);
      }
    }
  }

  private void add(RecordComponent component, Option option, Object value, String path) {
    if (value instanceof List<?> list && !list.isEmpty() && list.getFirst() instanceof Record) {
      for (int i = 0; i < list.size(); i++) {
        add((Record) list.get(i), path + "[" + i + "].");
      }
      return;
    }
    var shown = shown(value, option.bytes());
    settings.add(
        new Setting(
            path,
            shown,
            option.fallback(),
            option.value() + consequence(option),
            !shown.equals(option.fallback())
                && !(shown.isEmpty() && fallsBackToNothing(component))));
  }

  private static boolean fallsBackToNothing(RecordComponent component) {
    return component.getGenericType() instanceof ParameterizedType;
  }

  private static String consequence(Option option) {
    return option.consequence().isEmpty() ? "" : "; " + option.consequence();
  }

  private static String shown(Object value, boolean bytes) {
    if (value instanceof Duration time) {
      return Quantities.text(time);
    }
    if (value instanceof Number size && bytes) {
      return Quantities.text(size.longValue());
    }
    if (value instanceof Enum<?> choice) {
      return choice.name().toLowerCase(Locale.ROOT);
    }
    if (value instanceof List<?> list) {
      return String.join(", ", list.stream().map(String::valueOf).toList());
    }
    if (value instanceof Map<?, ?> map) {
      return map.isEmpty() ? "" : map.toString();
    }
    return String.valueOf(value);
  }

  private static Object value(RecordComponent component, Record options) {
    try {
      return component.getAccessor().invoke(options);
    } catch (ReflectiveOperationException impossible) {
      throw new IllegalStateException(component.getName() + " cannot be read", impossible);
    }
  }
}

package dev.dunlin.app;

import java.lang.reflect.Constructor;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A configuration that was read again while the server runs.
 *
 * @param taken what holds from now on: new where an option changes without a restart
 * @param waiting the options that are new too, but wait for a restart
 */
record ConfigChanges(Config taken, List<String> waiting) {

  static ConfigChanges of(Config running, Config read) {
    var waiting = new ArrayList<String>();
    return new ConfigChanges(merge(running, read, "", waiting), List.copyOf(waiting));
  }

  private static <T extends Record> T merge(
      T running, T read, String prefix, List<String> waiting) {
    var components = running.getClass().getRecordComponents();
    var values = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      var before = value(components[i], running);
      var after = value(components[i], read);
      var path = prefix + ConfigSchema.name(components[i]);
      var option = components[i].getAnnotation(Option.class);
      if (option != null && option.reloads()) {
        values[i] = after;
      } else if (components[i].isAnnotationPresent(Inline.class)) {
        values[i] = merge((Record) before, (Record) after, prefix, waiting);
      } else if (ConfigSchema.section(components[i])) {
        values[i] = merge((Record) before, (Record) after, path + ".", waiting);
      } else {
        values[i] = before;
        if (!before.equals(after)) {
          waiting.add(path);
        }
      }
    }
    return record(running, values);
  }

  @SuppressWarnings("unchecked") // of the class of what is given
  private static <T extends Record> T record(T like, Object[] values) {
    var types =
        Arrays.stream(like.getClass().getRecordComponents())
            .map(RecordComponent::getType)
            .toArray(Class<?>[]::new);
    try {
      var constructor = (Constructor<T>) like.getClass().getDeclaredConstructor(types);
      return constructor.newInstance(values);
    } catch (ReflectiveOperationException impossible) {
      throw new IllegalStateException(like.getClass() + " cannot be made", impossible);
    }
  }

  private static Object value(RecordComponent component, Record options) {
    try {
      return component.getAccessor().invoke(options);
    } catch (ReflectiveOperationException impossible) {
      throw new IllegalStateException(component.getName() + " cannot be read", impossible);
    }
  }
}

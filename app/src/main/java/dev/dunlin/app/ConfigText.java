package dev.dunlin.app;

import dev.dunlin.app.ConfigNode.Mapping;
import java.lang.reflect.RecordComponent;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A configuration as text: the effective values, the defaults, the reference page. */
final class ConfigText {

  private static final Pattern PLAIN = Pattern.compile("[a-zA-Z0-9_./][a-zA-Z0-9_./-]*");

  private final StringBuilder text = new StringBuilder();

  private ConfigText() {}

  // ---- effective values

  /** All values as YAML, secrets masked, each with the place that it comes from. */
  static String effective(Config config, Mapping tree) {
    var writing = new ConfigText();
    writing.record(config, tree, "", true);
    return writing.text.toString();
  }

  private void record(Record values, @Nullable ConfigNode node, String indent, boolean all) {
    for (var component : values.getClass().getRecordComponents()) {
      var value = value(values, component);
      if (component.isAnnotationPresent(Inline.class)) {
        record((Record) value, node, indent, all);
        continue;
      }
      var name = ConfigSchema.name(component);
      var written = node instanceof Mapping mapping ? mapping.entries().get(name) : null;
      if (ConfigSchema.section(component)) {
        text.append(indent).append(name).append(":\n");
        record((Record) value, written, indent + "  ", all);
      } else if (all || written != null) {
        option(name, value, written, indent);
      }
    }
  }

  private void option(String name, Object value, @Nullable ConfigNode written, String indent) {
    text.append(indent).append(name).append(':');
    var from = "   # " + (written == null ? "default" : written.place());
    switch (value) {
      case List<?> list when list.stream().anyMatch(Record.class::isInstance) -> {
        text.append(from).append('\n');
        var items =
            written instanceof ConfigNode.Sequence sequence
                ? sequence.items()
                : List.<ConfigNode>of();
        for (int i = 0; i < list.size(); i++) {
          int begin = text.length();
          record((Record) list.get(i), items.get(i), indent + "    ", false);
          text.replace(begin + indent.length() + 2, begin + indent.length() + 4, "- ");
        }
      }
      case Map<?, ?> map -> {
        text.append(map.isEmpty() ? " {}" : "").append(from).append('\n');
        for (var each : new TreeMap<>(map).entrySet()) {
          text.append(indent).append("  ").append(quoted(String.valueOf(each.getKey())));
          text.append(": \"").append(each.getValue()).append("\"\n");
        }
      }
      default -> text.append(' ').append(scalar(value)).append(from).append('\n');
    }
  }

  private static Object value(Record values, RecordComponent component) {
    try {
      return component.getAccessor().invoke(values);
    } catch (ReflectiveOperationException impossible) {
      throw new IllegalStateException(component + " cannot be read", impossible);
    }
  }

  private static String scalar(Object value) {
    return switch (value) {
      case Duration time -> Quantities.text(time);
      case Enum<?> choice -> choice.name().toLowerCase(Locale.ROOT);
      case Long size -> Quantities.text(size);
      case List<?> list ->
          list.stream().map(ConfigText::scalar).collect(Collectors.joining(", ", "[", "]"));
      case Boolean flag -> flag.toString();
      case Integer number -> number.toString();
      default -> quoted(value.toString());
    };
  }

  private static String quoted(String text) {
    return PLAIN.matcher(text).matches()
        ? text
        : '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + '"';
  }

  // ---- a file to begin with

  /** A file with every option, its description and its default behind a hash sign. */
  static String defaults() {
    var writing = new ConfigText();
    writing.text.append(
        """
        # The configuration of Dunlin: take the hash sign from what you want to change.
        # dunlin config check looks at the file, dunlin config print shows what holds.
        """);
    var sections = new ArrayList<String>();
    for (var entry : ConfigSchema.entries()) {
      if (!entry.path().contains("[]")) {
        writing.commented(entry, sections);
      }
    }
    return writing.text.toString();
  }

  private void commented(ConfigSchema.Entry entry, List<String> sections) {
    var names = List.of(entry.path().split("\\.", -1));
    for (int depth = 0; depth < names.size() - 1; depth++) {
      var section = String.join(".", names.subList(0, depth + 1));
      if (!sections.contains(section)) {
        sections.add(section);
        text.append('\n').append("  ".repeat(depth)).append(names.get(depth)).append(":\n");
      }
    }
    var indent = "  ".repeat(names.size() - 1);
    text.append(indent).append("# ").append(entry.option().value());
    if (!entry.option().consequence().isEmpty()) {
      text.append("; ").append(entry.option().consequence());
    }
    text.append(".\n").append(indent).append("# ").append(names.getLast()).append(": ");
    text.append(
        switch (entry.kind()) {
          case "list", "list of texts" -> "[" + entry.fallback() + "]";
          case "map of texts" -> "{}";
          default -> entry.fallback();
        });
    text.append('\n');
  }

  // ---- the reference page

  /** The page of all options, in Markdown. */
  static String reference() {
    var writing = new ConfigText();
    writing.text.append(
        """
        # Configuration

        <!-- Generated from the schema (app, Config.java); a test compares this page with it.
             To write it anew: run ConfigTextTest with -Ddocs.update=true. -->

        One YAML file, with environment variables and flags over it: flags win over variables, variables over the
        file, the file over the preset, the preset over the defaults. The file is named with `--config` or the
        variable `DUNLIN_CONFIG`; otherwise `dunlin.yaml` in the working directory is taken if it is there.

        - The variable of an option is its name in capitals after `DUNLIN_`, with `_` for `.`:
          `client.token.issuer` is `DUNLIN_CLIENT_TOKEN_ISSUER`. Lists of texts are separated by spaces or commas;
          other lists and maps are written as JSON.
        - `--set client.token.issuer=https://login.example` sets any option on the command line.
        - Times are written `250ms`, `25s`, `5m`, `1h30m`, `30d`; sizes `65536`, `64KiB`, `1MiB`.
        - An unknown name is an error. `dunlin config check` says what is wrong and where, `dunlin config print` shows
          what holds and where each value comes from, `dunlin config defaults` writes a file to begin with.
        - Options marked ↻ change with SIGHUP in a running server, all or none.

        Names are those of Centrifugo where it has the option.
        """);
    var heading = "";
    for (var entry : ConfigSchema.entries()) {
      int end = entry.path().lastIndexOf('.');
      var section = end < 0 ? "" : entry.path().substring(0, end);
      if (!section.equals(heading) || writing.text.indexOf("| option") < 0) {
        heading = section;
        writing
            .text
            .append("\n## ")
            .append(section.isEmpty() ? "Top level" : "`" + section + "`")
            .append("\n\n| option | type | default | |\n|---|---|---|---|\n");
      }
      writing.row(entry, entry.path().substring(end + 1));
    }
    writing.presets();
    return writing.text.toString();
  }

  private void row(ConfigSchema.Entry entry, String name) {
    text.append("| `").append(name).append('`').append(entry.option().reloads() ? " ↻" : "");
    text.append(" | ").append(entry.kind()).append(" | ");
    if (!entry.fallback().isEmpty()) {
      text.append('`').append(entry.fallback()).append('`');
    }
    text.append(" | ").append(entry.option().value()).append('.');
    if (!entry.option().consequence().isEmpty()) {
      var consequence = entry.option().consequence();
      text.append(' ')
          .append(Character.toUpperCase(consequence.charAt(0)))
          .append(consequence.substring(1))
          .append('.');
    }
    text.append(" |\n");
  }

  private void presets() {
    text.append("\n## Presets\n\nWhat `preset` sets where nothing else does.\n");
    for (var preset : Preset.values()) {
      if (preset != Preset.NONE) {
        text.append("\n### `").append(preset.name().toLowerCase(Locale.ROOT));
        text.append("`\n\n| option | value |\n|---|---|\n");
        new TreeMap<>(preset.defaults())
            .forEach((path, value) ->
                text.append("| `").append(path).append("` | `").append(value).append("` |\n"));
      }
    }
  }
}

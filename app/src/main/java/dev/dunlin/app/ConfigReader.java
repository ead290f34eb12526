package dev.dunlin.app;

import dev.dunlin.app.ConfigNode.Mapping;
import dev.dunlin.app.ConfigNode.Scalar;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Puts a configuration together: defaults, the preset over them, then the file, the environment and
 * the flags. Reading again reads the file again.
 *
 * @param file the file, if there is one
 * @param environment the variables of the process
 * @param flags options set on the command line, by path
 */
record ConfigReader(
    Optional<Path> file, Map<String, String> environment, Map<String, String> flags) {

  /** The environment variable that names the file. */
  static final String FILE_VARIABLE = "DUNLIN_CONFIG";

  /** The file that is read, if it exists in the working directory, where none is named. */
  static final String DEFAULT_FILE = "dunlin.yaml";

  /** Variables that begin like options and belong to the launcher, the log and the tests. */
  private static final Set<String> OTHER_VARIABLES =
      Set.of(
          FILE_VARIABLE,
          LogLevel.VARIABLE,
          "DUNLIN_JAVA_HOME",
          "DUNLIN_JAVA_OPTS",
          "DUNLIN_TOKEN",
          "DUNLIN_REQUIRE_ALL");

  /**
   * Options that a server in development may have, beside those of the log; with any other it is a
   * configured server.
   */
  private static final Set<String> OF_DEVELOPMENT =
      Set.of("http_server.address", "http_server.port", "shutdown.spread", "shutdown.timeout");

  private static boolean ofDevelopment(String path) {
    return OF_DEVELOPMENT.contains(path) || path.startsWith("log.");
  }

  /**
   * What was read.
   *
   * @param config the values
   * @param tree where each value that is not a default was written
   * @param development whether nothing was configured that a server for others needs
   * @param warnings what is odd, but no error
   */
  record Reading(Config config, Mapping tree, boolean development, List<String> warnings) {}

  /** Finds the file: the one named, else that of the environment, else the one that lies here. */
  static ConfigReader of(
      Optional<Path> named,
      Map<String, String> environment,
      Map<String, String> flags,
      Path workingDirectory) {
    var file =
        named
            .or(() ->
                Optional.ofNullable(environment.get(FILE_VARIABLE))
                    .filter(name -> !name.isEmpty())
                    .map(Path::of))
            .or(() ->
                Optional.of(workingDirectory.resolve(DEFAULT_FILE))
                    .filter(path -> Files.exists(path)));
    return new ConfigReader(file, environment, flags);
  }

  /**
   * Reads everything.
   *
   * @throws CommandFailure naming option, place and remedy of all that is wrong
   */
  Reading read() {
    return read(() -> ConfigNode.empty("development"));
  }

  /** The same with other defaults than the built-in ones where nothing is configured. */
  Reading read(Supplier<Mapping> development) {
    var warnings = new ArrayList<String>();
    var tree = file().map(ConfigReader::file).orElse(ConfigNode.empty("nothing"));
    boolean configured = file().isPresent();
    var set = new LinkedHashMap<String, ConfigNode>();
    for (var entry : ConfigSchema.entries()) {
      var name = entry.variable().orElse("");
      var text = environment.get(name);
      if (text != null) {
        set.put(entry.path(), node(entry, text, name));
      }
    }
    var level = environment.get(LogLevel.VARIABLE);
    if (level != null) {
      set.put("log.level", new Scalar(level, LogLevel.VARIABLE));
    }
    warnings.addAll(unknownVariables());
    flags.forEach((path, text) -> set.put(path, node(entry(path), text, "the command line")));
    configured |= !set.keySet().stream().allMatch(ConfigReader::ofDevelopment);
    for (var each : set.entrySet()) {
      tree = tree.overlaid(ConfigNode.at(each.getKey(), each.getValue()));
    }
    if (!configured) {
      tree = development.get().overlaid(tree);
    }
    tree = preset(tree).overlaid(tree);
    var binder = new ConfigBinder();
    var config = binder.bind(Config.class, tree, "");
    var problems = new ArrayList<>(binder.problems());
    problems.addAll(ConfigRules.problems(config));
    if (!problems.isEmpty()) {
      throw CommandFailure.misused(String.join(System.lineSeparator() + "dunlin: ", problems));
    }
    return new Reading(config, tree, !configured, List.copyOf(warnings));
  }

  private static Mapping preset(Mapping tree) {
    var layer = ConfigNode.empty("preset");
    if (!(tree.entries().get("preset") instanceof Scalar name) || name.text().isEmpty()) {
      return layer;
    }
    for (var preset : Preset.values()) {
      if (preset.name().equalsIgnoreCase(name.text().replace('-', '_'))) {
        for (var each : preset.defaults().entrySet()) {
          layer =
              layer.overlaid(
                  ConfigNode.at(
                      each.getKey(), new Scalar(each.getValue(), "preset " + name.text())));
        }
      }
    }
    return layer; // a preset that does not exist is a problem that the binder finds
  }

  private static Mapping file(Path path) {
    try {
      var node = ConfigNode.yaml(Files.readString(path), path.toString());
      return switch (node) {
        case Mapping mapping -> mapping;
        case Scalar scalar when scalar.text().isEmpty() -> ConfigNode.empty(scalar.place());
        case Scalar scalar -> throw noOptions(scalar.place());
        case ConfigNode.Sequence list -> throw noOptions(list.place());
      };
    } catch (NoSuchFileException missing) {
      throw CommandFailure.misused(
          path + ": there is no such file; dunlin config defaults writes one to begin with");
    } catch (AccessDeniedException closed) {
      throw CommandFailure.misused(
          path + " cannot be read: permission denied; let the user that runs dunlin read it");
    } catch (CharacterCodingException foreign) {
      throw CommandFailure.misused(path + " cannot be read: it is not UTF-8");
    } catch (IOException unreadable) {
      throw CommandFailure.misused(path + " cannot be read: " + unreadable.getMessage());
    }
  }

  private static CommandFailure noOptions(String place) {
    return CommandFailure.misused(place + ": options were expected, such as 'http_server:'");
  }

  /** Lists and maps are written in a variable or flag as in a file, on one line. */
  private static ConfigNode node(ConfigSchema.Entry entry, String text, String place) {
    boolean structured =
        entry.kind().equals("list") || text.startsWith("[") || text.startsWith("{");
    return entry.scalar() || !structured ? new Scalar(text, place) : ConfigNode.yaml(text, place);
  }

  private static ConfigSchema.Entry entry(String path) {
    return ConfigSchema.entries().stream()
        .filter(entry -> entry.path().equals(path))
        .findFirst()
        .orElseThrow(() ->
            CommandFailure.misused(
                "--set "
                    + path
                    + ": there is no such option"
                    + ConfigSchema.nearest(
                            path,
                            ConfigSchema.entries().stream().map(ConfigSchema.Entry::path).toList())
                        .map(near -> "; did you mean " + near + "?")
                        .orElse("")));
  }

  /** Odd, but not ours to refuse: orchestrators set variables named after a service. */
  private List<String> unknownVariables() {
    var known =
        ConfigSchema.entries().stream()
            .flatMap(entry -> entry.variable().stream())
            .map(name -> name.toLowerCase(java.util.Locale.ROOT))
            .toList();
    return environment.keySet().stream()
        .filter(name -> name.startsWith("DUNLIN_"))
        .filter(name -> !OTHER_VARIABLES.contains(name))
        .filter(name -> !known.contains(name.toLowerCase(java.util.Locale.ROOT)))
        .sorted()
        .map(name ->
            "the variable "
                + name
                + " sets no option"
                + ConfigSchema.nearest(name, known)
                    .map(near -> "; did you mean " + near.toUpperCase(java.util.Locale.ROOT) + "?")
                    .orElse(""))
        .toList();
  }
}

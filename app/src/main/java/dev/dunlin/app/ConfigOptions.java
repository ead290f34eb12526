package dev.dunlin.app;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The flags by which every command finds its configuration. */
final class ConfigOptions {

  @Option(
      names = {"-c", "--config"},
      paramLabel = "FILE",
      description =
          "The configuration, YAML. Otherwise the variable DUNLIN_CONFIG names it, or"
              + " ./dunlin.yaml is taken if it is there.")
  private @Nullable Path file;

  @Option(
      names = "--set",
      paramLabel = "OPTION=VALUE",
      description =
          "Set an option over file and environment, such as --set client.channel_limit=50."
              + " Repeatable.")
  private Map<String, String> set = new LinkedHashMap<>();

  /** What reads the configuration, with options that a command has flags of its own for. */
  ConfigReader reader(Map<String, String> environment, Map<String, String> flags) {
    var all = new LinkedHashMap<>(flags);
    all.putAll(set);
    return ConfigReader.of(Optional.ofNullable(file), environment, all, Path.of(""));
  }
}

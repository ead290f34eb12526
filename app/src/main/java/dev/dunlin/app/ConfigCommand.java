package dev.dunlin.app;

import java.util.ArrayList;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code dunlin config}: looks at configurations without starting anything. */
@Command(
    name = "config",
    description = {
      "Check, print or begin a configuration.",
      "",
      "All options are described in docs/guide/configuration.md.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  dunlin config defaults > dunlin.yaml",
      "  dunlin config check --config dunlin.yaml",
      "  DUNLIN_HTTP_SERVER_PORT=9000 dunlin config print"
    })
final class ConfigCommand implements Runnable {

  private final Map<String, String> environment;

  @Spec
  @SuppressWarnings("NullAway.Init") // filled in before a method is called
  private CommandSpec spec;

  ConfigCommand(Map<String, String> environment) {
    this.environment = environment;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "one of check, print, defaults is missing");
  }

  @Command(
      name = "check",
      description = {
        "Say what is wrong with a configuration, and where.",
        "",
        "Reads the files it names, and asks no broker, back end or key server. Ends with 0 if a"
            + " server would start with it, else with 2 and a line for each problem."
      })
  void check(
      @Mixin ConfigOptions named,
      @Option(names = "--json", description = "Print one JSON object.") boolean json) {
    try {
      var reading = named.reader(environment, Map.of()).read();
      var missing = ConfigRules.unready(reading.config());
      if (!missing.isEmpty()) {
        throw CommandFailure.misused(String.join(System.lineSeparator() + "dunlin: ", missing));
      }
      Dunlin.tryOut(reading.config());
      var warnings = new ArrayList<>(reading.warnings());
      ConfigRules.insecure(reading.config()).forEach(each -> warnings.add("INSECURE: " + each));
      if (json) {
        print(
            Json.text(out -> {
              out.writeBooleanProperty("ok", true);
              out.writeArrayPropertyStart("warnings");
              warnings.forEach(out::writeString);
              out.writeEndArray();
            }));
      } else {
        warnings.forEach(warning -> print("warning: " + warning));
        print(
            "good: a server starts with this configuration"
                + (reading.config().httpApi().insecure() ? " and --i-understand" : ""));
      }
    } catch (CommandFailure wrong) {
      if (json) {
        print(
            Json.text(out -> {
              out.writeBooleanProperty("ok", false);
              out.writeArrayPropertyStart("problems");
              String.valueOf(wrong.getMessage())
                  .lines()
                  .map(line -> line.startsWith("dunlin: ") ? line.substring(8) : line)
                  .forEach(out::writeString);
              out.writeEndArray();
            }));
      }
      throw wrong;
    }
  }

  @Command(
      name = "print",
      description = {
        "Print the values that hold, and where each comes from.",
        "",
        "Secrets are masked. The output is YAML; with --json one object of options by path."
      })
  void print(
      @Mixin ConfigOptions named,
      @Option(names = "--json", description = "Print one JSON object.") boolean json) {
    var reading = named.reader(environment, Map.of()).read();
    if (json) {
      print(
          Json.text(out ->
              ConsoleSettings.of(reading.config())
                  .forEach(each -> out.writeStringProperty(each.path(), each.value()))));
      return;
    }
    print(ConfigText.effective(reading.config(), reading.tree()).stripTrailing());
  }

  @Command(
      name = "defaults",
      description = {"Print a file to begin with.", "", "Every option stands in it, described."})
  void defaults() {
    print(ConfigText.defaults().stripTrailing());
  }

  private void print(String text) {
    var out = spec.commandLine().getOut();
    out.println(text);
    out.flush();
  }
}

package dev.dunlin.app;

import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code dunlin serve}: runs the server until it is told to end. */
@Command(
    name = "serve",
    description = {
      "Run the server.",
      "",
      "Without a configuration it runs in development mode: on this machine only, with secrets made"
          + " for this start and channels that are open to every client. What it prints is all one"
          + " needs to connect and publish.",
      "",
      "With a configuration (a file, variables DUNLIN_..., or --set) it is a server for others:"
          + " secrets must be set, and nothing is open that is not opened.",
      "",
      "SIGTERM or Ctrl-C lets the clients go gradually and ends with 0; a second one ends at once."
          + " SIGHUP reads the configuration again: limits, namespaces, keys, certificates and the"
          + " log level change without a restart, all or none.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  dunlin serve",
      "  dunlin serve --port 9000",
      "  dunlin config defaults > dunlin.yaml    # then edit it",
      "  dunlin serve --config dunlin.yaml"
    })
final class ServeCommand implements Runnable {

  private static final Logger log = LoggerFactory.getLogger(ServeCommand.class);

  @Mixin private ConfigOptions configuration = new ConfigOptions();

  @Option(
      names = {"-p", "--port"},
      paramLabel = "PORT",
      description = "Listen here: http_server.port. Default 8000.")
  private @Nullable String port;

  @Option(
      names = "--address",
      paramLabel = "ADDRESS",
      description = "Listen at this address only: http_server.address.")
  private @Nullable String address;

  @Option(
      names = "--i-understand",
      description = "Start although the configuration has insecure switches on.")
  private boolean understood;

  @Spec
  @SuppressWarnings("NullAway.Init") // filled in before run is called
  private CommandSpec spec;

  private final Map<String, String> environment;

  ServeCommand(Map<String, String> environment) {
    this.environment = environment;
  }

  @Override
  public void run() {
    var flags = new LinkedHashMap<String, String>();
    if (port != null) {
      flags.put("http_server.port", port);
    }
    if (address != null) {
      flags.put("http_server.address", address);
    }
    var reader = configuration.reader(environment, flags);
    var reading = reader.read(Development::defaults);
    check(reading);
    Logging.apply(reading.config().log(), spec);
    reading.warnings().forEach(warning -> log.warn("{}", warning));
    warn(reading.config());
    var signals = new Signals();
    try (var server = Dunlin.start(reading.config(), reading.development())) {
      announce(reading, server, reader);
      signals.await(() -> reload(reader, server));
      log.info("Draining {} connections", server.connections());
      server.drain();
      log.info("Ended");
    }
  }

  private void check(ConfigReader.Reading reading) {
    var config = reading.config();
    if (reading.development()) {
      if (!ConfigRules.loopback(config.httpServer().address())) {
        throw CommandFailure.misused(
            "http_server.address: development mode listens on this machine only, not at '"
                + config.httpServer().address()
                + "'; write a configuration for a server that others reach (dunlin config"
                + " defaults)");
      }
      return;
    }
    var missing = ConfigRules.unready(config);
    if (!missing.isEmpty()) {
      throw CommandFailure.misused(String.join(System.lineSeparator() + "dunlin: ", missing));
    }
    if (config.httpApi().insecure() && !understood) {
      throw CommandFailure.misused(
          "http_api.insecure: is on; set http_api.key instead, or confirm with --i-understand");
    }
  }

  private static void warn(Config config) {
    for (var insecure : ConfigRules.insecure(config)) {
      log.warn("INSECURE: {} is on", insecure);
    }
  }

  private void announce(ConfigReader.Reading reading, Dunlin server, ConfigReader reader) {
    PrintWriter out = spec.commandLine().getOut();
    if (reading.development()) {
      out.print(Welcome.text(reading.config(), server.addresses().getFirst().getPort()));
      out.flush();
    } else {
      log.info(
          "Dunlin {} listens at {}, configured by {}",
          VersionCommand.version(),
          server.addresses(),
          reader.file().map(Object::toString).orElse("the environment"));
    }
  }

  /** A file that is wrong changes nothing. */
  private void reload(ConfigReader reader, Dunlin server) {
    try {
      var reading = reader.read(Development::defaults);
      if (reading.development()) {
        log.warn("Nothing to read again: there is no configuration");
        return;
      }
      check(reading);
      var waiting = server.reload(reading.config());
      Logging.apply(server.config().log(), spec);
      server.reloaded(true);
      warn(server.config());
      log.info("Configuration read again: limits, namespaces, keys, certificates and log level");
      if (!waiting.isEmpty()) {
        log.warn("Changed, but only from the next start on: {}", String.join(", ", waiting));
      }
    } catch (CommandFailure wrong) {
      server.reloaded(false);
      log.error("Configuration not changed: {}", wrong.getMessage());
    } catch (RuntimeException failure) {
      server.reloaded(false);
      log.error("Configuration not changed", failure);
    }
  }
}

package dev.dunlin.app;

import ch.qos.logback.classic.Logger;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** How much each part of the program logs, where that is not {@code log.level}. */
record LogAreas(
    @Option(
            value = "Connections: handshakes, TLS, limits, what peers do wrong",
            fallback = "inherited",
            consequence = "inherited: as log.level",
            reloads = true)
        Level server,
    @Option(
            value = "Tokens, certificates, key sets",
            fallback = "inherited",
            consequence = "inherited: as log.level",
            reloads = true)
        Level auth,
    @Option(
            value = "The channel protocol: clients, commands, nodes",
            fallback = "inherited",
            consequence = "inherited: as log.level",
            reloads = true)
        Level protocol,
    @Option(
            value = "The links to Redis and NATS",
            fallback = "inherited",
            consequence = "inherited: as log.level",
            reloads = true)
        Level broker,
    @Option(
            value = "The program itself: configuration, HTTP API, back ends, console",
            fallback = "inherited",
            consequence = "inherited: as log.level",
            reloads = true)
        Level program,
    @Option(
            value = "Everything that is not Dunlin's: transport, drivers",
            fallback = "inherited",
            consequence = "inherited: a level quieter than log.level",
            reloads = true)
        Level libraries) {

  /** A level, or that of everything. */
  enum Level {
    INHERITED,
    ERROR,
    WARN,
    INFO,
    DEBUG,
    TRACE
  }

  /** Sets what is set, over {@link LogLevel#apply}. */
  void apply() {
    set("dev.dunlin.server", server);
    set("dev.dunlin.auth", auth);
    set("dev.dunlin.centrifuge", protocol);
    set("dev.dunlin.broker", broker);
    set("dev.dunlin.app", program);
    if (libraries != Level.INHERITED) {
      set(org.slf4j.Logger.ROOT_LOGGER_NAME, libraries);
    }
  }

  private static void set(String logger, Level level) {
    ((Logger) LoggerFactory.getLogger(logger)).setLevel(of(level));
  }

  private static ch.qos.logback.classic.@Nullable Level of(Level level) {
    return switch (level) {
      case INHERITED -> null;
      case ERROR -> ch.qos.logback.classic.Level.ERROR;
      case WARN -> ch.qos.logback.classic.Level.WARN;
      case INFO -> ch.qos.logback.classic.Level.INFO;
      case DEBUG -> ch.qos.logback.classic.Level.DEBUG;
      case TRACE -> ch.qos.logback.classic.Level.TRACE;
    };
  }
}

package dev.dunlin.app;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.util.Locale;
import java.util.Map;
import org.slf4j.LoggerFactory;

/**
 * How much the program logs. Libraries stay a level quieter than Dunlin, so that {@code debug}
 * shows what Dunlin does and not every buffer of the transport. The layout is in {@code
 * logback.xml}.
 */
enum LogLevel {
  ERROR,
  WARN,
  INFO,
  DEBUG,
  TRACE;

  /** The environment variable that sets the level. */
  static final String VARIABLE = "DUNLIN_LOG";

  /** The level that the environment asks for, raised by each {@code -v}. */
  static LogLevel of(Map<String, String> environment, int verbose) {
    return switch (verbose) {
      case 0 -> parse(environment.getOrDefault(VARIABLE, "info"));
      case 1 -> DEBUG;
      default -> TRACE;
    };
  }

  private static LogLevel parse(String name) {
    for (LogLevel level : values()) {
      if (level.name().equalsIgnoreCase(name)) {
        return level;
      }
    }
    throw CommandFailure.misused(
        VARIABLE
            + " is '"
            + name.toLowerCase(Locale.ROOT)
            + "'; it must be error, warn, info, debug or trace");
  }

  void apply() {
    switch (this) {
      case ERROR -> set(Level.ERROR, Level.ERROR);
      case WARN -> set(Level.WARN, Level.WARN);
      case INFO -> set(Level.INFO, Level.WARN);
      case DEBUG -> set(Level.DEBUG, Level.INFO);
      case TRACE -> set(Level.TRACE, Level.DEBUG);
    }
  }

  private static void set(Level dunlin, Level libraries) {
    logger("dev.dunlin").setLevel(dunlin);
    logger(Logger.ROOT_LOGGER_NAME).setLevel(libraries);
  }

  private static Logger logger(String name) {
    return (Logger) LoggerFactory.getLogger(name);
  }
}

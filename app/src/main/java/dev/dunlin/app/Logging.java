package dev.dunlin.app;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Model.CommandSpec;

/** Puts the log as the configuration says; the flag {@code -v} wins over all levels. */
final class Logging {

  private static final String APPENDER = "stderr";

  private Logging() {}

  static void apply(Config.Log log, CommandSpec command) {
    if (!(command.root().userObject() instanceof Main main) || !main.verbose()) {
      log.level().apply();
      log.areas().apply();
    }
    if (log.format() == Config.LogFormat.JSON) {
      json();
    }
  }

  /** One JSON object a line, with time, level, logger, thread, message and throwable. */
  private static void json() {
    var context = (LoggerContext) LoggerFactory.getILoggerFactory();
    var root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    if (root.getAppender(APPENDER) instanceof ConsoleAppender<ILoggingEvent> stderr
        && !(stderr.getEncoder() instanceof JsonEncoder)) {
      var encoder = new JsonEncoder();
      encoder.setContext(context);
      encoder.setWithSequenceNumber(false);
      encoder.setWithNanoseconds(false);
      encoder.setWithContext(false);
      encoder.setWithMessage(false);
      encoder.setWithArguments(false);
      encoder.setWithFormattedMessage(true);
      encoder.start();
      stderr.stop();
      stderr.setEncoder(encoder);
      stderr.start();
    }
  }
}

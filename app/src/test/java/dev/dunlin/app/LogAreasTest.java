package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Levels by area. */
class LogAreasTest {

  private static void apply(Map<String, String> options) {
    var log = new ConfigReader(Optional.empty(), Map.of(), options).read().config().log();
    log.level().apply();
    log.areas().apply();
  }

  private static Level level(String logger) {
    return ((Logger) LoggerFactory.getLogger(logger)).getEffectiveLevel();
  }

  @AfterEach
  void asBefore() {
    apply(Map.of());
  }

  @Test
  void anAreaHasALevelOfItsOwnAndLosesItAgain() {
    apply(
        Map.of(
            "log.level", "warn",
            "log.areas.protocol", "trace",
            "log.areas.server", "error",
            "log.areas.libraries", "info"));
    assertThat(level("dev.dunlin.centrifuge.CentrifugeEndpoint")).isEqualTo(Level.TRACE);
    assertThat(level("dev.dunlin.server")).isEqualTo(Level.ERROR);
    assertThat(level("dev.dunlin.app.HttpApi")).isEqualTo(Level.WARN);
    assertThat(level("io.netty.handler.ssl")).isEqualTo(Level.INFO);

    apply(Map.of("log.level", "info"));
    assertThat(level("dev.dunlin.centrifuge.CentrifugeEndpoint")).isEqualTo(Level.INFO);
    assertThat(level("dev.dunlin.server")).isEqualTo(Level.INFO);
    assertThat(level("io.netty.handler.ssl")).isEqualTo(Level.WARN);
  }

  @Test
  void levelsAloneLeaveDevelopmentModeOn() {
    var reading =
        new ConfigReader(Optional.empty(), Map.of("DUNLIN_LOG_AREAS_AUTH", "debug"), Map.of())
            .read();
    assertThat(reading.development()).isTrue();
    assertThat(reading.config().log().areas().auth()).isEqualTo(LogAreas.Level.DEBUG);
  }
}

package dev.dunlin.broker.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunlin.channels.Broker;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedisOptionsTest {

  @Test
  void configurationNamesEveryOption() {
    var options =
        RedisOptions.of(
            Map.of(
                "url", "redis://h:1",
                "prefix", "p",
                "trust_persistence", "true",
                "timeout_ms", "1",
                "probe_interval_ms", "2",
                "max_pending_bytes", "3"));
    assertThat(options)
        .isEqualTo(
            new RedisOptions(
                "redis://h:1",
                "p",
                true,
                Duration.ofMillis(1),
                Duration.ofMillis(2),
                3,
                RedisOptions.Tls.ofTheJvm()));
  }

  @ParameterizedTest
  @CsvSource({
    "prefix, a{b",
    "prefix, ''",
    "trust_persistence, yes",
    "timeout_ms, 1s",
    "timeout_ms, 0",
    "probe_interval_ms, -1",
    "max_pending_bytes, 0",
    "ca_pem_file, /nowhere/ca.pem",
    "cert_pem_file, pom.xml",
    "colour, blue"
  })
  void wrongOptionIsNamed(String name, String value) {
    var options = new HashMap<>(Map.of("url", "redis://h:1"));
    options.put(name, value);
    assertThatThrownBy(() -> Broker.open("redis", options))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(name.replace("_ms", "").replace('_', ' ').split(" ", 2)[0]);
  }

  @Test
  void filesOfTlsNeedAUrlWithTls() {
    var options = Map.of("url", "redis://h:1", "ca_pem_file", "pom.xml");
    assertThatThrownBy(() -> Broker.open("redis", options))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("rediss");
  }

  @Test
  void starvedLinkIsNoticedWithinHalfAMinuteByDefault() {
    var options = RedisOptions.at("redis://h:1");
    assertThat(options.probeInterval().plus(options.timeout())).isLessThan(Duration.ofSeconds(30));
  }

  @Test
  void urlIsNeeded() {
    assertThatThrownBy(() -> Broker.open("redis", Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("url");
  }

  @Test
  void passwordStaysSecret() {
    assertThat(RedisOptions.at("redis://:geheim@h:1").toString()).doesNotContain("geheim");
    assertThatThrownBy(() -> Broker.open("redis", Map.of("url", "redys://:geheim@h:1")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasNoCause()
        .message()
        .doesNotContain("geheim");
  }
}

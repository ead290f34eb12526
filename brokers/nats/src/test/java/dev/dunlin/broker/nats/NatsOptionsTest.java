package dev.dunlin.broker.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunlin.channels.Broker;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NatsOptionsTest {

  @Test
  void configurationNamesEveryOption() {
    var options =
        NatsOptions.of(
            Map.of(
                "url", "nats://h:1",
                "prefix", "p",
                "trust_persistence", "true",
                "timeout_ms", "1",
                "probe_interval_ms", "2",
                "max_pending_bytes", "3",
                "storage", "memory",
                "replicas", "3",
                "idempotency_window_ms", "4"));
    assertThat(options)
        .isEqualTo(
            NatsOptions.at("nats://h:1")
                .prefix("p")
                .trustPersistence(true)
                .timeout(Duration.ofMillis(1))
                .probeInterval(Duration.ofMillis(2))
                .maxPendingBytes(3)
                .memory(true)
                .replicas(3)
                .idempotencyWindow(Duration.ofMillis(4)));
  }

  @ParameterizedTest
  @CsvSource({
    "prefix, a.b",
    "prefix, ''",
    "trust_persistence, yes",
    "timeout_ms, 1s",
    "timeout_ms, 0",
    "probe_interval_ms, -1",
    "max_pending_bytes, 0",
    "replicas, 0",
    "storage, tape",
    "colour, blue"
  })
  void wrongOptionIsNamed(String name, String value) {
    var options = new HashMap<>(Map.of("url", "nats://h:1"));
    options.put(name, value);
    assertThatThrownBy(() -> Broker.open("nats", options))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(name.replace("_ms", "").replace('_', ' ').split(" ", 2)[0]);
  }

  @Test
  void starvedLinkIsNoticedWithinHalfAMinuteByDefault() {
    var options = NatsOptions.at("nats://h:1");
    assertThat(options.probeInterval().plus(options.timeout())).isLessThan(Duration.ofSeconds(30));
  }

  @Test
  void urlIsNeeded() {
    assertThatThrownBy(() -> Broker.open("nats", Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("url");
  }

  @Test
  void passwordStaysSecret() {
    assertThat(NatsOptions.at("nats://u:geheim@h:1").toString()).doesNotContain("geheim");
    assertThatThrownBy(() -> Broker.open("nats", Map.of("url", "nats://u:geheim@h:port")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasNoCause()
        .message()
        .doesNotContain("geheim");
  }
}

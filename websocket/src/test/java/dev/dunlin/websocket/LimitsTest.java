package dev.dunlin.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class LimitsTest {

  @Test
  void defaultsAreTheDocumentedOnes() throws Exception {
    var defaults = new TreeMap<String, Object>();
    for (var method : getters()) {
      defaults.put(method.getName(), method.invoke(Limits.defaults()));
    }
    assertThat(defaults)
        .containsExactlyInAnyOrderEntriesOf(
            Map.ofEntries(
                Map.entry("maxMessageBytes", 1 << 20),
                Map.entry("maxFragments", 1024),
                Map.entry("maxControlFramesPerSecond", 100),
                Map.entry("bufferCapacity", 4096),
                Map.entry("inboundMessages", 64),
                Map.entry("inboundBytes", 1 << 20),
                Map.entry("outboundMessages", 2000),
                Map.entry("outboundBytes", 1 << 20),
                Map.entry("sendBufferBytes", 0),
                Map.entry("stalledWrite", Duration.ofSeconds(10)),
                Map.entry("pingInterval", Duration.ofSeconds(25)),
                Map.entry("pongWait", Duration.ofSeconds(8)),
                Map.entry("closeHandshake", Duration.ofSeconds(5)),
                Map.entry("tlsHandshake", Duration.ofSeconds(10)),
                Map.entry("requestHead", Duration.ofSeconds(10)),
                Map.entry("handler", Duration.ofSeconds(60)),
                Map.entry("maxRequestLineBytes", 4096),
                Map.entry("maxHeadBytes", 16384),
                Map.entry("maxHeaders", 64),
                Map.entry("maxRequestBodyBytes", 1 << 20),
                Map.entry("maxConnections", 0),
                Map.entry("maxConnectionsPerAddress", 1000),
                Map.entry("maxNewConnectionsPerSecond", 2000),
                Map.entry("maxNewConnectionsPerSecondPerAddress", 200),
                Map.entry("maxTlsHandshakesPerSecond", 0),
                Map.entry("maxFailedAuthenticationsPerMinute", 60),
                Map.entry("maxMessagesPerSecond", 0),
                Map.entry("maxBytesPerSecond", 0),
                Map.entry("maxTakeoverContexts", 1000)));
  }

  @Test
  void everyLimitCanBeChangedAloneAndLeavesTheOriginal() throws Exception {
    for (var getter : getters()) {
      Object other = getter.getReturnType() == int.class ? 12345 : Duration.ofMillis(12345);
      var changed =
          (Limits)
              Limits.class
                  .getMethod(getter.getName(), getter.getReturnType())
                  .invoke(Limits.defaults(), other);
      for (var each : getters()) {
        Object expected = each.equals(getter) ? other : each.invoke(Limits.defaults());
        assertThat(each.invoke(changed)).as(each.getName()).isEqualTo(expected);
      }
    }
  }

  private static Iterable<Method> getters() {
    return Arrays.stream(Limits.class.getDeclaredMethods())
        .filter(m -> Modifier.isPublic(m.getModifiers()) && !Modifier.isStatic(m.getModifiers()))
        .filter(m -> m.getParameterCount() == 0)
        .toList();
  }

  @Test
  void valuesWithoutMeaningAreRefusedByName() {
    assertThatThrownBy(() -> Limits.defaults().maxMessageBytes(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxMessageBytes 0 is below 1");
    assertThatThrownBy(() -> Limits.defaults().pongWait(Duration.ofMillis(-1)))
        .hasMessageStartingWith("pongWait ");
    assertThatThrownBy(() -> Limits.defaults().handler(ChronoUnit.FOREVER.getDuration()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith("is longer than 36,500 days");
  }
}

package dev.dunlin.conformance.guide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.channels.Broker;
import dev.dunlin.channels.Hub;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The lines of scale-out.md: the brokers are on the class path and take their options. */
class ScaleOutGuideTest {

  @Test
  void redisIsOpenedByItsName() {
    var hub = Hub.over(Broker.open("redis", Map.of("url", "redis://redis.internal:6379")));
    assertThat(hub).isNotNull();
    hub.close();
  }

  @Test
  void natsIsOpenedByItsName() {
    var hub = Hub.over(Broker.open("nats", Map.of("url", "nats://nats.internal:4222")));
    assertThat(hub).isNotNull();
    hub.close();
  }
}

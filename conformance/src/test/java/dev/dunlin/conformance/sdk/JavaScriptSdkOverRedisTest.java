package dev.dunlin.conformance.sdk;

import dev.dunlin.channels.Broker;
import dev.dunlin.channels.Hub;
import dev.dunlin.testing.ServerProcess;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The same suite as over one node in memory, its clients spread over two nodes on one Redis. */
class JavaScriptSdkOverRedisTest {

  @Test
  void theJavaScriptSdkDoesAllItCanOverTwoNodes() throws Exception {
    try (var redis = ServerProcess.redis();
        var one = hub(redis);
        var two = hub(redis);
        var here = SdkServer.start(one);
        var there = SdkServer.start(two)) {
      JavaScriptSdkTest.run(List.of(here.url(), there.url()));
    }
  }

  private static Hub hub(ServerProcess redis) throws Exception {
    var hub = Hub.over(Broker.open("redis", Map.of("url", redis.url())));
    hub.ready().toCompletableFuture().get(10, TimeUnit.SECONDS);
    return hub;
  }
}

package dev.dunlin.conformance.sdk;

import dev.dunlin.channels.Broker;
import dev.dunlin.channels.Hub;
import dev.dunlin.testing.ServerProcess;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * The same suite as over one node in memory, its clients spread over two nodes on one NATS server.
 */
class JavaScriptSdkOverNatsTest {

  @Test
  void theJavaScriptSdkDoesAllItCanOverTwoNodes() throws Exception {
    try (var nats = ServerProcess.nats();
        var one = hub(nats);
        var two = hub(nats);
        var here = SdkServer.start(one);
        var there = SdkServer.start(two)) {
      JavaScriptSdkTest.run(List.of(here.url(), there.url()));
    }
  }

  private static Hub hub(ServerProcess nats) throws Exception {
    var hub = Hub.over(Broker.open("nats", Map.of("url", nats.url())));
    hub.ready().toCompletableFuture().get(10, TimeUnit.SECONDS);
    return hub;
  }
}

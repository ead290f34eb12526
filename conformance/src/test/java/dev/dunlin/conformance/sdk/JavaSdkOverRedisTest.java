package dev.dunlin.conformance.sdk;

import dev.dunlin.channels.Broker;
import dev.dunlin.channels.Hub;
import dev.dunlin.testing.ServerProcess;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The published Java SDK, its connections going to two nodes on one Redis in turn. */
class JavaSdkOverRedisTest extends JavaSdkSuite {

  private static ServerProcess redis;

  JavaSdkOverRedisTest() {
    super(hubs());
  }

  private static Hub[] hubs() {
    var options = Map.of("url", redis.url(), "prefix", "test-" + UUID.randomUUID());
    return new Hub[] {
      Hub.over(Broker.open("redis", options)), Hub.over(Broker.open("redis", options))
    };
  }

  @BeforeAll
  static void startBroker() throws Exception {
    redis = ServerProcess.redis();
  }

  @AfterAll
  static void stopBroker() throws Exception {
    if (redis != null) {
      redis.close();
    }
  }
}

package dev.dunlin.conformance.sdk;

import dev.dunlin.channels.Broker;
import dev.dunlin.channels.Hub;
import dev.dunlin.testing.ServerProcess;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The published Java SDK, its connections going to two nodes on one NATS server in turn. */
class JavaSdkOverNatsTest extends JavaSdkSuite {

  private static ServerProcess nats;

  JavaSdkOverNatsTest() {
    super(hubs());
  }

  private static Hub[] hubs() {
    var options = Map.of("url", nats.url(), "prefix", "test-" + UUID.randomUUID());
    return new Hub[] {
      Hub.over(Broker.open("nats", options)), Hub.over(Broker.open("nats", options))
    };
  }

  @BeforeAll
  static void startBroker() throws Exception {
    nats = ServerProcess.nats();
  }

  @AfterAll
  static void stopBroker() throws Exception {
    if (nats != null) {
      nats.close();
    }
  }
}

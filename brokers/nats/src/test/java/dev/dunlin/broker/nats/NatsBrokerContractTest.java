package dev.dunlin.broker.nats;

import dev.dunlin.channels.Broker;
import dev.dunlin.testing.BrokerContract;
import dev.dunlin.testing.ServerProcess;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The NATS broker keeps the contract, on a real NATS server. */
class NatsBrokerContractTest extends BrokerContract {

  private static ServerProcess nats;

  @BeforeAll
  static void startNats() throws Exception {
    nats = ServerProcess.nats();
  }

  @AfterAll
  static void stopNats() throws Exception {
    if (nats != null) {
      nats.close();
    }
  }

  @Override
  protected Broker broker() {
    return Broker.open("nats", Map.of("url", nats.url(), "prefix", "contract"));
  }

  @Override
  protected Optional<Broker> anotherNode() {
    return Optional.of(broker());
  }
}

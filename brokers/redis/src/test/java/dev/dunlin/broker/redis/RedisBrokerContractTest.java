package dev.dunlin.broker.redis;

import dev.dunlin.channels.Broker;
import dev.dunlin.testing.BrokerContract;
import dev.dunlin.testing.ServerProcess;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The Redis broker keeps the contract, on a real Redis. */
class RedisBrokerContractTest extends BrokerContract {

  private static ServerProcess redis;

  @BeforeAll
  static void startRedis() throws Exception {
    redis = ServerProcess.redis();
  }

  @AfterAll
  static void stopRedis() throws Exception {
    if (redis != null) {
      redis.close();
    }
  }

  @Override
  protected Broker broker() {
    return Broker.open("redis", Map.of("url", redis.url(), "prefix", "contract"));
  }

  @Override
  protected Optional<Broker> anotherNode() {
    return Optional.of(broker());
  }
}

package dev.dunlin.broker.redis;

import dev.dunlin.channels.Broker;
import dev.dunlin.testing.BrokerContract;
import dev.dunlin.testing.RedisCluster;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** The Redis broker keeps the contract, on a real cluster of three masters. */
class RedisClusterContractTest extends BrokerContract {

  private static RedisCluster cluster;

  @BeforeAll
  static void startCluster() throws Exception {
    cluster = RedisCluster.start(3, 0);
  }

  @AfterAll
  static void stopCluster() throws Exception {
    if (cluster != null) {
      cluster.close();
    }
  }

  @Override
  protected Broker broker() {
    return Broker.open("redis", Map.of("url", cluster.url(), "prefix", "contract"));
  }

  @Override
  protected Optional<Broker> anotherNode() {
    return Optional.of(broker());
  }
}

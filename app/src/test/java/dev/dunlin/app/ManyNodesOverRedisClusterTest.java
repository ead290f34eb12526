package dev.dunlin.app;

import dev.dunlin.testing.RedisCluster;

/** Over a real Redis Cluster of three masters. */
class ManyNodesOverRedisClusterTest extends ManyNodesTest {

  ManyNodesOverRedisClusterTest() {
    super("redis");
  }

  @Override
  Running broker() throws Exception {
    var cluster = RedisCluster.start(3, 0);
    return new Running(cluster.url(), cluster);
  }
}

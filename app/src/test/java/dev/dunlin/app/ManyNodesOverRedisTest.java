package dev.dunlin.app;

import dev.dunlin.testing.ServerProcess;

/** Over a real Redis. */
class ManyNodesOverRedisTest extends ManyNodesTest {

  ManyNodesOverRedisTest() {
    super("redis");
  }

  @Override
  Running broker() throws Exception {
    var server = ServerProcess.redis();
    return new Running(server.url(), server);
  }
}

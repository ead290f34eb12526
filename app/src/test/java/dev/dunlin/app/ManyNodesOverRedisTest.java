package dev.dunlin.app;

import dev.dunlin.testing.ServerProcess;

/** Over a real Redis. */
class ManyNodesOverRedisTest extends ManyNodesTest {

  ManyNodesOverRedisTest() {
    super("redis");
  }

  @Override
  ServerProcess broker() throws Exception {
    return ServerProcess.redis();
  }
}

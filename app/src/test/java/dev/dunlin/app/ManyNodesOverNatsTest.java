package dev.dunlin.app;

import dev.dunlin.testing.ServerProcess;

/** Over a real NATS. */
class ManyNodesOverNatsTest extends ManyNodesTest {

  ManyNodesOverNatsTest() {
    super("nats");
  }

  @Override
  ServerProcess broker() throws Exception {
    return ServerProcess.nats();
  }
}

package dev.dunlin.app;

import dev.dunlin.testing.ServerProcess;

/** Over a real NATS. */
class ManyNodesOverNatsTest extends ManyNodesTest {

  ManyNodesOverNatsTest() {
    super("nats");
  }

  @Override
  Running broker() throws Exception {
    var server = ServerProcess.nats();
    return new Running(server.url(), server);
  }
}

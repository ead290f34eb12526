package dev.dunlin.centrifuge;

import java.nio.ByteBuffer;

/**
 * The client-to-server half of an emulated connection: commands for a session that may live on
 * another node.
 *
 * @param data commands in the encoding of the request
 */
record EmulationRequest(String node, String session, ByteBuffer data) {

  @Override
  public String toString() {
    return "EmulationRequest[node=" + node + "]"; // the session is a secret
  }
}

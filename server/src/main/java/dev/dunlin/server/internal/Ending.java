package dev.dunlin.server.internal;

import dev.dunlin.websocket.Closed;

/**
 * The last steps of a conversation: our close frame after what handlers still have to say, then the
 * end of the transport. Made when the end begins. Lane-confined.
 */
final class Ending {

  private final Conversation owner;
  private boolean concluding;
  private long dropAt = Deadlines.NEVER;

  Ending(Conversation owner) {
    this.owner = owner;
  }

  /** The peer has ended it: the answer follows what waits for a handler and what it sends. */
  void concludeInTime() {
    if (concluding) {
      return;
    }
    concluding = true;
    afterHandlers(owner::conclude);
  }

  /**
   * The peer has ended its side of the transport: ours ends after what handlers still have to do.
   */
  void inputEnded() {
    if (owner.connection.ending()) {
      return; // our answer to the peer's close comes first, and ends the transport
    }
    if (owner.connection.open()) {
      afterHandlers(() -> {
        owner.flush(); // what they answered, as far as the wire takes it at once
        owner.wire.close();
      });
    } else {
      owner.wire.close(); // nobody waits for the answer to our close any more
    }
  }

  private void afterHandlers(Runnable step) {
    owner.application.inputEnded();
    if (owner.application.busy()) {
      owner.application.afterwards(() -> owner.onLaneWhileItLasts(step));
    } else {
      step.run();
    }
  }

  /**
   * The connection is over: ends the transport as its story demands.
   *
   * @param waits whether the peer is to end it first
   */
  void endWire(Closed story, boolean waits) {
    dropAt = owner.lane.now() + owner.limits().closeHandshake().toNanos();
    switch (story.cause()) {
      case PEER, LOCAL, HANDLER, SLOW -> {
        if (!waits) { // RFC 6455, 7.1.1: the server ends the transport, the client waits for it
          owner.wire.close();
        }
      }
      case VIOLATION -> owner.wire.linger();
      case TIMEOUT -> owner.wire.close();
      case LOST -> owner.wire.drop();
    }
  }

  /** When the transport is cut off if it has not ended by itself. */
  long dropAt() {
    return dropAt;
  }
}

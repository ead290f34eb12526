package dev.dunlin.websocket;

import java.nio.ByteBuffer;

/**
 * A ping that the peer sent (RFC 6455, 5.5.2). It has been answered with a pong of the same
 * payload.
 *
 * @param payload read-only, at most 125 bytes, owned by the message
 */
public record Ping(ByteBuffer payload) implements Control {
  public Ping {
    payload = ControlPayload.checked(payload);
  }
}

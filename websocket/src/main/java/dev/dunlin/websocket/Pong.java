package dev.dunlin.websocket;

import java.nio.ByteBuffer;

/**
 * A pong that the peer sent (RFC 6455, 5.5.3), asked for or not.
 *
 * @param payload read-only, at most 125 bytes, owned by the message
 */
public record Pong(ByteBuffer payload) implements Control {
  public Pong {
    payload = ControlPayload.checked(payload);
  }
}

package dev.dunlin.websocket;

import java.nio.ByteBuffer;

/** The rule that pings, pongs and closes share. */
final class ControlPayload {

  /** RFC 6455, 5.5: a control frame's payload is at most 125 bytes. */
  static final int MAX_BYTES = 125;

  private ControlPayload() {}

  /** A read-only copy of the remaining bytes. */
  static ByteBuffer checked(ByteBuffer payload) {
    if (payload.remaining() > MAX_BYTES) {
      throw new IllegalArgumentException(
          "a control payload of " + payload.remaining() + " bytes is over the limit of 125");
    }
    var copy = new byte[payload.remaining()];
    payload.get(payload.position(), copy);
    return ByteBuffer.wrap(copy).asReadOnlyBuffer();
  }
}

package dev.dunlin.websocket;

import java.nio.ByteBuffer;

/** Compression per message (RFC 7692), as a connection agreed on it. */
public final class PerMessageDeflate implements Extension {

  /** Outcomes of {@link #inflate} that are not a size. */
  static final int TOO_BIG = -1;

  static final int INVALID = -2;

  @Override
  public String headerValue() {
    return "permessage-deflate";
  }

  /** Whether a message of this size is worth compressing. */
  boolean worthwhile(int size) {
    return false;
  }

  /** Whether a segment that others share may be sent: no context of ours is taken over. */
  boolean shares() {
    return true;
  }

  /**
   * Inflates the remaining bytes of a whole compressed message.
   *
   * @return the size of what stands in {@link DeflateContext#inflated()}, or {@link #TOO_BIG} as
   *     soon as it passes {@code limit}, or {@link #INVALID}
   */
  int inflate(ByteBuffer compressed, int limit, DeflateContext context) {
    return INVALID;
  }

  /**
   * Compresses the remaining bytes as one message.
   *
   * @return the size of what stands in {@link DeflateContext#deflated()}, or -1 to send it plain
   */
  int deflate(ByteBuffer plain, DeflateContext context) {
    return -1;
  }

  @Override
  public void close() {}
}

package dev.dunlin.websocket;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/**
 * How small messages are gathered into a {@link Batch}.
 *
 * <p>Without a joint, a batch saves writes: each message keeps its frame. With one, the messages of
 * a batch become one WebSocket message, with the joint between them, for protocols that allow
 * several of their messages in one: a line feed for JSON lines, the empty joint for messages that
 * carry their own length.
 *
 * @param maxBytes the most payload bytes of a batch, joints included; a larger message goes alone;
 *     default 16 KiB
 * @param maxMessages the most messages of a batch; default 16
 * @param delay how long the owner may hold back a {@link Batch} that is not full, by a timer of its
 *     own; default zero: it leaves with the next flush. A session flushes at the end of each turn,
 *     whatever this says
 * @param joint what stands between two messages; default none
 */
public record Batching(int maxBytes, int maxMessages, Duration delay, Optional<Binary> joint) {

  private static final Batching DEFAULTS =
      new Batching(16 << 10, 16, Duration.ZERO, Optional.empty());

  /**
   * Settings of these values.
   *
   * @throws IllegalArgumentException if a size is below 1 or the delay is negative
   */
  public Batching {
    if (maxBytes < 1) {
      throw new IllegalArgumentException("maxBytes " + maxBytes + " is below 1");
    }
    if (maxMessages < 1) {
      throw new IllegalArgumentException("maxMessages " + maxMessages + " is below 1");
    }
    if (delay.isNegative()) {
      throw new IllegalArgumentException("delay " + delay + " is negative");
    }
    joint = joint.map(Binary::copy);
  }

  /** 16 KiB or 16 messages, no delay, no joint. */
  public static Batching defaults() {
    return DEFAULTS;
  }

  /** This with another {@link #maxBytes()}. */
  public Batching maxBytes(int maxBytes) {
    return new Batching(maxBytes, maxMessages, delay, joint);
  }

  /** This with another {@link #maxMessages()}. */
  public Batching maxMessages(int maxMessages) {
    return new Batching(maxBytes, maxMessages, delay, joint);
  }

  /** This with another {@link #delay()}. */
  public Batching delay(Duration delay) {
    return new Batching(maxBytes, maxMessages, delay, joint);
  }

  /** This with a joint of UTF-8 text, possibly empty. */
  public Batching joint(String joint) {
    return joint(joint.getBytes(StandardCharsets.UTF_8));
  }

  /** This with a joint, possibly empty. Between text messages it must be UTF-8. */
  public Batching joint(byte[] joint) {
    return new Batching(maxBytes, maxMessages, delay, Optional.of(Binary.of(joint)));
  }
}

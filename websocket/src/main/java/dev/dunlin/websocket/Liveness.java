package dev.dunlin.websocket;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Whether the peer is still there: when it is pinged, by when its pong must come, and how many
 * control frames it may send. Times are the connection's nanoseconds.
 */
final class Liveness {

  static final int PING_PAYLOAD_BYTES = 8;

  private static final long NEVER = Connection.NEVER;
  private static final long SECOND = 1_000_000_000L;

  private final Limits limits;
  private final RandomGenerator random;

  /** When the next ping is due; while a pong is awaited, when the last one left. */
  private long pingAt;

  /** By when a pong must come; never if none is awaited. */
  private long pongBy = NEVER;

  private long pingNonce;
  private long roundTripNanos = -1;

  /** The second in which control frames are counted, and how many came in it. */
  private int controlSecond;

  private int controlFrames;

  Liveness(Limits limits, RandomGenerator random, long now) {
    this.limits = limits;
    this.random = random;
    this.pingAt = nextPing(now);
  }

  private long nextPing(long now) {
    long interval = limits.pingInterval().toNanos();
    if (interval == 0) {
      return NEVER;
    }
    return now + interval + (long) ((random.nextDouble() * 0.2 - 0.1) * interval);
  }

  /** When a ping, or the lack of a pong, is due. */
  long deadline() {
    return pongBy == NEVER ? pingAt : pongBy;
  }

  boolean pingDue(long now) {
    return pongBy == NEVER && pingAt != NEVER && now - pingAt >= 0;
  }

  boolean pongMissing(long now) {
    return pongBy != NEVER && now - pongBy >= 0;
  }

  /** A pong cannot overtake the frame that the peer is sending: it gets more time. */
  void excuse(long now) {
    pongBy = now + limits.pongWait().toNanos();
  }

  /** A ping leaves now: its payload. One that is still unanswered is replaced. */
  ByteBuffer ping(long now) {
    pingNonce = random.nextLong();
    pingAt = now;
    excuse(now);
    return ByteBuffer.allocate(PING_PAYLOAD_BYTES).putLong(0, pingNonce);
  }

  /** A pong has come; it counts if it answers the newest ping. */
  void pong(ByteBuffer payload, long now) {
    if (pongBy != NEVER
        && payload.remaining() == PING_PAYLOAD_BYTES
        && payload.getLong(0) == pingNonce) {
      pongBy = NEVER;
      roundTripNanos = now - pingAt;
      pingAt = nextPing(now);
    }
  }

  /** Reading goes on after a pause, in which a pong may have gone unread: asks again. */
  void resume(long now) {
    if (pongBy != NEVER) {
      pongBy = NEVER;
      pingAt = now;
    }
  }

  /** A control frame has come. */
  void countControlFrame(long now) throws ProtocolViolation {
    int second = (int) (now / SECOND);
    if (second != controlSecond) {
      controlSecond = second;
      controlFrames = 0;
    }
    if (++controlFrames > limits.maxControlFramesPerSecond()) {
      throw new ProtocolViolation(
          CloseCode.POLICY_VIOLATION,
          "more than " + limits.maxControlFramesPerSecond() + " control frames in a second");
    }
  }

  Optional<Duration> roundTrip() {
    return roundTripNanos < 0 ? Optional.empty() : Optional.of(Duration.ofNanos(roundTripNanos));
  }
}

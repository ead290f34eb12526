package dev.dunlin.websocket;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Counts what the connections of one thread send and receive.
 *
 * <p>The connections that share one run on one thread, which alone counts: with plain additions, no
 * lock and no contention. Any thread may read; what it reads is a moment old at most, and the
 * figures of one reading need not be of exactly the same moment.
 *
 * <p>Part of the advanced API: programs ask their server for its statistics.
 */
public final class Tally {

  private static final int RECEIVED = 0;
  private static final int SENT = 5;
  private static final int BATCHES = 10;

  private static final int FRAMES = 0;
  private static final int MESSAGES = 1;
  private static final int COMPRESSED = 2;
  private static final int PAYLOAD_BYTES = 3;
  private static final int WIRE_BYTES = 4;

  private final AtomicLongArray counts = new AtomicLongArray(11);

  /** A tally at zero. */
  public Tally() {}

  /** What has been received so far. */
  public Traffic received() {
    return traffic(RECEIVED);
  }

  /** What has been sent so far: put into the {@link Sink}. */
  public Traffic sent() {
    return traffic(SENT);
  }

  /** Batches of several messages that have left in one frame so far. */
  public long joinedBatches() {
    return counts.getOpaque(BATCHES);
  }

  private Traffic traffic(int way) {
    return new Traffic(
        counts.getOpaque(way + FRAMES),
        counts.getOpaque(way + MESSAGES),
        counts.getOpaque(way + COMPRESSED),
        counts.getOpaque(way + PAYLOAD_BYTES),
        counts.getOpaque(way + WIRE_BYTES));
  }

  /** Only one thread writes: no reader sees half a number, and nothing waits. */
  private void add(int which, long more) {
    counts.setOpaque(which, counts.getPlain(which) + more);
  }

  void bytesReceived(long bytes) {
    add(RECEIVED + WIRE_BYTES, bytes);
  }

  void frameReceived() {
    add(RECEIVED + FRAMES, 1);
  }

  void payloadReceived(int messages, int bytes) {
    add(RECEIVED + MESSAGES, messages);
    add(RECEIVED + PAYLOAD_BYTES, bytes);
  }

  void compressedReceived() {
    add(RECEIVED + COMPRESSED, 1);
  }

  void framesSent(int frames, int wireBytes) {
    add(SENT + FRAMES, frames);
    add(SENT + WIRE_BYTES, wireBytes);
  }

  void payloadSent(int messages, int bytes) {
    add(SENT + MESSAGES, messages);
    add(SENT + PAYLOAD_BYTES, bytes);
  }

  void compressedSent(int frames) {
    add(SENT + COMPRESSED, frames);
  }

  void batchSent() {
    add(BATCHES, 1);
  }
}

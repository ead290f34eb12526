package dev.dunlin.websocket;

import java.nio.ByteBuffer;
import java.util.random.RandomGenerator;

/** Writes frames (RFC 6455, 5.2) into a sink; masks them in the client role. */
final class FrameEncoder {

  static final int MAX_SERVER_HEADER_BYTES = 10;
  private static final int MASKED = 0x80;

  /** Payloads above this go to the sink by reference where nothing changes them, else in pieces. */
  private static final int COPY_BYTES = 64 << 10;

  private FrameEncoder() {}

  static int first(int opcode, boolean fin, boolean rsv1) {
    return opcode | (fin ? 0x80 : 0) | (rsv1 ? 0x40 : 0);
  }

  /** The bytes of a frame with a payload of {@code length} bytes. */
  static int frameBytes(int length, boolean masked) {
    int header = length < 126 ? 2 : length < 65536 ? 4 : MAX_SERVER_HEADER_BYTES;
    return header + (masked ? 4 : 0) + length;
  }

  /** Puts an unmasked header: {@code first} octet and the shortest form of {@code length}. */
  static void header(ByteBuffer out, int first, int length) {
    length(out.put((byte) first), length, 0);
  }

  private static void length(ByteBuffer out, int length, int mask) {
    if (length < 126) {
      out.put((byte) (length | mask));
    } else if (length < 65536) {
      out.put((byte) (126 | mask)).put((byte) (length >> 8)).put((byte) length);
    } else {
      out.put((byte) (127 | mask)).put((byte) 0).put((byte) 0).put((byte) 0).put((byte) 0);
      out.put((byte) (length >> 24))
          .put((byte) (length >> 16))
          .put((byte) (length >> 8))
          .put((byte) length);
    }
  }

  /** An unmasked frame. A payload that {@code mayChange} later is copied at once. */
  static void frame(
      Sink sink, int first, ByteBuffer payload, int offset, int size, boolean mayChange) {
    if (size <= COPY_BYTES || mayChange) {
      var out = sink.room(MAX_SERVER_HEADER_BYTES + size);
      header(out, first, size);
      out.put(out.position(), payload, offset, size);
      out.position(out.position() + size);
    } else {
      header(sink.room(MAX_SERVER_HEADER_BYTES), first, size);
      sink.share(payload.slice(offset, size));
    }
  }

  /** A masked frame, with a fresh key (RFC 6455, 5.3). */
  static void masked(
      Sink sink, int first, ByteBuffer payload, int offset, int size, RandomGenerator random) {
    int key = random.nextInt();
    var out = sink.room(MAX_SERVER_HEADER_BYTES + 4 + Math.min(size, COPY_BYTES));
    length(out.put((byte) first), size, MASKED);
    out.put((byte) (key >> 24)).put((byte) (key >> 16)).put((byte) (key >> 8)).put((byte) key);
    int done = 0;
    while (true) {
      int piece = Math.min(size - done, COPY_BYTES);
      int at = out.position();
      out.put(at, payload, offset + done, piece);
      Mask.apply(out, at, piece, key, done & 3);
      out.position(at + piece);
      done += piece;
      if (done == size) {
        return;
      }
      out = sink.room(Math.min(size - done, COPY_BYTES));
    }
  }
}

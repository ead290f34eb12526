package dev.dunlin.websocket;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Joins segments, each a message deflated alone, and plain bytes into one compressed message
 * without deflating anything again.
 *
 * <p>A segment without its last octets 00 00 ff ff (RFC 7692, 7.2.1) ends, byte-aligned, in the
 * header of a stored block whose length is still to come. The next segment is preceded by the
 * length zero; plain bytes simply give their length, and so complete the segment's own last block.
 * Neighbouring plain bytes share a block.
 */
final class SegmentJoiner {

  private static final int MOST_STORED = 0xffff;
  private static final int NONE = -1;

  private final Scratch out;
  private final @Nullable Payload joint;
  private boolean first = true;

  /** Whether the output ends in a stored block's header that still needs a length. */
  private boolean open;

  /** Where the length of the stored block at the end stands, or {@link #NONE}. */
  private int storedAt = NONE;

  /** Begins a message in {@code out}, with {@code joint} between any two pieces. */
  SegmentJoiner(Scratch out, @Nullable Binary joint) {
    this.out = out.clear();
    this.joint = joint;
  }

  /** Adds a message: its segment, or its bytes if there is none. */
  void add(Data message, @Nullable ByteBuffer segment) {
    if (!first && joint != null) {
      stored(joint.buffer(), joint.offset(), joint.size());
    }
    first = false;
    if (segment == null) {
      var payload = Payload.of(message);
      stored(payload.buffer(), payload.offset(), payload.size());
    } else {
      segment(segment);
    }
  }

  /** Adds a piece of a message: its segment, or its remaining bytes if there is none. */
  void add(ByteBuffer piece, @Nullable ByteBuffer segment) {
    if (segment == null) {
      stored(piece, piece.position(), piece.remaining());
    } else {
      segment(segment);
    }
  }

  private void segment(ByteBuffer segment) {
    if (open) {
      length(0);
    }
    out.put(segment);
    open = true;
    storedAt = NONE;
  }

  private void stored(ByteBuffer from, int at, int count) {
    int done = 0;
    if (storedAt != NONE && count > 0) {
      int held = (out.bytes[storedAt] & 0xff) | (out.bytes[storedAt + 1] & 0xff) << 8;
      done = Math.min(MOST_STORED - held, count);
      length(storedAt, held + done);
      out.put(from, at, done);
    }
    while (done < count) {
      if (!open) {
        out.put(0);
      }
      int piece = Math.min(MOST_STORED, count - done);
      storedAt = out.size;
      length(piece);
      out.put(from, at + done, piece);
      done += piece;
      open = false;
    }
  }

  /** Completes the message: what the receiver appends is 00 00 ff ff. */
  Scratch end() {
    if (!open) {
      out.put(0);
    }
    return out;
  }

  /** Completes the last block but not the message, of which more follows. */
  Scratch pause() {
    if (open) {
      length(0);
      open = false;
    }
    return out;
  }

  private void length(int length) {
    out.room(4);
    out.size += 4;
    length(out.size - 4, length);
  }

  /** RFC 1951, 3.2.4: LEN and its complement, low octet first. */
  private void length(int at, int length) {
    out.bytes[at] = (byte) length;
    out.bytes[at + 1] = (byte) (length >> 8);
    out.bytes[at + 2] = (byte) ~length;
    out.bytes[at + 3] = (byte) (~length >> 8);
  }
}

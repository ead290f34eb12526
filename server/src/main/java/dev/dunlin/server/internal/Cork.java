package dev.dunlin.server.internal;

import dev.dunlin.websocket.Sink;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The outgoing buffer of a lane: what one conversation sends during one turn gathers here and
 * leaves in one write. One conversation at a time owns it. Lane-confined.
 */
final class Cork implements Sink {

  static final int CAPACITY = 64 << 10;

  /** Below this a copy is cheaper than a write of its own. */
  private static final int COPY_BYTES = 4 << 10;

  private final Meter meter;
  private final ByteBuffer standing = ByteBuffer.allocateDirect(CAPACITY);
  private ByteBuffer buffer = standing;

  /**
   * Shared bytes that stand at the start of the buffer, perhaps since the write before: the next
   * subscriber of the same publications needs no copy of them.
   */
  private @Nullable ByteBuffer laidOut;

  private @Nullable Conversation owner;
  private boolean busy;

  Cork(Meter meter) {
    this.meter = meter;
  }

  /** Whether this conversation, and nobody else, may send through the cork now. */
  boolean ownedBy(SessionSide conversation) {
    return owner == conversation;
  }

  /** Whether a conversation is at work: nobody else may enter. */
  boolean busy() {
    return busy;
  }

  /** The conversation goes to work. What another one has left behind leaves first. */
  void enter(Conversation conversation) {
    if (busy) {
      throw new IllegalStateException("two conversations of a lane cannot be at work at once");
    }
    var last = owner;
    if (last != null && last != conversation) {
      leave();
    }
    owner = conversation;
    busy = true;
  }

  /** The owner pauses; what has gathered stays, as more may follow in this turn. */
  void rest() {
    busy = false;
  }

  /** The turn of the owner ends: what has gathered leaves. */
  void leave() {
    busy = true; // whatever a write sets off must wait
    try {
      flush();
    } finally {
      busy = false;
      owner = null;
    }
  }

  private Conversation owner() {
    var current = owner;
    if (current == null) {
      throw new IllegalStateException("nobody's turn");
    }
    return current;
  }

  @Override
  public ByteBuffer room(int bytes) {
    if (buffer.remaining() < bytes) {
      flush();
      if (bytes > CAPACITY) {
        buffer = ByteBuffer.allocateDirect(bytes);
      }
    }
    if (buffer.position() == 0) {
      laidOut = null;
    }
    return buffer;
  }

  @Override
  public void share(ByteBuffer bytes) {
    int size = bytes.remaining();
    if (bytes == laidOut && buffer.position() == 0) {
      buffer.position(size);
    } else if (size < COPY_BYTES) {
      var out = room(size);
      int at = out.position();
      out.put(at, bytes, bytes.position(), size).position(at + size);
      if (at == 0) {
        laidOut = bytes;
      }
    } else {
      flush();
      meter.written();
      owner().wire.share(bytes.duplicate());
    }
  }

  /** Bytes that have gathered. */
  int gathered() {
    return buffer.position();
  }

  /** Writes what has gathered. */
  void flush() {
    if (buffer.position() > 0) {
      buffer.flip();
      meter.written();
      try {
        owner().wire.write(buffer);
      } finally {
        buffer = standing;
        buffer.clear();
      }
    }
  }
}

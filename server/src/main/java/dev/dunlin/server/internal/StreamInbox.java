package dev.dunlin.server.internal;

import dev.dunlin.server.IncomingStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The messages of one session that are read while they arrive, and how much of them is unread.
 *
 * <p>Pieces are added on the lane and taken by the handler's thread. All fields, those of the
 * messages too, are guarded by {@link #lock}.
 */
final class StreamInbox {

  /** Beyond this the socket is not read. */
  static final int MAX_UNREAD_BYTES = 64 << 10;

  /** What a piece takes beside its bytes: a peer may send a byte at a time. */
  static final int PIECE_BYTES = 64;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition more = lock.newCondition();
  private final Runnable drained;
  private final int maxMessages;

  private @Nullable Incoming arriving;
  private long unread;
  private int messages;
  private boolean full;
  private boolean ended;

  /**
   * An empty inbox.
   *
   * @param drained called by the handler's thread when there is room again after {@link #full}
   */
  StreamInbox(int maxMessages, Runnable drained) {
    this.maxMessages = maxMessages;
    this.drained = drained;
  }

  /**
   * Adds a piece, copied.
   *
   * @return the message if it begins with this piece, for the handler
   */
  @Nullable Incoming add(boolean text, ByteBuffer bytes, boolean last) {
    lock.lock();
    try {
      var current = arriving;
      Incoming begun = null;
      if (current == null) {
        begun = new Incoming(text);
        current = begun;
        arriving = begun;
        messages++;
      }
      if (bytes.hasRemaining() && !current.abandoned) {
        var piece = ByteBuffer.allocate(bytes.remaining()).put(bytes).flip();
        unread += PIECE_BYTES + piece.remaining();
        current.pieces.add(piece);
      }
      if (last) {
        current.complete = true;
        arriving = null;
      }
      full |= unread > MAX_UNREAD_BYTES || messages >= maxMessages;
      more.signalAll();
      return begun;
    } finally {
      lock.unlock();
    }
  }

  /** Whether reading from the socket should stop until there is room. */
  boolean full() {
    lock.lock();
    try {
      return full;
    } finally {
      lock.unlock();
    }
  }

  /** The connection has ended: a message that is not complete never will be. */
  void end() {
    lock.lock();
    try {
      ended = true;
      more.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Whether room has just been made; the lock is held. */
  private boolean nowDrained() {
    if (full && unread <= MAX_UNREAD_BYTES / 2 && messages < maxMessages) {
      full = false;
      return true;
    }
    return false;
  }

  /** One message as its handler sees it. */
  final class Incoming extends InputStream implements IncomingStream {

    private final boolean text;
    private final ArrayDeque<ByteBuffer> pieces = new ArrayDeque<>(4);
    private boolean complete;
    private boolean abandoned;
    private boolean brokenOff;

    Incoming(boolean text) {
      this.text = text;
    }

    @Override
    public boolean text() {
      return text;
    }

    @Override
    public InputStream input() {
      return this;
    }

    @Override
    public int read() throws IOException {
      var one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      Objects.checkFromIndexSize(offset, length, into.length);
      if (length == 0) {
        return 0;
      }
      int count;
      boolean room;
      lock.lock();
      try {
        while (pieces.isEmpty() && !complete && !ended && !abandoned) {
          more.await();
        }
        if (abandoned) {
          throw new IOException("the handler of this message has returned");
        }
        var piece = pieces.peek();
        if (piece == null) {
          if (complete) {
            return -1;
          }
          brokenOff = true;
          throw new IOException("the connection ended inside the message");
        }
        count = Math.min(length, piece.remaining());
        piece.get(into, offset, count);
        unread -= count;
        if (!piece.hasRemaining()) {
          pieces.remove();
          unread -= PIECE_BYTES;
        }
        room = nowDrained();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted while waiting for more of a message");
      } finally {
        lock.unlock();
      }
      if (room) {
        drained.run();
      }
      return count;
    }

    @Override
    public int available() {
      lock.lock();
      try {
        var piece = pieces.peek();
        return piece == null ? 0 : piece.remaining();
      } finally {
        lock.unlock();
      }
    }

    /** Whether its reader was told that the connection ended inside it. */
    boolean brokenOff() {
      lock.lock();
      try {
        return brokenOff;
      } finally {
        lock.unlock();
      }
    }

    /** The handler has returned: what it left unread is skipped, now and as it arrives. */
    void abandon() {
      boolean room;
      lock.lock();
      try {
        abandoned = true;
        for (var piece : pieces) {
          unread -= PIECE_BYTES + piece.remaining();
        }
        pieces.clear();
        messages--;
        room = nowDrained();
      } finally {
        lock.unlock();
      }
      if (room) {
        drained.run();
      }
    }
  }
}

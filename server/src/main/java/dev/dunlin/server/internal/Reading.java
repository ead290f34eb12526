package dev.dunlin.server.internal;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Why a conversation does not read from its peer, and what arrived all the same: at most what one
 * read had brought. Made when reading first stops and let go when it goes on. Lane-confined.
 */
final class Reading {

  static final int PAUSED_BY_MAILBOX = 1;
  static final int PAUSED_BY_OUTBOX = 2;
  static final int PAUSED_BY_APPLICATION = 4;
  static final int PAUSED_BY_STREAM = 8;

  private int pausedBy;
  private @Nullable ByteBuffer unread;

  /** Adds a reason to pause; whether it is the first. */
  boolean pause(int reason) {
    boolean first = pausedBy == 0;
    pausedBy |= reason;
    return first;
  }

  /** Takes a reason away; whether it was the last. */
  boolean unpause(int reason) {
    boolean last = pausedBy != 0 && (pausedBy & ~reason) == 0;
    pausedBy &= ~reason;
    return last;
  }

  boolean pausedBy(int reason) {
    return (pausedBy & reason) != 0;
  }

  boolean paused() {
    return pausedBy != 0;
  }

  /** What is still to be received, if anything is. */
  @Nullable ByteBuffer unread() {
    return unread;
  }

  /** All of it has been received, or nobody wants it. */
  void forgetUnread() {
    unread = null;
  }

  /** Keeps the remaining bytes, behind what is kept already. */
  void keep(ByteBuffer in) {
    var before = unread;
    if (before == null || before.capacity() - before.limit() < in.remaining()) {
      int held = before == null ? 0 : before.remaining();
      var larger = ByteBuffer.allocate(Math.max(held + in.remaining(), 2 * held));
      if (before != null) {
        larger.put(before);
      }
      larger.put(in).flip();
      unread = larger;
    } else {
      int end = before.limit();
      before.limit(end + in.remaining());
      before.put(end, in, in.position(), in.remaining());
      in.position(in.limit());
    }
  }
}

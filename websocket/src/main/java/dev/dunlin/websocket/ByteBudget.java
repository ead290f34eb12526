package dev.dunlin.websocket;

import java.util.concurrent.atomic.AtomicLong;

/**
 * A number of bytes that many connections share: what some hold, others cannot have. All methods
 * may be called from any thread.
 *
 * <p>Part of the advanced API: programs leave it to their server.
 */
public final class ByteBudget {

  private final long most;
  private final AtomicLong used = new AtomicLong();

  /** A budget of so many bytes. */
  public ByteBudget(long most) {
    this.most = most;
  }

  /** The bytes that there are. */
  public long most() {
    return most;
  }

  /** The bytes that are taken. */
  public long used() {
    return used.get();
  }

  /**
   * Takes bytes.
   *
   * @return false if there are not so many: none is taken
   */
  public boolean take(long bytes) {
    if (used.addAndGet(bytes) > most) {
      used.addAndGet(-bytes);
      return false;
    }
    return true;
  }

  /** Gives back what was taken. */
  public void give(long bytes) {
    used.addAndGet(-bytes);
  }
}

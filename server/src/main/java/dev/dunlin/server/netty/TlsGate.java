package dev.dunlin.server.netty;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import java.util.LinkedHashSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Bounds the TLS handshakes that are under way: each costs the processor more than thousands of
 * messages. Those beyond the bound are not read until others are done, for two seconds at most:
 * then they are closed, because any answer would cost the handshake. One that gives up while it
 * waits has never been under way.
 */
final class TlsGate {

  static final int MOST = 256;
  static final long WAIT_MILLIS = 2_000;

  private final int most;
  private final Runnable tooLong;
  private final ReentrantLock lock = new ReentrantLock();

  /** Guarded by the lock, as are those that wait, in the order in which they came. */
  private int underWay;

  private final LinkedHashSet<Channel> waiting = new LinkedHashSet<>();

  /**
   * A gate for so many at once.
   *
   * @param tooLong called for each that has waited too long, on any loop
   */
  TlsGate(int most, Runnable tooLong) {
    this.most = most;
    this.tooLong = tooLong;
  }

  /** A handshake is about to begin. On the channel's loop. */
  void enter(Channel channel, SslHandler handler) {
    handler.handshakeFuture().addListener(done -> leave(channel));
    if (!begins(channel)) {
      channel.config().setAutoRead(false);
      var limit =
          channel.eventLoop().schedule(() -> giveUp(channel), WAIT_MILLIS, TimeUnit.MILLISECONDS);
      handler.handshakeFuture().addListener(done -> limit.cancel(false));
    }
  }

  private boolean begins(Channel channel) {
    lock.lock();
    try {
      if (underWay < most) {
        underWay++;
        return true;
      }
      waiting.add(channel);
      return false;
    } finally {
      lock.unlock();
    }
  }

  private void giveUp(Channel channel) {
    boolean waits;
    lock.lock();
    try {
      waits = waiting.contains(channel);
    } finally {
      lock.unlock();
    }
    if (waits) {
      tooLong.run();
      channel.close(); // which takes it out of those that wait
    }
  }

  private void leave(Channel channel) {
    var next = next(channel);
    if (next != null) {
      next.eventLoop().execute(() -> next.config().setAutoRead(true));
    }
  }

  /** Who takes the place of a handshake that is over; its place is free if nobody does. */
  private @Nullable Channel next(Channel done) {
    lock.lock();
    try {
      if (waiting.remove(done)) {
        return null;
      }
      var next = waiting.isEmpty() ? null : waiting.removeFirst();
      underWay -= next == null ? 1 : 0;
      return next;
    } finally {
      lock.unlock();
    }
  }
}

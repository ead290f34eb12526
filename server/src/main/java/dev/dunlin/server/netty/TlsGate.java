package dev.dunlin.server.netty;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import java.util.LinkedHashSet;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Bounds the TLS handshakes that are under way: each costs the processor more than thousands of
 * messages. Those beyond the bound are not read until others are done; their time limit runs, and
 * one that gives up while it waits has never been under way.
 */
final class TlsGate {

  static final int MOST = 256;

  private final int most;
  private final ReentrantLock lock = new ReentrantLock();

  /** Guarded by the lock, as are those that wait, in the order in which they came. */
  private int underWay;

  private final LinkedHashSet<Channel> waiting = new LinkedHashSet<>();

  TlsGate() {
    this(MOST);
  }

  /** A gate for so many at once. */
  TlsGate(int most) {
    this.most = most;
  }

  /** A handshake is about to begin. On the channel's loop. */
  void enter(Channel channel, SslHandler handler) {
    if (!begins(channel)) {
      channel.config().setAutoRead(false);
    }
    handler.handshakeFuture().addListener(done -> leave(channel));
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

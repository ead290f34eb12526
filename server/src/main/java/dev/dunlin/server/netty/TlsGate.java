package dev.dunlin.server.netty;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Bounds the TLS handshakes that are under way: each costs the processor more than thousands of
 * messages. Those beyond the bound are not read until others are done; their time limit runs.
 */
final class TlsGate {

  static final int MOST = 256;

  private final AtomicInteger underWay = new AtomicInteger();
  private final ConcurrentLinkedQueue<Channel> waiting = new ConcurrentLinkedQueue<>();

  /** A handshake is about to begin. On the channel's loop. */
  void enter(Channel channel, SslHandler handler) {
    if (underWay.incrementAndGet() > MOST) {
      channel.config().setAutoRead(false);
      waiting.add(channel);
    }
    handler.handshakeFuture().addListener(done -> leave());
  }

  private void leave() {
    underWay.decrementAndGet();
    var next = waiting.poll();
    if (next != null) {
      next.eventLoop().execute(() -> next.config().setAutoRead(true));
    }
  }
}

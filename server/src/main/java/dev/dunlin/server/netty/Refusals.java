package dev.dunlin.server.netty;

import dev.dunlin.websocket.Refusal;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;

/** Ends connections so that the peer can read what was said last. */
final class Refusals {

  private Refusals() {}

  /** Sends an HTTP error and then nothing; the caller throws away what arrives and sets a limit. */
  static void send(Channel channel, Refusal refusal) {
    channel
        .writeAndFlush(Unpooled.wrappedBuffer(refusal.bytes()))
        .addListener(written -> endOutput(channel));
  }

  /** Says that nothing more will come, in TLS and in TCP. */
  static void endOutput(Channel channel) {
    if (!channel.isActive()) {
      return;
    }
    var tls = channel.pipeline().get(SslHandler.class);
    if (tls == null) {
      shutdown(channel);
    } else {
      tls.closeOutbound().addListener(closed -> shutdown(channel));
    }
  }

  private static void shutdown(Channel channel) {
    if (channel instanceof DuplexChannel duplex && !duplex.isOutputShutdown()) {
      duplex.shutdownOutput();
    }
  }
}

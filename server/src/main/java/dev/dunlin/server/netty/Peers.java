package dev.dunlin.server.netty;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import java.net.SocketAddress;

/** Who is at the other end, where a listed proxy stands between. */
final class Peers {

  private static final AttributeKey<SocketAddress> CLIENT =
      AttributeKey.valueOf(Peers.class, "client");

  private Peers() {}

  /** A listed proxy has said for whom it speaks. On the channel's loop. */
  static void client(Channel channel, SocketAddress client) {
    channel.attr(CLIENT).set(client);
  }

  /** The client as far as it is known; else the other end of the socket. */
  static SocketAddress address(Channel channel) {
    var client = channel.hasAttr(CLIENT) ? channel.attr(CLIENT).get() : null;
    return client == null ? channel.remoteAddress() : client;
  }
}

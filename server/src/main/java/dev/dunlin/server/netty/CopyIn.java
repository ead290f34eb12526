package dev.dunlin.server.netty;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/** Copies what was read into the loop's shared buffer for handlers that keep what they get. */
@Sharable
final class CopyIn extends ChannelInboundHandlerAdapter {

  static final CopyIn INSTANCE = new CopyIn();

  private CopyIn() {}

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    var shared = (ByteBuf) message;
    ByteBuf own;
    try {
      own = context.alloc().buffer(shared.readableBytes()).writeBytes(shared);
    } finally {
      shared.release();
    }
    context.fireChannelRead(own);
  }
}

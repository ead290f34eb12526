package dev.dunlin.server.netty;

import dev.dunlin.server.internal.ProxyHeader;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connection of a listed proxy until it has said for whom it speaks. */
final class ProxyGreeting extends ByteToMessageDecoder {

  private static final Logger log = LoggerFactory.getLogger("dev.dunlin.server");

  private final Deadline deadline;
  private final long nanos;
  private final Consumer<Optional<InetSocketAddress>> next;

  /**
   * Waits for the header.
   *
   * @param next goes on with the connection once it is known for whom the proxy speaks
   */
  ProxyGreeting(NettyLane lane, long nanos, Consumer<Optional<InetSocketAddress>> next) {
    this.deadline = new Deadline(lane);
    this.nanos = nanos;
    this.next = next;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    deadline.set(nanos, context.channel()::close);
  }

  @Override
  protected void handlerRemoved0(ChannelHandlerContext context) {
    deadline.clear();
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
    switch (ProxyHeader.read(in.nioBuffer())) {
      case ProxyHeader.NeedMore more -> {}
      case ProxyHeader.Malformed(var why) -> {
        log.warn("The proxy {} was cut off: {}", context.channel().remoteAddress(), why);
        in.skipBytes(in.readableBytes());
        context.close();
      }
      case ProxyHeader.Complete(int bytes, var client) -> {
        in.skipBytes(bytes);
        next.accept(client);
        context.pipeline().remove(this); // passes on what follows
      }
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    context.close();
  }
}

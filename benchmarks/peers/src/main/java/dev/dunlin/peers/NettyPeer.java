package dev.dunlin.peers;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import io.netty.handler.codec.http.websocketx.extensions.compression.WebSocketServerCompressionHandler;
import io.netty.util.concurrent.GlobalEventExecutor;

/** Netty's own WebSocket handlers as its examples put them together: PORT plain|deflate [uring]. */
public final class NettyPeer {

  private static final int MAX_MESSAGE = 1 << 20;
  private static final ChannelGroup FAN = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);

  private NettyPeer() {}

  public static void main(String[] args) throws InterruptedException {
    boolean deflate = args[1].equals("deflate");
    boolean uring = args.length > 2 && args[2].equals("uring");
    IoHandlerFactory io = uring ? IoUringIoHandler.newFactory() : EpollIoHandler.newFactory();
    Class<? extends ServerSocketChannel> type =
        uring ? IoUringServerSocketChannel.class : EpollServerSocketChannel.class;
    new ServerBootstrap()
        .group(new MultiThreadIoEventLoopGroup(1, io))
        .channel(type)
        .option(ChannelOption.SO_BACKLOG, 4096)
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childHandler(
            new ChannelInitializer<SocketChannel>() {
              @Override
              protected void initChannel(SocketChannel channel) {
                var pipeline = channel.pipeline();
                pipeline.addLast(new HttpServerCodec(), new HttpObjectAggregator(65536));
                if (deflate) {
                  pipeline.addLast(new WebSocketServerCompressionHandler(MAX_MESSAGE));
                }
                pipeline.addLast(
                    new WebSocketServerProtocolHandler(
                        WebSocketServerProtocolConfig.newBuilder()
                            .websocketPath("/")
                            .checkStartsWith(true)
                            .allowExtensions(deflate)
                            .maxFramePayloadLength(MAX_MESSAGE)
                            .build()),
                    new WebSocketFrameAggregator(MAX_MESSAGE),
                    new Messages());
              }
            })
        .bind("127.0.0.1", Integer.parseInt(args[0]))
        .sync()
        .channel()
        .closeFuture()
        .sync();
  }

  private static final class Messages extends SimpleChannelInboundHandler<WebSocketFrame> {
    private boolean publisher;

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
      if (event instanceof WebSocketServerProtocolHandler.HandshakeComplete handshake) {
        publisher = handshake.requestUri().equals("/pub");
        if (handshake.requestUri().equals("/fan")) {
          FAN.add(context.channel());
        }
      }
      super.userEventTriggered(context, event);
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, WebSocketFrame frame) {
      if (!(frame instanceof TextWebSocketFrame || frame instanceof BinaryWebSocketFrame)) {
        return;
      }
      if (publisher) {
        FAN.writeAndFlush(frame.retain());
      } else {
        context.writeAndFlush(frame.retain(), context.voidPromise());
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }
  }
}

package dev.dunlin.server.netty;

import dev.dunlin.server.internal.Conversation;
import dev.dunlin.server.internal.Wire;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.unix.FileDescriptor;
import io.netty.channel.unix.UnixChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A connection after its handshake: the one handler in its pipeline, and the wire under its
 * conversation.
 *
 * <p>On epoll, without TLS and with nothing pending, bytes go from the cork straight to the socket;
 * only what the socket does not take is copied for Netty to send later.
 */
final class SocketWire extends ChannelInboundHandlerAdapter implements Wire {

  private final Channel channel;
  private final NettyLane lane;
  private final @Nullable FileDescriptor direct;
  private @Nullable Conversation conversation;
  private long handed;

  /** Bytes that are pending and that other wires send too. */
  private long shared;

  private boolean lingering;
  private boolean broken;

  /**
   * A wire over a channel.
   *
   * @param plain whether nothing stands between this handler and the socket
   */
  SocketWire(Channel channel, NettyLane lane, boolean plain) {
    this.channel = channel;
    this.lane = lane;
    this.direct =
        plain && channel instanceof io.netty.channel.epoll.EpollSocketChannel epoll
            ? ((UnixChannel) epoll).fd()
            : null;
  }

  void begin(Conversation begun) {
    conversation = begun;
  }

  private Conversation conversation() {
    var current = conversation;
    if (current == null) {
      throw new IllegalStateException("the conversation has not begun");
    }
    return current;
  }

  // ---- from the socket

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    var bytes = (ByteBuf) message;
    try {
      if (!lingering && !broken) {
        conversation().receive(lane.receiveBuffer().view(bytes));
      }
    } finally {
      bytes.release();
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    conversation().received();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (channel.isWritable()) {
      conversation().writable();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    broken = true;
    conversation().lost("the transport ended without a close frame");
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    ReferenceCountUtil.release(event);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (cause instanceof IOException || cause instanceof DecoderException) {
      fail(); // the peer went, or broke TLS
    } else {
      conversation().broken(cause);
    }
  }

  private void fail() {
    broken = true;
    channel.close();
  }

  // ---- to the socket

  @Override
  public void write(ByteBuffer bytes) {
    int size = bytes.remaining();
    handed += size;
    if (broken) {
      return;
    }
    writeDirect(bytes);
    if (bytes.hasRemaining() && !broken) {
      hand(channel.alloc().directBuffer(bytes.remaining()).writeBytes(bytes));
    }
  }

  @Override
  public void share(ByteBuffer bytes) {
    handed += bytes.remaining();
    if (broken) {
      return;
    }
    if (bytes.isDirect()) {
      writeDirect(bytes);
    }
    int rest = bytes.remaining();
    if (rest > 0 && !broken) {
      shared += rest;
      channel.writeAndFlush(Unpooled.wrappedBuffer(bytes)).addListener(written -> shared -= rest);
    }
  }

  private void hand(ByteBuf bytes) {
    channel.writeAndFlush(bytes, channel.voidPromise());
  }

  private void writeDirect(ByteBuffer bytes) {
    var descriptor = direct;
    if (descriptor == null || pending() != 0) {
      return; // only an empty queue may be overtaken
    }
    try {
      int written = descriptor.write(bytes, bytes.position(), bytes.limit());
      if (written > 0) {
        bytes.position(bytes.position() + written);
      }
    } catch (IOException e) {
      fail();
    }
  }

  @Override
  public boolean writable() {
    return !broken && channel.isWritable();
  }

  @Override
  public long pending() {
    var queue = channel.unsafe().outboundBuffer();
    return queue == null ? 0 : queue.totalPendingWriteBytes();
  }

  @Override
  public long held() {
    return Math.max(0, pending() - shared);
  }

  @Override
  public long taken() {
    return handed - pending();
  }

  @Override
  public void pause() {
    channel.config().setAutoRead(false);
  }

  @Override
  public void resume() {
    channel.config().setAutoRead(true);
  }

  @Override
  public void close() {
    if (pending() == 0) {
      channel.close();
    } else {
      channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }
  }

  @Override
  public void linger() {
    lingering = true;
    resume();
    channel
        .writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(written -> Refusals.endOutput(channel));
  }

  @Override
  public void drop() {
    fail();
  }

  @Override
  public SocketAddress remoteAddress() {
    return Peers.address(channel);
  }
}

package dev.dunlin.server.netty;

import dev.dunlin.server.internal.Conversation;
import dev.dunlin.server.internal.Wire;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.unix.Socket;
import io.netty.channel.unix.UnixChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.SslHandler;
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

  /**
   * For what the socket does not take and what may wait for long: exactly as large as it is. The
   * channel's allocator rounds up, by 60 % at 10 kB.
   */
  private static final ByteBufAllocator EXACT = new UnpooledByteBufAllocator(true);

  private final Channel channel;
  private final NettyLane lane;
  private final @Nullable Socket direct;
  private final boolean openSsl;

  /** Whether a read has brought anything. */
  private boolean arrived;

  private @Nullable Conversation conversation;
  private long handed;

  /**
   * Whether Netty may hold bytes that leave before ours. While it does not, its channel, which is a
   * handful of objects and as many cache misses, need not be looked at. The lane's.
   */
  private boolean queued = true;

  /** What {@link #held} has found, and what was pending then. */
  private long held;

  private long heldOf;

  private boolean lingering;

  /** Whether the peer has ended its side of the transport. */
  private boolean inputEnded;

  private boolean broken;

  /**
   * A wire over a channel.
   *
   * @param plain whether nothing stands between this handler and the socket
   */
  SocketWire(Channel channel, NettyLane lane, boolean plain) {
    this.channel = channel;
    this.lane = lane;
    var tls = plain ? null : channel.pipeline().get(SslHandler.class);
    this.openSsl = tls != null && tls.engine() instanceof ReferenceCountedOpenSslEngine;
    this.direct =
        plain
                && channel instanceof io.netty.channel.epoll.EpollSocketChannel epoll
                && ((UnixChannel) epoll).fd() instanceof Socket socket
            ? socket
            : null;
  }

  void begin(Conversation begun) {
    conversation = begun;
    // the peer's end must not destroy what has been read and waits for a handler
    channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
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
    arrived = true;
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
    if (openSsl && !arrived && !broken) {
      // the engine has answered a record that was wrong with an alert, and says so only when it is
      // called again, which might be never
      channel.writeAndFlush(Unpooled.EMPTY_BUFFER, channel.voidPromise());
    }
    arrived = false;
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
    if (event == ChannelInputShutdownEvent.INSTANCE) {
      inputEnded = true;
      if (lingering || broken) {
        channel.close();
      } else {
        conversation().inputEnded();
      }
    }
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
    var socket = direct;
    if (socket != null && mayOvertake(socket)) {
      int at = bytes.position();
      try {
        // an address costs the call half of what a buffer does
        bytes.position(at + socket.sendAddress(lane.address(bytes), at, bytes.limit()));
      } catch (IOException e) {
        fail();
      }
    }
    if (bytes.hasRemaining() && !broken) {
      var allocator = direct != null || pending() > 0 ? EXACT : channel.alloc();
      int rest = bytes.remaining();
      hand(allocator.directBuffer(rest, rest).writeBytes(bytes));
    }
  }

  @Override
  public void share(ByteBuffer bytes) {
    handed += bytes.remaining();
    if (broken) {
      return;
    }
    var socket = direct;
    if (socket != null && bytes.isDirect() && mayOvertake(socket)) {
      int at = bytes.position();
      try {
        bytes.position(at + socket.send(bytes, at, bytes.limit()));
      } catch (IOException e) {
        fail();
      }
    }
    if (bytes.hasRemaining() && !broken) {
      hand(Unpooled.wrappedBuffer(bytes));
    }
  }

  private void hand(ByteBuf bytes) {
    queued = true;
    channel.writeAndFlush(bytes, channel.voidPromise());
  }

  /** Whether nothing is pending, and the descriptor is still this socket's. */
  private boolean mayOvertake(Socket socket) {
    return clear() && socket.isOpen();
  }

  /** Whether Netty holds nothing. */
  private boolean clear() {
    if (queued) {
      var queue = channel.unsafe().outboundBuffer();
      queued = queue == null || queue.totalPendingWriteBytes() != 0; // no queue: closed
    }
    return !queued;
  }

  @Override
  public boolean writable() {
    return !broken && (clear() || channel.isWritable());
  }

  @Override
  public long pending() {
    if (!queued) {
      return 0;
    }
    var queue = channel.unsafe().outboundBuffer();
    return queue == null ? 0 : queue.totalPendingWriteBytes();
  }

  /** The memory of the buffers that are pending, and not only the bytes in them. */
  @Override
  public long held() {
    long now = pending();
    var queue = channel.unsafe().outboundBuffer();
    if (now != heldOf && queue != null) {
      heldOf = now;
      held = 0;
      try {
        queue.forEachFlushedMessage(this::count);
      } catch (Exception e) {
        throw new IllegalStateException(e); // count throws none
      }
    }
    return now == 0 ? 0 : held;
  }

  private boolean count(Object message) {
    // what other wires send too is wrapped, which is the business of Unpooled
    if (message instanceof ByteBuf bytes && bytes.alloc() != UnpooledByteBufAllocator.DEFAULT) {
      held += bytes.writerIndex() + bytes.maxFastWritableBytes();
    }
    return true;
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
    if (inputEnded) {
      close();
      return;
    }
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

package dev.dunlin.server.netty;

import dev.dunlin.server.Transport;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringServerSocketChannel;
import io.netty.channel.uring.IoUringSocketChannel;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;

/** The event loops of one server or client, over one transport. */
final class Loops {

  private final Transport transport;
  private final EventLoopGroup group;
  private final Map<EventLoop, NettyLane> lanes = new IdentityHashMap<>();

  /** Held while they end: whoever ends them too waits. */
  private final ReentrantLock stopping = new ReentrantLock();

  private boolean stopped;

  private Loops(Transport transport, EventLoopGroup group, int bufferCapacity) {
    this.transport = transport;
    this.group = group;
    for (var executor : group) {
      var loop = (EventLoop) executor;
      lanes.put(loop, new NettyLane(loop, bufferCapacity));
    }
  }

  /**
   * Starts loops.
   *
   * @param number 0 for one per processor
   * @throws IllegalStateException if the transport wanted is not available
   */
  static Loops start(Transport wanted, int number, int bufferCapacity) {
    var transport = available(wanted);
    int threads = number > 0 ? number : Runtime.getRuntime().availableProcessors();
    var counter = new AtomicInteger();
    ThreadFactory names = work -> new LoopThread(work, "dunlin-loop-" + counter.incrementAndGet());
    var group = new MultiThreadIoEventLoopGroup(threads, names, factory(transport));
    return new Loops(transport, group, bufferCapacity);
  }

  private static Transport available(Transport wanted) {
    return switch (wanted) {
      case AUTO -> Epoll.isAvailable() ? Transport.EPOLL : Transport.NIO;
      case EPOLL -> require(wanted, Epoll.isAvailable());
      case IO_URING -> require(wanted, IoUring.isAvailable());
      case NIO -> wanted;
    };
  }

  private static Transport require(Transport wanted, boolean available) {
    if (!available) {
      throw new IllegalStateException(
          "the transport " + wanted + " is not available on this machine; AUTO always is");
    }
    return wanted;
  }

  private static IoHandlerFactory factory(Transport transport) {
    return switch (transport) {
      case EPOLL -> EpollIoHandler.newFactory();
      case IO_URING -> IoUringIoHandler.newFactory();
      case NIO, AUTO -> NioIoHandler.newFactory();
    };
  }

  Transport transport() {
    return transport;
  }

  EventLoopGroup group() {
    return group;
  }

  int number() {
    return lanes.size();
  }

  NettyLane lane(Channel channel) {
    var lane = lanes.get(channel.eventLoop());
    if (lane == null) {
      throw new IllegalStateException("a channel of other loops");
    }
    return lane;
  }

  Class<? extends ServerChannel> serverChannel() {
    return switch (transport) {
      case EPOLL -> EpollServerSocketChannel.class;
      case IO_URING -> IoUringServerSocketChannel.class;
      case NIO, AUTO -> NioServerSocketChannel.class;
    };
  }

  Class<? extends Channel> socketChannel() {
    return switch (transport) {
      case EPOLL -> EpollSocketChannel.class;
      case IO_URING -> IoUringSocketChannel.class;
      case NIO, AUTO -> NioSocketChannel.class;
    };
  }

  Iterable<NettyLane> lanes() {
    return lanes.values();
  }

  /** Whether the loop's connections may read into its one buffer. */
  boolean sharesReceiveBuffer() {
    return transport != Transport.IO_URING;
  }

  /** Whether they end or have ended. */
  boolean stopped() {
    return group.isShuttingDown();
  }

  /** Ends the loops; returns when their threads have ended, whoever has ended them. */
  void stop() {
    stopping.lock();
    try {
      if (stopped) {
        return;
      }
      stopped = true;
      group.shutdownGracefully(0, 2, TimeUnit.SECONDS).syncUninterruptibly();
      // not before: connections read into these until their loop has ended
      for (var lane : lanes.values()) {
        lane.release();
        lane.receiveBuffer().release();
      }
    } finally {
      stopping.unlock();
    }
  }
}

package dev.dunlin.server.netty;

import dev.dunlin.server.internal.Conversation;
import dev.dunlin.server.internal.ListenerPlan;
import dev.dunlin.server.internal.ServerPlan;
import dev.dunlin.websocket.Limits;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running server. */
public final class NettyServer {

  private static final Logger log = LoggerFactory.getLogger("dev.dunlin.server");

  private static final WriteBufferWaterMark WATER = new WriteBufferWaterMark(32 << 10, 64 << 10);

  private final Loops loops;
  private final Limits limits;
  private final List<Channel> listening = new ArrayList<>();
  private final Set<Conversation> conversations = ConcurrentHashMap.newKeySet();

  private NettyServer(ServerPlan plan) {
    this.limits = plan.limits();
    this.loops = Loops.start(plan.transport(), plan.loops(), limits.bufferCapacity());
  }

  /**
   * Starts a server.
   *
   * @throws java.io.UncheckedIOException if an address cannot be bound
   */
  public static NettyServer start(ServerPlan plan) {
    var server = new NettyServer(plan);
    try {
      for (var listener : plan.listeners()) {
        server.listen(listener);
      }
    } catch (RuntimeException e) {
      server.stop();
      throw e;
    }
    return server;
  }

  private void listen(ListenerPlan plan) {
    var bootstrap =
        new ServerBootstrap()
            .group(loops.group())
            .channel(loops.serverChannel())
            .option(ChannelOption.SO_REUSEADDR, true)
            .option(ChannelOption.SO_BACKLOG, 4096)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    accept(channel, plan);
                  }
                });
    if (limits.sendBufferBytes() > 0) {
      bootstrap.childOption(ChannelOption.SO_SNDBUF, limits.sendBufferBytes());
    }
    var bound = bootstrap.bind(plan.address()).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new java.io.UncheckedIOException(
          new java.io.IOException("cannot listen at " + plan.address(), bound.cause()));
    }
    listening.add(bound.channel());
    log.info(
        "Listening at {} over {} with {} event loops",
        bound.channel().localAddress(),
        loops.transport(),
        loops.number());
  }

  private void accept(Channel channel, ListenerPlan plan) {
    var lane = loops.lane(channel);
    if (loops.sharesReceiveBuffer()) {
      channel.config().setRecvByteBufAllocator(lane.receiveBuffer());
    }
    channel.pipeline().addLast(new Opening(this, plan, lane, limits, false));
  }

  void begun(Channel channel, Conversation conversation) {
    conversations.add(conversation);
    channel.closeFuture().addListener(closed -> conversations.remove(conversation));
  }

  /** The addresses listened at, in the order of the listeners. */
  public List<InetSocketAddress> addresses() {
    return listening.stream().map(channel -> (InetSocketAddress) channel.localAddress()).toList();
  }

  /** The number of open WebSocket connections. */
  public int connections() {
    return conversations.size();
  }

  /** Ends everything now. */
  public void stop() {
    for (var channel : listening) {
      channel.close().syncUninterruptibly();
    }
    loops.stop();
  }
}

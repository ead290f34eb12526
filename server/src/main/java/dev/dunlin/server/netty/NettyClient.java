package dev.dunlin.server.netty;

import dev.dunlin.server.Session;
import dev.dunlin.server.Transport;
import dev.dunlin.server.internal.ClientPlan;
import dev.dunlin.websocket.Limits;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/** Event loops in the client role. */
public final class NettyClient {

  private final Loops loops;
  private final Limits limits;
  private final TlsContexts tls;
  private final Set<Channel> open = ConcurrentHashMap.newKeySet();

  private NettyClient(Loops loops, Limits limits, TlsContexts tls) {
    this.loops = loops;
    this.limits = limits;
    this.tls = tls;
  }

  /** Starts event loops; connections come later. */
  public static NettyClient start(
      Transport transport,
      int loops,
      Limits limits,
      Optional<Path> authorities,
      Optional<Path> certificates,
      Optional<Path> key) {
    var tls = TlsContexts.client(authorities, certificates, key);
    return new NettyClient(Loops.start(transport, loops, limits.bufferCapacity()), limits, tls);
  }

  /** Opens a connection; fails with an {@link IOException}. */
  public CompletableFuture<Session> connect(ClientPlan plan) {
    var result = new CompletableFuture<Session>();
    // names are looked up off the loops: the JDK's resolver blocks
    Thread.ofVirtual()
        .name("dunlin-connect")
        .start(() -> {
          try {
            connect(plan, List.of(InetAddress.getAllByName(plan.uri().getHost())), result);
          } catch (UnknownHostException e) {
            result.completeExceptionally(new IOException("unknown host", e));
          } catch (RuntimeException e) {
            result.completeExceptionally(cannotConnect(e));
          }
        });
    return result;
  }

  private static IOException cannotConnect(Throwable why) {
    return new IOException("cannot connect: " + why.getMessage(), why);
  }

  /** Tries one address after the other. */
  void connect(ClientPlan plan, List<InetAddress> addresses, CompletableFuture<Session> result) {
    if (loops.stopped()) {
      result.completeExceptionally(new IOException("the client is closed"));
      return;
    }
    var bootstrap =
        new Bootstrap()
            .group(loops.group())
            .channel(loops.socketChannel())
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.WRITE_BUFFER_WATER_MARK, NettyServer.WATER)
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    open(channel, plan, result);
                  }
                });
    if (limits.sendBufferBytes() > 0) {
      bootstrap.option(ChannelOption.SO_SNDBUF, limits.sendBufferBytes());
    }
    var connecting = bootstrap.connect(new InetSocketAddress(addresses.getFirst(), plan.port()));
    if (connecting.isDone()) { // by loops that have ended since, which would tell no listener
      connected(connecting, plan, addresses, result);
    } else {
      connecting.addListener(done -> connected(connecting, plan, addresses, result));
    }
  }

  private void connected(
      ChannelFuture connecting,
      ClientPlan plan,
      List<InetAddress> addresses,
      CompletableFuture<Session> result) {
    if (connecting.isSuccess()) {
      return; // the handshake completes the result
    }
    if (addresses.size() > 1) {
      connect(plan, addresses.subList(1, addresses.size()), result);
    } else {
      result.completeExceptionally(cannotConnect(connecting.cause()));
    }
  }

  private void open(Channel channel, ClientPlan plan, CompletableFuture<Session> result) {
    var lane = loops.lane(channel);
    open.add(channel);
    channel.closeFuture().addListener(closed -> open.remove(channel));
    if (plan.secure()) {
      var handler = tls.current().newHandler(channel.alloc(), plan.uri().getHost(), plan.port());
      handler.setHandshakeTimeoutMillis(limits.tlsHandshake().toMillis());
      channel.pipeline().addLast(handler);
    } else if (loops.sharesReceiveBuffer()) {
      channel.config().setRecvByteBufAllocator(lane.receiveBuffer());
    }
    channel.pipeline().addLast(new Asking(plan, lane, result));
  }

  /** Ends all connections and the loops. */
  public void stop() {
    // loops that end by themselves leave some sockets open
    var ends = open.stream().map(Channel::close).toList();
    ends.forEach(ChannelFuture::awaitUninterruptibly);
    loops.stop();
  }
}

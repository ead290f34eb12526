package dev.dunlin.server.netty;

import dev.dunlin.auth.Allowances;
import dev.dunlin.auth.AuthenticationException;
import dev.dunlin.server.Proxies;
import dev.dunlin.server.ServerStatistics;
import dev.dunlin.server.internal.Budget;
import dev.dunlin.server.internal.Conversation;
import dev.dunlin.server.internal.ListenerPlan;
import dev.dunlin.server.internal.Occupant;
import dev.dunlin.server.internal.ServerPlan;
import dev.dunlin.websocket.ByteBudget;
import dev.dunlin.websocket.Closed;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.Traffic;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.local.LocalAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running server. */
public final class NettyServer {

  private static final Logger log = LoggerFactory.getLogger("dev.dunlin.server");

  /** Stands for the addresses of clients that are not known yet: no limit per address counts it. */
  private static final SocketAddress SHARED = LocalAddress.ANY;

  /** Addresses that are told apart among those with wrong credentials: about 10 MB. */
  private static final int MOST_FAILING = 100_000;

  static final WriteBufferWaterMark WATER = new WriteBufferWaterMark(32 << 10, 64 << 10);

  private final Loops loops;
  private final List<ListenerPlan> plans;

  /** What holds for connections that come now. */
  private volatile Limits limits;

  private final List<Channel> listening = new ArrayList<>();

  /** All connections: those that are WebSocket connections lead to their conversations. */
  private final ConcurrentHashMap<Channel, Occupant> accepted = new ConcurrentHashMap<>();

  // One of each for all connections.
  private final ChannelFutureListener leaves =
      closed -> left(closed.channel(), closed.channel().remoteAddress());
  private final ChannelFutureListener proxyLeaves = closed -> left(closed.channel(), SHARED);

  private final AtomicInteger conversations = new AtomicInteger();
  private final CompletableFuture<Void> drained = new CompletableFuture<>();
  private final TlsGate tlsGate;
  private final Admission admission;
  private final Budget budget;

  /** Credentials that were wrong, by address. */
  private volatile Allowances failures;

  private final LongAdder arrived = new LongAdder();
  private final LongAdder turnedAway = new LongAdder();
  private final LongAdder acceptFailures = new LongAdder();
  private final LongAdder httpBegun = new LongAdder();
  private final LongAdder httpEnded = new LongAdder();
  private final AtomicInteger takeoverContexts = new AtomicInteger();
  private volatile boolean draining;

  private NettyServer(ServerPlan plan) {
    this.plans = plan.listeners();
    this.limits = plan.limits();
    this.budget = plan.budget();
    this.admission = new Admission(limits);
    this.tlsGate = new TlsGate(TlsGate.MOST, turnedAway::increment);
    this.failures = failures(limits);
    this.loops = Loops.start(plan.transport(), plan.loops(), limits.bufferCapacity());
  }

  private static Allowances failures(Limits limits) {
    return Allowances.of(
        limits.maxFailedAuthenticationsPerMinute(),
        Duration.ofMinutes(1),
        MOST_FAILING,
        System::nanoTime);
  }

  /** Has other limits from now on. Not by two threads at once. */
  public void limits(Limits changed) {
    var before = limits;
    limits = changed;
    admission.limits(changed);
    if (changed.maxFailedAuthenticationsPerMinute() != before.maxFailedAuthenticationsPerMinute()) {
      failures = failures(changed);
    }
    for (var plan : plans) {
      plan.routes().targets().forEach(target -> target.limits(changed));
    }
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
            .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    accept(channel, plan);
                  }
                });
    var bound = bootstrap.bind(plan.address()).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new java.io.UncheckedIOException(
          new java.io.IOException(
              "cannot listen at " + plan.address() + ": " + bound.cause().getMessage(),
              bound.cause()));
    }
    bound.channel().pipeline().addLast(new AcceptFailures(acceptFailures));
    listening.add(bound.channel());
    log.info(
        "Listening at {} over {} with {} event loops",
        bound.channel().localAddress(),
        loops.transport(),
        loops.number());
  }

  private void accept(Channel channel, ListenerPlan plan) {
    var lane = loops.lane(channel);
    int sendBuffer = limits.sendBufferBytes();
    if (sendBuffer > 0) {
      channel.config().setOption(ChannelOption.SO_SNDBUF, sendBuffer);
    }
    boolean proxied = listed(channel, plan);
    // the connections of a proxy are its clients'
    var from = proxied ? SHARED : channel.remoteAddress();
    long now = lane.now();
    boolean inTime = plan.tls() == null || admission.mayShakeHands(now);
    if (draining || !inTime || !admission.enter(from, now)) {
      turnedAway.increment();
      turnAway(channel, lane, plan);
      return;
    }
    arrived.increment();
    accepted.put(channel, Occupant.NOBODY);
    channel.closeFuture().addListener(proxied ? proxyLeaves : leaves);
    if (proxied && plan.proxies().tells(Proxies.Telling.PROXY_PROTOCOL)) {
      channel
          .pipeline()
          .addLast(
              new ProxyGreeting(
                  lane,
                  limits.requestHead().toNanos(),
                  client -> {
                    if (client.isPresent() && !speaksFor(channel, client.get())) {
                      channel.close();
                    } else {
                      begin(channel, plan, lane, true);
                    }
                  }));
    } else {
      begin(channel, plan, lane, proxied);
    }
  }

  private static boolean listed(Channel channel, ListenerPlan plan) {
    return channel.remoteAddress() instanceof InetSocketAddress inet
        && plan.proxies().lists(inet.getAddress());
  }

  /**
   * Counts a connection as that of the client for which a listed proxy speaks.
   *
   * @return false if that client has too many
   */
  boolean speaksFor(Channel channel, SocketAddress client) {
    Peers.client(channel, client);
    if (!admission.enterAddress(client)) {
      turnedAway.increment();
      return false;
    }
    channel.closeFuture().addListener(closed -> admission.leftAddress(client));
    return true;
  }

  private void begin(Channel channel, ListenerPlan plan, NettyLane lane, boolean proxied) {
    var tls = plan.tls();
    if (tls != null) {
      var handler = tls.current().newHandler(channel.alloc());
      handler.setHandshakeTimeoutMillis(limits.tlsHandshake().toMillis());
      channel.pipeline().addLast(handler);
      tlsGate.enter(channel, handler);
    } else if (loops.sharesReceiveBuffer() && !proxied) {
      channel.config().setRecvByteBufAllocator(lane.receiveBuffer());
    }
    channel.pipeline().addLast(new Opening(this, plan, lane, limits, tls != null));
  }

  /** Beyond the limits: says so where that is cheap. */
  private void turnAway(Channel channel, NettyLane lane, ListenerPlan plan) {
    if (plan.tls() != null) {
      channel.close();
      return;
    }
    channel.pipeline().addLast(new TurnedAway(lane));
  }

  private void left(Channel channel, SocketAddress from) {
    admission.left(from);
    if (accepted.remove(channel) instanceof Conversation) {
      conversations.decrementAndGet();
    }
    if (draining && accepted.isEmpty()) {
      drained.complete(null);
    }
  }

  /** What requests may hold that nobody has looked at yet. */
  ByteBudget strangers() {
    return budget.strangers();
  }

  /** Whether one more connection may keep compression contexts; if so it counts until left. */
  boolean enterTakeover() {
    if (takeoverContexts.incrementAndGet() > limits.maxTakeoverContexts()) {
      takeoverContexts.decrementAndGet();
      return false;
    }
    return true;
  }

  void leaveTakeover() {
    takeoverContexts.decrementAndGet();
  }

  void begun(Channel channel, Conversation conversation) {
    // on the channel's loop, which alone removes it
    if (accepted.replace(channel, conversation) != null) {
      conversations.incrementAndGet();
    }
    if (draining) {
      conversation.drain(0);
    }
  }

  /**
   * Refuses new connections, closes the sessions spread evenly over the window, and ends what is
   * left at the limit.
   *
   * @return completes when no connection is left
   */
  public CompletionStage<Void> drain(Duration window, Duration limit) {
    draining = true;
    try {
      drainOpen(window, limit);
    } catch (RejectedExecutionException over) {
      log.debug("The server has been stopped while it drained");
    }
    return drained.copy();
  }

  private void drainOpen(Duration window, Duration limit) {
    for (var channel : listening) {
      channel.close();
    }
    var sessions = new ArrayList<Conversation>();
    for (var occupant : accepted.values()) {
      if (occupant instanceof Conversation conversation) {
        sessions.add(conversation);
      }
    }
    for (int i = 0; i < sessions.size(); i++) {
      sessions.get(i).drain((long) (window.toNanos() * ((double) i / sessions.size())));
    }
    for (var channel : accepted.keySet()) {
      channel.pipeline().fireUserEventTriggered(Draining.EVENT);
    }
    if (accepted.isEmpty()) {
      drained.complete(null);
    } else {
      var unused =
          loops
              .group()
              .schedule(
                  () -> accepted.keySet().forEach(Channel::close),
                  limit.toNanos(),
                  TimeUnit.NANOSECONDS);
    }
  }

  /** The addresses listened at, in the order of the listeners. */
  public List<InetSocketAddress> addresses() {
    return listening.stream().map(channel -> (InetSocketAddress) channel.localAddress()).toList();
  }

  /** The number of open WebSocket connections. */
  public int connections() {
    return conversations.get();
  }

  /** Whether that address has presented too much that is wrong to be asked again now. */
  boolean failsTooOften(SocketAddress from) {
    return from instanceof InetSocketAddress inet
        && failures.exhausted(Allowances.key(inet.getAddress()));
  }

  /** That address has presented something that is wrong. */
  void failed(SocketAddress from, Throwable failure) {
    var reason = AuthenticationException.of(failure).reason();
    if (from instanceof InetSocketAddress inet
        && !inet.getAddress().isLoopbackAddress()
        && reason == AuthenticationException.Reason.INVALID) {
      failures.take(Allowances.key(inet.getAddress()));
    }
  }

  void httpBegun() {
    httpBegun.increment();
  }

  void httpEnded() {
    httpEnded.increment();
  }

  /** The server in numbers. */
  public ServerStatistics statistics() {
    var refusals = new HashMap<Integer, Long>();
    var closesSent = new HashMap<Integer, Long>();
    var closesReceived = new HashMap<Integer, Long>();
    var ends = new HashMap<Closed.Cause, Long>();
    var received = Traffic.NONE;
    var sent = Traffic.NONE;
    long sessions = 0;
    long batches = 0;
    long writes = 0;
    long dropped = 0;
    long conflated = 0;
    long lag = 0;
    long worstLag = 0;
    long stalls = 0;
    for (var lane : loops.lanes()) {
      var meter = lane.meter();
      long now = lane.now();
      received = received.plus(meter.traffic().received());
      sent = sent.plus(meter.traffic().sent());
      batches += meter.traffic().joinedBatches();
      writes += meter.writes();
      sessions += meter.sessions();
      dropped += meter.droppedMessages();
      conflated += meter.conflatedMessages();
      stalls += meter.stalls();
      lag = Math.max(lag, meter.lag(now));
      worstLag = Math.max(worstLag, meter.worstLag(now));
      meter.addRefusals(refusals);
      meter.addEnds(ends);
      meter.addClosesSent(closesSent);
      meter.addClosesReceived(closesReceived);
    }
    long ended = httpEnded.sum(); // before those begun, or there might be fewer than none
    long begun = httpBegun.sum();
    return new ServerStatistics(
        new ServerStatistics.Connections(arrived.sum(), accepted.size()),
        new ServerStatistics.Connections(sessions, connections()),
        new ServerStatistics.Connections(begun, begun - ended),
        turnedAway.sum(),
        acceptFailures.sum(),
        refusals,
        received,
        sent,
        batches,
        writes,
        dropped,
        conflated,
        ends,
        closesSent,
        closesReceived,
        budget.used(),
        budget.most(),
        Duration.ofNanos(lag),
        Duration.ofNanos(worstLag),
        stalls);
  }

  /** Ends everything now. */
  public void stop() {
    for (var channel : listening) {
      channel.close().awaitUninterruptibly();
    }
    loops.stop();
    drained.complete(null);
  }
}

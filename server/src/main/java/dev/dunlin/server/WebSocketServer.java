package dev.dunlin.server;

import dev.dunlin.server.internal.Budget;
import dev.dunlin.server.internal.Lane;
import dev.dunlin.server.internal.ListenerPlan;
import dev.dunlin.server.internal.Router;
import dev.dunlin.server.internal.ServerPlan;
import dev.dunlin.server.internal.Target;
import dev.dunlin.server.netty.NettyServer;
import dev.dunlin.websocket.Limits;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * A running WebSocket server. Closing it drains: new connections are refused, queues are flushed,
 * sessions are closed with 1001.
 */
public final class WebSocketServer implements AutoCloseable {

  private final NettyServer server;

  private WebSocketServer(NettyServer server) {
    this.server = server;
  }

  /** A server to be configured and started. */
  public static Builder builder() {
    return new Builder();
  }

  /** The port of the first listener. */
  public int port() {
    return address().getPort();
  }

  /** The address of the first listener. */
  public InetSocketAddress address() {
    return server.addresses().get(0);
  }

  /** The number of open WebSocket connections. */
  public int connections() {
    return server.connections();
  }

  /** The server in numbers. From any thread, at little cost: as often as once a second. */
  public ServerStatistics statistics() {
    return server.statistics();
  }

  /** The addresses of all listeners, in their order. */
  public List<InetSocketAddress> addresses() {
    return server.addresses();
  }

  /**
   * Replaces the limits of the server while it runs; routes with limits of their own keep those.
   * What counts connections holds at once: whoever is there stays, and counts. What limits a
   * connection holds for those that come from now on. {@link Limits#bufferCapacity()} stays as it
   * was at the start. Not by two threads at once.
   */
  public void limits(Limits limits) {
    server.limits(limits);
  }

  /**
   * Begins to drain: new connections are refused; each session's queue is flushed and the session
   * closed with 1001, evenly spread over the window, so that the clients do not come back all at
   * once. What is left at the limit is cut off. {@link #connections()} shows how far it is.
   *
   * @return completes when no connection is left; then {@link #close} returns at once
   */
  public CompletionStage<Void> drain(Duration window, Duration limit) {
    return server.drain(window, limit);
  }

  /**
   * Drains and ends: the closes are spread over 2 ms for each connection, at most 20 s, and the
   * limit is 30 s. Returns when everything has ended, whoever else closes it too.
   *
   * @throws IllegalStateException on an event loop, which cannot wait for itself
   */
  @Override
  public void close() {
    Lane.requireNoLoop("close waits for the event loops; call drain here");
    long window = Math.min(20_000, 2L * server.connections());
    try {
      drain(Duration.ofMillis(window), Duration.ofSeconds(30)).toCompletableFuture().join();
    } finally {
      server.stop();
    }
  }

  /** What a server will be. Not thread safe; reusable. */
  public static final class Builder {
    private final List<Listener> listeners = new ArrayList<>();
    private Listener first = Listener.on(0);
    private boolean firstUsed;
    private Limits limits = Limits.defaults();
    private Transport transport = Transport.AUTO;
    private int loops;

    private Builder() {}

    /** The limits; routes may have their own. Default {@link Limits#defaults()}. */
    public Builder limits(Limits limits) {
      this.limits = limits;
      return this;
    }

    /** Leads a path to an endpoint, with the defaults of {@link Route}. */
    public Builder route(String path, Endpoint endpoint) {
      return route(Route.at(path), endpoint);
    }

    /** Leads a route to an endpoint. */
    public Builder route(Route route, Endpoint endpoint) {
      first = first.route(route, endpoint);
      firstUsed = true;
      return this;
    }

    /** Answers plain HTTP at a path, which may hold variables. */
    public Builder http(String path, HttpHandler handler) {
      first = first.http(path, handler);
      firstUsed = true;
      return this;
    }

    /** With TLS on the port of {@link #start(int)}. */
    public Builder tls(Tls tls) {
      first = first.tls(tls);
      return this;
    }

    /** Behind proxies that say for whom they speak. Default none. */
    public Builder behind(Proxies proxies) {
      first = first.behind(proxies);
      return this;
    }

    /** Listens at one more address, with routes of its own. */
    public Builder listen(Listener listener) {
      listeners.add(listener);
      return this;
    }

    /** How the operating system is asked. Default {@link Transport#AUTO}. */
    public Builder transport(Transport transport) {
      this.transport = transport;
      return this;
    }

    /** The number of event loops; 0 for one per processor. Default 0. */
    public Builder loops(int loops) {
      this.loops = loops;
      return this;
    }

    /**
     * Starts the server on all addresses.
     *
     * @param port 0 for any free one
     * @throws java.io.UncheckedIOException if the port cannot be bound
     */
    public WebSocketServer start(int port) {
      return start(new InetSocketAddress(port));
    }

    /** Starts the server with its own routes on an address, and all its listeners. */
    public WebSocketServer start(InetSocketAddress address) {
      return start(List.of(first), address);
    }

    /**
     * Starts the server with its listeners.
     *
     * @throws IllegalStateException if there is none, or there are routes that belong to none
     */
    public WebSocketServer start() {
      if (firstUsed || listeners.isEmpty()) {
        throw new IllegalStateException("routes of the server itself need start(port)");
      }
      return start(List.of(), new InetSocketAddress(0));
    }

    private WebSocketServer start(List<Listener> own, InetSocketAddress address) {
      var budget = Budget.ofHeap();
      var plans = new ArrayList<ListenerPlan>();
      for (var listener : own) {
        plans.add(plan(listener, address, budget));
      }
      for (var listener : listeners) {
        plans.add(plan(listener, listener.address(), budget));
      }
      return new WebSocketServer(
          NettyServer.start(new ServerPlan(plans, limits, budget, transport, loops)));
    }

    private ListenerPlan plan(Listener listener, InetSocketAddress address, Budget budget) {
      var endpoints = new Router<Target>();
      listener
          .endpoints()
          .forEach((route, endpoint) ->
              endpoints.add(route.pattern(), Target.of(route, endpoint, limits, budget)));
      var handlers = new Router<HttpHandler>();
      listener.handlers().forEach((route, handler) -> handlers.add(route.pattern(), handler));
      return new ListenerPlan(
          address,
          listener.tls().map(Tls::contexts).orElse(null),
          endpoints,
          handlers,
          listener.proxies());
    }
  }
}

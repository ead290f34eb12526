package dev.dunlin.server;

import dev.dunlin.server.internal.ListenerPlan;
import dev.dunlin.server.internal.Router;
import dev.dunlin.server.internal.ServerPlan;
import dev.dunlin.server.internal.Target;
import dev.dunlin.server.internal.Terms;
import dev.dunlin.server.netty.NettyServer;
import dev.dunlin.websocket.Handshake;
import dev.dunlin.websocket.Limits;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

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

  /** Ends the server. */
  @Override
  public void close() {
    server.stop();
  }

  /** What a server will be. Not thread safe; reusable. */
  public static final class Builder {
    private final Map<Route, Endpoint> routes = new LinkedHashMap<>();
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
      routes.put(endpoint.configure(route), endpoint);
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
      var router = new Router<Target>();
      routes.forEach((route, endpoint) -> router.add(route.pattern(), target(route, endpoint)));
      return new WebSocketServer(
          NettyServer.start(
              new ServerPlan(
                  List.of(new ListenerPlan(new InetSocketAddress(port), router)),
                  limits,
                  transport,
                  loops)));
    }

    private Target target(Route route, Endpoint endpoint) {
      var terms =
          new Terms(endpoint, route.dispatch(), route.limitsWithin(limits), route.overflow());
      var handshake =
          Handshake.defaults()
              .origins(route.origins())
              .subprotocols(route.subprotocols().toArray(String[]::new));
      return new Target(terms, handshake, route.compression(), route.authenticator().orElse(null));
    }
  }
}

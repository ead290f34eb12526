package dev.dunlin.server;

import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An address to listen at, with or without TLS, and what is found there. Immutable: every setting
 * makes a new one.
 */
public final class Listener {

  private final InetSocketAddress address;
  private final @Nullable Tls tls;
  private final Map<Route, Endpoint> endpoints;
  private final Map<Route, HttpHandler> handlers;
  private final Proxies proxies;

  private Listener(
      InetSocketAddress address,
      @Nullable Tls tls,
      Map<Route, Endpoint> endpoints,
      Map<Route, HttpHandler> handlers,
      Proxies proxies) {
    this.address = address;
    this.tls = tls;
    this.endpoints = endpoints;
    this.handlers = handlers;
    this.proxies = proxies;
  }

  /** All addresses of this machine; port 0 takes any free one. */
  public static Listener on(int port) {
    return on(new InetSocketAddress(port));
  }

  /** One address. */
  public static Listener on(InetSocketAddress address) {
    return new Listener(address, null, Map.of(), Map.of(), Proxies.none());
  }

  /** With TLS. */
  public Listener tls(Tls tls) {
    return new Listener(address, tls, endpoints, handlers, proxies);
  }

  /**
   * Behind proxies that say for whom they speak: sessions and requests have the client's address,
   * and limits per address count that. Default none.
   */
  public Listener behind(Proxies proxies) {
    return new Listener(address, tls, endpoints, handlers, proxies);
  }

  /** With an endpoint at a path, with the defaults of {@link Route}. */
  public Listener route(String path, Endpoint endpoint) {
    return route(Route.at(path), endpoint);
  }

  /** With an endpoint. */
  public Listener route(Route route, Endpoint endpoint) {
    var more = new LinkedHashMap<>(endpoints);
    more.put(endpoint.configure(route), endpoint);
    return new Listener(address, tls, more, handlers, proxies);
  }

  /** With plain HTTP at a path, which may hold variables. */
  public Listener http(String path, HttpHandler handler) {
    var more = new LinkedHashMap<>(handlers);
    more.put(Route.at(path), handler);
    return new Listener(address, tls, endpoints, more, proxies);
  }

  /** Where it listens. */
  public InetSocketAddress address() {
    return address;
  }

  Optional<Tls> tls() {
    return Optional.ofNullable(tls);
  }

  Proxies proxies() {
    return proxies;
  }

  Map<Route, Endpoint> endpoints() {
    return endpoints;
  }

  Map<Route, HttpHandler> handlers() {
    return handlers;
  }
}

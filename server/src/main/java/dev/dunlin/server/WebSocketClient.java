package dev.dunlin.server;

import static java.util.Objects.requireNonNull;

import dev.dunlin.server.internal.Budget;
import dev.dunlin.server.internal.ClientPlan;
import dev.dunlin.server.internal.Lane;
import dev.dunlin.server.internal.Terms;
import dev.dunlin.server.netty.NettyClient;
import dev.dunlin.websocket.Compression;
import dev.dunlin.websocket.Headers;
import dev.dunlin.websocket.Limits;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/**
 * Opens WebSocket connections in the client role, any number of them over the same event loops. The
 * sessions are those of a server: same endpoints, same limits, same back-pressure.
 *
 * <p>Over {@code wss} the name in the server's certificate is always compared with the host asked
 * for. Redirects are not followed. Safe for use by all threads.
 */
public final class WebSocketClient implements AutoCloseable {

  private final NettyClient client;
  private final Builder settings;
  private final Budget budget = Budget.ofHeap();

  private WebSocketClient(Builder settings) {
    this.settings = settings;
    this.client =
        NettyClient.start(
            settings.transport,
            settings.loops,
            settings.limits,
            settings.authorities,
            settings.certificates,
            settings.key);
  }

  /** A client to be configured. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Opens a connection and waits for it. Not on an event loop.
   *
   * @param uri {@code ws} or {@code wss}, a host and perhaps a port, path and query; all addresses
   *     of the host are tried in turn
   * @throws IOException if there is no connection, the server does not agree to WebSocket, or this
   *     client is closed
   * @throws IllegalArgumentException if it is no such address, or has a user or a fragment
   * @throws IllegalStateException on an event loop
   */
  public Session connect(URI uri, Endpoint endpoint) throws IOException {
    Lane.requireNoLoop("connect waits; call connectAsync here");
    try {
      return connectAsync(uri, endpoint).toCompletableFuture().join();
    } catch (CompletionException e) {
      var why = requireNonNull(e.getCause());
      throw new IOException(
          "no connection to " + uri.getAuthority() + ": " + why.getMessage(), why);
    }
  }

  /** Opens a connection; the stage fails with an {@link IOException}. */
  public CompletionStage<Session> connectAsync(URI uri, Endpoint endpoint) {
    return client
        .connect(
            new ClientPlan(
                uri,
                settings.headers,
                settings.subprotocols,
                settings.compression,
                new Terms(endpoint, settings.dispatch, settings.limits, settings.overflow, budget)))
        .thenApply(session -> session);
  }

  /**
   * Ends all connections and the event loops, and waits for that; again it does nothing.
   *
   * @throws IllegalStateException on an event loop
   */
  @Override
  public void close() {
    Lane.requireNoLoop("close waits for the event loops");
    client.stop();
  }

  /** What a client will be. Not thread safe. */
  public static final class Builder {
    private Limits limits = Limits.defaults();
    private Headers headers = Headers.none();
    private List<String> subprotocols = List.of();
    private Compression compression = Compression.shared();
    private Dispatch dispatch = Dispatch.VIRTUAL;
    private Overflow overflow = Overflow.CLOSE;
    private Transport transport = Transport.AUTO;
    private int loops = 1;
    private Optional<Path> authorities = Optional.empty();
    private Optional<Path> certificates = Optional.empty();
    private Optional<Path> key = Optional.empty();

    private Builder() {}

    private Builder(Builder from) {
      limits = from.limits;
      headers = from.headers;
      subprotocols = from.subprotocols;
      compression = from.compression;
      dispatch = from.dispatch;
      overflow = from.overflow;
      transport = from.transport;
      loops = from.loops;
      authorities = from.authorities;
      certificates = from.certificates;
      key = from.key;
    }

    /** The limits. Default {@link Limits#defaults()}. */
    public Builder limits(Limits limits) {
      this.limits = limits;
      return this;
    }

    /** One more header line in every request, such as {@code Authorization}. */
    public Builder header(String name, String value) {
      headers = headers.with(name, value);
      return this;
    }

    /** The subprotocols to offer, the preferred first. Default none. */
    public Builder subprotocols(String... names) {
      subprotocols = List.of(names);
      return this;
    }

    /** The compression to offer. Default {@link Compression#shared()}. */
    public Builder compression(Compression compression) {
      this.compression = compression;
      return this;
    }

    /** Where handlers run. Default {@link Dispatch#VIRTUAL}. */
    public Builder dispatch(Dispatch dispatch) {
      this.dispatch = dispatch;
      return this;
    }

    /** What happens when the server reads too slowly. Default {@link Overflow#CLOSE}. */
    public Builder overflow(Overflow overflow) {
      this.overflow = overflow;
      return this;
    }

    /** How the operating system is asked. Default {@link Transport#AUTO}. */
    public Builder transport(Transport transport) {
      this.transport = transport;
      return this;
    }

    /** The number of event loops; 0 for one per processor. Default 1. */
    public Builder loops(int loops) {
      this.loops = loops;
      return this;
    }

    /** Whom to trust over {@code wss} (PEM). Default: the authorities of the JDK. */
    public Builder trust(Path authorities) {
      this.authorities = Optional.of(authorities);
      return this;
    }

    /** The certificate chain and key (PEM) to show to servers that ask for one. */
    public Builder certificate(Path certificates, Path key) {
      this.certificates = Optional.of(certificates);
      this.key = Optional.of(key);
      return this;
    }

    /** The client. */
    public WebSocketClient build() {
      return new WebSocketClient(new Builder(this));
    }
  }
}

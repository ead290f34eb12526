package dev.dunlin.server.internal;

import dev.dunlin.auth.Authenticator;
import dev.dunlin.auth.Identity;
import dev.dunlin.server.Endpoint;
import dev.dunlin.server.Route;
import dev.dunlin.websocket.Compression;
import dev.dunlin.websocket.DeflateParameters;
import dev.dunlin.websocket.Handshake;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.PerMessageDeflate;
import dev.dunlin.websocket.Role;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/** What a WebSocket route leads to. Safe for use by all lanes. */
public final class Target {

  /** The limits of the route on a server with these. */
  private final UnaryOperator<Limits> within;

  private volatile Terms terms;
  private final Handshake handshake;
  private final Handshake sharing;
  private final Compression compression;
  private final ConcurrentHashMap<DeflateParameters, PerMessageDeflate> shared =
      new ConcurrentHashMap<>();

  private Target(
      Terms terms, UnaryOperator<Limits> within, Handshake handshake, Compression compression) {
    this.terms = terms;
    this.within = within;
    this.handshake = handshake.compression(compression);
    this.sharing =
        compression.mode() == Compression.Mode.TAKEOVER
            ? handshake.compression(
                new Compression(
                    Compression.Mode.SHARED,
                    compression.level(),
                    compression.thresholdBytes(),
                    compression.serverMaxWindowBits(),
                    compression.clientMaxWindowBits()))
            : this.handshake;
    this.compression = compression;
  }

  /**
   * What a route leads to on a server with these limits; the route is as {@link Endpoint#configure}
   * made it.
   */
  public static Target of(Route route, Endpoint endpoint, Limits limits, Budget budget) {
    var terms =
        new Terms(
            endpoint,
            route.dispatch(),
            route.limitsWithin(limits),
            route.overflow(),
            budget,
            route.farewell(),
            new Admittance(
                route.authenticator().orElse(null),
                route.revocations().orElse(null),
                route.expiryGrace().orElse(null),
                route.clock()),
            route.identifiesLater());
    var handshake =
        Handshake.defaults()
            .origins(route.origins())
            .subprotocols(route.subprotocols().toArray(String[]::new));
    return new Target(terms, route::limitsWithin, handshake, route.compression());
  }

  /** What holds for a conversation that begins now. */
  public Terms terms() {
    return terms;
  }

  /** The server has other limits: they hold for conversations that begin from now on. */
  public void limits(Limits server) {
    terms = terms.within(within.apply(server));
  }

  public Handshake handshake() {
    return handshake;
  }

  /** Whether connections may agree to keep compression contexts of their own. */
  public boolean mayTakeOver() {
    return compression.mode() == Compression.Mode.TAKEOVER;
  }

  /** Answers upgrades once too many connections keep contexts: context takeover is declined. */
  public Handshake sharing() {
    return sharing;
  }

  public Optional<Authenticator> authenticator() {
    return Optional.ofNullable(terms.admittance().authenticator());
  }

  /** Whether what this peer presented was withdrawn. */
  public boolean revoked(Identity identity) {
    return terms.admittance().revoked(identity);
  }

  /** Compression for one more connection: its own where it has state, else everybody's. */
  public PerMessageDeflate deflate(DeflateParameters agreed) {
    var known = shared.get(agreed);
    if (known != null) {
      return known;
    }
    var made = PerMessageDeflate.of(Role.SERVER, agreed, compression);
    if (!made.perConnection()) {
      shared.putIfAbsent(agreed, made);
    }
    return made;
  }
}

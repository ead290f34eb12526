package dev.dunlin.server;

import dev.dunlin.auth.Authenticator;
import dev.dunlin.auth.Revocations;
import dev.dunlin.server.internal.Admittance;
import dev.dunlin.server.internal.PathPattern;
import dev.dunlin.server.internal.Terms;
import dev.dunlin.websocket.Close;
import dev.dunlin.websocket.CloseCode;
import dev.dunlin.websocket.Compression;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.OriginRule;
import dev.dunlin.websocket.UpgradeRequest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A path and what holds there: who may come, where handlers run, what is compressed, which limits
 * apply. Immutable: every setting makes a new one.
 */
public final class Route {

  private final PathPattern path;
  private Predicate<UpgradeRequest> origins = OriginRule.sameOrigin();
  private Dispatch dispatch = Dispatch.VIRTUAL;
  private Compression compression = Compression.shared();
  private @Nullable Limits limits;
  private UnaryOperator<Limits> limitsChange = UnaryOperator.identity();
  private List<String> subprotocols = List.of();
  private Overflow overflow = Overflow.CLOSE;
  private Close farewell = Terms.GOING_AWAY;
  private Admittance admittance = Admittance.EVERYBODY;
  private boolean identifiesLater;

  private Route(PathPattern path) {
    this.path = path;
  }

  private Route(Route from) {
    this.path = from.path;
    this.origins = from.origins;
    this.dispatch = from.dispatch;
    this.compression = from.compression;
    this.limits = from.limits;
    this.limitsChange = from.limitsChange;
    this.subprotocols = from.subprotocols;
    this.overflow = from.overflow;
    this.farewell = from.farewell;
    this.admittance = from.admittance;
    this.identifiesLater = from.identifiesLater;
  }

  /**
   * A route at a path, which may hold variables: {@code /chat/{room}}. A variable takes one
   * segment; a last one written {@code {rest...}} takes all that remains.
   *
   * @throws IllegalArgumentException if the path does not begin with a slash or a variable is
   *     malformed
   */
  public static Route at(String path) {
    return new Route(PathPattern.parse(path));
  }

  /** The path as written. */
  public String path() {
    return path.toString();
  }

  PathPattern pattern() {
    return path;
  }

  /**
   * Who may come: asked before the upgrade, with the request's headers, token and certificates; 401
   * for those it does not accept. Default: everybody, as {@link
   * dev.dunlin.auth.Identity#anonymous()} with the certificates that TLS has verified.
   */
  public Route authenticate(Authenticator authenticator) {
    return admitting(
        new Admittance(
            authenticator, admittance.revocations(), admittance.grace(), admittance.clock()));
  }

  /** Who decides who may come; empty lets in everybody. */
  public Optional<Authenticator> authenticator() {
    return Optional.ofNullable(admittance.authenticator());
  }

  private Route admitting(Admittance changed) {
    var copy = new Route(this);
    copy.admittance = changed;
    return copy;
  }

  /**
   * Closes sessions with 1008 as soon as their user or token is revoked, before whatever else waits
   * to be sent; what their peers have sent by then and no handler has seen is not handled any more.
   * Whether it is revoked at the upgrade is asked too.
   */
  public Route revocations(Revocations revocations) {
    return admitting(
        new Admittance(
            admittance.authenticator(), revocations, admittance.grace(), admittance.clock()));
  }

  /**
   * How long a session outlives the token it was opened with ({@code exp}); then it closes with
   * 1008, unless {@link Session#reauthenticate} has shown a new one. Default 25 s.
   *
   * @throws IllegalArgumentException if it is negative
   */
  public Route expiryGrace(Duration grace) {
    if (grace.isNegative()) {
      throw new IllegalArgumentException("a grace of " + grace + " is negative");
    }
    return admitting(
        new Admittance(
            admittance.authenticator(), admittance.revocations(), grace, admittance.clock()));
  }

  /** Leaves it to the endpoint to end sessions whose token has ended. */
  public Route expiryByEndpoint() {
    return admitting(
        new Admittance(
            admittance.authenticator(), admittance.revocations(), null, admittance.clock()));
  }

  /** Takes the wall-clock time, by which tokens end, from here. */
  public Route clock(InstantSource clock) {
    return admitting(
        new Admittance(
            admittance.authenticator(), admittance.revocations(), admittance.grace(), clock));
  }

  /** What ends sessions before their time. */
  public Optional<Revocations> revocations() {
    return Optional.ofNullable(admittance.revocations());
  }

  /** How long a session outlives its token; empty if that is left to the endpoint. */
  public Optional<Duration> expiryGrace() {
    return Optional.ofNullable(admittance.grace());
  }

  /** The wall clock by which tokens end. */
  public InstantSource clock() {
    return admittance.clock();
  }

  /**
   * Peers prove who they are by their first messages, so until {@link Session#identified()} they
   * are strangers: messages of theirs that arrive in pieces share a budget of the whole server, a
   * sixteenth of the largest heap and at least 16 MiB; beyond it a connection closes with 1013. Not
   * for those whom the route's own authenticator has let in under a name.
   */
  public Route identifyLater() {
    var copy = new Route(this);
    copy.identifiesLater = true;
    return copy;
  }

  /** Whether peers prove who they are by their messages. Default no. */
  public boolean identifiesLater() {
    return identifiesLater;
  }

  /** Which pages may connect; 403 for others. Default {@link OriginRule#sameOrigin()}. */
  public Route origins(Predicate<UpgradeRequest> rule) {
    var copy = new Route(this);
    copy.origins = rule;
    return copy;
  }

  /** Which pages may connect. */
  public Predicate<UpgradeRequest> origins() {
    return origins;
  }

  /** Where handlers run. Default {@link Dispatch#VIRTUAL}. */
  public Route dispatch(Dispatch dispatch) {
    var copy = new Route(this);
    copy.dispatch = dispatch;
    return copy;
  }

  /** Where handlers run. */
  public Dispatch dispatch() {
    return dispatch;
  }

  /** What is compressed. Default {@link Compression#shared()}. */
  public Route compression(Compression compression) {
    var copy = new Route(this);
    copy.compression = compression;
    return copy;
  }

  /** What is compressed. */
  public Compression compression() {
    return compression;
  }

  /** The limits of this route's connections. Default: those of the server. */
  public Route limits(Limits limits) {
    var copy = new Route(this);
    copy.limits = limits;
    return copy;
  }

  /** Changes the limits of this route's connections, whether the route's or the server's. */
  public Route limits(UnaryOperator<Limits> change) {
    var copy = new Route(this);
    var before = limitsChange;
    copy.limitsChange = limits -> change.apply(before.apply(limits));
    return copy;
  }

  /** The limits of this route on a server with these. */
  public Limits limitsWithin(Limits server) {
    return limitsChange.apply(limits == null ? server : limits);
  }

  /**
   * The subprotocols spoken here: the first of the client's offers that is among them is agreed on.
   * Default none.
   */
  public Route subprotocols(String... names) {
    var copy = new Route(this);
    copy.subprotocols = List.of(names);
    return copy;
  }

  /** The subprotocols spoken here. */
  public List<String> subprotocols() {
    return subprotocols;
  }

  /** What happens when a peer reads too slowly. Default {@link Overflow#CLOSE}. */
  public Route overflow(Overflow overflow) {
    var copy = new Route(this);
    copy.overflow = overflow;
    return copy;
  }

  /** What happens when a peer reads too slowly. */
  public Overflow overflow() {
    return overflow;
  }

  /**
   * How sessions are closed when the server goes down. Default 1001; a protocol that runs over
   * WebSocket may have a code of its own.
   *
   * @throws IllegalArgumentException if the code may not stand in a close frame
   */
  public Route farewell(CloseCode code, String reason) {
    if (!code.sendable()) {
      throw new IllegalArgumentException("close code " + code + " cannot be sent");
    }
    var copy = new Route(this);
    copy.farewell = new Close(code, reason);
    return copy;
  }

  /** How sessions are closed when the server goes down. */
  public Close farewell() {
    return farewell;
  }

  @Override
  public String toString() {
    return "Route[" + path + "]";
  }
}

package dev.dunlin.centrifuge;

import dev.dunlin.auth.Authenticator;
import dev.dunlin.auth.Revocations;
import dev.dunlin.auth.SignedMessages;
import dev.dunlin.channels.Hub;
import dev.dunlin.server.Dispatch;
import dev.dunlin.server.Endpoint;
import dev.dunlin.server.Handler;
import dev.dunlin.server.Overflow;
import dev.dunlin.server.Route;
import dev.dunlin.server.Session;
import dev.dunlin.websocket.CloseCode;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The Centrifuge client protocol, version 2, as an endpoint over a hub: browsers, phones and
 * devices connect to it with the SDKs they have.
 *
 * <pre>{@code
 * var tokens = Jwt.hs512(secret).issuer("https://login.example").audience("chat");
 * server.route("/connection/websocket", CentrifugeEndpoint.over(hub).authenticate(tokens));
 * }</pre>
 *
 * <p>Immutable: every method returns a new endpoint. Endpoints made from one another share the
 * registry of {@link #clients()}.
 */
public final class CentrifugeEndpoint implements Endpoint {

  /** The subprotocol that stands for Protobuf. */
  public static final String PROTOBUF = "centrifuge-protobuf";

  /** The subprotocol that stands for JSON, as does none at all. */
  public static final String JSON = "centrifuge-json";

  final Node node;

  private final Supplier<ProtocolOptions> options;

  /** The node with the options of the last connection. */
  private volatile Node latest;

  private CentrifugeEndpoint(Node node, Supplier<ProtocolOptions> options) {
    this.node = node;
    this.options = options;
    this.latest = node;
  }

  /**
   * An endpoint over a hub, with every option at its default: no namespaces, no permissions, and
   * nobody connects without a token or a hook that says who it is.
   */
  public static CentrifugeEndpoint over(Hub hub) {
    return new CentrifugeEndpoint(
        new Node(
            hub,
            constant(Namespaces.of(NamespaceOptions.defaults())),
            ProtocolOptions.defaults(),
            Hooks.NONE,
            null,
            null,
            Revocations.create(),
            false,
            Set.of(),
            Optional.empty(),
            "dunlin",
            "dunlin",
            InstantSource.system(),
            new Clients(),
            new ChannelNumbers(),
            new Occupancy(),
            new Nodes(),
            new Guard(Quotas::none),
            new Counters(),
            Optional.empty()),
        ProtocolOptions::defaults);
  }

  /**
   * Verifies the tokens of connect commands and, unless {@link #authenticateSubscriptions} names
   * another, of subscriptions.
   */
  public CentrifugeEndpoint authenticate(Authenticator tokens) {
    return with(change -> {
      change.tokens = tokens;
      if (change.subscriptionTokens == null) {
        change.subscriptionTokens = tokens;
      }
    });
  }

  /** Verifies the tokens of subscriptions. */
  public CentrifugeEndpoint authenticateSubscriptions(Authenticator tokens) {
    return with(change -> change.subscriptionTokens = tokens);
  }

  /**
   * Ends connections whose user or token is revoked, at once and with 3500, and lets none of them
   * in. Without it the endpoint has an empty list of its own.
   */
  public CentrifugeEndpoint revocations(Revocations revocations) {
    return with(change -> change.revocations = revocations);
  }

  /** What is revoked here: add to it, and the connections concerned end. */
  public Revocations revocations() {
    return node.revocations();
  }

  /** Lets clients connect without any credentials, as the anonymous user. */
  public CentrifugeEndpoint allowAnonymous() {
    return with(change -> change.anonymous = true);
  }

  /**
   * Keeps these headers of every client's request for hooks to see, as {@link Client#headers()};
   * they cost memory as long as the client is connected. Without it none is kept.
   *
   * @param names in any case
   */
  public CentrifugeEndpoint keepHeaders(Collection<String> names) {
    var kept =
        names.stream().map(name -> name.toLowerCase(Locale.ROOT)).collect(Collectors.toSet());
    return with(change -> change.headers = Set.copyOf(kept));
  }

  /** The rules of channels. */
  public CentrifugeEndpoint namespaces(Namespaces namespaces) {
    return namespaces(constant(namespaces));
  }

  /**
   * The rules of channels, asked for with every command, so that they can be replaced while clients
   * are connected; subscriptions that exist keep what they began with. For any thread; never waits.
   */
  public CentrifugeEndpoint namespaces(Supplier<Namespaces> namespaces) {
    return with(change -> change.namespaces = namespaces);
  }

  private static Supplier<Namespaces> constant(Namespaces namespaces) {
    return () -> namespaces;
  }

  /** The numbers of the protocol. */
  public CentrifugeEndpoint options(ProtocolOptions options) {
    return options(() -> options);
  }

  /**
   * The numbers of the protocol, asked for by every connection when it begins, so that they can be
   * replaced while clients are connected; these keep what they began with. For any thread; never
   * waits.
   */
  public CentrifugeEndpoint options(Supplier<ProtocolOptions> options) {
    return with(change -> change.options = options);
  }

  /** How much one client may ask for. Default {@link Quotas#none()}. */
  public CentrifugeEndpoint quotas(Quotas quotas) {
    return quotas(() -> quotas);
  }

  /**
   * How much one client may ask for, asked for with every command, so that it can be replaced while
   * clients are connected. Connections that a user had before there was a limit on them do not
   * count. For any thread; never waits.
   */
  public CentrifugeEndpoint quotas(Supplier<Quotas> quotas) {
    return with(change -> change.guard = new Guard(quotas));
  }

  /**
   * The secret from which each connection gets a key of its own, to sign what it publishes where
   * {@link NamespaceOptions#signedPublications} demands it. A client learns its key by calling the
   * procedure {@code dunlin.signing}, which no hook sees. Without it only clients whose token names
   * an Ed25519 key ({@code cnf.jwk}, RFC 7800) can sign; with such a token that key counts.
   *
   * @throws IllegalArgumentException if it has fewer than 32 bytes
   */
  public CentrifugeEndpoint signing(byte[] secret) {
    var unused = SignedMessages.connectionKey(secret, "any"); // refuses a short one
    return with(change -> change.signingSecret = Optional.of(secret.clone()));
  }

  /** Where the application takes part. */
  public CentrifugeEndpoint hooks(Hooks hooks) {
    return with(change -> change.hooks = hooks);
  }

  /**
   * Subscribes every user to a personal channel of this namespace when it connects: {@code
   * #<user>}, or {@code <namespace>:#<user>}.
   */
  public CentrifugeEndpoint personalChannels(String namespace) {
    return with(change -> change.personalNamespace = Optional.of(namespace));
  }

  /** What clients are told about the server: its name and version. */
  public CentrifugeEndpoint named(String name, String version) {
    return with(change -> {
      change.name = name;
      change.version = version;
    });
  }

  /** Takes the wall-clock time, by which tokens end, from here. */
  public CentrifugeEndpoint clock(InstantSource clock) {
    return with(change -> change.clock = clock);
  }

  /** Who is connected to this node. */
  public Clients clients() {
    return node.clients();
  }

  /**
   * Joins the other nodes that share the broker: from now on they know of each other, and {@link
   * #api()} reaches the clients of all. Once; the nodes are left by closing what is returned,
   * before the hub is closed. Endpoints made from one another are one node.
   *
   * @param uid this node's id, one that no other has had
   * @param name what people call this node
   * @param facts what else it tells of itself, asked for every second; never waits
   */
  public Nodes join(String uid, String name, Supplier<Map<String, String>> facts) {
    node.nodes().join(node, uid, name, facts);
    return node.nodes();
  }

  /** The nodes that share the broker; none before this one has {@linkplain #join joined}. */
  public Nodes nodes() {
    return node.nodes();
  }

  /** What has been counted; endpoints made from one another count together. */
  public EndpointStatistics statistics() {
    return node.counters().statistics();
  }

  /** What the application may do to channels and clients. */
  public ServerApi api() {
    return new ServerApi(node);
  }

  /** The rules of channels that hold here. */
  public Namespaces namespaces() {
    return node.namespaces();
  }

  /**
   * The route as this protocol needs it: its subprotocols, commands on the event loop, batches
   * joined as the protocol joins them, slow clients closed with 3008, all of them with 3001 when
   * the server goes down, and no native pings, since the protocol has its own.
   */
  @Override
  public Route configure(Route route) {
    return route
        .subprotocols(PROTOBUF, JSON)
        .dispatch(Dispatch.INLINE)
        .expiryByEndpoint()
        .identifyLater()
        .overflow(Overflow.close(CloseCode.of(Disconnect.SLOW.code()), Disconnect.SLOW.reason()))
        .farewell(CloseCode.of(Disconnect.SHUTDOWN.code()), Disconnect.SHUTDOWN.reason())
        .limits(limits -> limits.pingInterval(Duration.ZERO).pongWait(options.get().pong()));
  }

  @Override
  public Handler open(Session session) {
    boolean protobuf =
        session
            .subprotocol()
            .map(PROTOBUF::equals)
            .orElseGet(() ->
                session.query("format").filter("protobuf"::equals).isPresent()
                    || session.query("cf_protocol").filter("protobuf"::equals).isPresent());
    var codec = Publications.codec(!protobuf);
    session.batching(codec.batching());
    boolean nativePings = session.query("cf_ws_frame_ping_pong").filter("true"::equals).isPresent();
    var state = new ClientSession(UUID.randomUUID().toString(), codec, !protobuf);
    state.headers = headers(session);
    var client = new ClientHandler(current(), session, state, nativePings);
    session.onClose(closed -> session.lane().execute(() -> client.closed(closed)));
    return client;
  }

  /** The node for a connection that begins now. Connections of one time share it. */
  private Node current() {
    var known = latest;
    var wanted = options.get();
    if (known.options() != wanted) {
      known = node.with(wanted);
      latest = known;
    }
    return known;
  }

  private Map<String, String> headers(Session session) {
    if (node.headers().isEmpty()) {
      return Map.of();
    }
    var kept = new HashMap<String, String>();
    for (var name : node.headers()) {
      session.header(name).ifPresent(value -> kept.put(name, value));
    }
    return Map.copyOf(kept);
  }

  private CentrifugeEndpoint with(java.util.function.Consumer<Change> change) {
    var changed = new Change(node, options);
    change.accept(changed);
    return new CentrifugeEndpoint(changed.node(), changed.options);
  }

  /** A node under construction. */
  private static final class Change {
    private final Node from;
    private Supplier<Namespaces> namespaces;
    private Supplier<ProtocolOptions> options;
    private Hooks hooks;
    private @Nullable Authenticator tokens;
    private @Nullable Authenticator subscriptionTokens;
    private Revocations revocations;
    private boolean anonymous;
    private Set<String> headers;
    private Optional<String> personalNamespace;
    private String name;
    private String version;
    private InstantSource clock;
    private Guard guard;
    private Optional<byte[]> signingSecret;

    Change(Node from, Supplier<ProtocolOptions> options) {
      this.from = from;
      this.options = options;
      namespaces = from.currentNamespaces();
      hooks = from.hooks();
      tokens = from.tokens();
      subscriptionTokens = from.subscriptionTokens();
      revocations = from.revocations();
      anonymous = from.anonymous();
      headers = from.headers();
      personalNamespace = from.personalNamespace();
      name = from.name();
      version = from.version();
      clock = from.clock();
      guard = from.guard();
      signingSecret = from.signingSecret();
    }

    Node node() {
      return new Node(
          from.hub(),
          namespaces,
          options.get(),
          hooks,
          tokens,
          subscriptionTokens,
          revocations,
          anonymous,
          headers,
          personalNamespace,
          name,
          version,
          clock,
          from.clients(),
          from.numbers(),
          from.occupancy(),
          from.nodes(),
          guard,
          from.counters(),
          signingSecret);
    }
  }
}

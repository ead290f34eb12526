package dev.dunlin.app;

import dev.dunlin.auth.Authenticator;
import dev.dunlin.auth.Tickets;
import dev.dunlin.centrifuge.CentrifugeEndpoint;
import dev.dunlin.centrifuge.ChannelName;
import dev.dunlin.centrifuge.NamespaceOptions;
import dev.dunlin.centrifuge.Namespaces;
import dev.dunlin.channels.Hub;
import dev.dunlin.server.HttpHandler;
import dev.dunlin.server.Listener;
import dev.dunlin.server.Route;
import dev.dunlin.server.Tls;
import dev.dunlin.server.WebSocketServer;
import dev.dunlin.websocket.Compression;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * The server, put together as a configuration says: hub and broker, the channel protocol, and
 * beside it API, metrics, health and console over HTTP. It knows neither command line nor signals.
 */
final class Dunlin implements AutoCloseable {

  /** Where clients connect. */
  static final String CLIENTS = "/connection/websocket";

  private static final Duration MAINTENANCE = Duration.ofSeconds(10);

  private final Brokers brokers;
  private final Hub hub;
  private final Optional<TokenVerifier> tokens;
  private final Optional<TokenVerifier> subscriptionTokens;
  private final ApiKeys apiKeys;
  private final Optional<Tls> tls;
  private final Optional<Tls> internalTls;
  private final Metrics metrics;
  private final CentrifugeEndpoint endpoint;
  private final BackendHooks backends;
  private final NodeReport report;
  private final Optional<Console> console;
  private final Doorkeeper doorkeeper;
  private final WebSocketServer server;
  private final NodeUsage usage;
  private final Optional<OtlpExport> export;
  private final ScheduledExecutorService maintenance =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("dunlin-maintenance").factory());

  /** What holds: as it was at the start but for what was taken over since. */
  private volatile Config config;

  private volatile ConfigLimits limits;
  private volatile Namespaces namespaces;

  private volatile boolean draining;

  private Dunlin(Config config, boolean development) {
    this.config = config;
    limits = ConfigLimits.of(config);
    brokers = new Brokers(config);
    hub = Hub.over(brokers.broker());
    try {
      awaitBroker();
      tokens = verifier("client.token.", config.client().token());
      var subscriptions = config.client().subscriptionToken();
      subscriptionTokens =
          subscriptions.enabled()
              ? verifier("client.subscription_token.", subscriptions.tokens())
              : Optional.empty();
      apiKeys = new ApiKeys(keys(config), config.httpApi().maxKeyFailures(), System::nanoTime);
      tls = tls("http_server.tls", config.httpServer().tls());
      internalTls = tls("http_server.internal_tls", config.httpServer().internalTls());
      namespaces = namespaces(config.channel());
      metrics = new Metrics();
      var uid = UUID.randomUUID().toString();
      backends =
          new BackendHooks(config, this::rules, uid, metrics::backendAsked, metrics::eventsTold);
      var tickets = Tickets.create();
      endpoint = made();
      report = new NodeReport(endpoint.nodes());
      console = Console.of(this::config, development, hub, endpoint, report);
      doorkeeper =
          new Doorkeeper(
              config.client(),
              tokens,
              NodeTickets.of(tickets, endpoint.nodes()),
              certificates(config));
      server = listen(tickets);
      usage = new NodeUsage(server::statistics, endpoint::statistics, hub, System::nanoTime);
      endpoint.join(uid, NodeReport.name(config), this::facts);
      metrics.watch(server, endpoint, hub, backends);
      metrics.show(ConfigRules.insecure(config), () -> ready().isEmpty());
      console.ifPresent(page -> page.watch(server));
      export = export(uid);
    } catch (RuntimeException failure) {
      hub.close();
      throw failure;
    }
    var unused =
        maintenance.scheduleWithFixedDelay(
            brokers::maintain,
            MAINTENANCE.toMillis(),
            MAINTENANCE.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  /**
   * Starts the server.
   *
   * @param development whether it serves a developer on this machine
   * @throws CommandFailure naming the setting and the remedy if it cannot start
   */
  static Dunlin start(Config config, boolean development) {
    return new Dunlin(config, development);
  }

  // ---- parts

  private Map<String, String> facts() {
    return NodeReport.facts(config, hub, usage);
  }

  private Optional<OtlpExport> export(String uid) {
    var collector = config.opentelemetry();
    return collector.endpoint().isEmpty()
        ? Optional.empty()
        : Optional.of(
            new OtlpExport(
                collector,
                Map.of(
                    "service.name",
                    "dunlin",
                    "service.version",
                    VersionCommand.version(),
                    "service.instance.id",
                    uid,
                    "dunlin.node.name",
                    NodeReport.name(config)),
                metrics::snapshots));
  }

  private void awaitBroker() {
    try {
      hub.ready()
          .toCompletableFuture()
          .orTimeout(Brokers.startTimeout(config).toMillis(), TimeUnit.MILLISECONDS)
          .join();
    } catch (CompletionException failure) {
      throw CommandFailure.failed(
          Brokers.shown(config)
              + ": cannot be reached: "
              + failure.getCause()
              + "; check the options of the broker");
    }
  }

  private static List<Secret> keys(Config config) {
    return List.of(config.httpApi().key(), config.httpApi().secondKey());
  }

  /**
   * Makes what a start makes before it connects or listens, as far as {@link ConfigRules} does not:
   * brokers, and what is read from files. Keeps nothing.
   *
   * @throws CommandFailure naming the setting if one cannot be used
   */
  static void tryOut(Config config) {
    new Brokers(config).broker().close();
    var unused =
        List.of(
            tls("http_server.tls", config.httpServer().tls()),
            tls("http_server.internal_tls", config.httpServer().internalTls()),
            certificates(config));
  }

  private static Optional<Tls> tls(String path, Config.Tls files) {
    if (!files.enabled()) {
      return Optional.empty();
    }
    try {
      var tls = Tls.of(Path.of(files.certPemFile()), Path.of(files.keyPemFile()));
      return Optional.of(
          files.clientCaPemFile().isEmpty()
              ? tls
              : tls.clientAuth(asked(files.clientAuth()), Path.of(files.clientCaPemFile())));
    } catch (IllegalArgumentException unusable) {
      throw CommandFailure.misused(path + ": " + unusable.getMessage());
    }
  }

  private static Tls.ClientAuth asked(Config.ClientAuth asked) {
    return switch (asked) {
      case REQUIRED -> Tls.ClientAuth.REQUIRED;
      case OPTIONAL -> Tls.ClientAuth.OPTIONAL;
    };
  }

  private static Optional<TokenVerifier> verifier(String section, TokenOptions options) {
    try {
      return options.present() ? Optional.of(TokenVerifier.of(section, options)) : Optional.empty();
    } catch (IllegalArgumentException unusable) {
      throw CommandFailure.misused(String.valueOf(unusable.getMessage()));
    }
  }

  private static Optional<TokenVerifier.Rules> prepared(
      Optional<TokenVerifier> verifier, String section, TokenOptions options, boolean on) {
    if (verifier.isPresent() != (on && options.present())) {
      throw CommandFailure.misused(section + ": keys come and go altogether with a restart only");
    }
    try {
      return verifier.map(present -> present.prepared(options));
    } catch (IllegalArgumentException unusable) {
      throw CommandFailure.misused(String.valueOf(unusable.getMessage()));
    }
  }

  private static Optional<Authenticator> certificates(Config changed) {
    try {
      return changed
          .client()
          .certificate()
          .authenticator(ConfigRules.proxies(changed.httpServer()));
    } catch (IllegalArgumentException unusable) {
      throw CommandFailure.misused(String.valueOf(unusable.getMessage()));
    }
  }

  private static Namespaces namespaces(Config.Channel channel) {
    return new Namespaces(
        channel.withoutNamespace().options(),
        channel.namespaces().stream()
            .collect(
                Collectors.toMap(
                    Config.Namespace::name, namespace -> namespace.rules().options())));
  }

  private Optional<NamespaceOptions> rules(String channel) {
    return namespaces.options(ChannelName.of(channel));
  }

  private CentrifugeEndpoint made() {
    var client = config.client();
    var made =
        CentrifugeEndpoint.over(hub)
            .named("dunlin", VersionCommand.version())
            .namespaces(() -> namespaces)
            .keepHeaders(backends.headers())
            .hooks(backends.hooks().onDisconnect(backends::disconnected))
            .options(() -> limits.protocol())
            .quotas(() -> limits.quotas());
    if (tokens.isPresent()) {
      made = made.authenticate(tokens.get());
    }
    if (subscriptionTokens.isPresent()) {
      made = made.authenticateSubscriptions(subscriptionTokens.get());
    }
    if (client.signingSecret().present()) {
      made = made.signing(client.signingSecret().value().getBytes(StandardCharsets.UTF_8));
    }
    if (client.allowAnonymousConnectWithoutToken()) {
      made = made.allowAnonymous();
    }
    var personal = client.subscribeToUserPersonalChannel();
    return personal.enabled() ? made.personalChannels(personal.personalChannelNamespace()) : made;
  }

  private WebSocketServer listen(Tickets tickets) {
    var http = config.httpServer();
    var route =
        Route.at(CLIENTS)
            .authenticate(doorkeeper)
            .origins(ConfigRules.origins(config.client().allowedOrigins()))
            .compression(
                config.websocket().compression() ? Compression.shared() : Compression.off());
    var clients =
        Listener.on(address(http.address(), http.port()))
            .behind(ConfigRules.proxies(http))
            .route(route, endpoint);
    if (tls.isPresent()) {
      clients = clients.tls(tls.get());
    }
    var builder = WebSocketServer.builder().limits(limits.transport());
    boolean apart = http.internalPort() > 0;
    var operations =
        apart ? Listener.on(address(http.internalAddress(), http.internalPort())) : clients;
    if (apart && internalTls.isPresent()) {
      operations = operations.tls(internalTls.get());
    }
    for (var page : pages(tickets).entrySet()) {
      operations = operations.http(page.getKey(), page.getValue());
    }
    if (console.isPresent()) {
      operations = console.get().on(operations);
    }
    builder.listen(apart ? clients : operations);
    if (apart) {
      builder.listen(operations);
    }
    try {
      return builder.start();
    } catch (UncheckedIOException unavailable) {
      throw CommandFailure.failed(
          "http_server.port: cannot listen at "
              + shown(http.address())
              + ":"
              + http.port()
              + (apart ? " and " + shown(http.internalAddress()) + ":" + http.internalPort() : "")
              + " ("
              + why(unavailable)
              + "): stop what listens there, or choose another with --port");
    }
  }

  /** What the operating system said. */
  private static String why(Throwable failure) {
    var cause = failure.getCause();
    return cause == null ? String.valueOf(failure.getMessage()) : why(cause);
  }

  private static String shown(String address) {
    return address.isEmpty() ? "*" : address;
  }

  private static InetSocketAddress address(String host, int port) {
    var address = host.isEmpty() ? new InetSocketAddress(port) : new InetSocketAddress(host, port);
    if (address.isUnresolved()) {
      throw CommandFailure.misused("http_server.address: '" + host + "' is no address");
    }
    return address;
  }

  /** What is served over plain HTTP, by path. */
  private Map<String, HttpHandler> pages(Tickets tickets) {
    var pages = new LinkedHashMap<String, HttpHandler>();
    if (apiKeys.present() || config.httpApi().insecure()) {
      var methods =
          new ApiMethods(
              endpoint.api(),
              tickets,
              report::write,
              backends.procedures(),
              config.httpApi().timeout());
      var api = new HttpApi(methods, apiKeys, config.httpApi(), metrics::apiCalled);
      pages.put(HttpApi.PATH, api);
      pages.put(HttpApi.PATH + "/{method}", api);
      pages.put(ApiDescription.PATH, new ApiDescription());
    }
    if (config.health().enabled()) {
      var health = new Health(this::ready);
      pages.put("/health", health);
      pages.put("/health/live", health);
      pages.put("/health/ready", health);
    }
    if (config.prometheus().enabled()) {
      pages.put("/metrics", metrics);
    }
    return pages;
  }

  // ---- life

  /** The address for clients, then the one for operations if it is another. */
  List<InetSocketAddress> addresses() {
    return server.addresses();
  }

  /** The configuration that holds. */
  Config config() {
    return config;
  }

  CentrifugeEndpoint endpoint() {
    return endpoint;
  }

  /** Why the server should get no new clients; empty if it may. */
  private Optional<String> ready() {
    return draining
        ? Optional.of("draining")
        : hub.linked() ? Optional.empty() : Optional.of("no link to the broker");
  }

  /**
   * Takes over what can change while it runs: limits, namespaces, token keys, API keys and
   * certificates, all or, if any of it is unusable, nothing.
   *
   * @return the options that differ too, but wait for a restart
   * @throws CommandFailure if something in it cannot be used
   */
  List<String> reload(Config read) {
    brokers.requireSame(read);
    var changes = ConfigChanges.of(config, read);
    var changed = changes.taken();
    var rules = namespaces(changed.channel());
    var client = changed.client();
    var subscriptions = client.subscriptionToken();
    var issuers = prepared(tokens, "client.token", client.token(), true);
    var others =
        prepared(
            subscriptionTokens,
            "client.subscription_token",
            subscriptions.tokens(),
            subscriptions.enabled());
    var devices = certificates(changed);
    if (devices.isPresent() != doorkeeper.looksAtCertificates()) {
      throw CommandFailure.misused(
          "client.certificate.ca_pem_file: is set and unset with a restart only");
    }
    // Files are the only thing that can fail: all are read before any is taken over.
    var clientsTls = read("http_server.tls", tls, read.httpServer().tls());
    var operatorsTls =
        read("http_server.internal_tls", internalTls, read.httpServer().internalTls());
    clientsTls.ifPresent(files -> tls.orElseThrow().reload(files));
    operatorsTls.ifPresent(files -> internalTls.orElseThrow().reload(files));
    doorkeeper.replace(devices);
    issuers.ifPresent(prepared -> tokens.orElseThrow().take(prepared));
    others.ifPresent(prepared -> subscriptionTokens.orElseThrow().take(prepared));
    apiKeys.replace(keys(changed), changed.httpApi().maxKeyFailures());
    namespaces = rules;
    limits = ConfigLimits.of(changed);
    server.limits(limits.transport());
    config = changed;
    return changes.waiting();
  }

  private static Optional<Tls> read(String path, Optional<Tls> running, Config.Tls files) {
    if (running.isPresent() != files.enabled()) {
      throw CommandFailure.misused(path + ".enabled: changes with a restart only");
    }
    return tls(path, files);
  }

  /** Counts an attempt to read the configuration again. */
  void reloaded(boolean taken) {
    metrics.reloaded(taken);
  }

  /** Closes all connections as the configuration says; returns when none is left. */
  void drain() {
    draining = true;
    var shutdown = config.shutdown();
    var spread = Duration.ofMillis(Math.min(shutdown.spread().toMillis(), 2L * connections()));
    server.drain(spread, shutdown.timeout()).toCompletableFuture().join();
  }

  /** The console, if there is one. */
  Optional<Console> console() {
    return console;
  }

  /** The number of WebSocket connections. */
  int connections() {
    return server.connections();
  }

  @Override
  public void close() {
    maintenance.shutdownNow();
    export.ifPresent(OtlpExport::close);
    console.ifPresent(Console::close);
    server.close();
    backends.close();
    endpoint.nodes().close();
    hub.close();
  }
}

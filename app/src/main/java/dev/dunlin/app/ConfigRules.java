package dev.dunlin.app;

import dev.dunlin.auth.Credentials.Way;
import dev.dunlin.auth.OriginPolicy;
import dev.dunlin.centrifuge.NamespaceOptions;
import dev.dunlin.centrifuge.NamespaceOptions.SignedPublications;
import dev.dunlin.centrifuge.Namespaces;
import dev.dunlin.server.Proxies;
import dev.dunlin.websocket.UpgradeRequest;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** What has to hold between options. Every problem names the option and the remedy. */
final class ConfigRules {

  private static final int MIN_API_KEY = 16;
  private static final int MIN_PASSWORD = 12;
  private static final int MIN_SIGNING_SECRET = 32;

  private final Config config;
  private final List<String> problems = new ArrayList<>();

  private ConfigRules(Config config) {
    this.config = config;
  }

  /** What is wrong, whoever uses the configuration. */
  static List<String> problems(Config config) {
    var rules = new ConfigRules(config);
    rules.tokens();
    rules.signingSecret();
    rules.times();
    rules.channels();
    rules.backends();
    rules.events();
    rules.openTelemetry();
    rules.api();
    rules.console();
    rules.transport();
    rules.proxies();
    rules.certificates();
    rules.brokers();
    return rules.problems;
  }

  /**
   * What is missing for a server that others use. Commands that only talk to a server do without:
   * the secrets may be in the variables of the server alone.
   */
  static List<String> unready(Config config) {
    var missing = new ArrayList<String>();
    var client = config.client();
    if (!client.token().present() && client.token().ownRules()) {
      missing.add(
          "client.token.hmac_secret_key: there are rules for tokens and no key; set it or another"
              + " key of client.token");
    } else if (!client.token().present()
        && client.certificate().caPemFile().isEmpty()
        && !client.proxy().connect().enabled()
        && !client.allowAnonymousConnectWithoutToken()) {
      missing.add(
          "client.token.hmac_secret_key: nobody could connect; set it, another key of client.token,"
              + " client.proxy.connect or client.allow_anonymous_connect_without_token");
    }
    if (client.subscriptionToken().enabled() && !client.subscriptionToken().tokens().present()) {
      missing.add(
          "client.subscription_token.hmac_secret_key: must be set, or another key beside it, where"
              + " client.subscription_token.enabled is true");
    }
    unsigned(client, "channel.without_namespace", config.channel().withoutNamespace(), missing);
    var namespaces = config.channel().namespaces();
    for (int i = 0; i < namespaces.size(); i++) {
      unsigned(client, "channel.namespaces[" + i + "]", namespaces.get(i).rules(), missing);
    }
    return missing;
  }

  private static void unsigned(
      Config.Client client, String path, ChannelRules rules, List<String> missing) {
    var signed = rules.signedPublications();
    boolean possible =
        client.token().present()
            || (signed == SignedPublications.VERIFIED && client.signingSecret().present());
    if (signed != SignedPublications.OFF && !possible) {
      missing.add(
          path
              + ".signed_publications: nobody could sign; set a key of client.token"
              + (signed == SignedPublications.VERIFIED ? " or client.signing_secret" : ""));
    }
  }

  /** The switches that are on and should be off where others can reach the server. */
  static List<String> insecure(Config config) {
    var switches = new ArrayList<String>();
    if (config.httpApi().insecure()) {
      switches.add("http_api.insecure");
    }
    if (config.httpApi().keyInQuery()) {
      switches.add("http_api.key_in_query");
    }
    if (config.client().tokenCarriers().contains("query")) {
      switches.add("client.token_carriers: query");
    }
    if (config.client().allowedOrigins().contains("*")) {
      switches.add("client.allowed_origins: \"*\"");
    }
    return switches;
  }

  /** Whether the address is one that only this machine reaches. */
  static boolean loopback(String address) {
    try {
      return !address.isEmpty() && InetAddress.getByName(address).isLoopbackAddress();
    } catch (UnknownHostException unknown) {
      return false;
    }
  }

  private void tokens() {
    var client = config.client();
    if (client.token().present()) {
      tokens("client.token.", client.token());
    }
    var subscriptionToken = client.subscriptionToken();
    if (subscriptionToken.tokens().present() && subscriptionToken.enabled()) {
      tokens("client.subscription_token.", subscriptionToken.tokens());
    } else if (subscriptionToken.tokens().present()) {
      problems.add("client.subscription_token.enabled: must be true where keys stand beside it");
    }
    try {
      if (Doorkeeper.carriers(client).contains(Way.COOKIE)
          && client.allowedOrigins().contains("*")) {
        problems.add(
            "client.token_carriers: a cookie says nothing where client.allowed_origins has \"*\";"
                + " list the origins of your pages");
      }
    } catch (IllegalArgumentException unknown) {
      problems.add(String.valueOf(unknown.getMessage()));
    }
  }

  private void tokens(String section, TokenOptions options) {
    try {
      var unused = TokenVerifier.of(section, options);
    } catch (IllegalArgumentException wrong) {
      problems.add(String.valueOf(wrong.getMessage()));
    }
  }

  private void signingSecret() {
    var secret = config.client().signingSecret();
    int bytes = secret.present() ? secret.value().getBytes(StandardCharsets.UTF_8).length : 0;
    if (secret.present() && bytes < MIN_SIGNING_SECRET) {
      problems.add(
          "client.signing_secret: has "
              + bytes
              + " bytes and needs at least "
              + MIN_SIGNING_SECRET
              + "; make one with: openssl rand -hex 32");
    }
  }

  private void times() {
    var client = config.client();
    if (client.pongTimeout().compareTo(client.pingInterval()) >= 0) {
      problems.add("client.pong_timeout: must be shorter than client.ping_interval");
    }
    if (client.presenceTtl().compareTo(client.presenceUpdateInterval()) <= 0) {
      problems.add("client.presence_ttl: must be longer than client.presence_update_interval");
    }
    if (config.shutdown().spread().compareTo(config.shutdown().timeout()) > 0) {
      problems.add("shutdown.spread: must not be longer than shutdown.timeout");
    }
  }

  private void channels() {
    rules("channel.without_namespace", config.channel().withoutNamespace());
    var names = new LinkedHashMap<String, Integer>();
    var namespaces = config.channel().namespaces();
    for (int i = 0; i < namespaces.size(); i++) {
      var namespace = namespaces.get(i);
      var path = "channel.namespaces[" + i + "]";
      if (names.put(namespace.name(), i) != null) {
        problems.add(path + ".name: '" + namespace.name() + "' is there twice");
      }
      try {
        var unused =
            new Namespaces(
                NamespaceOptions.defaults(), Map.of(namespace.name(), NamespaceOptions.defaults()));
      } catch (IllegalArgumentException wrong) {
        problems.add(path + ".name: " + wrong.getMessage());
      }
      rules(path, namespace.rules());
    }
    var personal = config.client().subscribeToUserPersonalChannel();
    if (personal.enabled()
        && !personal.personalChannelNamespace().isEmpty()
        && !names.containsKey(personal.personalChannelNamespace())) {
      problems.add(
          "client.subscribe_to_user_personal_channel.personal_channel_namespace: there is no"
              + " namespace '"
              + personal.personalChannelNamespace()
              + "'");
    }
  }

  private void rules(String path, ChannelRules rules) {
    try {
      var unused = rules.options();
    } catch (IllegalArgumentException wrong) {
      problems.add(
          path + ": " + String.valueOf(wrong.getMessage()).lines().findFirst().orElse("wrong"));
    }
    var proxies = config.channel().proxy();
    asked(
        path,
        "subscribe",
        rules.subscribeProxyEnabled(),
        rules.subscribeProxyName(),
        proxies.subscribe());
    asked(
        path, "publish", rules.publishProxyEnabled(), rules.publishProxyName(), proxies.publish());
    asked(
        path,
        "sub_refresh",
        rules.subRefreshProxyEnabled(),
        rules.subRefreshProxyName(),
        proxies.subRefresh());
    var broker = rules.brokerName();
    if (!broker.isEmpty()
        && config.brokers().stream().noneMatch(each -> each.name().equals(broker))) {
      problems.add(path + ".broker_name: there is no '" + broker + "' in brokers");
    }
  }

  private void brokers() {
    var names = new HashSet<String>();
    for (int i = 0; i < config.brokers().size(); i++) {
      var name = config.brokers().get(i).name();
      if (name.isEmpty()) {
        problems.add("brokers[" + i + "].name: must be set");
      } else if (!names.add(name)) {
        problems.add("brokers[" + i + "].name: '" + name + "' is there twice");
      }
    }
  }

  private void asked(
      String path, String event, boolean enabled, String name, Config.Backend fallback) {
    if (!enabled) {
      return;
    }
    if (name.equals("default")) {
      if (fallback.endpoint().isEmpty()) {
        problems.add(
            path + "." + event + "_proxy_enabled: needs channel.proxy." + event + ".endpoint");
      }
    } else if (config.proxies().stream().noneMatch(proxy -> proxy.name().equals(name))) {
      problems.add(path + "." + event + "_proxy_name: there is no '" + name + "' in proxies");
    }
  }

  private void backends() {
    backend("client.proxy.connect", config.client().proxy().connect(), false);
    backend("client.proxy.refresh", config.client().proxy().refresh(), false);
    backend("channel.proxy.subscribe", config.channel().proxy().subscribe(), false);
    backend("channel.proxy.publish", config.channel().proxy().publish(), false);
    backend("channel.proxy.sub_refresh", config.channel().proxy().subRefresh(), false);
    backend("rpc.proxy", config.rpc().proxy(), false);
    for (int i = 0; i < config.proxies().size(); i++) {
      var path = "proxies[" + i + "]";
      if (config.proxies().get(i).name().isEmpty()) {
        problems.add(path + ".name: must be set");
      }
      backend(path, config.proxies().get(i).backend(), true);
    }
  }

  private void backend(String path, Config.Backend backend, boolean needed) {
    if (backend.endpoint().isEmpty()) {
      if (backend.enabled() || needed) {
        problems.add(path + ".endpoint: must be set");
      }
      return;
    }
    url(path + ".endpoint", backend.endpoint());
    for (var name : backend.httpHeaders()) {
      header(path + ".http_headers", name);
    }
    headers(path + ".static_headers", backend.staticHeaders());
    var meanings = backend.httpStatusToCodeTransforms();
    for (int i = 0; i < meanings.size(); i++) {
      try {
        var unused = Backend.meaning(meanings.get(i));
      } catch (IllegalArgumentException wrong) {
        problems.add(path + ".http_status_to_code_transforms[" + i + "]: " + wrong.getMessage());
      }
    }
  }

  private void url(String option, String url) {
    try {
      var scheme = String.valueOf(URI.create(url).getScheme());
      if (scheme.equals("http") || scheme.equals("https")) {
        return;
      }
    } catch (IllegalArgumentException malformed) {
      // said below, in the same words as for another scheme
    }
    problems.add(option + ": must be an http or https URL");
  }

  /** The values may be secrets. */
  private void headers(String option, Map<String, Secret> headers) {
    headers.forEach((name, value) -> {
      header(option, name);
      try {
        var unused = HttpRequest.newBuilder().header("X", value.value());
      } catch (IllegalArgumentException unusable) {
        problems.add(option + ": the value of '" + name + "' cannot stand in a header");
      }
    });
  }

  /** Some headers belong to the HTTP client. */
  private void header(String option, String name) {
    try {
      var unused = HttpRequest.newBuilder().header(name, "x");
    } catch (IllegalArgumentException reserved) {
      problems.add(option + ": '" + name + "' cannot be passed on");
    }
  }

  private void events() {
    var events = config.events();
    boolean states =
        config.channel().withoutNamespace().stateEvents()
            || config.channel().namespaces().stream().anyMatch(each -> each.rules().stateEvents());
    if (!events.endpoint().isEmpty()) {
      url("events.endpoint", events.endpoint());
    } else if (events.disconnect() || states) {
      problems.add(
          "events.endpoint: must be set where events.disconnect or state_events of a namespace is"
              + " on");
    }
    headers("events.static_headers", events.staticHeaders());
  }

  private void openTelemetry() {
    var collector = config.opentelemetry();
    if (!collector.endpoint().isEmpty()) {
      url("opentelemetry.endpoint", collector.endpoint());
    }
    headers("opentelemetry.headers", collector.headers());
  }

  private void console() {
    var console = config.console();
    if (console.password().present() && console.password().value().length() < MIN_PASSWORD) {
      problems.add("console.password: is shorter than " + MIN_PASSWORD + " characters");
    }
    boolean apart = config.httpServer().internalPort() > 0;
    var tls = apart ? config.httpServer().internalTls() : config.httpServer().tls();
    if (!console.certificates().isEmpty() && (!tls.enabled() || tls.clientCaPemFile().isEmpty())) {
      problems.add(
          apart
              ? "console.certificates: needs http_server.internal_tls with client_ca_pem_file, as"
                  + " the console is on the internal port"
              : "console.certificates: needs http_server.tls.client_ca_pem_file");
    }
  }

  private void api() {
    key("http_api.key", config.httpApi().key());
    key("http_api.second_key", config.httpApi().secondKey());
    var server = config.httpServer();
    var address = server.internalPort() > 0 ? server.internalAddress() : server.address();
    if (config.httpApi().insecure() && !loopback(address)) {
      problems.add(
          "http_api.insecure: is refused on an address that others reach; set http_api.key, or"
              + " listen at 127.0.0.1");
    }
  }

  private void key(String option, Secret key) {
    if (key.present() && key.value().length() < MIN_API_KEY) {
      problems.add(
          option
              + ": has "
              + key.value().length()
              + " characters and needs at least "
              + MIN_API_KEY
              + "; make one with: openssl rand -hex 32");
    }
  }

  private void transport() {
    var server = config.httpServer();
    var tls = server.tls();
    files("http_server.tls", tls);
    files("http_server.internal_tls", server.internalTls());
    if (server.internalTls().enabled() && server.internalPort() == 0) {
      problems.add("http_server.internal_tls: needs http_server.internal_port");
    }
    if (!tls.enabled()
        && config.preset() == Preset.PUBLIC_INTERNET
        && !server.behindTlsProxy()
        && !loopback(server.address())) {
      problems.add(
          "http_server.tls.enabled: public_internet wants TLS; set it, or"
              + " http_server.behind_tls_proxy where a proxy ends TLS");
    }
    if (server.port() > 65535 || server.internalPort() > 65535) {
      problems.add("http_server.port: a port is at most 65535");
    }
    if (server.port() > 0 && server.port() == server.internalPort()) {
      problems.add("http_server.internal_port: must be another port than http_server.port");
    }
    try {
      var unused = origins(config.client().allowedOrigins());
    } catch (IllegalArgumentException wrong) {
      problems.add("client.allowed_origins: " + wrong.getMessage());
    }
  }

  private void files(String path, Config.Tls tls) {
    if (tls.enabled()) {
      file(path + ".cert_pem_file", tls.certPemFile(), true);
      file(path + ".key_pem_file", tls.keyPemFile(), true);
      file(path + ".client_ca_pem_file", tls.clientCaPemFile(), false);
    }
  }

  /**
   * The proxies in front, and how they speak.
   *
   * @throws IllegalArgumentException if one is no address, or they speak in no known way
   */
  static Proxies proxies(Config.HttpServer server) {
    var proxies = Proxies.at(server.proxies().toArray(String[]::new));
    for (var telling : server.proxiesTell()) {
      proxies =
          switch (telling) {
            case "proxy_protocol" -> proxies.proxyProtocol();
            case "x_forwarded_for" -> proxies.forwardedFor();
            case "forwarded" -> proxies.forwarded();
            default -> throw new IllegalArgumentException("'" + telling + "' is not known");
          };
    }
    return proxies;
  }

  private void proxies() {
    var server = config.httpServer();
    try {
      var unused = proxies(server);
    } catch (IllegalArgumentException wrong) {
      problems.add("http_server.proxies: " + wrong.getMessage());
    }
    if (server.proxies().isEmpty() != server.proxiesTell().isEmpty()) {
      problems.add("http_server.proxies_tell: is needed with http_server.proxies, and only then");
    }
    var client = config.client();
    if (client.commandRateLimit() > client.commandBurst()) {
      problems.add("client.command_burst: must not be below client.command_rate_limit");
    }
    shared("client.user_limits", client.userLimits());
    shared("client.address_limits", client.addressLimits());
    if (client.byteRateLimit() > 0
        && client.byteRateLimit() < config.websocket().messageSizeLimit()) {
      problems.add("client.byte_rate_limit: must not be below websocket.message_size_limit");
    }
  }

  private void shared(String section, SharedLimits limits) {
    try {
      var unused = limits.quota();
    } catch (IllegalArgumentException wrong) {
      problems.add(section + ".byte_rate_limit: must be at most 190MiB");
    }
    if (limits.byteRateLimit() > 0
        && 10 * limits.byteRateLimit() < config.websocket().messageSizeLimit()) {
      problems.add(
          section + ".byte_rate_limit: ten seconds' worth must hold websocket.message_size_limit");
    }
  }

  private void certificates() {
    var certificate = config.client().certificate();
    var server = config.httpServer();
    if (certificate.caPemFile().isEmpty()) {
      if (certificate.required()
          || !certificate.crlFiles().isEmpty()
          || !certificate.proxyHeader().isEmpty()) {
        problems.add("client.certificate.ca_pem_file: is needed by the other options beside it");
      }
      return;
    }
    file("client.certificate.ca_pem_file", certificate.caPemFile(), true);
    if (certificate.proxyHeader().isEmpty()) {
      if (server.tls().clientCaPemFile().isEmpty()) {
        problems.add(
            "client.certificate: nobody is asked for one; set http_server.tls.client_ca_pem_file,"
                + " or client.certificate.proxy_header where a proxy ends TLS");
      }
    } else if (server.proxies().isEmpty()) {
      problems.add("client.certificate.proxy_header: needs http_server.proxies");
    } else if (server.tls().enabled() && server.proxiesTell().contains("proxy_protocol")) {
      problems.add(
          "client.certificate.proxy_header: a proxy that passes on TLS cannot remove headers of"
              + " clients; use it only where the proxy ends TLS");
    }
    certificate.crlFiles().forEach(list -> file("client.certificate.crl_files", list, true));
  }

  private void file(String option, String path, boolean needed) {
    if (path.isEmpty()) {
      if (needed) {
        problems.add(option + ": must be set where TLS is enabled");
      }
    } else if (!Files.isReadable(Path.of(path))) {
      problems.add(option + ": " + path + " cannot be read");
    }
  }

  /**
   * Which pages may connect.
   *
   * @throws IllegalArgumentException if one is not an origin
   */
  static Predicate<UpgradeRequest> origins(List<String> allowed) {
    var policy = OriginPolicy.sameOrigin();
    for (var origin : allowed) {
      policy = origin.equals("*") ? OriginPolicy.anyOrigin() : policy.allow(origin);
      if (origin.equals("*")) {
        break;
      }
    }
    var rule = policy;
    return request ->
        rule.check(
                request.headers().all("Origin"),
                request.secure(),
                request.host().orElse(""),
                request.hasCookies())
            .allowed();
  }
}

package dev.dunlin.app;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The configuration of the program, as records; the annotations are its one schema. Names are those
 * that users of Centrifugo know, where they exist. {@link ConfigRules} checks what one option alone
 * cannot know.
 */
record Config(
    @Option(
            value = "A set of defaults for a kind of place: none, public_internet or trusted_lan",
            fallback = "none",
            consequence = "options that are set anywhere win over the preset",
            reloads = true)
        Preset preset,
    HttpServer httpServer,
    Websocket websocket,
    Client client,
    Channel channel,
    Rpc rpc,
    @Option("Back ends by name, for the namespaces that ask another one than the default")
        List<NamedBackend> proxies,
    Events events,
    HttpApi httpApi,
    Console console,
    Broker broker,
    @Option("Brokers by name, for the namespaces that have another one than broker")
        List<NamedBroker> brokers,
    Node node,
    Log log,
    Shutdown shutdown,
    Toggle health,
    Toggle prometheus,
    OpenTelemetry opentelemetry) {

  /** Where it listens. */
  record HttpServer(
      @Option(
              value = "The address to listen at; empty for all addresses of the machine",
              consequence = "development mode takes loopback only")
          String address,
      @Option(
              value = "The port for clients, and for everything else unless internal_port is set",
              fallback = "8000",
              consequence = "0 takes any free port")
          int port,
      @Option(
              value = "A port of its own for API, metrics, health and console",
              fallback = "0",
              consequence = "0: they are on the port for clients")
          int internalPort,
      @Option(value = "The address of the internal port; empty for all", fallback = "127.0.0.1")
          String internalAddress,
      @Option(
              value = "A proxy in front of the server ends TLS",
              fallback = "false",
              consequence = "the preset public_internet demands this or tls.enabled")
          boolean behindTlsProxy,
      @Option(
              value = "The largest body of an HTTP request",
              fallback = "1MiB",
              bytes = true,
              least = 1024,
              consequence = "beyond it the answer is 413",
              reloads = true)
          long maxRequestBodySize,
      @Option(
              value = "The most WebSocket connections at a time",
              fallback = "0",
              consequence =
                  "beyond it the answer is 503 with Retry-After; 0: the limit on open files less"
                      + " 500",
              reloads = true)
          int connectionLimit,
      @Option(
              value = "The most WebSocket connections from one remote address, loopback excepted",
              fallback = "1000",
              consequence = "beyond it the answer is 503; 0: no limit, as behind a proxy",
              reloads = true)
          int connectionLimitPerAddress,
      @Option(
              value = "The most new connections in a second, in the mean",
              fallback = "2000",
              consequence = "beyond it the answer is 503 with Retry-After; 0: no limit",
              reloads = true)
          int connectionRateLimit,
      @Option(
              value = "The most new connections from one remote address in a second, in the mean",
              fallback = "200",
              consequence =
                  "beyond it the answer is 503 with Retry-After; loopback is excepted; 0: no limit",
              reloads = true)
          int connectionRateLimitPerAddress,
      @Option(
              value = "Proxies in front of the server: addresses, or blocks such as 10.0.0.0/8",
              consequence = "what others say about clients' addresses counts for nothing")
          List<String> proxies,
      @Option(
              value =
                  "How these proxies say for whom they speak: proxy_protocol, x_forwarded_for,"
                      + " forwarded (RFC 7239)",
              consequence =
                  "limits per address count the right-most address that is not a proxy's; with"
                      + " proxy_protocol, proxies that do not begin with it are cut")
          List<String> proxiesTell,
      @Option(
              value = "Invalid tokens from one address within a minute, loopback excepted",
              fallback = "60",
              consequence =
                  "beyond it upgrades get 429 and connect commands error 111, whatever they show;"
                      + " 0: no limit",
              reloads = true)
          int failedAuthenticationLimit,
      Tls tls,
      Tls internalTls) {}

  /** Encryption of a port. */
  record Tls(
      @Option(value = "Whether the port speaks TLS", fallback = "false") boolean enabled,
      @Option(value = "The certificate chain, a PEM file", reloads = true) String certPemFile,
      @Option(value = "Its private key, a PEM file (PKCS #8, not encrypted)", reloads = true)
          String keyPemFile,
      @Option(
              value = "The authorities of client certificates, a PEM file",
              consequence = "if set, clients are asked for a certificate",
              reloads = true)
          String clientCaPemFile,
      @Option(
              value = "Whether a client certificate is required or optional",
              fallback = "required",
              consequence =
                  "required: whoever has no certificate of these authorities cannot connect",
              reloads = true)
          ClientAuth clientAuth,
      @Option(
              value = "The most TLS handshakes in a second, in the mean",
              fallback = "0",
              consequence =
                  "beyond it the connection is closed without an answer; 0: what half of the"
                      + " processors carry",
              reloads = true)
          int handshakeRateLimit) {}

  /** What is asked of those who connect over TLS. */
  enum ClientAuth {
    REQUIRED,
    OPTIONAL
  }

  /** The WebSocket transport. */
  record Websocket(
      @Option(
              value = "The largest message of a client, in bytes after inflation",
              fallback = "64KiB",
              bytes = true,
              least = 1024,
              consequence = "beyond it the connection closes with 1009, for good with most SDKs",
              reloads = true)
          long messageSizeLimit,
      @Option(value = "Whether messages are compressed where clients agree", fallback = "true")
          boolean compression,
      @Option(
              value = "How long a write may make no progress",
              fallback = "10s",
              least = 100,
              consequence = "then the connection is cut",
              reloads = true)
          Duration writeTimeout,
      @Option(
              value = "The send buffer of a socket (SO_SNDBUF); 0 leaves it to the kernel",
              fallback = "64KiB",
              bytes = true,
              reloads = true)
          long sendBufferSize) {}

  /** Who connects, and the limits of a connection. */
  record Client(
      @Option(
              value =
                  "Origins of the pages that may connect beside those of the server's own origin",
              consequence =
                  "other pages get 403; a port may be *, a host may begin with *.; \"*\" allows"
                      + " all")
          List<String> allowedOrigins,
      TokenOptions token,
      SubscriptionTokenOptions subscriptionToken,
      @Option(
              value =
                  "Where an upgrade may carry a token, for clients whose connect command has none:"
                      + " authorization, subprotocol, cookie, query",
              fallback = "authorization, subprotocol",
              consequence =
                  "one that is not accepted gets 401; query is INSECURE, since addresses end up in"
                      + " logs; [] for none")
          List<String> tokenCarriers,
      CertificateOptions certificate,
      @Option(
              value = "The secret from which each connection's key for signed messages is derived",
              consequence =
                  "at least 32 bytes; unset: only clients whose token names a key (cnf) can sign")
          Secret signingSecret,
      @Option(
              value = "Clients without a token connect as the anonymous user",
              fallback = "false",
              consequence = "they have the permissions that namespaces give to anonymous users")
          boolean allowAnonymousConnectWithoutToken,
      PersonalChannel subscribeToUserPersonalChannel,
      ClientProxy proxy,
      @Option(
              value = "The time between pings to a client",
              fallback = "25s",
              least = 1000,
              reloads = true)
          Duration pingInterval,
      @Option(
              value = "How long a client may take to answer a ping",
              fallback = "8s",
              least = 100,
              consequence = "then it is closed with 3012; must be shorter than ping_interval",
              reloads = true)
          Duration pongTimeout,
      @Option(
              value = "How long a client may take to send its connect command",
              fallback = "10s",
              least = 100,
              consequence = "then it is closed with 3502",
              reloads = true)
          Duration staleCloseDelay,
      @Option(
              value = "How long after its end a connection or subscription may be refreshed",
              fallback = "25s",
              consequence = "then 3005 closes the connection, 2501 ends the subscription",
              reloads = true)
          Duration expiredCloseDelay,
      @Option(
              value = "The most channels of a connection",
              fallback = "128",
              least = 1,
              consequence = "beyond it error 106",
              reloads = true)
          int channelLimit,
      @Option(
              value = "The most connections of a user to one node",
              fallback = "0",
              consequence = "beyond it the new one is closed with 3504, for good; 0: no limit",
              reloads = true)
          int userConnectionLimit,
      @Option(
              value = "New connections of a user to one node in a second, in the mean over ten",
              fallback = "0",
              reloads = true,
              consequence = "beyond it error 111; 0: no limit")
          int userConnectRateLimit,
      SharedLimits userLimits,
      SharedLimits addressLimits,
      @Option(
              value = "Commands of a connection a second, in the mean",
              fallback = "0",
              consequence = "beyond it error 111, then 3509 for who goes on; 0: no limit",
              reloads = true)
          int commandRateLimit,
      @Option(
              value = "How many commands may come at once after a quiet time",
              fallback = "200",
              least = 1,
              consequence = "SDKs send all their subscriptions at once when they connect",
              reloads = true)
          int commandBurst,
      @Option(
              value = "Messages of a connection a second, in the mean",
              fallback = "0",
              reloads = true,
              consequence = "beyond it the connection closes with 1008; 0: no limit")
          int messageRateLimit,
      @Option(
              value = "Bytes of messages of a connection a second, in the mean",
              fallback = "0",
              bytes = true,
              consequence = "beyond it the connection closes with 1008; 0: no limit",
              reloads = true)
          long byteRateLimit,
      @Option(
              value = "What may wait for a client that reads slowly",
              fallback = "1MiB",
              bytes = true,
              least = 4096,
              consequence = "beyond it the client is closed with 3008 and recovers",
              reloads = true)
          long queueMaxSize,
      @Option(
              value = "The most publications of a history call or a recovery",
              fallback = "300",
              least = 1,
              consequence = "a larger gap is answered recovered: false",
              reloads = true)
          int recoveryMaxPublicationLimit,
      @Option(
              value = "How often presence is renewed",
              fallback = "25s",
              least = 1000,
              reloads = true)
          Duration presenceUpdateInterval,
      @Option(
              value = "How long presence lasts unless renewed",
              fallback = "60s",
              least = 2000,
              consequence = "must be longer than presence_update_interval",
              reloads = true)
          Duration presenceTtl,
      @Option(
              value = "How often the position of a subscription is compared with its stream",
              fallback = "5s",
              least = 100,
              consequence = "a lost publication is noticed within twice this time",
              reloads = true)
          Duration positionCheckInterval) {}

  /** A channel of every user's own. */
  record PersonalChannel(
      @Option(
              value = "Every user is subscribed to a personal channel by connecting",
              fallback = "false")
          boolean enabled,
      @Option("The namespace of personal channels; empty for none")
          String personalChannelNamespace) {}

  /** Which back end decides about connections. */
  record ClientProxy(Backend connect, Backend refresh) {}

  /** A back end that is asked over HTTP. */
  record Backend(
      @Option(value = "Whether it is asked", fallback = "false") boolean enabled,
      @Option("Where it is asked: an http or https URL that takes POST") String endpoint,
      @Option(
              value = "How long it may take to answer",
              fallback = "1s",
              least = 10,
              consequence = "then the client is told error 100 and tries again")
          Duration timeout,
      @Option("Headers sent with every question, such as an API key of the back end")
          Map<String, Secret> staticHeaders,
      @Option(
              value = "Headers of the client's own request that are passed on, such as Cookie",
              consequence = "each is kept in memory as long as the client is connected")
          List<String> httpHeaders,
      @Option(
              value = "What statuses other than 200 mean",
              consequence = "a status that is not listed is no answer: error 100")
          List<StatusMeaning> httpStatusToCodeTransforms) {}

  /** What a status of a back end means: an error or a disconnect. */
  record StatusMeaning(
      @Option(value = "The status", fallback = "0") int statusCode,
      MeantError toError,
      MeantDisconnect toDisconnect) {}

  /** An error told by a status. */
  record MeantError(
      @Option(
              value = "The error's code, 400 to 1999 or one of the protocol's",
              fallback = "0",
              consequence = "0: the status is no error")
          int code,
      @Option("The error's message") String message,
      @Option(value = "Whether the client tries again by itself", fallback = "false")
          boolean temporary) {}

  /** A disconnect told by a status. */
  record MeantDisconnect(
      @Option(
              value = "The code that the connection closes with, 4000 to 4999 or the protocol's",
              fallback = "0",
              consequence = "0: the status is no disconnect")
          int code,
      @Option("The reason") String reason) {}

  /** What a back end is told, at least once and without being waited for. */
  record Events(
      @Option(
              value = "Where events are told: an http or https URL that takes POST",
              consequence = "unset: nobody is told")
          String endpoint,
      @Option(value = "How long the back end may take for one call", fallback = "3s", least = 10)
          Duration timeout,
      @Option("Headers sent with every call, such as an API key of the back end")
          Map<String, Secret> staticHeaders,
      @Option(value = "Tell of the end of every connection", fallback = "false") boolean disconnect,
      @Option(
              value = "The most events that wait while the back end does not take them",
              fallback = "100000",
              least = 1,
              consequence =
                  "beyond it new ones are lost: counted in dunlin_backend_events_total and logged")
          int queueLimit) {}

  /** A back end with a name. */
  record NamedBackend(@Option("What namespaces call it") String name, @Inline Backend backend) {}

  /** The rules of channels. */
  record Channel(
      @Option(value = "Rules of the channels without a namespace", reloads = true)
          ChannelRules withoutNamespace,
      @Option(value = "Rules by namespace", reloads = true) List<Namespace> namespaces,
      ChannelProxy proxy) {}

  /** A namespace. */
  record Namespace(
      @Option("What stands before the first colon of a channel's name") String name,
      @Inline ChannelRules rules) {}

  /** The back ends that are asked unless a namespace names another. */
  record ChannelProxy(Backend subscribe, Backend publish, Backend subRefresh) {}

  /** Remote procedure calls of clients. */
  record Rpc(Backend proxy) {}

  /** The API of back ends. */
  record HttpApi(
      @Option(
              value = "The key that back ends present, in X-API-Key or Authorization: apikey",
              reloads = true,
              consequence = "at least 16 characters; without a key the API is off")
          Secret key,
      @Option(value = "A second key, for changing keys without a gap", reloads = true)
          Secret secondKey,
      @Option(
              value = "INSECURE: the API takes everybody's calls without a key",
              fallback = "false",
              consequence = "on loopback only, and with the flag --i-understand")
          boolean insecure,
      @Option(
              value = "INSECURE: the key may stand in the address as ?api_key= too",
              fallback = "false",
              consequence = "logs of proxies then hold the key; off, such a call gets 401")
          boolean keyInQuery,
      @Option(
              value =
                  "How errors are told: default (200 with an error) or transport (by HTTP status)",
              fallback = "default")
          ErrorMode errorMode,
      @Option(
              value = "Wrong keys from one address within a minute",
              fallback = "10",
              least = 1,
              consequence = "beyond it the address gets 429 until a minute has passed",
              reloads = true)
          int maxKeyFailures,
      @Option(
              value = "How long the broker may take for one call",
              fallback = "5s",
              least = 10,
              consequence = "then the answer is error 100")
          Duration timeout) {}

  /** How the API tells errors. */
  enum ErrorMode {
    DEFAULT,
    TRANSPORT
  }

  /** The web page for operators; off unless one of these is set, except in development. */
  record Console(
      @Option(
              value = "The password that opens the console",
              consequence = "unset, with no certificates listed: there is no console")
          Secret password,
      @Option(
              value =
                  "SHA-256 thumbprints in base64url of the client certificates that open the"
                      + " console",
              consequence =
                  "needs http_server.tls.client_ca_pem_file; with an internal port, that of"
                      + " http_server.internal_tls")
          List<String> certificates) {}

  /** What carries channels between nodes. */
  record Broker(
      @Option(
              value = "memory for a single node; redis or nats for several",
              fallback = "memory",
              consequence = "with memory the history ends with the process")
          String type,
      @Option(
              "The options of the broker, by name, such as {url: \"redis://127.0.0.1:6379\"};"
                  + " docs/guide/scale-out.md has them")
          Map<String, Secret> options,
      @Option(
              value = "How long the start of the program waits for it",
              fallback = "10s",
              least = 100,
              consequence = "then it ends with status 1; of several brokers the longest counts")
          Duration startTimeout) {}

  /** One of the brokers that namespaces may choose instead. */
  record NamedBroker(
      @Option("What broker_name of a namespace calls it") String name, @Inline Broker broker) {}

  /** This node. */
  record Node(
      @Option(
              value = "What the node is called in the answers of info",
              consequence = "unset: host name and port")
          String name) {}

  /** The log. */
  record Log(
      @Option(
              value = "error, warn, info, debug or trace; the variable DUNLIN_LOG and -v win",
              fallback = "info",
              reloads = true)
          LogLevel level,
      LogAreas areas,
      @Option(value = "text or json, one object a line", fallback = "text") LogFormat format) {}

  /** How the log is written. */
  enum LogFormat {
    TEXT,
    JSON
  }

  /** The end. */
  record Shutdown(
      @Option(
              value = "The time over which SIGTERM spreads the closes of connections, at most",
              fallback = "20s",
              consequence = "few connections are closed faster: 2 ms each",
              reloads = true)
          Duration spread,
      @Option(
              value = "How long the end may take",
              fallback = "30s",
              least = 100,
              consequence = "connections left then are cut",
              reloads = true)
          Duration timeout) {}

  /** Something that can be switched off. */
  record Toggle(@Option(value = "Whether it is served", fallback = "true") boolean enabled) {}

  /** Who is sent the metrics. */
  record OpenTelemetry(
      @Option(
              value =
                  "Where metrics are sent: the URL of a collector that takes OTLP over HTTP in"
                      + " JSON, such as http://localhost:4318/v1/metrics",
              consequence = "unset: they are not sent, and can be fetched at /metrics all the same")
          String endpoint,
      @Option(value = "How often", fallback = "60s", least = 100) Duration interval,
      @Option(
              value = "How long the collector may take",
              fallback = "10s",
              least = 10,
              consequence = "then the message is given up; the next one has newer figures")
          Duration timeout,
      @Option("Headers sent along, such as a key of the collector") Map<String, Secret> headers) {}
}

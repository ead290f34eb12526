package dev.dunlin.app;

import dev.dunlin.app.Fields.Malformed;
import dev.dunlin.centrifuge.Client;
import dev.dunlin.centrifuge.ErrorCode;
import dev.dunlin.centrifuge.Hooks;
import dev.dunlin.centrifuge.Hooks.Refreshed;
import dev.dunlin.centrifuge.NamespaceOptions;
import dev.dunlin.centrifuge.Rejection;
import dev.dunlin.centrifuge.SubscribeOptions;
import dev.dunlin.channels.PublishOptions;
import dev.dunlin.websocket.Close;
import dev.dunlin.websocket.CloseCode;
import dev.dunlin.websocket.Closed;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JsonGenerator;

/**
 * Lets a back end decide over HTTP: connect, refresh, subscribe, publish, rpc, sub_refresh, as
 * {@link Backend} asks; and tells it what has happened, as {@link BackendEvents} does. A back end
 * that does not answer in time, or not sensibly, gives error 100, which clients try again;
 * connections and subscriptions that are about to end go on a minute meanwhile.
 */
final class BackendHooks implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(BackendHooks.class);
  private static final Duration GRACE = Duration.ofMinutes(1);

  /** How long the end of the server waits for events to be taken. */
  private static final Duration FAREWELL = Duration.ofSeconds(5);

  private final Config config;
  private final Function<String, Optional<NamespaceOptions>> rules;
  private final Backend backend;

  private final Optional<BackendEvents> events;

  /**
   * Hooks.
   *
   * @param rules the options of a channel as they are now
   * @param node a name of this life of the process
   */
  BackendHooks(
      Config config,
      Function<String, Optional<NamespaceOptions>> rules,
      String node,
      Backend.Meter meter,
      BackendEvents.Meter eventMeter) {
    this.config = config;
    this.rules = rules;
    this.backend = new Backend(meter);
    this.events =
        config.events().endpoint().isEmpty()
            ? Optional.empty()
            : Optional.of(
                new BackendEvents(
                    config.events(), backend, node, FAREWELL, eventMeter, System::nanoTime));
  }

  /** How many events wait to be told. */
  int eventsWaiting() {
    return events.map(BackendEvents::waiting).orElse(0);
  }

  /** All headers of clients that any back end wants to see. */
  Set<String> headers() {
    var client = config.client().proxy();
    var channel = config.channel().proxy();
    return Stream.concat(
            Stream.of(
                client.connect(),
                client.refresh(),
                config.rpc().proxy(),
                channel.subscribe(),
                channel.publish(),
                channel.subRefresh()),
            config.proxies().stream().map(Config.NamedBackend::backend))
        .flatMap(each -> each.httpHeaders().stream())
        .collect(Collectors.toUnmodifiableSet());
  }

  /** Procedures that the API calls: asked as those that clients call, but on nobody's behalf. */
  ApiMethods.Procedures procedures() {
    var options = config.rpc().proxy();
    return (method, params) -> {
      if (!options.enabled()) {
        throw Rejection.error(ErrorCode.METHOD_NOT_FOUND);
      }
      var result =
          backend.ask(
              address(options, Map.of()),
              "rpc",
              Json.object(json -> {
                json.writeStringProperty("method", method);
                Json.payload(json, "data", params);
              }));
      return sensible("rpc", () -> result.payload("data"));
    };
  }

  /** The hooks that the configuration asks for. */
  Hooks hooks() {
    var hooks = Hooks.NONE;
    var client = config.client().proxy();
    if (client.connect().enabled()) {
      hooks = hooks.onConnect(event -> connect(client.connect(), event));
    }
    if (client.refresh().enabled()) {
      hooks = hooks.onRefresh(event -> refresh(client.refresh(), "refresh", event));
    }
    if (config.rpc().proxy().enabled()) {
      hooks = hooks.onRpc(event -> rpc(config.rpc().proxy(), event));
    }
    if (events.isPresent()) {
      var told = events.get();
      hooks =
          hooks
              .onOccupied(channel -> state(told, "occupied", channel))
              .onVacated(channel -> state(told, "vacated", channel));
    }
    return hooks
        .onSubscribe(where(NamespaceOptions::subscribeProxyEnabled), this::subscribe)
        .onPublish(where(NamespaceOptions::publishProxyEnabled), this::publish)
        .onSubRefresh(where(NamespaceOptions::subRefreshProxyEnabled), this::subRefresh);
  }

  private void state(BackendEvents told, String type, String channel) {
    if (rules.apply(channel).filter(NamespaceOptions::stateEvents).isPresent()) {
      told.tell(type, json -> json.writeStringProperty("channel", channel));
    }
  }

  /** A client has gone. */
  void disconnected(Client client, Closed closed) {
    if (events.isEmpty() || !config.events().disconnect()) {
      return;
    }
    var close = closed.sent().or(closed::received);
    int code = close.map(frame -> frame.code().value()).orElse(CloseCode.ABNORMAL.value());
    var reason = close.map(Close::reason).orElse("");
    var id = client.id();
    var user = client.user();
    var meta = client.meta().getBytes(StandardCharsets.UTF_8);
    events
        .get()
        .tell(
            "disconnect",
            json -> {
              json.writeStringProperty("client", id);
              json.writeStringProperty("user", user);
              Json.payload(json, "meta", meta);
              json.writeNumberProperty("code", code);
              json.writeStringProperty("reason", reason);
            });
  }

  private Predicate<String> where(Predicate<NamespaceOptions> enabled) {
    return channel -> rules.apply(channel).filter(enabled).isPresent();
  }

  // ---- connections

  private Hooks.Connected connect(Config.Backend options, Hooks.Connect event) throws Exception {
    var result =
        ask(
            options,
            "connect",
            event.client(),
            json -> {
              client(json, event.client());
              json.writeStringProperty("name", event.client().name());
              json.writeStringProperty("version", event.client().version());
              Json.payload(json, "data", event.data());
            });
    return sensible(
        "connect",
        () ->
            new Hooks.Connected(
                result.text("user"),
                result.payload("info"),
                result.payload("data"),
                SubscriptionFields.subscriptions(result),
                result.instant("expire_at"),
                new String(result.raw("meta"), StandardCharsets.UTF_8)));
  }

  private Refreshed refresh(Config.Backend options, String event, Hooks.Refresh refresh)
      throws Exception {
    Fields result;
    try {
      result =
          backend.ask(
              address(options, refresh.client().headers()),
              event,
              Json.object(json -> {
                client(json, refresh.client());
                user(json, refresh.client());
                refresh
                    .channel()
                    .ifPresent(channel -> json.writeStringProperty("channel", channel));
              }));
    } catch (Backend.Unavailable later) {
      return new Refreshed(Optional.of(Instant.now().plus(GRACE)), Optional.empty());
    }
    return sensible(
        event,
        () -> {
          if (result.flag("expired")) {
            throw Rejection.error(ErrorCode.EXPIRED);
          }
          var info = result.payload("info");
          return new Refreshed(
              result.instant("expire_at"), info.length == 0 ? Optional.empty() : Optional.of(info));
        });
  }

  // ---- channels

  private Config.Backend named(String name, Config.Backend fallback) {
    return config.proxies().stream()
        .filter(proxy -> proxy.name().equals(name))
        .map(Config.NamedBackend::backend)
        .findFirst()
        .orElse(fallback);
  }

  /** The rules may have been replaced between the question whether to ask and this one. */
  private NamespaceOptions rules(String channel) {
    return rules.apply(channel).orElseThrow(() -> Rejection.error(ErrorCode.UNKNOWN_CHANNEL));
  }

  private SubscribeOptions subscribe(Hooks.Subscribe event) throws Exception {
    var options =
        named(rules(event.channel()).subscribeProxyName(), config.channel().proxy().subscribe());
    var result =
        ask(
            options,
            "subscribe",
            event.client(),
            json -> {
              client(json, event.client());
              user(json, event.client());
              json.writeStringProperty("channel", event.channel());
              Json.payload(json, "data", event.data());
            });
    return sensible("subscribe", () -> SubscriptionFields.options(result));
  }

  private Hooks.Published publish(Hooks.Publish event) throws Exception {
    var options =
        named(rules(event.channel()).publishProxyName(), config.channel().proxy().publish());
    var result =
        ask(
            options,
            "publish",
            event.client(),
            json -> {
              client(json, event.client());
              user(json, event.client());
              json.writeStringProperty("channel", event.channel());
              Json.payload(json, "data", event.data());
            });
    return sensible(
        "publish",
        () -> {
          var data = result.payload("data");
          var published = data.length == 0 ? event.data() : data;
          boolean plain =
              !result.has("skip_history")
                  && !result.has("tags")
                  && !result.has("idempotency_key")
                  && !result.has("delta");
          return plain
              ? Hooks.Published.data(published)
              : new Hooks.Published(
                  published,
                  Optional.of(
                      PublishOptions.defaults()
                          .skipHistory(result.flag("skip_history"))
                          .delta(result.flag("delta") || rules(event.channel()).deltaPublish())
                          .tags(result.textMap("tags"))
                          .idempotencyKey(result.text("idempotency_key"))));
        });
  }

  private Refreshed subRefresh(Hooks.Refresh event) throws Exception {
    var channel = event.channel().orElse("");
    return refresh(
        named(rules(channel).subRefreshProxyName(), config.channel().proxy().subRefresh()),
        "sub_refresh",
        event);
  }

  private byte[] rpc(Config.Backend options, Hooks.Rpc event) throws Exception {
    var result =
        ask(
            options,
            "rpc",
            event.client(),
            json -> {
              client(json, event.client());
              user(json, event.client());
              json.writeStringProperty("method", event.method());
              Json.payload(json, "data", event.data());
            });
    return sensible("rpc", () -> result.payload("data"));
  }

  // ---- in common

  private static void client(JsonGenerator json, Client client) {
    json.writeStringProperty("client", client.id());
    json.writeStringProperty("transport", "websocket");
    json.writeStringProperty("protocol", client.protocol());
    json.writeStringProperty("encoding", client.protocol().equals("json") ? "json" : "binary");
  }

  private static void user(JsonGenerator json, Client client) {
    json.writeStringProperty("user", client.user());
    Json.payload(json, "meta", client.meta().getBytes(StandardCharsets.UTF_8));
  }

  /** Asks; no answer is a temporary error. */
  private Fields ask(Config.Backend options, String event, Client client, Json.Body question)
      throws InterruptedException {
    try {
      return backend.ask(address(options, client.headers()), event, Json.object(question));
    } catch (Backend.Unavailable logged) {
      throw Rejection.error(ErrorCode.INTERNAL);
    }
  }

  /** What the configuration sends wins over what the client sent. */
  private static Backend.Address address(Config.Backend options, Map<String, String> of) {
    var headers = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
    for (var name : options.httpHeaders()) {
      var value = of.get(name.toLowerCase(Locale.ROOT));
      if (value != null) {
        headers.put(name, value);
      }
    }
    headers.putAll(plain(options.staticHeaders()));
    return new Backend.Address(
        options.endpoint(), options.timeout(), headers, options.httpStatusToCodeTransforms());
  }

  /** Headers with their values in the open. */
  static Map<String, String> plain(Map<String, Secret> headers) {
    return headers.entrySet().stream()
        .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, each -> each.getValue().value()));
  }

  private interface Reading<T> {
    T read() throws Malformed;
  }

  /** What cannot be read is the back end's mistake: for the client it is as temporary as any. */
  private static <T> T sensible(String event, Reading<T> reading) {
    try {
      return reading.read();
    } catch (Malformed malformed) {
      log.warn("The back end's answer to {} makes no sense: {}", event, malformed.getMessage());
      throw Rejection.error(ErrorCode.INTERNAL);
    }
  }

  @Override
  public void close() {
    events.ifPresent(BackendEvents::close);
    backend.close();
  }
}

package dev.dunlin.app;

import dev.dunlin.app.Fields.Malformed;
import dev.dunlin.auth.AuthenticationException;
import dev.dunlin.auth.Capabilities;
import dev.dunlin.auth.Identity;
import dev.dunlin.auth.Revocation;
import dev.dunlin.auth.Tickets;
import dev.dunlin.centrifuge.Disconnect;
import dev.dunlin.centrifuge.ErrorCode;
import dev.dunlin.centrifuge.Rejection;
import dev.dunlin.centrifuge.Ruling;
import dev.dunlin.centrifuge.ServerApi;
import dev.dunlin.channels.ClientInfo;
import dev.dunlin.channels.History;
import dev.dunlin.channels.HistoryQuery;
import dev.dunlin.channels.Publication;
import dev.dunlin.channels.PublishOptions;
import dev.dunlin.channels.PublishResult;
import dev.dunlin.channels.StreamPosition;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JsonGenerator;

/** The methods of the HTTP API: from the fields of a request to the answer's JSON. */
final class ApiMethods {

  private static final Logger log = LoggerFactory.getLogger(ApiMethods.class);

  /** The methods by the name that stands in the path, in the order in which they are described. */
  static final List<String> NAMES =
      List.of(
          "publish",
          "broadcast",
          "subscribe",
          "unsubscribe",
          "disconnect",
          "refresh",
          "revoke",
          "explain",
          "presence",
          "presence_stats",
          "history",
          "history_remove",
          "channels",
          "info",
          "rpc",
          "batch",
          "ticket");

  /** How long a revocation lasts that does not say. */
  private static final Duration REVOKED_FOR = Duration.ofDays(30);

  /** What a method answers: an object's members, or an error. */
  sealed interface Outcome {
    record Result(Json.Body body) implements Outcome {}

    record Failed(ErrorCode error) implements Outcome {}
  }

  /** What is known of the nodes. */
  interface NodeInfo {
    void write(JsonGenerator json);
  }

  /** What back ends answer for one another: the procedures of {@code rpc}. */
  interface Procedures {
    /**
     * Calls a procedure, and waits for its answer.
     *
     * @throws Rejection if there is none of that name, or it says no
     * @throws Backend.Unavailable if there is no answer
     */
    byte[] call(String method, byte[] params) throws Backend.Unavailable, InterruptedException;
  }

  private final ServerApi api;
  private final Tickets tickets;
  private final NodeInfo node;
  private final Procedures procedures;
  private final Duration timeout;

  ApiMethods(
      ServerApi api, Tickets tickets, NodeInfo node, Procedures procedures, Duration timeout) {
    this.api = api;
    this.tickets = tickets;
    this.node = node;
    this.procedures = procedures;
    this.timeout = timeout;
  }

  /** Calls a method that exists, waiting for the broker. On a virtual thread. */
  Outcome call(String method, Fields request) throws Malformed {
    try {
      return stage(method, request)
          .toCompletableFuture()
          .orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
          .join();
    } catch (Rejection refused) {
      return failed(method, refused);
    } catch (CompletionException failure) {
      return failed(method, failure.getCause() == null ? failure : failure.getCause());
    }
  }

  private static Outcome failed(String method, Throwable failure) {
    if (failure instanceof Rejection refused) {
      return new Outcome.Failed(refused.error().orElse(ErrorCode.BAD_REQUEST));
    }
    if (failure instanceof TimeoutException) {
      log.warn("API method {} got no answer from the broker in time", method);
    } else {
      log.warn("API method {} failed", method, failure);
    }
    return new Outcome.Failed(ErrorCode.INTERNAL);
  }

  private CompletionStage<Outcome> stage(String method, Fields request) throws Malformed {
    return switch (method) {
      case "publish" ->
          api.publish(channel(request), data(request), publishOptions(request))
              .thenApply(ApiMethods::published);
      case "broadcast" -> broadcast(request);
      case "subscribe" ->
          api.subscribe(target(request), channel(request), SubscriptionFields.options(request))
              .thenApply(ApiMethods::done);
      case "unsubscribe" ->
          api.unsubscribe(target(request), request.text("channel")).thenApply(ApiMethods::done);
      case "disconnect" -> disconnect(request);
      case "refresh" -> refresh(request);
      case "revoke" -> revoke(request);
      case "explain" -> explain(request);
      case "presence" ->
          api.presence(channel(request))
              .thenApply(clients ->
                  new Outcome.Result(json -> {
                    json.writeObjectPropertyStart("presence");
                    clients.forEach((id, info) -> {
                      json.writeName(id);
                      json.writeStartObject();
                      client(json, info);
                      json.writeEndObject();
                    });
                    json.writeEndObject();
                  }));
      case "presence_stats" ->
          api.presenceStats(channel(request))
              .thenApply(stats ->
                  new Outcome.Result(json -> {
                    json.writeNumberProperty("num_clients", stats.clients());
                    json.writeNumberProperty("num_users", stats.users());
                  }));
      case "history" ->
          api.history(channel(request), query(request)).thenApply(ApiMethods::history);
      case "history_remove" -> api.removeHistory(channel(request)).thenApply(ApiMethods::done);
      case "channels" -> channels(request);
      case "info" -> now(new Outcome.Result(node::write));
      case "rpc" -> rpc(request);
      case "batch" -> now(ApiBatch.of(request).call(this));
      case "ticket" -> ticket(request);
      default -> throw new IllegalArgumentException("no method " + method);
    };
  }

  private static CompletionStage<Outcome> now(Outcome outcome) {
    return CompletableFuture.completedStage(outcome);
  }

  private static Outcome done(@SuppressWarnings("unused") Void nothing) {
    return new Outcome.Result(json -> {});
  }

  // ---- publish and broadcast

  private static String channel(Fields request) throws Malformed {
    var channel = request.text("channel");
    if (channel.isEmpty()) {
      throw Rejection.error(ErrorCode.BAD_REQUEST);
    }
    return channel;
  }

  private static byte[] data(Fields request) throws Malformed {
    var data = request.payload("data");
    if (data.length == 0) {
      throw Rejection.error(ErrorCode.BAD_REQUEST);
    }
    return data;
  }

  private static UnaryOperator<PublishOptions> publishOptions(Fields request) throws Malformed {
    boolean skipHistory = request.flag("skip_history");
    boolean delta = request.flag("delta");
    var tags = request.textMap("tags");
    var key = request.text("idempotency_key");
    long version = request.number("version");
    var versionEpoch = request.text("version_epoch");
    if (version < 0) {
      throw new Malformed("version is negative");
    }
    return options ->
        options
            .skipHistory(skipHistory)
            .delta(delta || options.delta())
            .tags(tags)
            .idempotencyKey(key)
            .version(version, versionEpoch);
  }

  private static Outcome published(PublishResult result) {
    return new Outcome.Result(json -> position(json, result.position()));
  }

  private static void position(JsonGenerator json, StreamPosition position) {
    json.writeNumberProperty("offset", position.offset());
    json.writeStringProperty("epoch", position.epoch());
  }

  private CompletionStage<Outcome> broadcast(Fields request) throws Malformed {
    var channels = request.texts("channels");
    if (channels.isEmpty()) {
      throw Rejection.error(ErrorCode.BAD_REQUEST);
    }
    var outcomes =
        api.broadcast(channels, data(request), publishOptions(request)).stream()
            .map(stage ->
                stage
                    .handle((result, failure) ->
                        failure == null ? published(result) : failed("broadcast", cause(failure)))
                    .toCompletableFuture())
            .toList();
    return CompletableFuture.allOf(outcomes.toArray(CompletableFuture<?>[]::new))
        .thenApply(all ->
            new Outcome.Result(json -> {
              json.writeArrayPropertyStart("responses");
              for (var outcome : outcomes) {
                json.writeStartObject();
                write(json, outcome.join());
                json.writeEndObject();
              }
              json.writeEndArray();
            }));
  }

  private static Throwable cause(Throwable failure) {
    return failure instanceof CompletionException wrapped && wrapped.getCause() != null
        ? wrapped.getCause()
        : failure;
  }

  /** Adds {@code result} or {@code error}. */
  static void write(JsonGenerator json, Outcome outcome) {
    switch (outcome) {
      case Outcome.Result result -> {
        json.writeObjectPropertyStart("result");
        result.body().write(json);
        json.writeEndObject();
      }
      case Outcome.Failed failed -> error(json, failed.error());
    }
  }

  static void error(JsonGenerator json, ErrorCode error) {
    json.writeObjectPropertyStart("error");
    json.writeNumberProperty("code", error.code());
    json.writeStringProperty("message", error.message());
    json.writeEndObject();
  }

  // ---- connections

  private static ServerApi.Target target(Fields request) throws Malformed {
    return new ServerApi.Target(
        request.text("user"), name(request, "client"), name(request, "session"));
  }

  private static Optional<String> name(Fields request, String member) throws Malformed {
    return Optional.of(request.text(member)).filter(name -> !name.isEmpty());
  }

  private CompletionStage<Outcome> disconnect(Fields request) throws Malformed {
    var disconnect = Disconnect.FORCE_DISCONNECT;
    var wanted = request.object("disconnect");
    if (wanted.isPresent()) {
      disconnect = SubscriptionFields.disconnect(wanted.get());
    }
    return api.disconnect(target(request), Set.copyOf(request.texts("whitelist")), disconnect)
        .thenApply(ApiMethods::done);
  }

  private CompletionStage<Outcome> refresh(Fields request) throws Malformed {
    var target = target(request);
    var end = request.instant("expire_at");
    var info = request.payload("info");
    var done =
        request.flag("expired")
            ? api.disconnect(target, Set.of(), Disconnect.CONNECTION_EXPIRED)
            : api.refresh(target, end, info.length == 0 ? Optional.empty() : Optional.of(info));
    return done.thenApply(ApiMethods::done);
  }

  /** One thing is withdrawn: a token, what was issued before a time, or a user. */
  private CompletionStage<Outcome> revoke(Fields request) throws Malformed {
    var user = name(request, "user");
    var token = name(request, "token");
    var before = request.instant("issued_before");
    var until = request.instant("until").orElseGet(() -> Instant.now().plus(REVOKED_FOR));
    if (user.isEmpty() && request.has("user")) { // nobody is not to be taken for everybody
      throw Rejection.error(ErrorCode.BAD_REQUEST);
    }
    var revocation =
        token
            .<Revocation>map(id -> new Revocation.OfToken(id, until))
            .or(() -> before.map(time -> new Revocation.IssuedBefore(user, time, until)))
            .or(() -> user.map(id -> new Revocation.OfUser(id, until)))
            .orElseThrow(() -> Rejection.error(ErrorCode.BAD_REQUEST));
    return api.revoke(revocation).thenApply(ApiMethods::done);
  }

  /** Says which rule decides; a token that is not accepted decides before all. */
  private CompletionStage<Outcome> explain(Fields request) throws Malformed {
    var operation = operation(request.text("operation"));
    var channel = channel(request);
    var user = request.text("user");
    boolean subscribed = request.flag("subscribed");
    var token = name(request, "token");
    if (token.isEmpty()) {
      return now(explained(api.explain(user, Capabilities.none(), operation, channel, subscribed)));
    }
    return api.identify(token.get())
        .handle((identity, failure) -> {
          try {
            if (failure != null) {
              throw AuthenticationException.of(failure);
            }
            return explained(
                api.explain(
                    identity.subject(),
                    Capabilities.of(identity.claims()),
                    operation,
                    channel,
                    subscribed));
          } catch (AuthenticationException refused) {
            return explained("refused", "the token is not accepted: " + refused.detail());
          }
        });
  }

  private static Outcome explained(Ruling ruling) {
    return explained(ruling.outcome().name().toLowerCase(Locale.ROOT), ruling.because());
  }

  private static Outcome explained(String outcome, String because) {
    return new Outcome.Result(json -> {
      json.writeStringProperty("outcome", outcome);
      json.writeStringProperty("because", because);
    });
  }

  private static Capabilities.Operation operation(String name) {
    return switch (name) {
      case "sub" -> Capabilities.Operation.SUBSCRIBE;
      case "pub" -> Capabilities.Operation.PUBLISH;
      case "hst" -> Capabilities.Operation.HISTORY;
      case "prs" -> Capabilities.Operation.PRESENCE;
      default -> throw Rejection.error(ErrorCode.BAD_REQUEST);
    };
  }

  // ---- channels

  static void client(JsonGenerator json, ClientInfo info) {
    json.writeStringProperty("client", info.client());
    json.writeStringProperty("user", info.user());
    Json.payload(json, "conn_info", Json.bytes(info.connInfo()));
    Json.payload(json, "chan_info", Json.bytes(info.chanInfo()));
  }

  /** No limit gives the position alone, a negative one all there is. */
  private static HistoryQuery query(Fields request) throws Malformed {
    long limit = Math.min(Integer.MAX_VALUE, Math.max(HistoryQuery.ALL, request.number("limit")));
    var since = request.position("since");
    return request.flag("reverse")
        ? HistoryQuery.before(since.orElse(StreamPosition.END), (int) limit)
        : HistoryQuery.since(since.orElse(StreamPosition.START), (int) limit);
  }

  private static Outcome history(History history) {
    return new Outcome.Result(json -> {
      json.writeArrayPropertyStart("publications");
      for (var publication : history.publications()) {
        json.writeStartObject();
        publication(json, publication);
        json.writeEndObject();
      }
      json.writeEndArray();
      position(json, history.position());
    });
  }

  private static void publication(JsonGenerator json, Publication publication) {
    Json.payload(json, "data", Json.bytes(publication.data()));
    if (publication.info().isPresent()) {
      json.writeObjectPropertyStart("info");
      client(json, publication.info().get());
      json.writeEndObject();
    }
    json.writeNumberProperty("offset", publication.offset());
    if (!publication.tags().isEmpty()) {
      json.writeObjectPropertyStart("tags");
      publication.tags().forEach(json::writeStringProperty);
      json.writeEndObject();
    }
  }

  private CompletionStage<Outcome> channels(Fields request) throws Malformed {
    return api.allChannels(request.text("pattern"))
        .thenApply(channels ->
            new Outcome.Result(json -> {
              json.writeObjectPropertyStart("channels");
              channels.forEach((name, clients) -> {
                json.writeObjectPropertyStart(name);
                json.writeNumberProperty("num_clients", clients);
                json.writeEndObject();
              });
              json.writeEndObject();
            }));
  }

  // ---- procedures

  private CompletionStage<Outcome> rpc(Fields request) throws Malformed {
    var method = request.text("method");
    if (method.isEmpty()) {
      throw Rejection.error(ErrorCode.BAD_REQUEST);
    }
    try {
      var data = procedures.call(method, request.payload("params"));
      return now(new Outcome.Result(json -> Json.payload(json, "data", data)));
    } catch (Backend.Unavailable later) {
      return now(new Outcome.Failed(ErrorCode.INTERNAL));
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(stopped);
    }
  }

  // ---- tickets

  /** A one-time ticket: whoever opens a connection with it is the user, without a token. */
  private CompletionStage<Outcome> ticket(Fields request) throws Malformed {
    var user = request.text("user");
    if (user.isEmpty()) {
      throw Rejection.error(ErrorCode.BAD_REQUEST);
    }
    var end = request.instant("expire_at");
    var claims =
        Json.text(json -> {
          json.writeStringProperty("sub", user);
          json.writeNumberProperty("iat", Instant.now().getEpochSecond());
          end.ifPresent(at -> json.writeNumberProperty("exp", at.getEpochSecond()));
          for (var name : List.of("info", "meta", "channels", "subs")) {
            if (request.has(name)) {
              json.writeName(name);
              json.writeRawValue(
                  new String(request.raw(name), java.nio.charset.StandardCharsets.UTF_8));
            }
          }
        });
    return now(
        tickets
            .issue(new Identity(user, List.of(), claims))
            .<Outcome>map(
                ticket -> new Outcome.Result(json -> json.writeStringProperty("ticket", ticket)))
            .orElse(new Outcome.Failed(ErrorCode.TOO_MANY_REQUESTS)));
  }
}

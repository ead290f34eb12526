package dev.dunlin.centrifuge;

import dev.dunlin.auth.AuthenticationException;
import dev.dunlin.auth.Capabilities;
import dev.dunlin.auth.Identity;
import dev.dunlin.channels.StreamPosition;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Carries out {@code connect}: who it is, for how long, and which channels come with it. */
final class ConnectCommand {

  private static final int MAX_NAME = 16;
  private static final int MAX_VERSION = 64;

  private final Node node;
  private final ClientHandler client;
  private final Request.ConnectRequest request;
  private Map<String, SubscribeOptions> subscriptions = Map.of();
  private byte[] data = {};

  private ConnectCommand(Node node, ClientHandler client, Request.ConnectRequest request) {
    this.node = node;
    this.client = client;
    this.request = request;
  }

  static CompletionStage<Answer> run(
      Node node, ClientHandler client, Request.ConnectRequest request) {
    if (request.name().length() > MAX_NAME || request.version().length() > MAX_VERSION) {
      throw Rejection.disconnect(Disconnect.BAD_REQUEST);
    }
    return new ConnectCommand(node, client, request).run();
  }

  private CompletionStage<Answer> run() {
    var state = client.state();
    state.name = request.name();
    state.version = request.version();
    keepHeaders();
    return authenticate()
        .thenComposeAsync(known -> hook(), client::resume)
        .thenComposeAsync(
            allowed -> {
              client.enter();
              return subscribe();
            },
            client::resume);
  }

  /** Browsers cannot add headers to an upgrade, so they put them here. */
  private void keepHeaders() {
    var state = client.state();
    var kept = new HashMap<>(state.headers);
    request
        .headers()
        .forEach((name, value) -> {
          var key = name.toLowerCase(Locale.ROOT);
          if (node.headers().contains(key) && value.chars().allMatch(c -> c >= ' ' && c < 127)) {
            kept.putIfAbsent(key, value);
          }
        });
    state.headers = kept.isEmpty() ? Map.of() : Map.copyOf(kept);
  }

  // ---- who it is

  private CompletionStage<Void> authenticate() {
    var tokens = node.tokens();
    if (request.token().isEmpty() || tokens == null) {
      return withoutToken();
    }
    client.requireCredit();
    return tokens
        .authenticate(client.credentials(request.token()))
        .handleAsync(
            (identity, failure) -> {
              if (failure != null) {
                var refused = AuthenticationException.of(failure);
                client.refused(refused);
                throw refusal(refused);
              }
              accept(identity);
              return null;
            },
            client::resume);
  }

  /** The route may have authenticated the upgrade; a hook or the options may do without. */
  private CompletionStage<Void> withoutToken() {
    var identity = client.identity();
    if (!request.token().isEmpty()) {
      throw Rejection.disconnect(Disconnect.INVALID_TOKEN); // nobody here can verify it
    }
    if (!identity.isAnonymous()) {
      accept(identity);
    } else if (!node.anonymous() && node.hooks().connect().isEmpty()) {
      throw Rejection.disconnect(Disconnect.BAD_REQUEST);
    }
    return CompletableFuture.completedStage(null);
  }

  private static Rejection refusal(AuthenticationException failure) {
    return switch (failure.reason()) {
      case EXPIRED, NOT_YET_VALID -> Rejection.error(ErrorCode.TOKEN_EXPIRED);
      case TEMPORARILY_UNAVAILABLE -> Rejection.error(ErrorCode.INTERNAL);
      case MISSING -> Rejection.disconnect(Disconnect.BAD_REQUEST);
      case INVALID, REVOKED -> Rejection.disconnect(Disconnect.INVALID_TOKEN);
    };
  }

  /** The claims of an identity; one that cannot be read is an invalid token. */
  static TokenClaims claims(Identity identity) {
    try {
      return TokenClaims.of(identity);
    } catch (BadCommandException malformed) {
      throw Rejection.disconnect(Disconnect.INVALID_TOKEN);
    }
  }

  /** The capabilities of an identity; a claim that is not one makes an invalid token. */
  static Capabilities capabilities(Identity identity) {
    try {
      return Capabilities.of(identity.claims());
    } catch (AuthenticationException malformed) {
      throw Rejection.disconnect(Disconnect.INVALID_TOKEN);
    }
  }

  private void accept(Identity identity) {
    var claims = claims(identity);
    if (!claims.channel().isEmpty()) {
      throw Rejection.disconnect(Disconnect.INVALID_TOKEN); // a subscription token
    }
    var state = client.state();
    state.identity = identity;
    state.capabilities = capabilities(identity);
    state.user = claims.user();
    state.info = claims.info();
    state.meta = claims.meta();
    state.expiresAt = claims.expiresAt();
    state.tokenChannels = Set.copyOf(claims.subs().keySet());
    subscriptions = claims.subs();
  }

  private CompletionStage<Void> hook() {
    var hook = node.hooks().connect();
    if (hook.isEmpty()) {
      return CompletableFuture.completedStage(null);
    }
    var event =
        new Hooks.Connect(
            client.view(), request.token(), Bytes.array(request.data()), request.headers());
    return Node.ask(hook.get(), event)
        .thenAcceptAsync(
            allowed -> {
              var state = client.state();
              state.user = allowed.user();
              if (allowed.info().length > 0) {
                state.info = allowed.info();
              }
              if (!allowed.meta().isEmpty()) {
                state.meta = allowed.meta();
              }
              allowed.expiresAt().ifPresent(end -> state.expiresAt = Optional.of(end));
              var all = new LinkedHashMap<>(subscriptions);
              all.putAll(allowed.subscriptions());
              subscriptions = all;
              data = allowed.data();
            },
            client::resume);
  }

  // ---- which channels come with it

  private CompletionStage<Answer> subscribe() {
    var state = client.state();
    if (node.revocations().revoked(client.holder())) {
      throw Rejection.disconnect(Disconnect.INVALID_TOKEN);
    }
    var wanted = new LinkedHashMap<>(subscriptions);
    if (!state.user.isEmpty()) {
      node.personalNamespace()
          .ifPresent(namespace ->
              wanted.putIfAbsent(
                  ChannelName.personal(namespace, state.user).value(), SubscribeOptions.NONE));
    }
    if (wanted.size() > node.options().channelLimit()) {
      throw Rejection.disconnect(Disconnect.CHANNEL_LIMIT);
    }
    var answers = new LinkedHashMap<String, Answer>();
    CompletionStage<Void> all = CompletableFuture.completedStage(null);
    for (var each : wanted.entrySet()) {
      all =
          all.thenComposeAsync(
              previous ->
                  serverSide(each.getKey(), each.getValue())
                      .thenAccept(answer -> answers.put(each.getKey(), answer)),
              client::resume);
    }
    return all.thenApplyAsync(done -> answer(answers), client::resume);
  }

  private CompletionStage<Answer> serverSide(String channel, SubscribeOptions options) {
    if (!ChannelName.of(channel).withinLimit()) {
      throw Rejection.disconnect(Disconnect.BAD_REQUEST);
    }
    var asked = Subscribing.Asked.nothing();
    var resumed = request.subs().get(channel);
    if (resumed != null && resumed.recover()) {
      asked = Subscribing.Asked.recovering(new StreamPosition(resumed.offset(), resumed.epoch()));
    }
    return Subscribing.start(node, client, channel, node.rules(channel), options, asked, true);
  }

  private Answer answer(Map<String, Answer> answers) {
    var state = client.state();
    var subs = new LinkedHashMap<String, Result.SubscribeResult>();
    List<Runnable> after = new ArrayList<>();
    answers.forEach((channel, answer) -> {
      subs.put(channel, (Result.SubscribeResult) answer.result());
      after.add(answer.afterReply());
    });
    long ttl = ttl(node, client, state.expiresAt);
    var options = node.options();
    boolean pings = !client.nativePings();
    var result =
        new Result.ConnectResult(
            state.id,
            node.version(),
            ttl > 0,
            ttl,
            data.length == 0 ? Codec.NOTHING : client.payload(ByteBuffer.wrap(data)),
            subs,
            pings ? options.ping().toSeconds() : 0,
            pings,
            "",
            "",
            options.serverTime() ? node.clock().millis() : 0,
            0);
    return new Answer(
        result,
        () -> {
          client.connected();
          after.forEach(Runnable::run);
        });
  }

  /**
   * Sets the connection's end and says how many seconds the client has to refresh; 0 if it need
   * not.
   */
  static long ttl(Node node, ClientHandler client, Optional<Instant> end) {
    var state = client.state();
    if (end.isEmpty()) {
      state.expiresAt = end;
      state.expireBy = Long.MAX_VALUE;
      return 0;
    }
    var left = Duration.between(node.clock().instant(), end.get());
    if (left.isNegative() || left.isZero()) {
      throw Rejection.error(ErrorCode.EXPIRED);
    }
    state.expiresAt = end;
    state.clientRefreshes = node.hooks().refresh().isEmpty();
    state.expireBy = client.deadlines().after(left);
    if (state.clientRefreshes) {
      state.expireBy += node.options().expiryGrace().toNanos();
      return Deadlines.seconds(left);
    }
    return 0;
  }
}

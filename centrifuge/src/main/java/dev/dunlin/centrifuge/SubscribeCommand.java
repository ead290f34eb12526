package dev.dunlin.centrifuge;

import dev.dunlin.auth.AuthenticationException;
import dev.dunlin.auth.Credentials;
import dev.dunlin.auth.Revocations;
import dev.dunlin.channels.StreamPosition;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Carries out {@code subscribe}: the checks in their order, then {@link Subscribing}. */
final class SubscribeCommand {

  private SubscribeCommand() {}

  static CompletionStage<Answer> run(
      Node node, ClientHandler client, Request.SubscribeRequest request) {
    var channel = request.channel();
    if (channel.isEmpty()) {
      throw Rejection.disconnect(Disconnect.BAD_REQUEST);
    }
    var name = ChannelName.of(channel);
    if (!name.withinLimit()) {
      throw Rejection.error(ErrorCode.BAD_REQUEST);
    }
    var state = client.state();
    if (state.subscriptions.containsKey(channel)) {
      throw Rejection.error(ErrorCode.ALREADY_SUBSCRIBED);
    }
    if (state.subscriptions.size() >= node.options().channelLimit()) {
      throw Rejection.error(ErrorCode.LIMIT_EXCEEDED);
    }
    var rules = node.rules(channel);
    if (!Namespaces.admits(rules, name)) {
      throw Rejection.error(ErrorCode.BAD_REQUEST);
    }
    if (request.type() != 0) {
      throw Rejection.error(ErrorCode.PERMISSION_DENIED);
    }
    var asked = asked(request, rules);
    return permission(node, client, request, name, rules)
        .thenComposeAsync(
            options -> Subscribing.start(node, client, channel, rules, options, asked, false),
            client::resume);
  }

  private static Subscribing.Asked asked(Request.SubscribeRequest request, NamespaceOptions rules) {
    boolean delta = !request.delta().isEmpty();
    if (delta && !request.delta().equals(NamespaceOptions.FOSSIL)) {
      throw Rejection.disconnect(Disconnect.BAD_REQUEST);
    }
    @Nullable TagsFilter filter = null;
    if (request.tf().isPresent()) {
      if (!rules.allowTagsFilter()) {
        throw Rejection.error(ErrorCode.BAD_REQUEST);
      }
      try {
        filter = TagsFilter.compile(request.tf().get());
      } catch (TagsFilter.InvalidFilterException wrong) {
        throw Rejection.error(ErrorCode.BAD_REQUEST);
      }
    }
    return new Subscribing.Asked(
        request.recover(),
        new StreamPosition(request.offset(), request.epoch()),
        request.positioned(),
        request.recoverable(),
        request.joinLeave(),
        delta && filter == null,
        filter,
        request.compaction(),
        request.rejectUnrecovered());
  }

  /**
   * Whether the client may subscribe; the first that applies decides: a token; a user-limited
   * channel, which must name the user; the capabilities of the connection's token; the hook; the
   * namespace's options.
   */
  private static CompletionStage<SubscribeOptions> permission(
      Node node,
      ClientHandler client,
      Request.SubscribeRequest request,
      ChannelName name,
      NamespaceOptions rules) {
    var state = client.state();
    if (!request.token().isEmpty()) {
      return token(node, client, request.channel(), request.token())
          .thenApply(TokenClaims::options);
    }
    var ruling = Permissions.subscribe(node, rules, name, state.user, state.capabilities);
    return switch (ruling.outcome()) {
      case ALLOWED -> CompletableFuture.completedStage(SubscribeOptions.NONE);
      case REFUSED -> throw Rejection.error(ErrorCode.PERMISSION_DENIED);
      case ASKED ->
          Node.ask(
              node.hooks().subscribe(request.channel()).orElseThrow(),
              new Hooks.Subscribe(
                  client.view(), request.channel(), request.token(), Bytes.array(request.data())));
    };
  }

  /** The claims of a subscription token that is good for this channel and client. */
  static CompletionStage<TokenClaims> token(
      Node node, ClientHandler client, String channel, String token) {
    var verifier = node.subscriptionTokens();
    if (verifier == null) {
      throw Rejection.error(ErrorCode.PERMISSION_DENIED);
    }
    client.requireCredit();
    return verifier
        .authenticate(Credentials.token(token))
        .handle((identity, failure) -> {
          if (failure != null) {
            var refused = AuthenticationException.of(failure);
            client.refused(refused);
            throw Rejection.error(error(refused));
          }
          if (node.revocations().revoked(Revocations.Holder.of(identity))) {
            throw Rejection.error(ErrorCode.PERMISSION_DENIED);
          }
          var claims = ConnectCommand.claims(identity);
          var state = client.state();
          boolean ours =
              claims.user().equals(state.user)
                  && (channel.isEmpty() || claims.channel().equals(channel))
                  && !claims.channel().isEmpty()
                  && (claims.client().isEmpty() || claims.client().equals(state.id));
          if (!ours) {
            throw Rejection.disconnect(Disconnect.INVALID_TOKEN);
          }
          return claims;
        });
  }

  private static ErrorCode error(AuthenticationException refusal) {
    return switch (refusal.reason()) {
      case EXPIRED, NOT_YET_VALID -> ErrorCode.TOKEN_EXPIRED;
      case TEMPORARILY_UNAVAILABLE -> ErrorCode.INTERNAL;
      case MISSING, INVALID, REVOKED -> ErrorCode.PERMISSION_DENIED;
    };
  }
}

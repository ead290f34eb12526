package dev.dunlin.centrifuge;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Carries out {@code sub_refresh}: a new token moves a subscription's end. */
final class SubRefreshCommand {

  private SubRefreshCommand() {}

  static CompletionStage<Answer> run(
      Node node, ClientHandler client, Request.SubRefreshRequest request) {
    if (request.type() != 0) {
      throw Rejection.error(ErrorCode.NOT_AVAILABLE); // tracking of keys belongs to shared polls
    }
    if (request.token().isEmpty()) {
      throw Rejection.error(ErrorCode.BAD_REQUEST);
    }
    if (!request.channel().isEmpty() && !client.subscriptions().live(request.channel())) {
      throw Rejection.error(ErrorCode.PERMISSION_DENIED);
    }
    // The Python SDK up to 0.5.0 leaves the channel out: then the verified token names it.
    return SubscribeCommand.token(node, client, request.channel(), request.token())
        .handleAsync(
            (claims, failure) -> {
              if (failure != null) {
                throw expiredMeansTheEnd(failure);
              }
              return refresh(node, client, claims);
            },
            client::resume);
  }

  private static RuntimeException expiredMeansTheEnd(Throwable failure) {
    var refused = Rejection.in(failure);
    boolean expired =
        refused.flatMap(Rejection::error).filter(ErrorCode.TOKEN_EXPIRED::equals).isPresent();
    if (expired) {
      return Rejection.disconnect(Disconnect.SUBSCRIPTION_EXPIRED);
    }
    return refused
        .map(RuntimeException.class::cast)
        .orElseGet(() -> new IllegalStateException("a token could not be verified", failure));
  }

  private static Answer refresh(Node node, ClientHandler client, TokenClaims claims) {
    var subscription = client.state().subscriptions.get(claims.channel());
    if (subscription == null || !subscription.live()) {
      throw Rejection.error(ErrorCode.PERMISSION_DENIED);
    }
    subscription.info = claims.info();
    long ttl = 0;
    subscription.expireBy = Long.MAX_VALUE;
    if (claims.expiresAt().isPresent()) {
      var left = Duration.between(node.clock().instant(), claims.expiresAt().get());
      if (left.isNegative() || left.isZero()) {
        throw Rejection.disconnect(Disconnect.SUBSCRIPTION_EXPIRED);
      }
      ttl = Deadlines.seconds(left);
      subscription.expireBy =
          client.deadlines().after(left) + node.options().expiryGrace().toNanos();
    }
    client.deadlines().arm();
    return Answer.of(new Result.SubRefreshResult(ttl > 0, ttl, List.of()));
  }
}

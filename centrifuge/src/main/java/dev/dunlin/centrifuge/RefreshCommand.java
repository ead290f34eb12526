package dev.dunlin.centrifuge;

import dev.dunlin.auth.AuthenticationException;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** Carries out {@code refresh}: a new token for the same user moves the connection's end. */
final class RefreshCommand {

  private RefreshCommand() {}

  static CompletionStage<Answer> run(
      Node node, ClientHandler client, Request.RefreshRequest request) {
    var tokens = node.tokens();
    if (request.token().isEmpty() || tokens == null || node.hooks().refresh().isPresent()) {
      throw Rejection.disconnect(Disconnect.BAD_REQUEST);
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
              var claims = ConnectCommand.claims(identity);
              var state = client.state();
              if (!claims.user().equals(state.user) || !claims.channel().isEmpty()) {
                throw Rejection.disconnect(Disconnect.INVALID_TOKEN);
              }
              if (!Set.copyOf(claims.subs().keySet()).equals(state.tokenChannels)) {
                // other server-side channels: the client connects anew and gets them
                throw Rejection.disconnect(Disconnect.INSUFFICIENT_STATE);
              }
              if (!SignedPublications.holderKey(identity)
                  .equals(SignedPublications.holderKey(state.identity))) {
                // another key to sign with: the client connects anew and begins with it
                throw Rejection.disconnect(Disconnect.INSUFFICIENT_STATE);
              }
              long ttl = ConnectCommand.ttl(node, client, claims.expiresAt());
              client.grant(identity);
              state.info = claims.info();
              client.deadlines().arm();
              return Answer.of(new Result.RefreshResult(state.id, node.version(), ttl > 0, ttl));
            },
            client::resume);
  }

  private static Rejection refusal(AuthenticationException failure) {
    return switch (failure.reason()) {
      case EXPIRED, NOT_YET_VALID -> Rejection.disconnect(Disconnect.CONNECTION_EXPIRED);
      case TEMPORARILY_UNAVAILABLE -> Rejection.error(ErrorCode.INTERNAL);
      case MISSING, INVALID, REVOKED -> Rejection.disconnect(Disconnect.INVALID_TOKEN);
    };
  }
}

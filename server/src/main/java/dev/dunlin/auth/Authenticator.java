package dev.dunlin.auth;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/**
 * Decides who a peer is from what it presented.
 *
 * <p>May be called from an event loop, by many threads at once: it never blocks. The stage
 * completes with an identity or fails with an {@link AuthenticationException}; it may complete on
 * any thread. A call may also throw that exception, which means the same.
 */
@FunctionalInterface
public interface Authenticator {

  /** Who presented these credentials. */
  CompletionStage<Identity> authenticate(Credentials credentials);

  /**
   * Asks each in turn and takes the first identity. The next one is asked only when the last found
   * nothing it knows ({@link AuthenticationException.Reason#MISSING}): a credential that was
   * presented and is wrong is never outweighed by another.
   */
  static Authenticator anyOf(Authenticator... authenticators) {
    var all = atLeastOne(authenticators);
    return credentials -> firstOf(all, 0, credentials);
  }

  /**
   * Demands every one, in order, for example a certificate and a token. The identity has the
   * subject and claims of the last, and the certificates of the last that verified any.
   * Certificates that one has verified are what the next ones see in {@link
   * Credentials#certificates()}, so a token bound to a certificate (RFC 8705) is compared with the
   * certificate that was accepted.
   */
  static Authenticator allOf(Authenticator... authenticators) {
    var all = atLeastOne(authenticators);
    return credentials -> everyOf(all, 0, credentials);
  }

  private static List<Authenticator> atLeastOne(Authenticator... authenticators) {
    if (authenticators.length == 0) {
      throw new IllegalArgumentException("at least one authenticator is needed");
    }
    return List.of(authenticators);
  }

  private static CompletionStage<Identity> firstOf(
      List<Authenticator> all, int index, Credentials credentials) {
    var attempt = attempt(all.get(index), credentials);
    if (index == all.size() - 1) {
      return attempt;
    }
    return attempt
        .handle((identity, failure) -> {
          if (failure == null) {
            return CompletableFuture.completedStage(identity);
          }
          var refusal = AuthenticationException.of(failure);
          return refusal.reason() == AuthenticationException.Reason.MISSING
              ? firstOf(all, index + 1, credentials)
              : CompletableFuture.<Identity>failedStage(refusal);
        })
        .thenCompose(stage -> stage);
  }

  private static CompletionStage<Identity> everyOf(
      List<Authenticator> all, int index, Credentials credentials) {
    var attempt = attempt(all.get(index), credentials);
    if (index == all.size() - 1) {
      return attempt;
    }
    return attempt.thenCompose(identity -> {
      var verified = identity.certificates();
      var next =
          verified.isEmpty() ? credentials : credentials.toBuilder().certificates(verified).build();
      return everyOf(all, index + 1, next)
          .thenApply(last ->
              last.certificates().isEmpty()
                  ? new Identity(last.subject(), verified, last.claims())
                  : last);
    });
  }

  private static CompletionStage<Identity> attempt(
      Authenticator authenticator, Credentials credentials) {
    try {
      return authenticator.authenticate(credentials);
    } catch (AuthenticationException | CompletionException refusal) {
      return CompletableFuture.failedStage(AuthenticationException.of(refusal));
    }
  }
}

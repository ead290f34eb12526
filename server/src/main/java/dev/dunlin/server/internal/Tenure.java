package dev.dunlin.server.internal;

import dev.dunlin.auth.AuthenticationException;
import dev.dunlin.auth.AuthenticationException.Reason;
import dev.dunlin.auth.Credentials;
import dev.dunlin.auth.Identity;
import dev.dunlin.auth.Revocations;
import dev.dunlin.server.Session;
import dev.dunlin.websocket.Close;
import dev.dunlin.websocket.CloseCode;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * How long the peer of one conversation may stay: until its token has ended and the grace is over,
 * unless it shows a new one; and not a moment longer than it is revoked.
 */
final class Tenure {

  // RFC 6455, 7.4.1: 1008 where there is no more suitable code
  private static final Close EXPIRED =
      new Close(CloseCode.POLICY_VIOLATION, "the token has expired");
  private static final Close REVOKED =
      new Close(CloseCode.POLICY_VIOLATION, "access was withdrawn");

  /** Nanoseconds end after 292 years; a token may name the year 9999. */
  private static final Duration LONGEST = Duration.ofDays(36_500);

  private final Conversation owner;
  private final Admittance rules;
  private volatile Identity identity;
  private volatile boolean revoked;

  // below: confined to the lane
  private Session.@Nullable Timer expiry;
  private Revocations.@Nullable Watch watch;
  private boolean ended;

  Tenure(Conversation owner, Admittance rules, Identity identity) {
    this.owner = owner;
    this.rules = rules;
    this.identity = identity;
  }

  /** Who it is; from any thread. */
  Identity identity() {
    return identity;
  }

  /** Whether what the peer still says is not to be heard; from any thread. */
  boolean revoked() {
    return revoked;
  }

  /** The session has opened, or its peer has shown a new token. On the lane. */
  void begin() {
    if (ended) {
      return;
    }
    var old = watch;
    var revocations = rules.revocations();
    if (revocations != null) {
      // the new watch first: nothing slips between
      watch = revocations.watch(Revocations.Holder.of(identity), this::revoke);
    }
    if (old != null) {
      old.close();
    }
    if (expiry != null) {
      expiry.cancel();
      expiry = null;
    }
    var grace = rules.grace();
    if (grace != null) {
      identity
          .expiresAt()
          .ifPresent(end -> {
            // from here on by the lane's clock, which nobody sets
            var left = Duration.between(rules.clock().instant(), end).plus(grace);
            expiry = owner.schedule(bounded(left), () -> owner.overtake(EXPIRED));
          });
    }
  }

  private static Duration bounded(Duration left) {
    return left.isNegative() ? Duration.ZERO : left.compareTo(LONGEST) > 0 ? LONGEST : left;
  }

  private void revoke() {
    revoked = true;
    owner.overtake(REVOKED);
  }

  /** Asks the route's authenticator again; only the same user may stay. From any thread. */
  CompletionStage<Identity> renew(Credentials credentials) {
    var authenticator = rules.authenticator();
    if (authenticator == null) {
      throw new IllegalStateException("the route has no authenticator");
    }
    var certificates = identity.certificates();
    var shown =
        credentials.certificates().isEmpty() && !certificates.isEmpty()
            ? credentials.toBuilder().certificates(certificates).build()
            : credentials;
    var result = new CompletableFuture<Identity>();
    CompletionStage<Identity> asked;
    try {
      asked = authenticator.authenticate(shown);
    } catch (RuntimeException refused) {
      asked = CompletableFuture.failedStage(refused);
    }
    asked.whenComplete((renewed, failure) -> {
      Runnable decide = () -> decide(renewed, failure, result);
      if (owner.lane.inLane()) {
        decide.run();
        return;
      }
      if (!owner.lane.offer(decide)) {
        result.completeExceptionally(Sending.closedException());
      }
    });
    return result;
  }

  /** The authenticator has answered. On the lane. */
  private void decide(
      @Nullable Identity renewed, @Nullable Throwable failure, CompletableFuture<Identity> result) {
    if (failure != null || renewed == null) {
      result.completeExceptionally(
          AuthenticationException.of(
              failure == null ? new IllegalStateException("no identity") : failure));
    } else if (!renewed.subject().equals(identity.subject())) {
      result.completeExceptionally(
          new AuthenticationException(
              Reason.INVALID, "the new token is another user's than the session"));
    } else {
      identity = renewed;
      begin();
      result.complete(renewed);
    }
  }

  /** The session is over. On the lane. */
  void end() {
    ended = true;
    if (watch != null) {
      watch.close();
      watch = null;
    }
    if (expiry != null) {
      expiry.cancel();
      expiry = null;
    }
  }
}

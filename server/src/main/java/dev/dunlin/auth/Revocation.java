package dev.dunlin.auth;

import java.time.Instant;
import java.util.Optional;

/**
 * A withdrawal of what was granted before: of one token, of everything a user holds, or of what was
 * issued before an instant.
 */
public sealed interface Revocation {

  /** When it can be forgotten: no token it is about is good for longer than this. */
  Instant until();

  /** Whether it withdraws what this holder presented. */
  boolean covers(Revocations.Holder holder);

  /** Nobody gets in, or stays in, as this user, whatever the token. */
  record OfUser(String user, Instant until) implements Revocation {
    @Override
    public boolean covers(Revocations.Holder holder) {
      return user.equals(holder.user());
    }
  }

  /** The token with this id ({@code jti}) is withdrawn. */
  record OfToken(String tokenId, Instant until) implements Revocation {
    @Override
    public boolean covers(Revocations.Holder holder) {
      return tokenId.equals(holder.tokenId().orElse(null));
    }
  }

  /**
   * Tokens issued before this instant are withdrawn: those of one user, or everyone's if {@code
   * user} is empty. A token that does not say when it was issued counts as older.
   */
  record IssuedBefore(Optional<String> user, Instant instant, Instant until) implements Revocation {
    /** Tokens of one user. */
    public static IssuedBefore ofUser(String user, Instant instant, Instant until) {
      return new IssuedBefore(Optional.of(user), instant, until);
    }

    /** Everyone's tokens. */
    public static IssuedBefore ofAll(Instant instant, Instant until) {
      return new IssuedBefore(Optional.empty(), instant, until);
    }

    @Override
    public boolean covers(Revocations.Holder holder) {
      return (user.isEmpty() || user.get().equals(holder.user()))
          && holder.issuedAt().map(issued -> issued.isBefore(instant)).orElse(true);
    }
  }
}

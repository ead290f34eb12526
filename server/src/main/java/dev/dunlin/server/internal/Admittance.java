package dev.dunlin.server.internal;

import dev.dunlin.auth.Authenticator;
import dev.dunlin.auth.Identity;
import dev.dunlin.auth.Revocations;
import java.time.Duration;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Who may come through a route, and for how long.
 *
 * @param authenticator decides who a peer is; null lets in everybody
 * @param revocations ends what was granted before; null for none
 * @param grace how long a session outlives its token; null if tokens end no session
 * @param clock the wall clock by which tokens end
 */
public record Admittance(
    @Nullable Authenticator authenticator,
    @Nullable Revocations revocations,
    @Nullable Duration grace,
    InstantSource clock) {

  /** Everybody, for ever. */
  public static final Admittance EVERYBODY =
      new Admittance(null, null, Duration.ofSeconds(25), InstantSource.system());

  /** Whether what this peer presented was withdrawn. */
  public boolean revoked(Identity identity) {
    return revocations != null && revocations.revoked(Revocations.Holder.of(identity));
  }

  /** Whether anything may end a session that was let in. */
  boolean limited() {
    return authenticator != null || revocations != null;
  }
}

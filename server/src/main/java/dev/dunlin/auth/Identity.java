package dev.dunlin.auth;

import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Who a peer is, as far as an {@link Authenticator} has verified it.
 *
 * @param subject the user's id; empty for an anonymous peer
 * @param certificates the peer's verified certificate chain, its own first; empty without mTLS
 * @param claims the verified claims as the JSON text that was signed; {@code "{}"} without a token
 */
public record Identity(String subject, List<X509Certificate> certificates, String claims) {

  private static final Identity ANONYMOUS = new Identity("", List.of(), "{}");

  public Identity {
    certificates = List.copyOf(certificates);
  }

  /** A peer that nobody has authenticated. */
  public static Identity anonymous() {
    return ANONYMOUS;
  }

  /** Whether no subject is known. */
  public boolean isAnonymous() {
    return subject.isEmpty();
  }

  /** When the token behind this identity ends ({@code exp}); empty if nothing says so. */
  public Optional<Instant> expiresAt() {
    return members().flatMap(claims -> claims.instant("exp"));
  }

  /** When the token behind this identity was issued ({@code iat}); empty if nothing says so. */
  public Optional<Instant> issuedAt() {
    return members().flatMap(claims -> claims.instant("iat"));
  }

  /** The id of the token behind this identity ({@code jti}). */
  public Optional<String> tokenId() {
    return members().flatMap(claims -> claims.text("jti"));
  }

  /** Claims made by an authenticator of the application need not be registered ones, or JSON. */
  private Optional<Claims> members() {
    try {
      return Optional.of(Claims.read(Json.object(claims, 16)));
    } catch (Json.Malformed | AuthenticationException e) {
      return Optional.empty();
    }
  }

  /** The subject only: claims and certificates stay out of logs. */
  @Override
  public String toString() {
    return "Identity[" + subject + "]";
  }
}

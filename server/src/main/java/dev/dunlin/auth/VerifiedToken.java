package dev.dunlin.auth;

import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A JSON Web Token that {@link Jwt} found genuine, meant for us and within its time.
 *
 * <p>Immutable. {@link #toString()} shows the subject only.
 */
public final class VerifiedToken {

  private final String subject;
  private final String claims;
  private final Json.Obj parsed;
  private final Claims registered;

  VerifiedToken(String subject, String claims, Json.Obj parsed, Claims registered) {
    this.subject = subject;
    this.claims = claims;
    this.parsed = parsed;
    this.registered = registered;
  }

  /** The user's id; empty for an anonymous user. */
  public String subject() {
    return subject;
  }

  /** The claims as the JSON text that was signed. */
  public String claims() {
    return claims;
  }

  /** When the token ends; empty only where {@link Jwt#expiryOptional()} allows it. */
  public Optional<Instant> expiresAt() {
    return registered.expiresAt();
  }

  /** When the token was issued ({@code iat}). */
  public Optional<Instant> issuedAt() {
    return registered.issuedAt();
  }

  /** The token's id ({@code jti}). */
  public Optional<String> id() {
    return registered.text("jti");
  }

  /** Who issued it ({@code iss}). */
  public Optional<String> issuer() {
    return registered.text("iss");
  }

  /** Whom it is for ({@code aud}), one or several. */
  public List<String> audience() {
    return registered.audience();
  }

  /** Whether there is a claim of this name, whatever its value. */
  public boolean has(String claim) {
    return parsed.has(claim);
  }

  /** The value of a claim that is a string; empty if it is absent or anything else. */
  public Optional<String> text(String claim) {
    return Optional.ofNullable(parsed.text(claim));
  }

  /** The value of a claim that is a NumericDate (RFC 7519, 2), in whole seconds. */
  public Optional<Instant> instant(String claim) {
    return registered.instant(claim);
  }

  /**
   * The SHA-256 thumbprint of the certificate the token is bound to (RFC 8705, 3.1), in base64url.
   */
  public Optional<String> certificateThumbprint() {
    return registered.certificateThumbprint();
  }

  /** The identity this token proves. */
  public Identity identity() {
    return identity(List.of());
  }

  Identity identity(List<X509Certificate> certificates) {
    return new Identity(subject, certificates, claims);
  }

  Claims registered() {
    return registered;
  }

  @Override
  public String toString() {
    return "VerifiedToken[" + subject + "]";
  }
}

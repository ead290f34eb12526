package dev.dunlin.auth;

import java.security.cert.X509Certificate;
import java.util.List;

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

  /** The subject only: claims and certificates stay out of logs. */
  @Override
  public String toString() {
    return "Identity[" + subject + "]";
  }
}

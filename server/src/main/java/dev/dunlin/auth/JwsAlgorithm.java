package dev.dunlin.auth;

import com.nimbusds.jose.JWSAlgorithm;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** An algorithm that signs tokens (RFC 7518, 3.1; RFC 8037); there is no {@code none}. */
public enum JwsAlgorithm {
  /** HMAC with SHA-256 and a secret of at least 32 bytes. */
  HS256("HS256", Family.HMAC, 32),
  /** HMAC with SHA-384 and a secret of at least 48 bytes. */
  HS384("HS384", Family.HMAC, 48),
  /** HMAC with SHA-512 and a secret of at least 64 bytes. */
  HS512("HS512", Family.HMAC, 64),
  /** RSASSA-PKCS1-v1_5 with SHA-256. */
  RS256("RS256", Family.RSA, 0),
  /** RSASSA-PKCS1-v1_5 with SHA-384. */
  RS384("RS384", Family.RSA, 0),
  /** RSASSA-PKCS1-v1_5 with SHA-512. */
  RS512("RS512", Family.RSA, 0),
  /** RSASSA-PSS with SHA-256. */
  PS256("PS256", Family.RSA, 0),
  /** RSASSA-PSS with SHA-384. */
  PS384("PS384", Family.RSA, 0),
  /** RSASSA-PSS with SHA-512. */
  PS512("PS512", Family.RSA, 0),
  /** ECDSA with P-256 and SHA-256. */
  ES256("ES256", Family.EC, 32),
  /** ECDSA with P-384 and SHA-384. */
  ES384("ES384", Family.EC, 48),
  /** ECDSA with P-521 and SHA-512. */
  ES512("ES512", Family.EC, 66),
  /** Ed25519 (RFC 8037). */
  EDDSA("EdDSA", Family.ED25519, 32);

  /** The kinds of key. */
  enum Family {
    HMAC,
    RSA,
    EC,
    ED25519
  }

  private static final Map<String, JwsAlgorithm> BY_NAME =
      Stream.of(values())
          .collect(Collectors.toUnmodifiableMap(JwsAlgorithm::id, Function.identity()));

  private final String id;
  private final Family family;
  private final int bytes;

  JwsAlgorithm(String id, Family family, int bytes) {
    this.id = id;
    this.family = family;
    this.bytes = bytes;
  }

  /** The name as it stands in a token's header, for example {@code HS512}. */
  public String id() {
    return id;
  }

  /** The algorithm of this name, compared exactly (RFC 7515, 4.1.1: names are case-sensitive). */
  public static Optional<JwsAlgorithm> named(String id) {
    return Optional.ofNullable(BY_NAME.get(id));
  }

  Family family() {
    return family;
  }

  /** HMAC: least bytes of a secret and length of a signature. EC: bytes of one coordinate. */
  int bytes() {
    return bytes;
  }

  JWSAlgorithm nimbus() {
    return JWSAlgorithm.parse(id);
  }
}

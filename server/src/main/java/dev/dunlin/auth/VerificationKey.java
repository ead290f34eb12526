package dev.dunlin.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.util.Base64URL;
import dev.dunlin.auth.JwsAlgorithm.Family;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.NamedParameterSpec;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A key together with the one algorithm it may be used with; a token has no say in either.
 *
 * <p>Keys that are too small or of the wrong kind are refused here, when the server is configured.
 * Immutable and safe for many threads. {@link #toString()} shows no key.
 */
public final class VerificationKey {

  private static final int MIN_RSA_BITS = 2048;

  private final JwsAlgorithm algorithm;
  private final Check check;
  private final @Nullable String id;
  private final @Nullable Instant until;

  private interface Check {
    boolean genuine(byte[] signed, byte[] signature) throws JOSEException, GeneralSecurityException;
  }

  private VerificationKey(
      JwsAlgorithm algorithm, Check check, @Nullable String id, @Nullable Instant until) {
    this.algorithm = algorithm;
    this.check = check;
    this.id = id;
    this.until = until;
  }

  /**
   * A secret shared with the issuer.
   *
   * @throws IllegalArgumentException if it is shorter than the algorithm's hash (RFC 7518, 3.2)
   */
  public static VerificationKey hmac(JwsAlgorithm algorithm, byte[] secret) {
    if (algorithm.family() != Family.HMAC) {
      throw new IllegalArgumentException(algorithm.id() + " needs a public key, not a secret");
    }
    if (secret.length < algorithm.bytes()) {
      throw new IllegalArgumentException(
          "the "
              + algorithm.id()
              + " secret has "
              + secret.length
              + " bytes and needs at least "
              + algorithm.bytes()
              + " (RFC 7518, 3.2); make one with: openssl rand -base64 "
              + algorithm.bytes());
    }
    try {
      var verifier = new MACVerifier(secret.clone());
      return new VerificationKey(
          algorithm, exactly(algorithm.bytes(), nimbus(algorithm, verifier)), null, null);
    } catch (JOSEException e) {
      throw new IllegalArgumentException("the " + algorithm.id() + " secret cannot be used", e);
    }
  }

  /** A secret shared with the issuer: the bytes of this text in UTF-8, as most issuers take it. */
  public static VerificationKey hmac(JwsAlgorithm algorithm, String secret) {
    if (secret.contains("-----BEGIN")) {
      throw new IllegalArgumentException(
          "the " + algorithm.id() + " secret is a PEM file; use its public key with RS, PS or ES");
    }
    return hmac(algorithm, secret.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * The issuer's public key.
   *
   * @throws IllegalArgumentException if the key does not fit the algorithm, an RSA key has fewer
   *     than 2048 bits, or an elliptic-curve key is on another curve
   */
  public static VerificationKey publicKey(JwsAlgorithm algorithm, PublicKey key) {
    try {
      var check =
          switch (algorithm.family()) {
            case RSA -> rsa(algorithm, fitting(algorithm, key, RSAPublicKey.class));
            case EC -> ec(algorithm, fitting(algorithm, key, ECPublicKey.class));
            case ED25519 -> ed25519(fitting(algorithm, key, EdECPublicKey.class));
            case HMAC ->
                throw new IllegalArgumentException(
                    algorithm.id() + " needs a shared secret, not a public key");
          };
      return new VerificationKey(algorithm, check, null, null);
    } catch (JOSEException e) {
      throw new IllegalArgumentException("the " + algorithm.id() + " key cannot be used", e);
    }
  }

  /** The issuer's public key from PEM text: {@code PUBLIC KEY} or {@code CERTIFICATE}. */
  public static VerificationKey pem(JwsAlgorithm algorithm, String pem) {
    return publicKey(algorithm, Pem.publicKey(pem));
  }

  /**
   * The same key under a key id: only tokens with this {@code kid}, or none, are checked with it.
   */
  public VerificationKey id(String kid) {
    return new VerificationKey(algorithm, check, kid, until);
  }

  /** The same key, accepted until this instant only: for the previous key during a rotation. */
  public VerificationKey until(Instant end) {
    return new VerificationKey(algorithm, check, id, end);
  }

  /** The algorithm of this key. */
  public JwsAlgorithm algorithm() {
    return algorithm;
  }

  /** The key id, if it has one. */
  public Optional<String> id() {
    return Optional.ofNullable(id);
  }

  boolean fits(JwsAlgorithm wanted, @Nullable String kid) {
    return algorithm == wanted && (id == null || kid == null || id.equals(kid));
  }

  boolean accepted(Instant now) {
    return until == null || now.isBefore(until);
  }

  /** Whether the signature is this key's over these bytes; never throws for a bad one. */
  boolean genuine(byte[] signed, byte[] signature) {
    try {
      return check.genuine(signed, signature);
    } catch (JOSEException | GeneralSecurityException e) {
      return false;
    }
  }

  @Override
  public String toString() {
    return "VerificationKey[" + algorithm.id() + (id == null ? "]" : ", " + id + "]");
  }

  private static <K> K fitting(JwsAlgorithm algorithm, PublicKey key, Class<K> type) {
    if (!type.isInstance(key)) {
      throw new IllegalArgumentException(
          algorithm.id() + " cannot be used with a key of type " + key.getAlgorithm());
    }
    return type.cast(key);
  }

  private static Check rsa(JwsAlgorithm algorithm, RSAPublicKey key) {
    int bits = key.getModulus().bitLength();
    if (bits < MIN_RSA_BITS) {
      throw new IllegalArgumentException(
          "the "
              + algorithm.id()
              + " key has "
              + bits
              + " bits and needs at least 2048 (RFC 7518, 3.3)");
    }
    return exactly((bits + 7) / 8, nimbus(algorithm, new RSASSAVerifier(key)));
  }

  private static Check ec(JwsAlgorithm algorithm, ECPublicKey key) throws JOSEException {
    var curve =
        switch (algorithm.bytes()) {
          case 32 -> Curve.P_256;
          case 48 -> Curve.P_384;
          default -> Curve.P_521;
        };
    if (!curve.equals(Curve.forECParameterSpec(key.getParams()))) {
      throw new IllegalArgumentException(
          "the " + algorithm.id() + " key must be on curve " + curve.getName());
    }
    var order = key.getParams().getOrder();
    var verify = nimbus(algorithm, new ECDSAVerifier(key));
    int half = algorithm.bytes();
    return exactly(
        2 * half,
        (signed, signature) ->
            // CVE-2022-21449: a provider that forgets this accepts zeros for any message
            inOrder(order, Arrays.copyOfRange(signature, 0, half))
                && inOrder(order, Arrays.copyOfRange(signature, half, 2 * half))
                && verify.genuine(signed, signature));
  }

  private static boolean inOrder(BigInteger order, byte[] magnitude) {
    var value = new BigInteger(1, magnitude);
    return value.signum() > 0 && value.compareTo(order) < 0;
  }

  private static Check ed25519(EdECPublicKey key) {
    if (!NamedParameterSpec.ED25519.getName().equals(key.getParams().getName())) {
      throw new IllegalArgumentException("the EdDSA key must be on curve Ed25519");
    }
    // Nimbus needs Google Tink for Ed25519; the JDK has it
    return exactly(
        64,
        (signed, signature) -> {
          var verifier = Signature.getInstance("Ed25519");
          verifier.initVerify(key);
          verifier.update(signed);
          return verifier.verify(signature);
        });
  }

  /** The header given to Nimbus is ours, so the token's own header decides nothing. */
  private static Check nimbus(JwsAlgorithm algorithm, JWSVerifier verifier) {
    var header = new JWSHeader(algorithm.nimbus());
    return (signed, signature) -> verifier.verify(header, signed, Base64URL.encode(signature));
  }

  private static Check exactly(int length, Check check) {
    return (signed, signature) -> signature.length == length && check.genuine(signed, signature);
  }
}

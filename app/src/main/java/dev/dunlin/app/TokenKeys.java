package dev.dunlin.app;

import dev.dunlin.auth.JwsAlgorithm;
import dev.dunlin.auth.Jwt;
import dev.dunlin.auth.KeySet;
import dev.dunlin.auth.VerificationKey;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The keys that tokens are verified with, as the configuration gives them. */
final class TokenKeys {

  private static final String SECTION = "client.token.";

  private TokenKeys() {}

  /** Whether there are any keys at all. */
  static boolean present(Config.Token token) {
    return token.hmacSecretKey().present()
        || !token.rsaPublicKey().isEmpty()
        || !token.ecdsaPublicKey().isEmpty()
        || !token.jwksPublicEndpoint().isEmpty();
  }

  /**
   * The keys that are written in the configuration itself.
   *
   * @throws IllegalArgumentException if one cannot be used; the message begins with the option
   */
  static VerificationKey[] fixed(Config.Token token) {
    var keys = new ArrayList<VerificationKey>();
    if (token.hmacSecretKey().present()) {
      var algorithm = hmacAlgorithm(token);
      keys.add(hmac("hmac_secret_key", algorithm, token.hmacSecretKey()));
      if (token.hmacPreviousSecretKey().present()) {
        keys.add(hmac("hmac_previous_secret_key", algorithm, token.hmacPreviousSecretKey()));
      }
    }
    if (!token.rsaPublicKey().isEmpty()) {
      for (var algorithm : List.of(JwsAlgorithm.RS256, JwsAlgorithm.RS384, JwsAlgorithm.RS512)) {
        keys.add(pem("rsa_public_key", algorithm, token.rsaPublicKey()));
      }
    }
    if (!token.ecdsaPublicKey().isEmpty()) {
      keys.add(curve(token.ecdsaPublicKey()));
    }
    return keys.toArray(VerificationKey[]::new);
  }

  /** The HMAC algorithm that the configuration names. */
  static JwsAlgorithm hmacAlgorithm(Config.Token token) {
    if (token.hmacAlgorithm().isEmpty()) {
      throw new IllegalArgumentException(
          SECTION
              + "hmac_algorithm: must be set with hmac_secret_key, to HS256, HS384 or HS512 as the"
              + " issuer signs");
    }
    return JwsAlgorithm.named(token.hmacAlgorithm().toUpperCase(Locale.ROOT))
        .filter(algorithm -> algorithm.id().startsWith("HS"))
        .orElseThrow(() ->
            new IllegalArgumentException(
                SECTION + "hmac_algorithm: must be HS256, HS384 or HS512"));
  }

  private static VerificationKey hmac(String option, JwsAlgorithm algorithm, Secret secret) {
    try {
      return VerificationKey.hmac(algorithm, secret.value());
    } catch (IllegalArgumentException unusable) {
      throw new IllegalArgumentException(SECTION + option + ": " + unusable.getMessage(), unusable);
    }
  }

  private static VerificationKey pem(String option, JwsAlgorithm algorithm, String pem) {
    try {
      return VerificationKey.pem(algorithm, pem);
    } catch (IllegalArgumentException unusable) {
      throw new IllegalArgumentException(SECTION + option + ": " + unusable.getMessage(), unusable);
    }
  }

  /** The curve of the key decides the algorithm. */
  private static VerificationKey curve(String pem) {
    Optional<IllegalArgumentException> first = Optional.empty();
    for (var algorithm : List.of(JwsAlgorithm.ES256, JwsAlgorithm.ES384, JwsAlgorithm.ES512)) {
      try {
        return VerificationKey.pem(algorithm, pem);
      } catch (IllegalArgumentException otherCurve) {
        first = first.or(() -> Optional.of(otherCurve));
      }
    }
    var why = first.orElseThrow();
    throw new IllegalArgumentException(SECTION + "ecdsa_public_key: " + why.getMessage(), why);
  }

  /**
   * What verifies tokens.
   *
   * @param fixed holds {@link #fixed}, replaced when the configuration is read again
   */
  static Jwt verifier(Config.Token token, Optional<KeySet> fixed) {
    var jwt = fixed.map(Jwt::keys).orElseGet(() -> jwks(token));
    if (!token.audience().isEmpty()) {
      jwt = jwt.audience(token.audience());
    }
    if (!token.issuer().isEmpty()) {
      jwt = jwt.issuer(token.issuer());
    }
    if (!token.userIdClaim().equals("sub")) {
      jwt = jwt.subjectClaim(token.userIdClaim());
    }
    if (token.allowWithoutExpiry()) {
      jwt = jwt.expiryOptional();
    }
    return jwt.cache(10_000);
  }

  /**
   * What verifies tokens with the issuer's published keys.
   *
   * @throws IllegalArgumentException if the options do not fit; the message begins with the option
   */
  static Jwt jwks(Config.Token token) {
    if (fixed(token).length > 0) {
      throw new IllegalArgumentException(
          SECTION + "jwks_public_endpoint: must not be set together with keys of this file");
    }
    if (token.jwksAlgorithms().isEmpty()) {
      throw new IllegalArgumentException(
          SECTION + "jwks_algorithms: must name what the issuer signs with, such as [RS256]");
    }
    var algorithms =
        token.jwksAlgorithms().stream()
            .map(name ->
                JwsAlgorithm.named(name)
                    .orElseThrow(() ->
                        new IllegalArgumentException(
                            SECTION + "jwks_algorithms: there is no algorithm '" + name + "'")))
            .toArray(JwsAlgorithm[]::new);
    try {
      return Jwt.jwks(URI.create(token.jwksPublicEndpoint()), algorithms);
    } catch (IllegalArgumentException unusable) {
      throw new IllegalArgumentException(
          SECTION + "jwks_public_endpoint: " + unusable.getMessage(), unusable);
    }
  }
}

package dev.dunlin.app;

import dev.dunlin.auth.JwsAlgorithm;
import dev.dunlin.auth.VerificationKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * The keys that tokens are verified with, as the configuration gives them. What cannot be used is
 * an {@link IllegalArgumentException} whose message begins with the option.
 */
final class TokenKeys {

  private TokenKeys() {}

  /**
   * The keys that are written in the configuration itself, beside the list of issuers.
   *
   * @param section what options begin with, such as {@code client.token.}
   */
  static VerificationKey[] own(String section, TokenOptions token) {
    var keys = new ArrayList<VerificationKey>();
    if (token.hmacSecretKey().present()) {
      var algorithm = hmacAlgorithm(section, token);
      keys.add(hmac(section + "hmac_secret_key", algorithm, token.hmacSecretKey()));
      if (token.hmacPreviousSecretKey().present()) {
        keys.add(
            hmac(section + "hmac_previous_secret_key", algorithm, token.hmacPreviousSecretKey()));
      }
    }
    if (!token.rsaPublicKey().isEmpty()) {
      for (var algorithm : List.of(JwsAlgorithm.RS256, JwsAlgorithm.RS384, JwsAlgorithm.RS512)) {
        keys.add(pem(section + "rsa_public_key", algorithm, token.rsaPublicKey()));
      }
    }
    if (!token.ecdsaPublicKey().isEmpty()) {
      keys.add(curve(section + "ecdsa_public_key", token.ecdsaPublicKey()));
    }
    return keys.toArray(VerificationKey[]::new);
  }

  /** The HMAC algorithm that the configuration names. */
  static JwsAlgorithm hmacAlgorithm(String section, TokenOptions token) {
    if (token.hmacAlgorithm().isEmpty()) {
      throw new IllegalArgumentException(
          section
              + "hmac_algorithm: must be set with hmac_secret_key, to HS256, HS384 or HS512 as the"
              + " issuer signs");
    }
    return JwsAlgorithm.named(token.hmacAlgorithm().toUpperCase(Locale.ROOT))
        .filter(TokenKeys::hmac)
        .orElseThrow(() ->
            new IllegalArgumentException(
                section + "hmac_algorithm: must be HS256, HS384 or HS512"));
  }

  private static boolean hmac(JwsAlgorithm algorithm) {
    return algorithm.id().startsWith("HS");
  }

  /** The keys of one of several issuers that the configuration or files have. */
  static VerificationKey[] of(String section, IssuerOptions issuer) {
    var algorithms = algorithms(section + "algorithms", issuer.algorithms());
    var keys = new ArrayList<VerificationKey>();
    if (issuer.hmacSecretKey().present()) {
      for (var algorithm : algorithms) {
        if (!hmac(algorithm)) {
          throw new IllegalArgumentException(
              section + "algorithms: " + algorithm.id() + " has no use for hmac_secret_key");
        }
        keys.add(hmac(section + "hmac_secret_key", algorithm, issuer.hmacSecretKey()));
        if (issuer.hmacPreviousSecretKey().present()) {
          keys.add(
              hmac(
                  section + "hmac_previous_secret_key", algorithm, issuer.hmacPreviousSecretKey()));
        }
      }
      return keys.toArray(VerificationKey[]::new);
    }
    for (var file : issuer.publicKeyPemFiles()) {
      keys.addAll(fitting(section + "public_key_pem_files", file, algorithms));
    }
    for (var algorithm : algorithms) {
      if (keys.stream().noneMatch(key -> key.algorithm() == algorithm)) {
        throw new IllegalArgumentException(
            section + "algorithms: no key of public_key_pem_files is for " + algorithm.id());
      }
    }
    return keys.toArray(VerificationKey[]::new);
  }

  /** One key of a file, once for each of the algorithms that it can be used with. */
  private static List<VerificationKey> fitting(
      String option, String file, Set<JwsAlgorithm> algorithms) {
    String pem;
    try {
      pem = Files.readString(Path.of(file));
    } catch (IOException unreadable) {
      throw new IllegalArgumentException(option + ": " + file + " cannot be read", unreadable);
    }
    var keys = new ArrayList<VerificationKey>();
    Optional<IllegalArgumentException> first = Optional.empty();
    for (var algorithm : algorithms) {
      try {
        keys.add(VerificationKey.pem(algorithm, pem));
      } catch (IllegalArgumentException unfit) {
        first = first.or(() -> Optional.of(unfit));
      }
    }
    if (keys.isEmpty()) {
      var why = first.orElseThrow();
      throw new IllegalArgumentException(option + ": " + file + ": " + why.getMessage(), why);
    }
    return keys;
  }

  /** Algorithms by their names; at least one. */
  static Set<JwsAlgorithm> algorithms(String option, List<String> names) {
    if (names.isEmpty()) {
      throw new IllegalArgumentException(
          option + ": must name what the issuer signs with, such as [RS256]");
    }
    var algorithms = EnumSet.noneOf(JwsAlgorithm.class);
    for (var name : names) {
      algorithms.add(
          JwsAlgorithm.named(name)
              .orElseThrow(() ->
                  new IllegalArgumentException(option + ": there is no algorithm '" + name + "'")));
    }
    return algorithms;
  }

  private static VerificationKey hmac(String option, JwsAlgorithm algorithm, Secret secret) {
    try {
      return VerificationKey.hmac(algorithm, secret.value());
    } catch (IllegalArgumentException unusable) {
      throw new IllegalArgumentException(option + ": " + unusable.getMessage(), unusable);
    }
  }

  private static VerificationKey pem(String option, JwsAlgorithm algorithm, String pem) {
    try {
      return VerificationKey.pem(algorithm, pem);
    } catch (IllegalArgumentException unusable) {
      throw new IllegalArgumentException(option + ": " + unusable.getMessage(), unusable);
    }
  }

  /** The curve of the key decides the algorithm. */
  private static VerificationKey curve(String option, String pem) {
    Optional<IllegalArgumentException> first = Optional.empty();
    for (var algorithm : List.of(JwsAlgorithm.ES256, JwsAlgorithm.ES384, JwsAlgorithm.ES512)) {
      try {
        return VerificationKey.pem(algorithm, pem);
      } catch (IllegalArgumentException otherCurve) {
        first = first.or(() -> Optional.of(otherCurve));
      }
    }
    var why = first.orElseThrow();
    throw new IllegalArgumentException(option + ": " + why.getMessage(), why);
  }
}

package dev.dunlin.auth;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.RSAKey;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.NamedParameterSpec;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a JSON Web Key Set (RFC 7517, 5): the public signature keys in it that fit one of the
 * algorithms the configuration lists. A key that does not fit is left out, never a reason to refuse
 * the others; shared secrets are never taken from a public document.
 */
final class JwkSetReader {

  private static final Logger LOG = LoggerFactory.getLogger(JwkSetReader.class);
  private static final int MAX_KEYS = 100;
  private static final int MAX_DEPTH = 8;

  private JwkSetReader() {}

  static List<VerificationKey> read(byte[] body, Set<JwsAlgorithm> algorithms)
      throws Json.Malformed {
    var document = Json.object(Json.utf8(body), MAX_DEPTH);
    if (!(document.get("keys") instanceof Json.Arr(List<Json> entries))) {
      throw new Json.Malformed("no keys array");
    }
    if (entries.size() > MAX_KEYS) {
      throw new Json.Malformed("more than " + MAX_KEYS + " keys");
    }
    var keys = new ArrayList<VerificationKey>();
    var seen = new HashSet<String>();
    for (var entry : entries) {
      if (entry instanceof Json.Obj jwk) {
        for (var key : keysOf(jwk, algorithms)) {
          if (seen.add(key.algorithm().id() + ' ' + key.id().orElse(""))) {
            keys.add(key);
          } else {
            LOG.warn(
                "key set has two {} keys of one key id; the second is ignored", key.algorithm());
          }
        }
      }
    }
    return keys;
  }

  /** The key once for each listed algorithm it may be used with. */
  private static List<VerificationKey> keysOf(Json.Obj jwk, Set<JwsAlgorithm> algorithms) {
    if (!forSignatures(jwk)) {
      return List.of();
    }
    var keys = new ArrayList<VerificationKey>();
    var named = jwk.text("alg");
    for (var algorithm : algorithms) {
      if ((named != null && !named.equals(algorithm.id())) || !sameKind(jwk, algorithm)) {
        continue;
      }
      try {
        var key = VerificationKey.publicKey(algorithm, publicKey(jwk, algorithm));
        var kid = jwk.text("kid");
        keys.add(kid == null ? key : key.id(kid));
      } catch (IllegalArgumentException
          | ParseException
          | JOSEException
          | GeneralSecurityException e) {
        LOG.warn("key set has a key that cannot be used with {}: {}", algorithm, e.getMessage());
      }
    }
    return keys;
  }

  private static boolean forSignatures(Json.Obj jwk) {
    var use = jwk.text("use");
    if (use != null && !use.equals("sig")) {
      return false;
    }
    return !(jwk.get("key_ops") instanceof Json.Arr(List<Json> operations))
        || operations.contains(new Json.Str("verify"));
  }

  private static boolean sameKind(Json.Obj jwk, JwsAlgorithm algorithm) {
    var type = jwk.text("kty");
    var curve = jwk.text("crv");
    return switch (algorithm.family()) {
      case HMAC -> false;
      case RSA -> "RSA".equals(type);
      case EC -> "EC".equals(type) && curveOf(algorithm).equals(curve);
      case ED25519 -> "OKP".equals(type) && "Ed25519".equals(curve);
    };
  }

  private static String curveOf(JwsAlgorithm algorithm) {
    return switch (algorithm.bytes()) {
      case 32 -> "P-256";
      case 48 -> "P-384";
      default -> "P-521";
    };
  }

  private static PublicKey publicKey(Json.Obj jwk, JwsAlgorithm algorithm)
      throws ParseException, JOSEException, GeneralSecurityException {
    return switch (algorithm.family()) {
      case RSA -> RSAKey.parse(publicMembers(jwk, "n", "e")).toRSAPublicKey();
      case EC -> ECKey.parse(publicMembers(jwk, "crv", "x", "y")).toECPublicKey();
      case ED25519 -> ed25519(jwk.text("x"));
      case HMAC ->
          throw new IllegalArgumentException("shared secrets are not taken from a key set");
    };
  }

  /** Only what makes the public key: certificates and private parts are not read. */
  private static Map<String, Object> publicMembers(Json.Obj jwk, String... names) {
    var members = new LinkedHashMap<String, Object>();
    members.put("kty", String.valueOf(jwk.text("kty")));
    for (var name : names) {
      var value = jwk.text(name);
      if (value == null) {
        throw new IllegalArgumentException("member " + name + " is absent");
      }
      members.put(name, value);
    }
    return members;
  }

  /** RFC 8032, 5.1.5: the bytes are little-endian, the highest bit is the sign of x. */
  static PublicKey ed25519(@Nullable String x) throws GeneralSecurityException {
    var bytes = x == null ? null : Base64Url.decode(x, 0, x.length());
    if (bytes == null || bytes.length != 32) {
      throw new IllegalArgumentException("an Ed25519 key has 32 bytes");
    }
    var bigEndian = new byte[32];
    for (int i = 0; i < 32; i++) {
      bigEndian[i] = bytes[31 - i];
    }
    boolean odd = (bigEndian[0] & 0x80) != 0;
    bigEndian[0] &= 0x7f;
    var point = new EdECPoint(odd, new BigInteger(1, bigEndian));
    return KeyFactory.getInstance("Ed25519")
        .generatePublic(new EdECPublicKeySpec(NamedParameterSpec.ED25519, point));
  }
}

package dev.dunlin.auth;

import static dev.dunlin.auth.AuthenticationException.invalid;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A token in JWS compact serialisation (RFC 7515, 7.1), taken apart and not verified.
 *
 * <p>The length is checked before anything else, and everything is refused that two readers could
 * read differently. Of the header three things are read: {@code alg}, to be looked up in a list,
 * {@code kid}, to be looked up in a map, and {@code typ}. Keys and addresses of keys in the header
 * are not looked at (RFC 8725, 3.10).
 */
final class CompactToken {

  static final int MAX_LENGTH = 8 * 1024;
  private static final int MAX_DEPTH = 16;
  private static final int MAX_KID_LENGTH = 128;

  /**
   * Header parameters that change what a token means and that we do not do: extensions a reader
   * must understand, unencoded payloads, compression, encryption, a token inside a token.
   */
  private static final List<String> NOT_UNDERSTOOD =
      List.of("crit", "b64", "zip", "enc", "cty", "epk", "p2c", "p2s");

  private final JwsAlgorithm algorithm;
  private final @Nullable String kid;
  private final @Nullable String type;
  private final String claimsText;
  private final Json.Obj claims;
  private final byte[] signed;
  private final byte[] signature;

  private CompactToken(
      JwsAlgorithm algorithm,
      @Nullable String kid,
      @Nullable String type,
      String claimsText,
      Json.Obj claims,
      byte[] signed,
      byte[] signature) {
    this.algorithm = algorithm;
    this.kid = kid;
    this.type = type;
    this.claimsText = claimsText;
    this.claims = claims;
    this.signed = signed;
    this.signature = signature;
  }

  static CompactToken parse(String token) {
    if (token.length() > MAX_LENGTH) {
      throw invalid("token longer than 8 KiB");
    }
    int first = token.indexOf('.');
    int second = token.indexOf('.', first + 1);
    if (first < 0 || second < 0 || token.indexOf('.', second + 1) >= 0) {
      throw invalid("token does not have three segments");
    }
    var header = object(segment(token, 0, first), "header");
    for (var name : NOT_UNDERSTOOD) {
      if (header.has(name)) {
        throw invalid("token header has " + name);
      }
    }
    var alg = header.text("alg");
    var algorithm =
        JwsAlgorithm.named(alg == null ? "" : alg)
            .orElseThrow(() -> invalid("token algorithm is absent or unknown"));
    var kid = optionalText(header, "kid");
    if (kid != null && kid.length() > MAX_KID_LENGTH) {
      throw invalid("token key id longer than 128");
    }
    var type = optionalText(header, "typ");
    var claimsText = utf8(segment(token, first + 1, second), "claims");
    var claims = object(claimsText, "claims");
    var signature = segment(token, second + 1, token.length());
    var signed = token.substring(0, second).getBytes(StandardCharsets.US_ASCII);
    return new CompactToken(algorithm, kid, type, claimsText, claims, signed, signature);
  }

  private static byte[] segment(String token, int from, int to) {
    var bytes = Base64Url.decode(token, from, to);
    if (bytes == null || bytes.length == 0) {
      throw invalid("token segment is empty or not canonical base64url");
    }
    return bytes;
  }

  private static @Nullable String optionalText(Json.Obj header, String name) {
    var text = header.text(name);
    if (text == null && header.has(name)) {
      throw invalid("token header " + name + " is not a string");
    }
    return text;
  }

  private static Json.Obj object(byte[] bytes, String what) {
    return object(utf8(bytes, what), what);
  }

  private static Json.Obj object(String text, String what) {
    try {
      return Json.object(text, MAX_DEPTH);
    } catch (Json.Malformed e) {
      throw invalid("token " + what + ": " + e.getMessage());
    }
  }

  private static String utf8(byte[] bytes, String what) {
    try {
      return Json.utf8(bytes);
    } catch (Json.Malformed e) {
      throw invalid("token " + what + ": " + e.getMessage());
    }
  }

  JwsAlgorithm algorithm() {
    return algorithm;
  }

  @Nullable String kid() {
    return kid;
  }

  @Nullable String type() {
    return type;
  }

  String claimsText() {
    return claimsText;
  }

  Json.Obj claims() {
    return claims;
  }

  /** The bytes the signature is over; not to be changed. */
  byte[] signed() {
    return signed;
  }

  /** The signature; not to be changed. */
  byte[] signature() {
    return signature;
  }

  /** The algorithm, never what is in the token. */
  @Override
  public String toString() {
    return "CompactToken[" + algorithm.id() + "]";
  }
}

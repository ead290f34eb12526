package dev.dunlin.auth;

import static dev.dunlin.auth.Tokens.CLAIMS;
import static dev.dunlin.auth.Tokens.NOW;
import static dev.dunlin.auth.Tokens.SECRET_32;
import static dev.dunlin.auth.Tokens.encode;
import static dev.dunlin.auth.Tokens.hmac;
import static dev.dunlin.auth.Tokens.hs256;
import static dev.dunlin.auth.Tokens.utf8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.dunlin.auth.AuthenticationException.Reason;
import java.math.BigInteger;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every forged, altered or ambiguous token is refused with one and the same answer. */
class TokenVectorsTest {

  private static final Jwt HS256 = Jwt.hs256(SECRET_32);
  private static final Jwt RS256 =
      Jwt.keys(VerificationKey.publicKey(JwsAlgorithm.RS256, Tokens.RSA.getPublic()));
  private static final Jwt ES256 =
      Jwt.keys(VerificationKey.publicKey(JwsAlgorithm.ES256, Tokens.P256.getPublic()));
  private static final Jwt EDDSA =
      Jwt.keys(VerificationKey.publicKey(JwsAlgorithm.EDDSA, Tokens.ED25519.getPublic()));

  private static final String GOOD = hs256(CLAIMS);
  private static final String H = "{\"alg\":\"HS256\"}";

  static Stream<Arguments> vectors() throws Exception {
    var all = new ArrayList<Arguments>();
    algorithms(all);
    confusion(all);
    signatures(all);
    shapes(all);
    headers(all);
    dates(all);
    claims(all);
    json(all);
    return all.stream();
  }

  private static void vector(List<Arguments> all, String name, Jwt jwt, String token) {
    all.add(Arguments.of(name, jwt, token));
  }

  private static void algorithms(List<Arguments> all) {
    for (var alg : List.of("none", "None", "nOnE", "NONE", "", "hs256", "HS257", "HMAC", "dir")) {
      var header = "{\"alg\":\"" + alg + "\"}";
      vector(
          all, "alg " + alg + ", no signature", HS256, encode(header) + "." + encode(CLAIMS) + ".");
      vector(
          all,
          "alg " + alg + ", signed",
          HS256,
          hmac(JwsAlgorithm.HS256, header, CLAIMS, SECRET_32));
      vector(
          all,
          "alg " + alg + ", against RS256",
          RS256,
          encode(header) + "." + encode(CLAIMS) + ".AA");
    }
    for (var header :
        List.of(
            "{}",
            "{\"typ\":\"JWT\"}",
            "{\"alg\":[\"HS256\"]}",
            "{\"alg\":null}",
            "{\"alg\":256}",
            "{\"ALG\":\"HS256\"}")) {
      vector(all, "header " + header, HS256, hmac(JwsAlgorithm.HS256, header, CLAIMS, SECRET_32));
    }
  }

  private static void confusion(List<Arguments> all) {
    for (var pair : List.of(Tokens.RSA, Tokens.P256)) {
      var type = pair.getPublic().getAlgorithm();
      var pem = Tokens.pem(pair.getPublic());
      var der = pair.getPublic().getEncoded();
      for (var algorithm : List.of(JwsAlgorithm.HS256, JwsAlgorithm.HS512)) {
        var header = utf8("{\"alg\":\"" + algorithm.id() + "\"}");
        var jwt = pair == Tokens.RSA ? RS256 : ES256;
        var name = algorithm.id() + " over the public " + type + " key, ";
        vector(all, name + "PEM", jwt, hmac(algorithm, header, utf8(CLAIMS), utf8(pem)));
        vector(
            all,
            name + "PEM stripped",
            jwt,
            hmac(algorithm, header, utf8(CLAIMS), utf8(pem.strip())));
        vector(all, name + "DER", jwt, hmac(algorithm, header, utf8(CLAIMS), der));
      }
    }
    vector(
        all,
        "PS256 with an RS256 key",
        RS256,
        Tokens.sign(JwsAlgorithm.PS256, CLAIMS, Tokens.RSA.getPrivate()));
    vector(
        all,
        "PS256 signature under an RS256 header",
        RS256,
        Tokens.sign(JwsAlgorithm.PS256, "{\"alg\":\"RS256\"}", CLAIMS, Tokens.RSA.getPrivate()));
    vector(
        all,
        "RS512 with an RS256 key",
        RS256,
        Tokens.sign(JwsAlgorithm.RS512, CLAIMS, Tokens.RSA.getPrivate()));
    vector(
        all,
        "ES384 with an ES256 key",
        ES256,
        Tokens.sign(JwsAlgorithm.ES384, CLAIMS, Tokens.P384.getPrivate()));
    vector(
        all,
        "another RSA key",
        RS256,
        Tokens.sign(JwsAlgorithm.RS256, CLAIMS, Tokens.OTHER_RSA.getPrivate()));
    vector(all, "HS512 token where HS256 is configured", HS256, Tokens.hs512(CLAIMS));
  }

  private static void signatures(List<Arguments> all) throws Exception {
    var input = encode("{\"alg\":\"ES256\"}") + "." + encode(CLAIMS);
    var order = ((ECPublicKey) Tokens.P256.getPublic()).getParams().getOrder();
    var n = fixed(order);
    var one = fixed(BigInteger.ONE);
    var zero = new byte[32];
    vector(all, "ES256 r=0 s=0", ES256, input + "." + encode(join(zero, zero)));
    vector(all, "ES256 r=0", ES256, input + "." + encode(join(zero, one)));
    vector(all, "ES256 s=0", ES256, input + "." + encode(join(one, zero)));
    vector(all, "ES256 r=n", ES256, input + "." + encode(join(n, one)));
    vector(all, "ES256 s=n", ES256, input + "." + encode(join(one, n)));
    vector(all, "ES256 r=n s=n", ES256, input + "." + encode(join(n, n)));
    var der = Signature.getInstance("SHA256withECDSA");
    der.initSign(Tokens.P256.getPrivate());
    der.update(utf8(input));
    vector(all, "ES256 as DER", ES256, input + "." + encode(der.sign()));
    vector(
        all,
        "ES256 as DER of zeros",
        ES256,
        input + "." + encode(new byte[] {0x30, 6, 2, 1, 0, 2, 1, 0}));
    var es = Tokens.sign(JwsAlgorithm.ES256, CLAIMS, Tokens.P256.getPrivate());
    vector(all, "ES256 a byte short", ES256, shortened(es));
    var rs = Tokens.sign(JwsAlgorithm.RS256, CLAIMS, Tokens.RSA.getPrivate());
    vector(all, "RS256 a byte short", RS256, shortened(rs));
    var ed = Tokens.sign(JwsAlgorithm.EDDSA, CLAIMS, Tokens.ED25519.getPrivate());
    vector(all, "EdDSA a byte short", EDDSA, shortened(ed));
    vector(all, "HS256 a byte short", HS256, shortened(GOOD));
    vector(
        all, "HS256 a byte more", HS256, withSignature(GOOD, Arrays.copyOf(signature(GOOD), 33)));
    var flipped = signature(GOOD);
    flipped[31] ^= 1;
    vector(all, "HS256 last bit flipped", HS256, withSignature(GOOD, flipped));
    vector(
        all,
        "claims altered",
        HS256,
        encode(H)
            + "."
            + encode(CLAIMS.replace("ann", "bob"))
            + GOOD.substring(GOOD.lastIndexOf('.')));
  }

  private static void shapes(List<Arguments> all) {
    var parts = GOOD.split("\\.");
    vector(all, "empty", HS256, "");
    vector(all, "a word", HS256, "token");
    vector(all, "dots only", HS256, "..");
    vector(all, "two segments", HS256, parts[0] + "." + parts[1]);
    vector(all, "signature stripped", HS256, parts[0] + "." + parts[1] + ".");
    vector(all, "four segments", HS256, GOOD + ".AA");
    vector(all, "dot at the end", HS256, GOOD + ".");
    vector(
        all,
        "five segments, JWE",
        HS256,
        encode("{\"alg\":\"dir\",\"enc\":\"A256GCM\"}") + "..AA.AA.AA");
    vector(
        all,
        "five segments, RSA-OAEP JWE around a plain JWT",
        RS256,
        encode("{\"alg\":\"RSA-OAEP\",\"enc\":\"A256GCM\",\"cty\":\"JWT\"}") + ".AA.AA.AA.AA");
    vector(all, "padding", HS256, GOOD + "=");
    vector(all, "padding in the header", HS256, parts[0] + "=." + parts[1] + "." + parts[2]);
    vector(all, "newline at the end", HS256, GOOD + "\n");
    vector(all, "newline inside", HS256, GOOD.substring(0, 10) + "\n" + GOOD.substring(10));
    vector(all, "space in front", HS256, " " + GOOD);
    vector(
        all, "standard alphabet", HS256, parts[0] + "." + parts[1] + "." + "+/".repeat(21) + "A");
    vector(
        all, "non-canonical tail bits", HS256, GOOD.substring(0, GOOD.length() - 1) + next(GOOD));
    vector(all, "one character over", HS256, GOOD + "A");
    vector(all, "letters outside ASCII", HS256, parts[0] + "." + parts[1] + ".é" + parts[2]);
    vector(all, "1 MiB", HS256, "A".repeat(1 << 20));
    vector(all, "1 MiB of dots", HS256, ".".repeat(1 << 20));
    vector(
        all,
        "over 8 KiB, otherwise good",
        HS256,
        hs256("{\"sub\":\"ann\",\"exp\":1800000060,\"pad\":\"" + "x".repeat(8000) + "\"}"));
  }

  private static void headers(List<Arguments> all) {
    for (var extra :
        List.of(
            "\"crit\":[\"exp\"]",
            "\"crit\":[]",
            "\"crit\":[\"b64\"],\"b64\":false",
            "\"b64\":false",
            "\"zip\":\"DEF\"",
            "\"enc\":\"A128GCM\"",
            "\"cty\":\"JWT\"",
            "\"p2c\":2147483647",
            "\"alg\":\"HS256\"",
            "\"alg\":\"none\"",
            "\"typ\":\"at+jwt\"",
            "\"typ\":\"JOSE\"",
            "\"typ\":7",
            "\"kid\":7",
            "\"kid\":null",
            "\"kid\":\"" + "k".repeat(129) + "\"",
            "\"kid\":\"" + "k".repeat(10 * 1024) + "\"")) {
      var header = "{\"alg\":\"HS256\"," + extra + "}";
      var name = "header " + (extra.length() > 40 ? extra.substring(0, 40) + "…" : extra);
      vector(all, name, HS256, hmac(JwsAlgorithm.HS256, header, CLAIMS, SECRET_32));
    }
    var named = Jwt.keys(VerificationKey.hmac(JwsAlgorithm.HS256, SECRET_32).id("main"));
    for (var kid :
        List.of("other", "../main", "main\\u0000", "main' OR '1'='1", "/dev/null", "", "MAIN")) {
      vector(
          all,
          "kid " + kid,
          named,
          hmac(
              JwsAlgorithm.HS256,
              "{\"alg\":\"HS256\",\"kid\":\"" + kid + "\"}",
              CLAIMS,
              SECRET_32));
    }
    var hostile = Tokens.OTHER_RSA;
    var modulus =
        encode(
            ((java.security.interfaces.RSAPublicKey) hostile.getPublic())
                .getModulus()
                .toByteArray());
    for (var extra :
        List.of(
            "\"jwk\":{\"kty\":\"RSA\",\"n\":\"" + modulus + "\",\"e\":\"AQAB\"}",
            "\"jku\":\"https://127.0.0.1:9/keys\"",
            "\"x5u\":\"https://127.0.0.1:9/cert\"",
            "\"x5c\":[\"MIIB\"]")) {
      vector(
          all,
          "key in the token: " + extra.substring(0, 5),
          RS256,
          Tokens.sign(
              JwsAlgorithm.RS256,
              "{\"alg\":\"RS256\"," + extra + "}",
              CLAIMS,
              hostile.getPrivate()));
    }
  }

  private static void dates(List<Arguments> all) {
    for (var claim : List.of("exp", "nbf", "iat")) {
      for (var value :
          List.of(
              "\"1800000060\"",
              "-1",
              "1e400",
              "1.8e9",
              "1800000060.5",
              "9223372036854775808",
              "null",
              "true",
              "[1800000060]",
              "{}")) {
        var rest = claim.equals("exp") ? "" : ",\"exp\":1800000060";
        vector(
            all,
            claim + " " + value,
            HS256,
            hs256("{\"sub\":\"ann\",\"" + claim + "\":" + value + rest + "}"));
      }
    }
    vector(all, "exp missing", HS256, hs256("{\"sub\":\"ann\"}"));
    vector(
        all,
        "lives longer than allowed",
        HS256.maxLifetime(java.time.Duration.ofMinutes(1)),
        hs256("{\"sub\":\"ann\",\"iat\":1799999999,\"exp\":1800000060}"));
    vector(
        all,
        "lifetime limited, no iat",
        HS256.maxLifetime(java.time.Duration.ofMinutes(1)),
        hs256(CLAIMS));
  }

  private static void claims(List<Arguments> all) {
    var chat = HS256.audience("chat");
    for (var aud :
        List.of(
            "\"other\"",
            "[\"other\"]",
            "[]",
            "\"chat2\"",
            "\"Chat\"",
            "[\"chat\",7]",
            "7",
            "null")) {
      vector(all, "aud " + aud, chat, hs256(CLAIMS.replace("}", ",\"aud\":" + aud + "}")));
    }
    vector(all, "aud absent", chat, hs256(CLAIMS));
    vector(
        all,
        "aud for someone, none configured",
        HS256,
        hs256(CLAIMS.replace("}", ",\"aud\":\"chat\"}")));
    var login = HS256.issuer("https://login.example");
    for (var iss :
        List.of(
            "\"https://login.example/\"",
            "\"https://login.example.evil\"",
            "\"https://login\"",
            "\"https://LOGIN.example\"",
            "\"\"",
            "[\"https://login.example\"]")) {
      vector(all, "iss " + iss, login, hs256(CLAIMS.replace("}", ",\"iss\":" + iss + "}")));
    }
    vector(all, "iss absent", login, hs256(CLAIMS));
    var type = HS256.type("at+jwt");
    vector(all, "typ absent where one is required", type, GOOD);
    vector(
        all,
        "typ JWT where another is required",
        type,
        hmac(JwsAlgorithm.HS256, "{\"alg\":\"HS256\",\"typ\":\"JWT\"}", CLAIMS, SECRET_32));
    var connect = HS256.forbid("channel");
    var subscribe = HS256.require("channel", "news").require("client", "c1");
    var forNews = "{\"sub\":\"ann\",\"exp\":1800000060,\"channel\":\"news\",\"client\":\"c1\"}";
    vector(all, "subscription token used to connect", connect, hs256(forNews));
    vector(all, "connection token used to subscribe", subscribe, GOOD);
    vector(all, "token of another channel", subscribe, hs256(forNews.replace("news", "sport")));
    vector(all, "token of another client", subscribe, hs256(forNews.replace("c1", "c2")));
    vector(all, "channel not a text", subscribe, hs256(forNews.replace("\"news\"", "[\"news\"]")));
    for (var sub : List.of("7", "null", "[\"ann\"]", "{\"id\":\"ann\"}")) {
      vector(all, "sub " + sub, HS256, hs256("{\"sub\":" + sub + ",\"exp\":1800000060}"));
    }
    vector(all, "sub absent", HS256, hs256("{\"exp\":1800000060}"));
    vector(
        all,
        "bound to a certificate that is not there",
        HS256,
        hs256(CLAIMS.replace("}", ",\"cnf\":{\"x5t#S256\":\"AA\"}}")));
    vector(all, "cnf not an object", HS256, hs256(CLAIMS.replace("}", ",\"cnf\":\"x\"}")));
  }

  private static void json(List<Arguments> all) {
    vector(
        all, "claim twice", HS256, hs256("{\"sub\":\"ann\",\"sub\":\"admin\",\"exp\":1800000060}"));
    vector(
        all,
        "claim twice, one escaped",
        HS256,
        hs256("{\"sub\":\"ann\",\"s\\u0075b\":\"admin\",\"exp\":1800000060}"));
    vector(
        all,
        "name twice in a nested object",
        HS256,
        hs256(CLAIMS.replace("}", ",\"x\":{\"a\":1,\"a\":2}}")));
    for (var text :
        List.of(
            "[]",
            "\"ann\"",
            "null",
            "",
            "{",
            "{\"sub\":\"ann\",}",
            CLAIMS + "x",
            CLAIMS + CLAIMS)) {
      if (!text.isEmpty()) {
        vector(all, "claims " + text, HS256, hs256(text));
      }
    }
    vector(
        all,
        "claims nested 17 deep",
        HS256,
        hs256(CLAIMS.replace("}", ",\"x\":" + nested(16) + "}")));
    vector(
        all,
        "claims nested 3,000 deep",
        HS256,
        hs256(CLAIMS.replace("}", ",\"x\":" + nested(2900) + "}")));
    vector(
        all,
        "header nested deep",
        HS256,
        hmac(
            JwsAlgorithm.HS256, "{\"alg\":\"HS256\",\"x\":" + nested(20) + "}", CLAIMS, SECRET_32));
    vector(
        all,
        "invalid UTF-8",
        HS256,
        hmac(
            JwsAlgorithm.HS256,
            utf8(H),
            join(
                utf8("{\"exp\":1800000060,\"sub\":\""),
                join(new byte[] {(byte) 0xff}, utf8("\"}"))),
            utf8(SECRET_32)));
    vector(all, "byte order mark", HS256, hs256("\ufeff" + CLAIMS));
    vector(all, "lone surrogate", HS256, hs256(CLAIMS.replace("ann", "\\ud800")));
    vector(all, "control character", HS256, hs256(CLAIMS.replace("ann", "a\nn")));
    vector(all, "number with a leading zero", HS256, hs256(CLAIMS.replace("18000", "018000")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("vectors")
  void everyWrongTokenGetsTheSameAnswer(String name, Jwt jwt, String token) {
    var refusal = catchThrowableOfType(AuthenticationException.class, () -> jwt.verify(token, NOW));
    assertThat(refusal).isNotNull();
    assertThat(refusal.reason()).isEqualTo(Reason.INVALID);
    assertThat(refusal).hasMessage("credentials not accepted").hasNoCause();
    assertThat(refusal.getStackTrace()).isEmpty();
    if (token.length() > 20) {
      assertThat(refusal.detail()).doesNotContain(token.substring(0, 20));
    }
  }

  @Test
  void theTokenTheVectorsAreMadeFromIsGood() {
    assertThat(HS256.verify(GOOD, NOW).subject()).isEqualTo("ann");
  }

  @Test
  void keysInTheHeaderOfAGenuineTokenAreNotLookedAt() {
    var header =
        "{\"alg\":\"RS256\",\"jku\":\"https://127.0.0.1:9/\",\"jwk\":{\"kty\":\"oct\"},\"x5c\":7}";
    var token = Tokens.sign(JwsAlgorithm.RS256, header, CLAIMS, Tokens.RSA.getPrivate());
    assertThat(RS256.verify(token, NOW).subject()).isEqualTo("ann");
  }

  private static byte[] fixed(BigInteger value) {
    var bytes = value.toByteArray();
    var fixed = new byte[32];
    int length = Math.min(32, bytes.length);
    System.arraycopy(bytes, bytes.length - length, fixed, 32 - length, length);
    return fixed;
  }

  private static byte[] join(byte[] one, byte[] other) {
    var both = Arrays.copyOf(one, one.length + other.length);
    System.arraycopy(other, 0, both, one.length, other.length);
    return both;
  }

  private static byte[] signature(String token) {
    return Base64.getUrlDecoder().decode(token.substring(token.lastIndexOf('.') + 1));
  }

  private static String withSignature(String token, byte[] signature) {
    return token.substring(0, token.lastIndexOf('.') + 1) + encode(signature);
  }

  private static String shortened(String token) {
    var signature = signature(token);
    return withSignature(token, Arrays.copyOf(signature, signature.length - 1));
  }

  /** The last character with its lowest, unused bit set. */
  private static String next(String token) {
    var alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    int last = alphabet.indexOf(token.charAt(token.length() - 1));
    return String.valueOf(alphabet.charAt(last | 1));
  }

  private static String nested(int depth) {
    return "[".repeat(depth) + "]".repeat(depth);
  }
}

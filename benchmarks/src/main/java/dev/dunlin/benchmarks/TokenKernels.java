package dev.dunlin.benchmarks;

import dev.dunlin.auth.Credentials;
import dev.dunlin.auth.Identity;
import dev.dunlin.auth.JwsAlgorithm;
import dev.dunlin.auth.Jwt;
import dev.dunlin.auth.VerificationKey;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.time.Instant;
import java.util.Base64;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What a token costs when its holder connects, with and without the cache of verified tokens. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 4, time = 1) // signatures are long loops that are compiled late
@Measurement(iterations = 5, time = 400, timeUnit = TimeUnit.MILLISECONDS)
@Fork(1)
@State(Scope.Thread)
public class TokenKernels {

  private static final String SECRET = "0123456789abcdef".repeat(4);
  private static final Instant NOW = Instant.ofEpochSecond(1_900_000_000);

  /** What the token is signed with. */
  @Param({
    "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256",
    "ES384", "ES512", "EdDSA"
  })
  public String algorithm = "HS256";

  /** Whether verified tokens are remembered by digest. */
  @Param({"false", "true"})
  public boolean cached;

  private Jwt tokens = Jwt.hs512(SECRET);
  private Credentials shown = Credentials.none();

  /** Signs a token and verifies it once. */
  @Setup(Level.Trial)
  public void setUp() throws GeneralSecurityException {
    var named = JwsAlgorithm.named(algorithm).orElseThrow();
    var input =
        base64(bytes("{\"alg\":\"" + algorithm + "\"}"))
            + "."
            + base64(
                bytes(
                    "{\"sub\":\"ann\",\"iss\":\"https://login.example\",\"aud\":\"chat\","
                        + "\"exp\":1900000060}"));
    byte[] signature;
    VerificationKey key;
    if (algorithm.startsWith("HS")) {
      var mac = Mac.getInstance("HmacSHA" + algorithm.substring(2));
      mac.init(new SecretKeySpec(bytes(SECRET), mac.getAlgorithm()));
      signature = mac.doFinal(bytes(input));
      key = VerificationKey.hmac(named, SECRET);
    } else {
      var pair = pair();
      var signer = signer();
      signer.initSign(pair.getPrivate());
      signer.update(bytes(input));
      signature = signer.sign();
      key = VerificationKey.publicKey(named, pair.getPublic());
    }
    tokens = Jwt.keys(key).issuer("https://login.example").audience("chat").clock(() -> NOW);
    if (cached) {
      tokens = tokens.cache(1_000);
    }
    shown = Credentials.token(input + "." + base64(signature));
    connect().toCompletableFuture().join();
  }

  private KeyPair pair() throws GeneralSecurityException {
    if (algorithm.equals("EdDSA")) {
      return KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    }
    var generator = KeyPairGenerator.getInstance(algorithm.startsWith("ES") ? "EC" : "RSA");
    switch (algorithm) {
      case "ES256" -> generator.initialize(new ECGenParameterSpec("secp256r1"));
      case "ES384" -> generator.initialize(new ECGenParameterSpec("secp384r1"));
      case "ES512" -> generator.initialize(new ECGenParameterSpec("secp521r1"));
      default -> generator.initialize(2048);
    }
    return generator.generateKeyPair();
  }

  private Signature signer() throws GeneralSecurityException {
    var hash = algorithm.substring(2);
    return switch (algorithm.substring(0, 2)) {
      case "RS" -> Signature.getInstance("SHA" + hash + "withRSA");
      case "ES" -> Signature.getInstance("SHA" + hash + "withECDSAinP1363Format");
      case "PS" -> {
        var signer = Signature.getInstance("RSASSA-PSS");
        signer.setParameter(
            new PSSParameterSpec(
                "SHA-" + hash,
                "MGF1",
                new MGF1ParameterSpec("SHA-" + hash),
                Integer.parseInt(hash) / 8,
                PSSParameterSpec.TRAILER_FIELD_BC));
        yield signer;
      }
      default -> Signature.getInstance("Ed25519");
    };
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** What a connect command asks. */
  @Benchmark
  public CompletionStage<Identity> connect() {
    return tokens.authenticate(shown);
  }
}

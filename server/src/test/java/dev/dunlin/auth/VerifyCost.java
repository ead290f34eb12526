package dev.dunlin.auth;

import java.lang.management.ManagementFactory;
import java.util.Locale;

/**
 * Prints what verifying one token costs, per algorithm, with and without the cache; the figures are
 * in docs/design/auth.md. A program, not a test.
 */
final class VerifyCost {

  private static final int ROUNDS = 5;
  private static final long ROUND_NANOS = 200_000_000;
  private static final String CLAIMS =
      "{\"sub\":\"ann\",\"iss\":\"https://login.example\",\"aud\":\"chat\",\"exp\":1800000060}";

  private VerifyCost() {}

  public static void main(String[] args) {
    signedMessages();
    System.out.println("algorithm  verify us  bytes  cached us  bytes");
    for (var algorithm : JwsAlgorithm.values()) {
      Jwt jwt;
      String token;
      if (algorithm.family() == JwsAlgorithm.Family.HMAC) {
        jwt = Jwt.keys(VerificationKey.hmac(algorithm, Tokens.SECRET_64));
        var header = "{\"alg\":\"" + algorithm.id() + "\"}";
        token = Tokens.hmac(algorithm, header, CLAIMS, Tokens.SECRET_64);
      } else {
        var pair = Tokens.pair(algorithm);
        jwt = Jwt.keys(VerificationKey.publicKey(algorithm, pair.getPublic()));
        token = Tokens.sign(algorithm, CLAIMS, pair.getPrivate());
      }
      jwt = jwt.issuer("https://login.example").audience("chat").clock(() -> Tokens.NOW);
      var plain = cost(jwt, token);
      var cached = cost(jwt.cache(1000), token);
      System.out.printf(
          Locale.ROOT,
          "%-9s  %9.1f  %5.0f  %9.2f  %5.0f%n",
          algorithm.id(),
          plain[0],
          plain[1],
          cached[0],
          cached[1]);
    }
  }

  private static void signedMessages() {
    var place = new SignedMessages.Place("chat:blue", "connection-1");
    var key = SignedMessages.connectionKey(Tokens.utf8(Tokens.SECRET_64), place.connection());
    signedMessages("HS256", SignedMessages.signer(key, place), SignedMessages.verifier(key, place));
    signedMessages(
        "EdDSA",
        SignedMessages.signer(Tokens.ED25519.getPrivate(), place),
        SignedMessages.verifier(Tokens.ED25519.getPublic(), place));
  }

  private static void signedMessages(
      String algorithm, SignedMessages.Signer signer, SignedMessages.Verifier verifier) {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    var message = new byte[64];
    var sealed = new byte[20][];
    double sign = Double.MAX_VALUE;
    double verify = Double.MAX_VALUE;
    int length = 0;
    for (int round = 0; round < ROUNDS; round++) {
      long begin = threads.getCurrentThreadCpuTime();
      long signing = 0;
      long verifying = 0;
      int done = 0;
      while (threads.getCurrentThreadCpuTime() - begin < ROUND_NANOS) {
        long cpu = threads.getCurrentThreadCpuTime();
        for (int i = 0; i < sealed.length; i++, done++) {
          sealed[i] = signer.seal(message);
        }
        long between = threads.getCurrentThreadCpuTime();
        for (var each : sealed) {
          try {
            length = Math.max(length, each.length - verifier.open(each).length);
          } catch (SignedMessages.Refused e) {
            throw new AssertionError(e);
          }
        }
        signing += between - cpu;
        verifying += threads.getCurrentThreadCpuTime() - between;
      }
      sign = Math.min(sign, signing / 1e3 / done);
      verify = Math.min(verify, verifying / 1e3 / done);
    }
    System.out.printf(
        Locale.ROOT,
        "signed message of 64 bytes, %s: at most %d bytes more, %.1f us to sign, %.1f to verify%n",
        algorithm,
        length,
        sign,
        verify);
  }

  /** The least microseconds of CPU and bytes per verification over all rounds. */
  private static double[] cost(Jwt jwt, String token) {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    double[] least = {Double.MAX_VALUE, Double.MAX_VALUE};
    for (int round = 0; round < ROUNDS; round++) {
      long bytes = threads.getCurrentThreadAllocatedBytes();
      long cpu = threads.getCurrentThreadCpuTime();
      int done = 0;
      do {
        for (int i = 0; i < 20; i++) {
          jwt.verify(token).toCompletableFuture().join();
        }
        done += 20;
      } while (threads.getCurrentThreadCpuTime() - cpu < ROUND_NANOS);
      least[0] = Math.min(least[0], (threads.getCurrentThreadCpuTime() - cpu) / 1e3 / done);
      least[1] =
          Math.min(least[1], (double) (threads.getCurrentThreadAllocatedBytes() - bytes) / done);
    }
    return least;
  }
}

package dev.dunlin.auth;

import static dev.dunlin.auth.Tokens.CLAIMS;
import static dev.dunlin.auth.Tokens.NOW;
import static dev.dunlin.auth.Tokens.SECRET_32;
import static dev.dunlin.auth.Tokens.SECRET_64;
import static dev.dunlin.auth.Tokens.hs256;
import static dev.dunlin.auth.Tokens.hs512;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.dunlin.auth.AuthenticationException.Reason;
import dev.dunlin.auth.Credentials.Way;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class JwtTest {

  private final AtomicReference<Instant> time = new AtomicReference<>(NOW);

  private final Jwt tokens =
      Jwt.hs512(SECRET_64).issuer("https://login.example").audience("chat").clock(time::get);

  private static final String FULL =
      "{\"sub\":\"ann\",\"iss\":\"https://login.example\",\"aud\":[\"mail\",\"chat\"],"
          + "\"exp\":1800000060,\"iat\":1800000000,\"nbf\":1800000000,\"jti\":\"t-1\","
          + "\"info\":{\"name\":\"Ann\"},\"room\":\"blue\"}";

  @Test
  void aGoodTokenGivesItsSubjectAndTheClaimsThatWereSigned() {
    var identity = done(tokens.authenticate(Credentials.token(hs512(FULL))));
    assertThat(identity.subject()).isEqualTo("ann");
    assertThat(identity.claims()).isEqualTo(FULL);
    assertThat(identity.certificates()).isEmpty();
    assertThat(identity.expiresAt()).contains(Instant.ofEpochSecond(1_800_000_060));
    assertThat(identity.tokenId()).contains("t-1");
  }

  @Test
  void aVerifiedTokenHasTypedClaims() {
    var token = tokens.verify(hs512(FULL), NOW);
    assertThat(token.issuer()).contains("https://login.example");
    assertThat(token.audience()).containsExactly("mail", "chat");
    assertThat(token.id()).contains("t-1");
    assertThat(token.issuedAt()).contains(NOW);
    assertThat(token.text("room")).contains("blue");
    assertThat(token.text("info")).isEmpty();
    assertThat(token.has("info")).isTrue();
    assertThat(token.instant("iat")).contains(NOW);
    assertThat(token).hasToString("VerifiedToken[ann]");
  }

  @ParameterizedTest
  @EnumSource
  void everyAlgorithmVerifiesItsOwnTokens(JwsAlgorithm algorithm) {
    Jwt jwt;
    String token;
    if (algorithm.family() == JwsAlgorithm.Family.HMAC) {
      jwt = Jwt.keys(VerificationKey.hmac(algorithm, SECRET_64));
      token = Tokens.hmac(algorithm, "{\"alg\":\"" + algorithm.id() + "\"}", CLAIMS, SECRET_64);
    } else {
      var pair = Tokens.pair(algorithm);
      jwt = Jwt.pem(algorithm, Tokens.pem(pair.getPublic()));
      token = Tokens.sign(algorithm, CLAIMS, pair.getPrivate());
    }
    assertThat(jwt.verify(token, NOW).subject()).isEqualTo("ann");
    assertThat(reason(jwt, token.substring(0, token.length() - 6) + "AAAAAA", NOW))
        .isEqualTo(Reason.INVALID);
  }

  @Test
  void onlyAGenuineTokenIsToldThatItExpired() {
    var expired = hs256("{\"sub\":\"ann\",\"exp\":1799999000}");
    var jwt = Jwt.hs256(SECRET_32);
    assertThat(reason(jwt, expired, NOW)).isEqualTo(Reason.EXPIRED);
    var forged = expired.substring(0, expired.length() - 6) + "AAAAAA";
    assertThat(reason(jwt, forged, NOW)).isEqualTo(Reason.INVALID);
    assertThat(reason(jwt.audience("chat"), expired, NOW)).isEqualTo(Reason.INVALID);
  }

  @Test
  void clocksMayDifferByFiveSeconds() {
    var jwt = Jwt.hs256(SECRET_32);
    var token = hs256("{\"sub\":\"ann\",\"nbf\":1800000000,\"exp\":1800000060}");
    assertThat(reason(jwt, token, NOW.minusSeconds(6))).isEqualTo(Reason.NOT_YET_VALID);
    assertThat(jwt.verify(token, NOW.minusSeconds(5)).subject()).isEqualTo("ann");
    assertThat(jwt.verify(token, NOW.plusMillis(64_999)).subject()).isEqualTo("ann");
    assertThat(reason(jwt, token, NOW.plusSeconds(65))).isEqualTo(Reason.EXPIRED);
    assertThat(reason(jwt.leeway(Duration.ZERO), token, NOW.plusSeconds(60)))
        .isEqualTo(Reason.EXPIRED);
  }

  @Test
  void aTokenIssuedInTheFutureIsNotValidYet() {
    var token = hs256("{\"sub\":\"ann\",\"iat\":1800000010,\"exp\":1800000060}");
    assertThat(reason(Jwt.hs256(SECRET_32), token, NOW)).isEqualTo(Reason.NOT_YET_VALID);
  }

  @Test
  void expiryAndSubjectCanBeMadeOptional() {
    var jwt = Jwt.hs256(SECRET_32).expiryOptional().subjectOptional();
    var token = jwt.verify(hs256("{}"), NOW);
    assertThat(token.subject()).isEmpty();
    assertThat(token.expiresAt()).isEmpty();
    assertThat(token.identity().isAnonymous()).isTrue();
  }

  @Test
  void anotherClaimCanNameTheUser() {
    var jwt = Jwt.hs256(SECRET_32).subjectClaim("uid");
    var token = hs256("{\"uid\":\"u1\",\"sub\":\"ann\",\"exp\":1800000060}");
    assertThat(jwt.verify(token, NOW).subject()).isEqualTo("u1");
  }

  @Test
  void theTypeIsComparedWithoutCaseAndPrefix() {
    var jwt = Jwt.hs256(SECRET_32).type("at+jwt");
    var header = "{\"alg\":\"HS256\",\"typ\":\"application/AT+JWT\"}";
    var token = Tokens.hmac(JwsAlgorithm.HS256, header, CLAIMS, SECRET_32);
    assertThat(jwt.verify(token, NOW).subject()).isEqualTo("ann");
  }

  @Test
  void previousKeyIsGoodUntilItsTime() {
    var old = VerificationKey.hmac(JwsAlgorithm.HS256, SECRET_32).until(NOW.plusSeconds(10));
    var fresh = VerificationKey.hmac(JwsAlgorithm.HS256, SECRET_64);
    var jwt = Jwt.keys(fresh, old);
    assertThat(jwt.verify(hs256(CLAIMS), NOW).subject()).isEqualTo("ann");
    assertThat(reason(jwt, hs256(CLAIMS), NOW.plusSeconds(10))).isEqualTo(Reason.INVALID);
    var current = Tokens.hmac(JwsAlgorithm.HS256, "{\"alg\":\"HS256\"}", CLAIMS, SECRET_64);
    assertThat(jwt.verify(current, NOW.plusSeconds(10)).subject()).isEqualTo("ann");
  }

  @Test
  void issuersThatShareAKeyIdNeverAnswerForEachOther() {
    var a = issuer("a", Tokens.RSA.getPublic());
    var b = issuer("b", Tokens.OTHER_RSA.getPublic());
    for (var both : List.of(a.or(b), b.or(a))) {
      assertThat(both.verify(named("a", Tokens.RSA.getPrivate()), NOW).issuer()).contains("a");
      assertThat(both.verify(named("b", Tokens.OTHER_RSA.getPrivate()), NOW).issuer())
          .contains("b");
      assertThat(reason(both, named("b", Tokens.RSA.getPrivate()), NOW)).isEqualTo(Reason.INVALID);
      assertThat(reason(both, named("a", Tokens.OTHER_RSA.getPrivate()), NOW))
          .isEqualTo(Reason.INVALID);
      assertThat(reason(both, named("c", Tokens.RSA.getPrivate()), NOW)).isEqualTo(Reason.INVALID);
    }
  }

  private static Jwt issuer(String name, java.security.PublicKey key) {
    return Jwt.keys(VerificationKey.publicKey(JwsAlgorithm.RS256, key).id("k1")).issuer(name);
  }

  private static String named(String issuer, java.security.PrivateKey key) {
    return Tokens.sign(
        JwsAlgorithm.RS256,
        "{\"alg\":\"RS256\",\"kid\":\"k1\"}",
        CLAIMS.replace("}", ",\"iss\":\"" + issuer + "\"}"),
        key);
  }

  @Test
  void severalIssuersNeedDifferentNames() {
    var nameless = Jwt.hs256(SECRET_32);
    assertThatIllegalStateException().isThrownBy(() -> nameless.or(nameless.issuer("a")));
    assertThatIllegalStateException()
        .isThrownBy(() -> nameless.issuer("a").or(nameless.issuer("a")));
    var both = nameless.issuer("a").or(nameless.issuer("b"));
    assertThatIllegalStateException().isThrownBy(() -> both.audience("chat"));
  }

  @Test
  void cookieAndQueryCountOnlyIfNamed() {
    var inCookie = Credentials.builder().token(Way.COOKIE, hs512(FULL)).build();
    assertThat(failure(tokens.authenticate(inCookie)).reason()).isEqualTo(Reason.MISSING);
    assertThat(done(tokens.from(Way.COOKIE).authenticate(inCookie)).subject()).isEqualTo("ann");
    var inQuery = Credentials.builder().token(Way.QUERY, hs512(FULL)).build();
    assertThat(failure(tokens.authenticate(inQuery)).reason()).isEqualTo(Reason.MISSING);
    assertThatIllegalArgumentException().isThrownBy(() -> tokens.from(Way.TICKET));
  }

  @Test
  void theMostPreferredWayCounts() {
    var both =
        Credentials.builder()
            .authorization("bearer " + hs512(FULL))
            .token(Way.MESSAGE, "something else")
            .build();
    assertThat(failure(tokens.authenticate(both)).reason()).isEqualTo(Reason.INVALID);
    var header = Credentials.builder().authorization("Bearer " + hs512(FULL)).build();
    assertThat(done(tokens.authenticate(header)).subject()).isEqualTo("ann");
    var basic = Credentials.builder().authorization("Basic YTpi").build();
    assertThat(failure(tokens.authenticate(basic)).reason()).isEqualTo(Reason.MISSING);
  }

  @Test
  void revokedTokensAreRefusedEvenFromTheCache() {
    var revocations = Revocations.create(time::get);
    var jwt = tokens.revocations(revocations).cache(10);
    var credentials = Credentials.token(hs512(FULL));
    assertThat(done(jwt.authenticate(credentials)).subject()).isEqualTo("ann");
    revocations.add(new Revocation.OfToken("t-1", NOW.plusSeconds(60)));
    assertThat(failure(jwt.authenticate(credentials)).reason()).isEqualTo(Reason.REVOKED);
  }

  @Test
  void aCachedTokenStillExpires() {
    var jwt = tokens.cache(10);
    var credentials = Credentials.token(hs512(FULL));
    assertThat(done(jwt.authenticate(credentials)).subject()).isEqualTo("ann");
    time.set(NOW.plusSeconds(64));
    assertThat(done(jwt.authenticate(credentials)).subject()).isEqualTo("ann");
    time.set(NOW.plusSeconds(65));
    assertThat(failure(jwt.authenticate(credentials)).reason()).isEqualTo(Reason.EXPIRED);
  }

  @Test
  void aCachedTokenEndsWithItsKey() {
    var keys = KeySet.of(VerificationKey.hmac(JwsAlgorithm.HS256, SECRET_32));
    var jwt = Jwt.keys(keys).clock(time::get).cache(10);
    var credentials = Credentials.token(hs256(CLAIMS));
    assertThat(done(jwt.authenticate(credentials)).subject()).isEqualTo("ann");
    keys.replace(VerificationKey.hmac(JwsAlgorithm.HS256, SECRET_64));
    assertThat(failure(jwt.authenticate(credentials)).reason()).isEqualTo(Reason.INVALID);
  }

  @Test
  void theCacheIsBounded() {
    var cache = new TokenCache(10);
    var jwt = Jwt.hs256(SECRET_32);
    var token = jwt.verify(hs256(CLAIMS), NOW);
    var source = KeySet.of(VerificationKey.hmac(JwsAlgorithm.HS256, SECRET_32)).source();
    var snapshot = source.inHand(NOW);
    for (int i = 0; i < 1000; i++) {
      cache.put(
          TokenCache.digest("token " + i),
          new TokenCache.Entry(
              token, new TokenRules(source), snapshot.keys().getFirst(), snapshot));
      assertThat(cache.size()).isLessThanOrEqualTo(10);
    }
    assertThat(cache.find(TokenCache.digest("token 999"))).isNotNull();
    assertThat(cache.find(TokenCache.digest("token 0"))).isNull();
  }

  @Test
  void noWrongAnswerWhileKeysAreSwapped() throws Exception {
    var first = VerificationKey.hmac(JwsAlgorithm.HS256, SECRET_32);
    var second = VerificationKey.hmac(JwsAlgorithm.HS256, SECRET_64);
    var keys = KeySet.of(first, second);
    var jwt = Jwt.keys(keys).clock(time::get).cache(100);
    var uncached = Jwt.keys(keys).clock(time::get);
    var good = List.of(hs256(CLAIMS), signedBy(SECRET_64));
    var bad = signedBy(SECRET_64 + "!");
    var verifications = new AtomicInteger();
    var wrong = new AtomicInteger();
    var threads = new ArrayList<java.util.concurrent.Future<?>>();
    try (var executor = Executors.newFixedThreadPool(3)) {
      for (int t = 0; t < 2; t++) {
        var verifier = t == 0 ? jwt : uncached;
        threads.add(
            executor.submit(() -> {
              for (int i = 0; i < 50_000; i++) {
                boolean accepted = accepts(verifier, i % 3 == 2 ? bad : good.get(i % 3));
                if (accepted == (i % 3 == 2)) {
                  wrong.incrementAndGet();
                }
                verifications.incrementAndGet();
              }
            }));
      }
      threads.add(
          executor.submit(() -> {
            for (int swap = 1; swap <= 1000; swap++) {
              // both keys are always among them, in changing order and company
              if (swap % 2 == 0) {
                keys.replace(first, second);
              } else {
                keys.replace(second, first.id("k" + swap));
              }
              int next = swap * 100;
              while (verifications.get() < next) {
                Thread.yield();
              }
            }
          }));
      for (var thread : threads) {
        thread.get();
      }
    }
    assertThat(verifications).hasValue(100_000);
    assertThat(wrong).hasValue(0);
  }

  private static String signedBy(String secret) {
    return Tokens.hmac(JwsAlgorithm.HS256, "{\"alg\":\"HS256\"}", CLAIMS, secret);
  }

  private static boolean accepts(Jwt jwt, String token) {
    return jwt.verify(token)
        .handle((verified, failure) -> failure == null)
        .toCompletableFuture()
        .join();
  }

  @Test
  void weakSecretsAreRefusedWithTheRemedy() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Jwt.hs512(SECRET_64.substring(1)))
        .withMessage(
            "the HS512 secret has 63 bytes and needs at least 64 (RFC 7518, 3.2);"
                + " make one with: openssl rand -base64 64");
    assertThatIllegalArgumentException().isThrownBy(() -> Jwt.hs384(SECRET_64.substring(17)));
    assertThatIllegalArgumentException().isThrownBy(() -> Jwt.hs256(SECRET_32.substring(1)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Jwt.hs256(Tokens.pem(Tokens.RSA.getPublic())))
        .withMessageContaining("PEM");
  }

  @Test
  void keysThatDoNotFitAreRefused() {
    var small = Tokens.pair("RSA", 1024).getPublic();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> VerificationKey.publicKey(JwsAlgorithm.RS256, small))
        .withMessageContaining("1024 bits");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> VerificationKey.publicKey(JwsAlgorithm.ES256, Tokens.P384.getPublic()))
        .withMessageContaining("P-256");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> VerificationKey.publicKey(JwsAlgorithm.RS256, Tokens.P256.getPublic()));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> VerificationKey.publicKey(JwsAlgorithm.HS256, Tokens.RSA.getPublic()));
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            VerificationKey.publicKey(JwsAlgorithm.EDDSA, Tokens.pair("Ed448", 0).getPublic()));
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            Jwt.pem(
                JwsAlgorithm.RS256, "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----"))
        .withMessageContaining("openssl pkey -pubout");
  }

  @Test
  void nothingThatPrintsItselfShowsASecret() {
    var token = hs512(FULL);
    var credentials =
        Credentials.builder()
            .authorization("Bearer " + token)
            .token(Way.TICKET, "ticket-in-the-clear")
            .header("Cookie", "session=in-the-clear")
            .build();
    var shown =
        List.of(
            credentials,
            credentials.toBuilder(),
            tokens,
            VerificationKey.hmac(JwsAlgorithm.HS512, SECRET_64),
            tokens.verify(token, NOW),
            tokens.verify(token, NOW).identity(),
            CompactToken.parse(token),
            KeySet.of(VerificationKey.hmac(JwsAlgorithm.HS512, SECRET_64)));
    for (var each : shown) {
      assertThat(each.toString())
          .doesNotContain(token)
          .doesNotContain("in-the-clear")
          .doesNotContain("secret of thirty-two")
          .doesNotContain("Ann");
    }
  }

  @Test
  void aMebibyteOfDotsCostsNothing() {
    var dots = ".".repeat(1 << 20);
    var jwt = Jwt.hs256(SECRET_32).cache(10).clock(time::get);
    // the length is all that is looked at: a thousand of them take less than a second
    long before = System.nanoTime();
    for (int i = 0; i < 1000; i++) {
      assertThat(accepts(jwt, dots)).isFalse();
    }
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(1));
  }

  private static Reason reason(Jwt jwt, String token, Instant now) {
    var refusal = catchThrowableOfType(AuthenticationException.class, () -> jwt.verify(token, now));
    assertThat(refusal).isNotNull();
    return refusal.reason();
  }

  static <T> T done(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  static AuthenticationException failure(CompletionStage<?> stage) {
    return stage
        .handle((value, failure) -> AuthenticationException.of(failure))
        .toCompletableFuture()
        .join();
  }
}

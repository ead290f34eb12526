package dev.dunlin.auth;

import static dev.dunlin.auth.AuthenticationException.invalid;

import dev.dunlin.auth.AuthenticationException.Reason;
import dev.dunlin.auth.Credentials.Way;
import java.net.URI;
import java.nio.ByteBuffer;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Lets in whoever presents a JSON Web Token (RFC 7519) signed by a known key.
 *
 * <pre>{@code
 * var tokens = Jwt.hs512(secret).issuer("https://login.example").audience("chat");
 * }</pre>
 *
 * <p>The key decides the algorithm, the token never does. Without further words a token must have
 * {@code exp}, a text in {@code sub}, no {@code aud} unless {@link #audience} names it, and {@code
 * typ} absent or {@code JWT}; clocks may differ by 5 s. Longer than 8 KiB, encrypted, compressed,
 * or with {@code crit}: refused. Every wrong token gets the same answer; only a genuine one is told
 * that it has expired or is not valid yet.
 *
 * <p>Immutable: every method returns a new one. Safe for many threads; verification never blocks.
 * {@link #toString()} shows no key.
 */
public final class Jwt implements Authenticator {

  private static final Set<Way> DEFAULT_WAYS =
      Set.copyOf(EnumSet.of(Way.MESSAGE, Way.AUTHORIZATION, Way.SUBPROTOCOL));

  private final List<TokenRules> issuers;
  private final InstantSource clock;
  private final Set<Way> ways;
  private final @Nullable Revocations revocations;
  private final int cacheSize;
  private final @Nullable TokenCache cache;

  private Jwt(
      List<TokenRules> issuers,
      InstantSource clock,
      Set<Way> ways,
      @Nullable Revocations revocations,
      int cacheSize) {
    this.issuers = issuers;
    this.clock = clock;
    this.ways = ways;
    this.revocations = revocations;
    this.cacheSize = cacheSize;
    this.cache = cacheSize > 0 ? new TokenCache(cacheSize) : null;
  }

  static Jwt keys(KeySource keys) {
    return new Jwt(List.of(new TokenRules(keys)), InstantSource.system(), DEFAULT_WAYS, null, 0);
  }

  /** Tokens signed with HMAC-SHA-256 by this secret: at least 32 bytes in UTF-8. */
  public static Jwt hs256(String secret) {
    return keys(VerificationKey.hmac(JwsAlgorithm.HS256, secret));
  }

  /** Tokens signed with HMAC-SHA-384 by this secret: at least 48 bytes in UTF-8. */
  public static Jwt hs384(String secret) {
    return keys(VerificationKey.hmac(JwsAlgorithm.HS384, secret));
  }

  /** Tokens signed with HMAC-SHA-512 by this secret: at least 64 bytes in UTF-8. */
  public static Jwt hs512(String secret) {
    return keys(VerificationKey.hmac(JwsAlgorithm.HS512, secret));
  }

  /** Tokens signed with HMAC-SHA-512 by this secret of at least 64 bytes. */
  public static Jwt hs512(byte[] secret) {
    return keys(VerificationKey.hmac(JwsAlgorithm.HS512, secret));
  }

  /** Tokens signed by the private half of this PEM public key or certificate. */
  public static Jwt pem(JwsAlgorithm algorithm, String pem) {
    return keys(VerificationKey.pem(algorithm, pem));
  }

  /** Tokens signed by any of these keys, for example the current and the previous one. */
  public static Jwt keys(VerificationKey... keys) {
    return keys(KeySet.of(keys));
  }

  /** Tokens signed by any key of this set, which can be replaced while the server runs. */
  public static Jwt keys(KeySet keys) {
    return keys(keys.source());
  }

  /**
   * Tokens signed by a key that the issuer publishes at this HTTPS address as a JSON Web Key Set
   * (RFC 7517, 5), with one of these algorithms. Redirects are not followed; an answer is at most 1
   * MiB and 5 s; unknown keys are looked for at most once in 10 s; keys in hand stay good for 24 h
   * while the address does not answer.
   */
  public static Jwt jwks(URI endpoint, JwsAlgorithm... algorithms) {
    return keys(new Jwks(endpoint, Set.of(algorithms), JwksFetch.https(null)));
  }

  /** The same as {@link #jwks(URI, JwsAlgorithm...)} over TLS with other trusted authorities. */
  public static Jwt jwks(URI endpoint, SSLContext tls, JwsAlgorithm... algorithms) {
    return keys(new Jwks(endpoint, Set.of(algorithms), JwksFetch.https(tls)));
  }

  /** Demands this {@code iss}, compared exactly. */
  public Jwt issuer(String issuer) {
    return with(rules -> rules.issuer = issuer);
  }

  /** Demands that {@code aud} names at least one of these. */
  public Jwt audience(String... audience) {
    return with(rules -> {
      rules.audience = Set.of(audience);
      rules.anyAudience = false;
    });
  }

  /** Does not look at {@code aud}: tokens made for other services of this issuer are accepted. */
  public Jwt anyAudience() {
    return with(rules -> rules.anyAudience = true);
  }

  /** Demands this {@code typ}, for example {@code at+jwt} (RFC 9068). */
  public Jwt type(String type) {
    return with(rules -> rules.type = type);
  }

  /** How far our clock and the issuer's may differ; 5 s by default. */
  public Jwt leeway(Duration leeway) {
    if (leeway.isNegative()) {
      throw new IllegalArgumentException("leeway " + leeway + " is negative");
    }
    return with(rules -> rules.leeway = leeway);
  }

  /** Demands {@code iat} and at most this much time from it to {@code exp}. */
  public Jwt maxLifetime(Duration lifetime) {
    return with(rules -> rules.maxLifetime = lifetime);
  }

  /** Accepts tokens without {@code exp}, which are good until their key is replaced. */
  public Jwt expiryOptional() {
    return with(rules -> rules.expiryRequired = false);
  }

  /** Takes the user's id from this claim instead of {@code sub}. */
  public Jwt subjectClaim(String claim) {
    return with(rules -> rules.subjectClaim = claim);
  }

  /** Accepts tokens without a subject: their holder is anonymous. */
  public Jwt subjectOptional() {
    return with(rules -> rules.subjectRequired = false);
  }

  /** Demands a claim, whatever its value. */
  public Jwt require(String claim) {
    return with(rules -> rules.require(claim, ""));
  }

  /** Demands a claim with this text as its value. */
  public Jwt require(String claim, String value) {
    if (value.isEmpty()) {
      throw new IllegalArgumentException("the value required of claim " + claim + " is empty");
    }
    return with(rules -> rules.require(claim, value));
  }

  /** Refuses tokens with this claim, because it marks tokens made for something else. */
  public Jwt forbid(String claim) {
    return with(rules -> rules.forbid(claim));
  }

  /**
   * Accepts the tokens of the other issuers as well, each under its own rules and with its own keys
   * only. Clock, ways, revocations and cache stay those of this one.
   *
   * @throws IllegalStateException if any of them has no {@link #issuer} to tell them apart by, or
   *     two have the same
   */
  public Jwt or(Jwt other) {
    var all = new ArrayList<>(issuers);
    all.addAll(other.issuers);
    var names = new HashSet<String>();
    for (var rules : all) {
      if (rules.issuer == null || !names.add(rules.issuer)) {
        throw new IllegalStateException("several issuers need an issuer(...) each, all different");
      }
    }
    return new Jwt(List.copyOf(all), clock, ways, revocations, cacheSize);
  }

  /** Takes the time from here. */
  public Jwt clock(InstantSource source) {
    return new Jwt(issuers, source, ways, revocations, cacheSize);
  }

  /**
   * Looks for the token in these ways only; by default in the first message, the {@code
   * Authorization} header and the subprotocol. Cookie and query string count only if named here.
   */
  public Jwt from(Way... accepted) {
    var set = EnumSet.copyOf(Arrays.asList(accepted));
    if (set.contains(Way.TICKET)) {
      throw new IllegalArgumentException("a ticket is not a token; use Tickets for it");
    }
    return new Jwt(issuers, clock, Set.copyOf(set), revocations, cacheSize);
  }

  /** Refuses tokens that are revoked. */
  public Jwt revocations(Revocations list) {
    return new Jwt(issuers, clock, ways, list, cacheSize);
  }

  /**
   * Remembers up to this many verified tokens, by digest, until they expire or the keys change, so
   * that a token seen again costs a hash instead of a signature. 0, the default, remembers none.
   */
  public Jwt cache(int tokens) {
    if (tokens < 0) {
      throw new IllegalArgumentException("a cache of " + tokens + " tokens is negative");
    }
    return new Jwt(issuers, clock, ways, revocations, tokens);
  }

  private Jwt with(Consumer<TokenRules> change) {
    if (issuers.size() > 1) {
      throw new IllegalStateException("set the rules of each issuer before joining them with or()");
    }
    var rules = issuers.getFirst().copy();
    change.accept(rules);
    return new Jwt(List.of(rules), clock, ways, revocations, cacheSize);
  }

  @Override
  public CompletionStage<Identity> authenticate(Credentials credentials) {
    // certificates are part of the identity only as far as the token vouches for them
    return verify(credentials)
        .thenApply(token ->
            token.identity(
                token.certificateThumbprint().isPresent()
                    ? credentials.certificates().subList(0, 1)
                    : List.of()));
  }

  /**
   * Verifies the token in these credentials. A token bound to a certificate is accepted only with
   * that certificate (RFC 8705, 3).
   */
  public CompletionStage<VerifiedToken> verify(Credentials credentials) {
    var token = credentials.token(ways);
    if (token.isEmpty()) {
      return CompletableFuture.failedStage(
          new AuthenticationException(Reason.MISSING, "no token in an accepted way"));
    }
    return verify(token.get(), credentials.certificates());
  }

  /**
   * Verifies a token, fetching the issuer's keys where that is needed. The stage fails with {@link
   * AuthenticationException}, possibly wrapped: see {@link AuthenticationException#of}. A token
   * bound to a certificate is refused here, because there is none.
   */
  public CompletionStage<VerifiedToken> verify(String token) {
    return verify(token, List.of());
  }

  /**
   * Verifies a token at this instant with the keys in hand, as a pure function; revocations count,
   * the cache and the clock do not. A token bound to a certificate is refused.
   *
   * @throws AuthenticationException if it is not accepted
   */
  public VerifiedToken verify(String token, Instant now) {
    var parsed = CompactToken.parse(token);
    var rules = rulesFor(parsed);
    return finish(decide(parsed, rules, rules.keys.inHand(now), now, null), List.of());
  }

  private CompletionStage<VerifiedToken> verify(String token, List<X509Certificate> certificates) {
    try {
      var now = clock.instant();
      if (token.length() > CompactToken.MAX_LENGTH) {
        throw invalid("token longer than 8 KiB");
      }
      var digest = cache == null ? null : TokenCache.digest(token);
      var known = cache == null || digest == null ? null : cached(cache, digest, now);
      if (known != null) {
        return CompletableFuture.completedStage(finish(known, certificates));
      }
      var parsed = CompactToken.parse(token);
      var rules = rulesFor(parsed);
      var keys = rules.keys.inHand(now);
      if (!keys.fitting(parsed.algorithm(), parsed.kid()).isEmpty()) {
        return CompletableFuture.completedStage(
            finish(decide(parsed, rules, keys, now, digest), certificates));
      }
      return rules
          .keys
          .lookFor(parsed.algorithm(), parsed.kid(), now)
          .thenApply(
              found -> finish(decide(parsed, rules, found, clock.instant(), digest), certificates));
    } catch (AuthenticationException refusal) {
      return CompletableFuture.failedStage(refusal);
    }
  }

  /** The rules of the token's issuer; the name is not verified yet and only chooses among ours. */
  private TokenRules rulesFor(CompactToken token) {
    var rules = issuers.getFirst();
    if (issuers.size() > 1) {
      var name = token.claims().text("iss");
      rules =
          issuers.stream()
              .filter(each -> each.issuer != null && each.issuer.equals(name))
              .findFirst()
              .orElseThrow(() -> invalid("issuer not accepted"));
    }
    if (!rules.keys.allows(token.algorithm())) {
      throw invalid("algorithm not accepted from this issuer");
    }
    return rules;
  }

  private VerifiedToken decide(
      CompactToken parsed,
      TokenRules rules,
      KeySource.Snapshot keys,
      Instant now,
      @Nullable ByteBuffer digest) {
    var key = rules.signer(parsed, keys, now);
    var token = rules.accept(parsed, now);
    if (cache != null && digest != null) {
      cache.put(digest, new TokenCache.Entry(token, rules, key, keys));
    }
    return token;
  }

  private static @Nullable VerifiedToken cached(TokenCache cache, ByteBuffer digest, Instant now) {
    var entry = cache.find(digest);
    if (entry == null) {
      return null;
    }
    if (!entry.current(now)) {
      cache.remove(digest);
      return null;
    }
    try {
      entry.rules().checkTimes(entry.token().registered(), now);
    } catch (AuthenticationException over) {
      cache.remove(digest);
      throw over;
    }
    return entry.token();
  }

  /** What depends on who presents the token and on what was withdrawn: never cached. */
  private VerifiedToken finish(VerifiedToken token, List<X509Certificate> certificates) {
    var bound = token.certificateThumbprint();
    if (bound.isPresent()
        && (certificates.isEmpty()
            || !ClientCertificate.hasThumbprint(certificates.getFirst(), bound.get()))) {
      throw invalid("token is bound to another certificate");
    }
    if (revocations != null && revocations.revoked(Revocations.Holder.of(token))) {
      throw new AuthenticationException(Reason.REVOKED, "token is revoked");
    }
    return token;
  }

  /** How many issuers; no key, no secret. */
  @Override
  public String toString() {
    return "Jwt[issuers=" + issuers.stream().map(rules -> rules.issuer).toList() + "]";
  }
}

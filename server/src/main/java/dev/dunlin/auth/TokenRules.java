package dev.dunlin.auth;

import static dev.dunlin.auth.AuthenticationException.invalid;

import dev.dunlin.auth.AuthenticationException.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one issuer's tokens must satisfy. Filled in while a {@link Jwt} is being configured and
 * never changed afterwards; then a pure function of token, keys and time.
 */
final class TokenRules {

  private static final Duration LEEWAY = Duration.ofSeconds(5);

  /** A token without a key id costs at most this many signatures. */
  private static final int MAX_CANDIDATES = 4;

  final KeySource keys;
  @Nullable String issuer;
  Set<String> audience = Set.of();
  boolean anyAudience;
  @Nullable String type;
  Duration leeway = LEEWAY;
  @Nullable Duration maxLifetime;
  boolean expiryRequired = true;
  String subjectClaim = "sub";
  boolean subjectRequired = true;

  /** Claims that must be there; an empty text means any value. */
  Map<String, String> required = Map.of();

  Set<String> forbidden = Set.of();

  TokenRules(KeySource keys) {
    this.keys = keys;
  }

  TokenRules copy() {
    var copy = new TokenRules(keys);
    copy.issuer = issuer;
    copy.audience = audience;
    copy.anyAudience = anyAudience;
    copy.type = type;
    copy.leeway = leeway;
    copy.maxLifetime = maxLifetime;
    copy.expiryRequired = expiryRequired;
    copy.subjectClaim = subjectClaim;
    copy.subjectRequired = subjectRequired;
    copy.required = required;
    copy.forbidden = forbidden;
    return copy;
  }

  void require(String claim, String value) {
    required = new HashMap<>(required);
    required.put(claim, value);
  }

  void forbid(String claim) {
    forbidden = new HashSet<>(forbidden);
    forbidden.add(claim);
  }

  /** The key of this snapshot that signed the token; the signature is all that is checked here. */
  VerificationKey signer(CompactToken token, KeySource.Snapshot snapshot, Instant now) {
    var candidates = snapshot.fitting(token.algorithm(), token.kid());
    if (candidates.isEmpty()) {
      throw invalid("no key of this issuer has the token's algorithm and key id");
    }
    if (candidates.size() > MAX_CANDIDATES) {
      throw invalid("token needs a key id, the issuer has many keys of its algorithm");
    }
    for (var key : candidates) {
      if (key.accepted(now) && key.genuine(token.signed(), token.signature())) {
        return key;
      }
    }
    throw invalid("token signature is not genuine");
  }

  /** The claims of a token whose signature is genuine, if they satisfy these rules. */
  VerifiedToken accept(CompactToken token, Instant now) {
    checkType(token.type());
    var all = token.claims();
    var claims = Claims.read(all);
    if (issuer != null && !issuer.equals(all.text("iss"))) {
      throw invalid("issuer not accepted");
    }
    checkAudience(claims.audience());
    for (var claim : required.entrySet()) {
      var value = claim.getValue();
      if (value.isEmpty() ? !all.has(claim.getKey()) : !value.equals(all.text(claim.getKey()))) {
        throw invalid("required claim " + claim.getKey() + " is absent or different");
      }
    }
    for (var claim : forbidden) {
      if (all.has(claim)) {
        throw invalid("token has claim " + claim + " and is meant for something else");
      }
    }
    var subject = subject(all);
    checkLifetime(claims);
    checkTimes(claims, now);
    return new VerifiedToken(subject, token.claimsText(), all, claims);
  }

  /** The part of the rules that depends on the time, for a token that passed the rest. */
  void checkTimes(Claims claims, Instant now) {
    var early = now.plus(leeway);
    if (claims.notBefore() != null && early.isBefore(claims.notBefore())) {
      throw new AuthenticationException(Reason.NOT_YET_VALID, "nbf is in the future");
    }
    if (claims.issued() != null && early.isBefore(claims.issued())) {
      throw new AuthenticationException(Reason.NOT_YET_VALID, "iat is in the future");
    }
    if (claims.expires() != null && !now.minus(leeway).isBefore(claims.expires())) {
      throw new AuthenticationException(Reason.EXPIRED, "exp has passed");
    }
  }

  private void checkType(@Nullable String actual) {
    // RFC 8725, 3.11: a token of another kind must not pass for this one
    if (type == null) {
      if (actual != null && !shortType(actual).equals("jwt")) {
        throw invalid("token typ is not JWT");
      }
    } else if (actual == null || !shortType(actual).equals(shortType(type))) {
      throw invalid("token typ is not the one required");
    }
  }

  /** RFC 7515, 4.1.9: compared without case, {@code application/} may be left out. */
  private static String shortType(String type) {
    var lower = type.toLowerCase(Locale.ROOT);
    return lower.startsWith("application/") ? lower.substring("application/".length()) : lower;
  }

  private void checkAudience(List<String> actual) {
    if (anyAudience) {
      return;
    }
    if (audience.isEmpty()) {
      // RFC 7519, 4.1.3: a token for an audience is only for those who identify with it
      if (!actual.isEmpty()) {
        throw invalid("token has an audience and none is configured");
      }
    } else if (actual.stream().noneMatch(audience::contains)) {
      throw invalid("audience not accepted");
    }
  }

  private String subject(Json.Obj all) {
    var subject = all.text(subjectClaim);
    if (subject != null) {
      return subject;
    }
    if (subjectRequired || all.has(subjectClaim)) {
      throw invalid("subject claim is absent or not a string");
    }
    return "";
  }

  private void checkLifetime(Claims claims) {
    if (claims.expires() == null) {
      if (expiryRequired) {
        throw invalid("token without exp");
      }
      return;
    }
    if (maxLifetime != null
        && (claims.issued() == null
            || Duration.between(claims.issued(), claims.expires()).compareTo(maxLifetime) > 0)) {
      throw invalid("token lives longer than allowed, or has no iat");
    }
  }
}

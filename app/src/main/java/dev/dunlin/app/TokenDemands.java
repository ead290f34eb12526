package dev.dunlin.app;

import dev.dunlin.auth.Jwt;
import java.time.Duration;
import java.util.List;

/** What an issuer's tokens must satisfy beyond a genuine signature, audience and issuer. */
record TokenDemands(
    @Option(
            value = "How far the issuer's clock and ours may differ",
            fallback = "5s",
            consequence = "counts for exp, nbf and iat",
            reloads = true)
        Duration leeway,
    @Option(
            value = "The longest time from iat to exp; 0 for any",
            fallback = "0",
            consequence = "longer ones, and those without iat, are refused",
            reloads = true)
        Duration maxLifetime,
    @Option(
            value = "Claims that tokens must have, as a name, or name=value for a text",
            reloads = true)
        List<String> requiredClaims,
    @Option(
            value = "The typ that tokens must have, such as at+jwt",
            consequence = "unset: JWT or none",
            reloads = true)
        String type) {

  /** The same tokens, if they satisfy this too. */
  Jwt demandedOf(Jwt tokens) {
    var demanding = tokens.leeway(leeway);
    if (!maxLifetime.isZero()) {
      demanding = demanding.maxLifetime(maxLifetime);
    }
    if (!type.isEmpty()) {
      demanding = demanding.type(type);
    }
    for (var claim : requiredClaims) {
      int equals = claim.indexOf('=');
      demanding =
          equals < 0
              ? demanding.require(claim)
              : demanding.require(claim.substring(0, equals), claim.substring(equals + 1));
    }
    return demanding;
  }
}

package dev.dunlin.app;

import java.util.List;

/** What tokens must be: of one issuer, by the options of its own, and of those in a list. */
record TokenOptions(
    @Option(
            value = "The secret that HMAC tokens are signed with",
            reloads = true,
            consequence = "at least 32, 48 or 64 bytes for HS256, HS384 or HS512")
        Secret hmacSecretKey,
    @Option(
            value = "The algorithm of HMAC tokens: HS256, HS384 or HS512",
            reloads = true,
            consequence = "must be set with hmac_secret_key; tokens of another one are refused")
        String hmacAlgorithm,
    @Option(
            value = "The secret before this one, still accepted",
            reloads = true,
            consequence = "remove it when the last token signed with it has ended")
        Secret hmacPreviousSecretKey,
    @Option(value = "The issuer's RSA public key, PEM, for RS256, RS384 and RS512", reloads = true)
        String rsaPublicKey,
    @Option(
            value = "The issuer's EC public key, PEM, for ES256, ES384 or ES512 by its curve",
            reloads = true)
        String ecdsaPublicKey,
    @Option(
            value = "An https address with the issuer's keys (JWKS)",
            reloads = true,
            consequence = "the keys above must not be set then")
        String jwksPublicEndpoint,
    @Option(
            value = "The algorithms accepted with jwks_public_endpoint, such as RS256 or EdDSA",
            reloads = true)
        List<String> jwksAlgorithms,
    @Option(
            value = "The audience that tokens must name",
            reloads = true,
            consequence = "unset: tokens must not name any")
        String audience,
    @Option(value = "The issuer that tokens must name", reloads = true) String issuer,
    @Option(value = "The claim with the user's id", fallback = "sub", reloads = true)
        String userIdClaim,
    @Option(
            value = "Tokens without an end (exp) are accepted",
            fallback = "false",
            reloads = true,
            consequence = "such a token is good until the key is replaced")
        boolean allowWithoutExpiry,
    @Inline TokenDemands demands,
    @Option(
            value = "Other issuers, each with keys and rules of its own",
            reloads = true,
            consequence = "the keys above are one more issuer, which needs issuer then")
        List<IssuerOptions> issuers) {

  /** Whether keys stand beside the list of issuers. */
  boolean ownKeys() {
    return hmacSecretKey.present()
        || !rsaPublicKey.isEmpty()
        || !ecdsaPublicKey.isEmpty()
        || !jwksPublicEndpoint.isEmpty();
  }

  /** Whether any token could be verified. */
  boolean present() {
    return ownKeys() || !issuers.isEmpty();
  }

  /** Whether something is asked of tokens, were there keys beside the list of issuers. */
  boolean ownRules() {
    return !audience.isEmpty()
        || !issuer.isEmpty()
        || allowWithoutExpiry
        || !userIdClaim.equals("sub")
        || !demands.maxLifetime().isZero()
        || !demands.requiredClaims().isEmpty()
        || !demands.type().isEmpty();
  }
}

package dev.dunlin.app;

import java.util.List;

/** One of several issuers of tokens: its keys, and what its tokens must be. */
record IssuerOptions(
    @Option(
            value = "The issuer that tokens must name",
            consequence = "its keys count for no other one, whatever their ids",
            reloads = true)
        String issuer,
    @Option(
            value = "The algorithms it signs with, such as [RS256] or [EdDSA]",
            consequence = "tokens of others are refused",
            reloads = true)
        List<String> algorithms,
    @Option(
            value = "The secret that its HMAC tokens are signed with",
            consequence = "at least 32, 48 or 64 bytes for HS256, HS384 or HS512",
            reloads = true)
        Secret hmacSecretKey,
    @Option(value = "The secret before this one, still accepted", reloads = true)
        Secret hmacPreviousSecretKey,
    @Option(
            value = "Its public keys or certificates, PEM files: the current and the previous one",
            reloads = true)
        List<String> publicKeyPemFiles,
    @Option(value = "An https address with its keys (JWKS)", reloads = true)
        String jwksPublicEndpoint,
    @Option(
            value = "The audiences of which tokens must name one",
            consequence = "unset: tokens must not name any",
            reloads = true)
        List<String> audience,
    @Option(value = "The claim with the user's id", fallback = "sub", reloads = true)
        String userIdClaim,
    @Option(
            value = "Tokens without an end (exp) are accepted",
            fallback = "false",
            consequence = "such a token is good until the key is replaced",
            reloads = true)
        boolean allowWithoutExpiry,
    @Inline TokenDemands demands) {}

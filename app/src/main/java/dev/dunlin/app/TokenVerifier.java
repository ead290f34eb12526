package dev.dunlin.app;

import dev.dunlin.auth.Authenticator;
import dev.dunlin.auth.Credentials;
import dev.dunlin.auth.Identity;
import dev.dunlin.auth.JwsAlgorithm;
import dev.dunlin.auth.Jwt;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * Verifies tokens as the configuration says, of all its issuers. What it says can be replaced while
 * clients connect: one verification sees the old rules or the new ones. Keys that were fetched from
 * an address stay in hand as long as the address is configured.
 */
final class TokenVerifier implements Authenticator {

  private static final int REMEMBERED = 10_000;

  /** Where keys are fetched, and what for. */
  private record Published(String endpoint, Set<JwsAlgorithm> algorithms) {}

  /** Rules that can be used; made by {@link #prepared}. */
  static final class Rules {
    private final Jwt tokens;
    private final Map<Published, Jwt> published;

    private Rules(Jwt tokens, Map<Published, Jwt> published) {
      this.tokens = tokens;
      this.published = published;
    }
  }

  private final String section;
  private volatile Rules rules;

  private TokenVerifier(String section, TokenOptions options) {
    this.section = section;
    this.rules = new Making(section, options, Map.of()).rules();
  }

  /**
   * What verifies tokens.
   *
   * @param section where the options stand, such as {@code client.token.}
   * @throws IllegalArgumentException if one cannot be used; the message begins with the option
   */
  static TokenVerifier of(String section, TokenOptions options) {
    return new TokenVerifier(section, options);
  }

  /**
   * Other rules, not taken over yet. Reads files.
   *
   * @throws IllegalArgumentException as {@link #of}
   */
  Rules prepared(TokenOptions options) {
    return new Making(section, options, rules.published).rules();
  }

  /** Takes over other rules. */
  void take(Rules prepared) {
    rules = prepared;
  }

  @Override
  public CompletionStage<Identity> authenticate(Credentials credentials) {
    return rules.tokens.authenticate(credentials);
  }

  /** Rules in the making. */
  private static final class Making {
    private final String section;
    private final TokenOptions options;
    private final Map<Published, Jwt> before;
    private final Map<Published, Jwt> published = new HashMap<>();

    Making(String section, TokenOptions options, Map<Published, Jwt> before) {
      this.section = section;
      this.options = options;
      this.before = before;
    }

    Rules rules() {
      var all = new ArrayList<Jwt>();
      if (options.ownKeys()) {
        all.add(own());
      } else if (options.ownRules() && !options.issuers().isEmpty()) {
        throw wrong("", "there is no key for these rules; they do not hold for issuers");
      }
      var names = new HashSet<>(Set.of(options.issuer()));
      for (int i = 0; i < options.issuers().size(); i++) {
        var place = "issuers[" + i + "].";
        var issuer = options.issuers().get(i);
        if (issuer.issuer().isEmpty()) {
          throw wrong(place + "issuer", "must be set, as the tokens have it in iss");
        }
        if (!names.add(issuer.issuer())) {
          throw wrong(place + "issuer", "'" + issuer.issuer() + "' is there twice");
        }
        all.add(of(place, issuer));
      }
      if (all.isEmpty()) {
        throw wrong("hmac_secret_key", "there is no key at all");
      }
      if (all.size() > 1 && options.ownKeys() && options.issuer().isEmpty()) {
        throw wrong("issuer", "must be set beside issuers, to tell their tokens apart");
      }
      return new Rules(
          all.stream().reduce(Jwt::or).orElseThrow().cache(REMEMBERED), Map.copyOf(published));
    }

    private IllegalArgumentException wrong(String option, String why) {
      var path = option.isEmpty() ? section.substring(0, section.length() - 1) : section + option;
      return new IllegalArgumentException(path + ": " + why);
    }

    private Jwt own() {
      var keys = TokenKeys.own(section, options);
      Jwt tokens;
      if (options.jwksPublicEndpoint().isEmpty()) {
        tokens = Jwt.keys(keys);
      } else if (keys.length > 0) {
        throw wrong("jwks_public_endpoint", "must not be set together with keys of this file");
      } else {
        tokens =
            fetching(
                "",
                options.jwksPublicEndpoint(),
                TokenKeys.algorithms(section + "jwks_algorithms", options.jwksAlgorithms()));
      }
      if (!options.issuer().isEmpty()) {
        tokens = tokens.issuer(options.issuer());
      }
      var audience = options.audience().isEmpty() ? List.<String>of() : List.of(options.audience());
      return demanding(
          "",
          tokens,
          audience,
          options.userIdClaim(),
          options.allowWithoutExpiry(),
          options.demands());
    }

    private Jwt of(String place, IssuerOptions issuer) {
      int kinds = 0;
      kinds += issuer.hmacSecretKey().present() ? 1 : 0;
      kinds += issuer.publicKeyPemFiles().isEmpty() ? 0 : 1;
      kinds += issuer.jwksPublicEndpoint().isEmpty() ? 0 : 1;
      if (kinds != 1) {
        throw wrong(
            place + "hmac_secret_key",
            "an issuer needs one of hmac_secret_key, public_key_pem_files and"
                + " jwks_public_endpoint, and one only");
      }
      var tokens =
          issuer.jwksPublicEndpoint().isEmpty()
              ? Jwt.keys(TokenKeys.of(section + place, issuer))
              : fetching(
                  place,
                  issuer.jwksPublicEndpoint(),
                  TokenKeys.algorithms(section + place + "algorithms", issuer.algorithms()));
      return demanding(
          place,
          tokens.issuer(issuer.issuer()),
          issuer.audience(),
          issuer.userIdClaim(),
          issuer.allowWithoutExpiry(),
          issuer.demands());
    }

    private Jwt demanding(
        String place,
        Jwt tokens,
        List<String> audience,
        String userIdClaim,
        boolean withoutExpiry,
        TokenDemands demands) {
      var demanding = tokens;
      if (!audience.isEmpty()) {
        demanding = demanding.audience(audience.toArray(String[]::new));
      }
      if (!userIdClaim.equals("sub")) {
        demanding = demanding.subjectClaim(userIdClaim);
      }
      if (withoutExpiry) {
        demanding = demanding.expiryOptional();
      }
      try {
        return demands.demandedOf(demanding);
      } catch (IllegalArgumentException unusable) {
        throw wrong(place + "required_claims", String.valueOf(unusable.getMessage()));
      }
    }

    private Jwt fetching(String place, String endpoint, Set<JwsAlgorithm> algorithms) {
      var source = new Published(endpoint, algorithms);
      try {
        var known = before.get(source);
        var tokens =
            known != null
                ? known
                : Jwt.jwks(URI.create(endpoint), algorithms.toArray(JwsAlgorithm[]::new));
        published.put(source, tokens);
        return tokens;
      } catch (IllegalArgumentException unusable) {
        throw wrong(place + "jwks_public_endpoint", String.valueOf(unusable.getMessage()));
      }
    }
  }
}

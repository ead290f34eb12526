package dev.dunlin.app;

import dev.dunlin.auth.AuthenticationException;
import dev.dunlin.auth.AuthenticationException.Reason;
import dev.dunlin.auth.Authenticator;
import dev.dunlin.auth.Credentials;
import dev.dunlin.auth.Credentials.Way;
import dev.dunlin.auth.Identity;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Decides about upgrades. A certificate, where those say who somebody is, comes first; then a token
 * in the header or among the subprotocols, a ticket, a token in a cookie or the query, each where
 * that is switched on. Who brings none of them shows a token in the first command, which may be
 * bound to the certificate.
 */
final class Doorkeeper implements Authenticator {

  private static final Set<Way> BEFORE_TICKETS = Set.of(Way.AUTHORIZATION, Way.SUBPROTOCOL);
  private static final Set<Way> AFTER_TICKETS = Set.of(Way.COOKIE, Way.QUERY);

  private final Optional<TokenVerifier> tokens;
  private final Set<Way> carriers;
  private final Authenticator tickets;
  private final boolean certificateRequired;

  /** What looks at certificates, with its authorities and revocation lists. */
  private volatile Optional<Authenticator> certificates;

  Doorkeeper(
      Config.Client client,
      Optional<TokenVerifier> tokens,
      Authenticator tickets,
      Optional<Authenticator> certificates) {
    this.tokens = tokens;
    this.carriers = carriers(client);
    this.tickets = tickets;
    this.certificateRequired = client.certificate().required();
    this.certificates = certificates;
  }

  /**
   * Where an upgrade may carry a token.
   *
   * @throws IllegalArgumentException if a name is not known
   */
  static Set<Way> carriers(Config.Client client) {
    var ways = EnumSet.noneOf(Way.class);
    for (var name : client.tokenCarriers()) {
      ways.add(
          switch (name) {
            case "authorization" -> Way.AUTHORIZATION;
            case "subprotocol" -> Way.SUBPROTOCOL;
            case "cookie" -> Way.COOKIE;
            case "query" -> Way.QUERY;
            default ->
                throw new IllegalArgumentException(
                    "client.token_carriers: there is no '"
                        + name
                        + "'; there are authorization, subprotocol, cookie and query");
          });
    }
    return ways;
  }

  /** Whether certificates say who somebody is. */
  boolean looksAtCertificates() {
    return certificates.isPresent();
  }

  /** Looks at certificates with other authorities and lists from now on. */
  void replace(Optional<Authenticator> other) {
    certificates = other;
  }

  @Override
  public CompletionStage<Identity> authenticate(Credentials credentials) {
    return certificate()
        .authenticate(credentials)
        .thenCompose(known -> {
          Authenticator holder = same -> CompletableFuture.completedStage(known);
          return Authenticator.allOf(
                  holder,
                  Authenticator.anyOf(token(BEFORE_TICKETS), tickets, token(AFTER_TICKETS), holder))
              .authenticate(credentials);
        });
  }

  private Authenticator certificate() {
    var rule = certificates;
    if (rule.isEmpty()) {
      // it says nothing by itself, and a token may be bound to it
      return credentials ->
          CompletableFuture.completedStage(
              new Identity("", credentials.certificates(), Identity.anonymous().claims()));
    }
    return certificateRequired
        ? rule.get()
        : Authenticator.anyOf(
            rule.get(), credentials -> CompletableFuture.completedStage(Identity.anonymous()));
  }

  private Authenticator token(Set<Way> ways) {
    var counted = EnumSet.copyOf(ways);
    counted.retainAll(carriers);
    return credentials -> {
      var token = credentials.token(counted);
      return token.isEmpty() || tokens.isEmpty()
          ? CompletableFuture.failedStage(
              new AuthenticationException(Reason.MISSING, "no token with the upgrade"))
          : tokens
              .get()
              .authenticate(credentials.toBuilder().token(Way.MESSAGE, token.get()).build());
    };
  }
}

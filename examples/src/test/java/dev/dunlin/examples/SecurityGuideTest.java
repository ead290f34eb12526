package dev.dunlin.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunlin.auth.AuthenticationException;
import dev.dunlin.auth.Authenticator;
import dev.dunlin.auth.ClientCertificate;
import dev.dunlin.auth.Credentials;
import dev.dunlin.auth.Credentials.Way;
import dev.dunlin.auth.Identity;
import dev.dunlin.auth.JwsAlgorithm;
import dev.dunlin.auth.Jwt;
import dev.dunlin.auth.KeySet;
import dev.dunlin.auth.OriginPolicy;
import dev.dunlin.auth.Revocation;
import dev.dunlin.auth.Revocations;
import dev.dunlin.auth.SignedMessages;
import dev.dunlin.auth.Tickets;
import dev.dunlin.auth.VerificationKey;
import dev.dunlin.server.Endpoint;
import dev.dunlin.server.Listener;
import dev.dunlin.server.Proxies;
import dev.dunlin.server.Session;
import dev.dunlin.server.Signing;
import dev.dunlin.testing.TestClient;
import dev.dunlin.websocket.Text;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** What docs/guide/security.md and signed-messages.md show. */
class SecurityGuideTest {

  private static final String SECRET =
      "the secret of the guide's examples, which has its 64 bytes, as it must";

  /** Compiled only: there is no login service and no file of its. */
  static Jwt twoIssuers() throws Exception {
    var fromFile =
        Jwt.pem(JwsAlgorithm.ES256, Files.readString(Path.of("login.pem")))
            .issuer("…")
            .audience("chat");
    var fromIssuer =
        Jwt.jwks(URI.create("https://login.example/keys"), JwsAlgorithm.RS256)
            .issuer("…")
            .audience("chat");
    var both = fromFile.or(fromIssuer); // two issuers, each with its own keys and rules
    return both;
  }

  /** Compiled only, likewise. */
  static ClientCertificate devices() throws Exception {
    var devices =
        ClientCertificate.issuedBy(Files.readString(Path.of("devices-ca.pem")))
            .subject(ClientCertificate.Subject.URI)
            .revocationLists(Path.of("devices.crl"));
    return devices;
  }

  /** What a token or a ticket made of these credentials says about who it is. */
  private static Identity identity(Authenticator authenticator, Credentials credentials) {
    return authenticator.authenticate(credentials).toCompletableFuture().join();
  }

  @Test
  void tokensComeInTheWaysNamed() {
    var secret = SECRET;
    var tokens = Jwt.hs512(secret).issuer("https://login.example").audience("chat");
    assertThat(tokens.from(Way.AUTHORIZATION, Way.COOKIE)).isNotNull();
  }

  @Test
  void keysAreReplacedWhileTheServerRuns() {
    var previous = VerificationKey.hmac(JwsAlgorithm.HS512, SECRET).id("1");
    var current = VerificationKey.hmac(JwsAlgorithm.HS512, "another " + SECRET).id("2");
    var next = VerificationKey.hmac(JwsAlgorithm.HS512, "a third " + SECRET).id("3");
    var keys = KeySet.of(current, previous.until(Instant.parse("2027-01-01T00:00:00Z")));
    var tokens = Jwt.keys(keys).issuer("…").audience("chat");
    keys.replace(next, current);
    assertThat(tokens).isNotNull();
  }

  @Test
  void ticketsWorkOnce() {
    var identity = Identity.anonymous();
    var tickets = Tickets.create();
    String ticket =
        tickets.issue(identity).orElseThrow(); // in an HTTP request your site has authenticated
    var shown = Credentials.builder().token(Way.TICKET, ticket).build();
    assertThat(identity(tickets, shown)).isEqualTo(identity);
    assertThatThrownBy(() -> identity(tickets, shown))
        .hasCauseInstanceOf(AuthenticationException.class);
  }

  @Test
  void waysAreCombined() {
    Authenticator tokens = Jwt.hs512(SECRET).issuer("…").audience("chat");
    Authenticator certificates = Tickets.create();
    var either =
        Authenticator.anyOf(
            tokens,
            certificates); // whichever was presented; a wrong one is never outweighed by another
    var both = Authenticator.allOf(certificates, tokens); // both; the user is the token's
    assertThatThrownBy(() -> identity(either, Credentials.none()))
        .hasCauseInstanceOf(AuthenticationException.class);
    assertThatThrownBy(() -> identity(both, Credentials.none()))
        .hasCauseInstanceOf(AuthenticationException.class);
  }

  @Test
  void whatWasGrantedIsWithdrawn() {
    var secret = SECRET;
    var tokenId = "token-1";
    var until = Instant.now().plus(Duration.ofHours(1));
    var revocations = Revocations.create();
    var tokens = Jwt.hs512(secret).issuer("…").audience("chat").revocations(revocations);
    revocations.add(new Revocation.OfUser("ann", until));
    revocations.add(new Revocation.OfToken(tokenId, until));
    revocations.add(Revocation.IssuedBefore.ofUser("ann", Instant.now(), until));
    assertThat(tokens).isNotNull();
  }

  /** Compiled only: who calls it has a session and a token that its peer sent. */
  static java.util.concurrent.CompletionStage<Identity> renewed(Session session, String newToken) {
    return session.reauthenticate(Credentials.token(newToken));
  }

  @Test
  void proxiesAreListed() {
    var listener = Listener.on(8080).behind(Proxies.at("10.0.0.0/8").forwardedFor());
    assertThat(listener.address().getPort()).isEqualTo(8080);
  }

  @Test
  void pagesOfTheseOriginsMayConnect() {
    var origins =
        OriginPolicy.sameOrigin().allow("https://app.example").allow("https://*.preview.example");
    assertThat(
            origins
                .check(java.util.List.of("https://app.example"), true, "ws.example", false)
                .allowed())
        .isTrue();
  }

  @Test
  void signedMessagesAreVerifiedAtTheirPlace() throws Exception {
    var secret = SECRET.getBytes(StandardCharsets.UTF_8);
    var connectionId = "connection-1";
    var message = "hello".getBytes(StandardCharsets.UTF_8);
    var place = new SignedMessages.Place("chat:blue", connectionId);
    var key = SignedMessages.connectionKey(secret, connectionId);
    var signature = SignedMessages.signer(key, place).sign(message);
    SignedMessages.verifier(key, place)
        .verify(message, signature); // or throws Refused with a fault
  }

  private static byte[] secretOf(String subject) {
    return ("the secret of " + subject + ", thirty-two bytes").getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void aRouteTakesAndSendsSignedMessages() throws Exception {
    var signing = Signing.secrets("telemetry", session -> secretOf(session.identity().subject()));
    Endpoint endpoint =
        Endpoint.signed(signing, session -> message -> session.trySend(Text.of("taken")));
    try (var client = TestClient.connect(endpoint)) {
      var connection = client.receiveText().split("\"")[3];
      var key = SignedMessages.connectionKey(secretOf(""), connection);
      var signer = SignedMessages.signer(key, new SignedMessages.Place("telemetry", connection));
      client.send(
          new String(signer.seal("21.5".getBytes(StandardCharsets.UTF_8)), StandardCharsets.UTF_8));
      var verifier =
          SignedMessages.verifier(key, new SignedMessages.Place("telemetry#server", connection));
      assertThat(verifier.open(client.receiveText().getBytes(StandardCharsets.UTF_8)))
          .asString(StandardCharsets.UTF_8)
          .isEqualTo("taken");
      assertThat(signing.verified()).isEqualTo(1);
    }
  }
}

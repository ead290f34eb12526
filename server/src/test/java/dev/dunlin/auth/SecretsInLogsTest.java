package dev.dunlin.auth;

import static dev.dunlin.auth.Tokens.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Whatever fails, nothing a peer presented is in a log line or a refusal, at any level. */
class SecretsInLogsTest {

  private final Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
  private final Level before = root.getLevel();

  @BeforeEach
  void listen() {
    lines.start();
    root.addAppender(lines);
    root.setLevel(Level.ALL);
  }

  @AfterEach
  void stop() {
    root.detachAppender(lines);
    root.setLevel(before);
  }

  @Test
  void noTokenTicketOrKeyIsWrittenAnywhere() throws Exception {
    var written = new ArrayList<String>();
    var good = Tokens.hs256(Tokens.CLAIMS);
    var jwt = Jwt.hs256(Tokens.SECRET_32).clock(() -> NOW).cache(10);
    var tokens =
        List.of(
            good,
            good + "A",
            good.substring(10),
            Tokens.hs512(Tokens.CLAIMS),
            Tokens.hs256(Tokens.CLAIMS.replace("1800000060", "1700000000")),
            Tokens.hs256(Tokens.CLAIMS.replace("}", ",\"nbf\":1900000000}")),
            Tokens.hs256(Tokens.CLAIMS.replace("}", ",\"aud\":\"secret-aud\"}")));
    for (var token : tokens) {
      refusal(written, jwt.authenticate(Credentials.token(token)));
    }
    JwksFetch down = endpoint -> CompletableFuture.failedStage(new IOException("down"));
    JwksFetch garbage =
        endpoint ->
            CompletableFuture.completedStage(
                Tokens.utf8("{\"keys\":[{\"kty\":\"oct\",\"k\":\"" + "S".repeat(43) + "\"},7]}"));
    var rsa = Tokens.sign(JwsAlgorithm.RS256, Tokens.CLAIMS, Tokens.RSA.getPrivate());
    for (var fetch : List.of(down, garbage)) {
      var source =
          new Jwks(URI.create("https://login.example/"), Set.of(JwsAlgorithm.RS256), fetch);
      refusal(written, Jwt.keys(source).clock(() -> NOW).verify(rsa));
    }
    var tickets = Tickets.create();
    var ticket = tickets.issue(Identity.anonymous()).orElseThrow();
    tickets.redeem(ticket);
    refusal(
        written,
        tickets.authenticate(Credentials.builder().token(Credentials.Way.TICKET, ticket).build()));
    lines.list.forEach(line -> written.add(line.getFormattedMessage() + line.getThrowableProxy()));
    assertThat(written).hasSizeGreaterThan(8);
    for (var line : written) {
      for (var token : tokens) {
        for (var part : token.split("\\.")) {
          assertThat(line).doesNotContain(part);
        }
      }
      assertThat(line)
          .doesNotContain(rsa)
          .doesNotContain(ticket)
          .doesNotContain(Tokens.SECRET_32)
          .doesNotContain("secret-aud")
          .doesNotContain("SSSS");
    }
  }

  private static void refusal(
      List<String> written, java.util.concurrent.CompletionStage<?> authentication) {
    authentication.whenComplete((value, failure) -> {
      if (failure != null) {
        var refused = AuthenticationException.of(failure);
        written.add(refused + " " + refused.detail());
      }
    });
  }
}

package dev.dunlin.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import java.io.IOException;
import java.net.URI;
import java.net.http.WebSocketHandshakeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.interfaces.ECPrivateKey;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several issuers at one server, and the ways in that an upgrade has. */
class TokenIssuersTest {

  private static final String SECRET = "0123456789abcdef".repeat(4);
  private static final String LOGIN = "https://login.example";
  private static final String FLEET = "https://fleet.example";
  private static final String CONNECT = "{'id':1,'connect':{'token':'%s'}}";
  private static final String NO_TOKEN = "{'id':1,'connect':{}}";

  @TempDir static Path folder;

  private static KeyPair first;
  private static KeyPair second;

  @BeforeAll
  static void keys() throws Exception {
    first = pair("EC", 256, "first.pem");
    second = pair("EC", 256, "second.pem");
  }

  private static KeyPair pair(String kind, int size, String file) throws Exception {
    var generator = KeyPairGenerator.getInstance(kind);
    generator.initialize(size);
    var pair = generator.generateKeyPair();
    var encoded = Base64.getMimeEncoder().encodeToString(pair.getPublic().getEncoded());
    Files.writeString(
        folder.resolve(file),
        "-----BEGIN PUBLIC KEY-----\n" + encoded + "\n-----END PUBLIC KEY-----\n");
    return pair;
  }

  /** All tokens name the same key id, so only the issuer can tell whose key it is. */
  private static String token(JWSAlgorithm algorithm, JWSSigner signer, String issuer, String more)
      throws JOSEException {
    var now = Instant.now().getEpochSecond();
    var claims =
        "{\"iss\":\"%s\",\"sub\":\"ann\",\"iat\":%d,\"exp\":%d%s}"
            .formatted(issuer, now, now + 600, more);
    var signed =
        new JWSObject(new JWSHeader.Builder(algorithm).keyID("1").build(), new Payload(claims));
    signed.sign(signer);
    return signed.serialize();
  }

  private static String hs512(String issuer) throws JOSEException {
    return token(JWSAlgorithm.HS512, new MACSigner(SECRET), issuer, "");
  }

  private static String es256(KeyPair pair, String issuer) throws JOSEException {
    return es256(pair, issuer, ",\"aud\":\"devices\",\"kind\":\"device\"");
  }

  private static String es256(KeyPair pair, String issuer, String more) throws JOSEException {
    return token(
        JWSAlgorithm.ES256, new ECDSASigner((ECPrivateKey) pair.getPrivate()), issuer, more);
  }

  private static String login() {
    return "{issuer: '%s', algorithms: [HS512], hmac_secret_key: '%s'}".formatted(LOGIN, SECRET);
  }

  private static String fleet(String... files) {
    return ("{issuer: '%s', algorithms: [ES256], public_key_pem_files: %s, audience: [devices],"
            + " leeway: 1s, max_lifetime: 1h, required_claims: [kind=device]}")
        .formatted(
            FLEET, List.of(files).stream().map(file -> folder.resolve(file).toString()).toList());
  }

  private static Map<String, String> options(String... issuers) {
    var options = new LinkedHashMap<String, String>();
    options.put("client.token", "{issuers: [" + String.join(", ", issuers) + "]}");
    options.put("client.token.hmac_secret_key", "''");
    options.put("client.token.hmac_algorithm", "''");
    options.put("client.allow_anonymous_connect_without_token", "false");
    return options;
  }

  private static String answer(TestServer server, String token) throws Exception {
    try (var visitor = Visitor.at(server.webSocket())) {
      return visitor.ask(CONNECT.formatted(token));
    }
  }

  @Test
  void issuersThatShareAKeyIdNeverAnswerForEachOtherInEitherOrder() throws Exception {
    for (var order :
        List.of(List.of(login(), fleet("first.pem")), List.of(fleet("first.pem"), login()))) {
      try (var server = TestServer.production(options(order.toArray(String[]::new)))) {
        assertThat(answer(server, hs512(LOGIN))).contains("\"connect\"");
        assertThat(answer(server, es256(first, FLEET))).contains("\"connect\"");
        for (var refused :
            List.of(
                hs512(FLEET),
                es256(first, LOGIN),
                es256(second, FLEET),
                es256(first, FLEET, ",\"aud\":\"devices\""),
                es256(first, FLEET, ",\"kind\":\"device\""),
                hs512("https://elsewhere.example"))) {
          assertThat(answer(server, refused)).isEqualTo("closed: 3500 invalid token");
        }
      }
    }
  }

  @Test
  void keysFilesAndIssuersAreReplacedWhileItRuns() throws Exception {
    var before = options(fleet("first.pem"));
    try (var server = TestServer.production(before)) {
      assertThat(answer(server, es256(first, FLEET))).contains("\"connect\"");
      assertThat(answer(server, es256(second, FLEET))).startsWith("closed: 3500");
      server.server().reload(TestServer.config(options(fleet("second.pem", "first.pem"), login())));
      assertThat(answer(server, es256(first, FLEET))).contains("\"connect\"");
      assertThat(answer(server, es256(second, FLEET))).contains("\"connect\"");
      assertThat(answer(server, hs512(LOGIN))).contains("\"connect\"");
      server.server().reload(TestServer.config(options(fleet("second.pem"))));
      assertThat(answer(server, es256(first, FLEET))).startsWith("closed: 3500");
      assertThat(answer(server, es256(second, FLEET))).contains("\"connect\"");
      assertThat(answer(server, hs512(LOGIN))).startsWith("closed: 3500");
      var unreadable = TestServer.config(options(fleet("none.pem")));
      assertThatExceptionOfType(CommandFailure.class)
          .isThrownBy(() -> server.server().reload(unreadable))
          .withMessageContaining("client.token.issuers[0].public_key_pem_files");
      assertThat(answer(server, es256(second, FLEET))).contains("\"connect\"");
    }
  }

  @Test
  void subscriptionsMayHaveTokensOfAnIssuerOfTheirOwn() throws Exception {
    var options = options(login());
    options.put("client.subscription_token", "{enabled: true, issuers: [" + fleet("first.pem"));
    options.compute("client.subscription_token", (name, begun) -> begun + "]}");
    var channel = ",\"aud\":\"devices\",\"kind\":\"device\",\"channel\":\"$a\"";
    try (var server = TestServer.production(options);
        var visitor = Visitor.connected(server.webSocket(), hs512(LOGIN))) {
      var subscribe = "{'id':2,'subscribe':{'channel':'$a','token':'%s'}}";
      assertThat(visitor.ask(subscribe.formatted(es256(first, FLEET, channel))))
          .contains("\"subscribe\"");
      assertThat(answer(server, es256(first, FLEET))).startsWith("closed: 3500");
    }
  }

  // ---- ways in

  private static URI at(TestServer server, String query) {
    return URI.create(server.webSocket() + query);
  }

  private static String upgrade(TestServer server, String query, String command, String... headers)
      throws Exception {
    try (var visitor = Visitor.at(at(server, query), headers)) {
      return visitor.ask(command);
    } catch (CompletionException refused) {
      var status = ((WebSocketHandshakeException) refused.getCause()).getResponse().statusCode();
      return "status " + status;
    }
  }

  @Test
  void aTokenOfTheUpgradeCountsForAConnectCommandThatHasNone() throws Exception {
    try (var server = TestServer.production(options(login()))) {
      var good = hs512(LOGIN);
      var forged = hs512(FLEET);
      var bearer = new String[] {"Authorization", "Bearer " + good};
      assertThat(upgrade(server, "", NO_TOKEN, bearer)).contains("\"connect\"");
      assertThat(upgrade(server, "", CONNECT.formatted(forged), bearer))
          .as("the first message is preferred")
          .startsWith("closed: 3500");
      assertThat(upgrade(server, "", NO_TOKEN, "Authorization", "Bearer " + forged))
          .isEqualTo("status 401");
      assertThat(upgrade(server, "?token=" + good, NO_TOKEN))
          .as("the query is off")
          .startsWith("closed: 3501");
      assertThat(upgrade(server, "", NO_TOKEN, "Cookie", "token=" + good, "Origin", origin(server)))
          .as("cookies are off")
          .startsWith("closed: 3501");
    }
  }

  private static String origin(TestServer server) {
    return "http://127.0.0.1:" + server.webSocket().getPort();
  }

  @Test
  void cookiesAndTheQueryCountWhereTheyAreSwitchedOn() throws Exception {
    var options = options(login());
    options.put("client.token_carriers", "[cookie, query]");
    try (var server = TestServer.production(options)) {
      var good = hs512(LOGIN);
      var cookie = "token=" + good;
      assertThat(upgrade(server, "?token=" + good, NO_TOKEN)).contains("\"connect\"");
      assertThat(upgrade(server, "", NO_TOKEN, "Cookie", cookie, "Origin", origin(server)))
          .contains("\"connect\"");
      assertThat(upgrade(server, "", NO_TOKEN, "Cookie", cookie)).isEqualTo("status 403");
      assertThat(upgrade(server, "", NO_TOKEN, "Cookie", cookie, "Origin", "https://evil.example"))
          .isEqualTo("status 403");
      assertThat(upgrade(server, "", NO_TOKEN, "Authorization", "Bearer " + good))
          .as("the header is off")
          .startsWith("closed: 3501");
      assertThat(ConfigRules.insecure(server.config())).contains("client.token_carriers: query");
    }
  }

  @Test
  void aSubprotocolCarriesATokenAndIsNotEchoed() throws Exception {
    try (var server = TestServer.production(options(login()))) {
      var offered = "centrifuge-json, bearer, " + hs512(LOGIN);
      var head =
          """
          GET /connection/websocket HTTP/1.1
          Host: localhost
          Connection: Upgrade
          Upgrade: websocket
          Sec-WebSocket-Version: 13
          Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEA==
          Sec-WebSocket-Protocol: %s

          """;
      assertThat(raw(server, head.formatted(offered)))
          .startsWith("HTTP/1.1 101 ")
          .containsIgnoringCase("sec-websocket-protocol: centrifuge-json\r\n")
          .doesNotContain("bearer", "eyJ");
      assertThat(raw(server, head.formatted(offered + "x"))).startsWith("HTTP/1.1 401 ");
    }
  }

  private static String raw(TestServer server, String head) throws IOException {
    try (var socket = new java.net.Socket("127.0.0.1", server.webSocket().getPort())) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(head.replace("\n", "\r\n").getBytes(UTF_8));
      var answer = new StringBuilder();
      while (answer.indexOf("\r\n\r\n") < 0) {
        answer.append((char) socket.getInputStream().read());
      }
      return answer.toString();
    }
  }

  // ---- what cannot be

  private static void refused(String token, String... words) {
    var options = options(login());
    options.put("client.token", token);
    if (token.contains("hmac_algorithm")) {
      options.remove("client.token.hmac_secret_key");
      options.remove("client.token.hmac_algorithm");
    }
    assertThat(ConfigRules.problems(TestServer.config(options)))
        .as(token)
        .anySatisfy(problem -> assertThat(problem).contains(words));
  }

  @Test
  void issuersThatCannotBeToldApartOrHaveNoKeysAreProblems() {
    refused("{issuers: [" + login() + ", " + login() + "]}", "issuers[1].issuer", "there twice");
    refused("{issuers: [{algorithms: [HS512]}]}", "client.token.issuers[0].issuer: must be set");
    refused(
        "{issuers: [{issuer: a, algorithms: [HS512]}]}",
        "client.token.issuers[0].hmac_secret_key",
        "needs one of");
    refused(
        "{issuers: [{issuer: a, hmac_secret_key: '" + SECRET + "'}]}",
        "client.token.issuers[0].algorithms: must name");
    refused(
        "{issuers: [{issuer: a, algorithms: [HS512], hmac_secret_key: short}]}",
        "client.token.issuers[0].hmac_secret_key",
        "64");
    refused(
        "{issuers: [{issuer: a, algorithms: [none], hmac_secret_key: '" + SECRET + "'}]}",
        "there is no algorithm 'none'");
    refused(
        "{issuers: [{issuer: a, algorithms: [ES256, EdDSA], public_key_pem_files: "
            + folder.resolve("first.pem")
            + "}]}",
        "no key of public_key_pem_files is for EdDSA");
    refused(
        "{issuers: [{issuer: a, algorithms: [RS256], jwks_public_endpoint: 'http://a/keys'}]}",
        "client.token.issuers[0].jwks_public_endpoint",
        "https");
    refused("{audience: chat, issuers: [" + login() + "]}", "client.token: there is no key");
    refused(
        "{hmac_secret_key: '" + SECRET + "', hmac_algorithm: HS512, issuers: [" + login() + "]}",
        "client.token.issuer: must be set beside issuers");
  }

  @Test
  void carriersAreNamesAndCookiesNeedOrigins() {
    var options = options(login());
    options.put("client.token_carriers", "[header]");
    assertThat(ConfigRules.problems(TestServer.config(options)))
        .anySatisfy(problem ->
            assertThat(problem).startsWith("client.token_carriers: there is no 'header'"));
    options.put("client.token_carriers", "[cookie]");
    options.put("client.allowed_origins", "['*']");
    assertThat(ConfigRules.problems(TestServer.config(options)))
        .anySatisfy(problem -> assertThat(problem).contains("list the origins of your pages"));
  }
}

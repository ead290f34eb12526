package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every way to fail with a secret in hand, against a server that logs all it can; then a search for
 * the secrets in all it has said.
 */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the process is started as on POSIX systems")
class SecretsTest {

  private static final String HMAC =
      "hmac-secret-0123456789abcdef-0123456789abcdef-0123456789abcdef";
  private static final String PREVIOUS =
      "previous-secret-0123456789abcdef-0123456789abcdef-0123456789abcdef";
  private static final String ISSUER_SECRET =
      "issuer-secret-0123456789abcdef-0123456789abcdef-0123456789abcdef";
  private static final String ISSUER_PREVIOUS =
      "issuer-previous-0123456789abcdef-0123456789abcdef-0123456789abcdef";
  private static final String SUBSCRIPTION_SECRET =
      "subscription-secret-0123456789abcdef-0123456789abcdef-0123456789";
  private static final String SIGNING = "signing-secret-0123456789abcdef-0123456789abcdef";
  private static final String KEY = "api-key-0123456789abcdef";
  private static final String SECOND_KEY = "api-second-0123456789abcdef";
  private static final String PASSWORD = "console-password-0123456789";
  private static final String HOOK_HEADER = "hook-header-0123456789abcdef";
  private static final String COOKIE = "session-cookie-0123456789abcdef";
  private static final String WRONG_KEY = "wrong-key-of-somebody-else";
  private static final String WRONG_PASSWORD = "wrong-password-of-somebody";
  private static final String WRONG_TICKET = "wrong-ticket-of-somebody";
  private static final String QUERY_TOKEN = "token-in-the-query-of-somebody";

  @TempDir Path folder;

  private final HttpClient http = HttpClient.newHttpClient();
  private final List<String> said = new ArrayList<>();
  private String base = "";

  private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    var response = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    said.add(response.headers().map() + "\n" + response.body());
    return response;
  }

  private HttpRequest.Builder post(String path, String body) {
    return HttpRequest.newBuilder(URI.create("http" + base + path))
        .POST(HttpRequest.BodyPublishers.ofString(body));
  }

  /** What is left of an attempt to connect with these words. */
  private void attempt(String path, String command, String... headers) throws Exception {
    try (var visitor = Visitor.at(URI.create("ws" + base + path), headers)) {
      said.add(visitor.ask(command));
    } catch (CompletionException refused) {
      said.add(String.valueOf(refused.getCause()));
    }
  }

  @Test
  void noneIsInWhatTheServerSaysAfterFailures() throws Exception {
    var tokens = new LinkedHashMap<String, String>();
    try (var backend = new BackendStub()) {
      backend.answers("/rpc", 500, "down");
      backend.answers("/subscribe", "{'result': {'info': nonsense}}");
      Files.writeString(folder.resolve("dunlin.yaml"), configuration(backend));
      try (var process = ServeProcess.start(folder, Map.of("DUNLIN_LOG", "trace"))) {
        base = "://127.0.0.1:" + process.inErr("Listening at ..?127.0.0.1:([0-9]+)");
        process.inErr("(configured by )");
        tokens.put("expired token", token(HMAC, Instant.now().minusSeconds(7200)));
        tokens.put("forged token", token("another" + HMAC, Instant.now()));
        tokens.put("good token", token(HMAC, Instant.now()));
        fail(tokens);
        tokens.put("ticket", used(ticket()));
        tokens.put("key of a connection", signingKey(tokens.get("good token")));
        said.add(
            http.send(
                    HttpRequest.newBuilder(URI.create("http" + base + "/metrics")).build(),
                    HttpResponse.BodyHandlers.ofString())
                .body());
        process.signal("HUP");
        process.inErr("(Configuration read again)");
        Files.writeString(folder.resolve("dunlin.yaml"), configuration(backend) + "broken: [");
        process.signal("HUP");
        process.inErr("(Configuration not changed)");
        process.signal("TERM");
        assertThat(process.ended()).isZero();
        said.add(process.out());
        said.add(process.err());
      }
    }
    assertThat(said.getLast()).contains(" DEBUG ").hasSizeGreaterThan(5000);
    search(tokens);
  }

  /** Over TLS with client certificates: what cannot shake hands, and a key that cannot be read. */
  @Test
  void noneIsInWhatTheServerSaysAfterBadCertificates() throws Exception {
    var own = new Certificates(folder.resolve("own")).issue("server").issue("client");
    var others = new Certificates(folder.resolve("others")).issue("client");
    var forged = token("another" + HMAC, Instant.now());
    var keys =
        List.of(body(own.key("server")), body(own.key("client")), body(others.key("client")));
    Files.writeString(
        folder.resolve("dunlin.yaml"),
        """
        http_server:
          port: 0
          address: 127.0.0.1
          tls: {enabled: true, cert_pem_file: "%s", key_pem_file: "%s", client_ca_pem_file: "%s"}
        log: {level: trace}
        client: {token: {hmac_secret_key: "%s", hmac_algorithm: HS256}}
        http_api: {key: "%s"}
        console: {password: "%s"}
        opentelemetry: {endpoint: "http://127.0.0.1:1/v1/metrics", interval: 100ms,
                        headers: {X-Key: "%s"}}
        """
            .formatted(
                own.certificate("server"),
                own.key("server"),
                own.authority(),
                HMAC,
                KEY,
                PASSWORD,
                HOOK_HEADER));
    try (var process = ServeProcess.start(folder, Map.of("DUNLIN_LOG", "trace"))) {
      var port = process.inErr("Listening at ..?127.0.0.1:([0-9]+)");
      process.inErr("(configured by )");
      for (var context :
          List.of(own.client(own, ""), others.client(own, "client"), own.client(own, "client"))) {
        try (var visitor = HttpClient.newBuilder().sslContext(context).build()) {
          var request =
              HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + port + "/api/explain"))
                  .header("X-API-Key", KEY)
                  .POST(
                      HttpRequest.BodyPublishers.ofString(
                          "{\"operation\":\"sub\",\"channel\":\"a\",\"token\":\"%s\"}"
                              .formatted(forged)));
          var response = visitor.send(request.build(), HttpResponse.BodyHandlers.ofString());
          assertThat(response.body()).contains("the token is not accepted");
          said.add(response.body());
        } catch (IOException refused) {
          said.add(String.valueOf(refused));
        }
      }
      process.inErr("(collector at http://127.0.0.1:1/v1/metrics does not take metrics)");
      var key = Files.readString(own.key("server"));
      Files.writeString(own.key("server"), key.substring(0, key.length() - 60) + "\nbroken");
      process.signal("HUP");
      process.inErr("(Configuration not changed)");
      process.signal("TERM");
      assertThat(process.ended()).isZero();
      said.add(process.out());
      said.add(process.err());
    }
    assertThat(said.getLast()).contains(" DEBUG ");
    assertThat(said)
        .as("one of three was let in")
        .filteredOn(text -> text.contains("the token is not accepted"))
        .hasSize(1);
    var tokens = new LinkedHashMap<String, String>();
    tokens.put("forged token", forged);
    search(tokens);
    for (var key : keys) {
      for (var text : said) {
        assertThat(text).doesNotContain(key);
      }
    }
  }

  /** The first line of the key itself. */
  private static String body(Path pem) throws IOException {
    return Files.readAllLines(pem).get(1);
  }

  private static String configuration(BackendStub backend) {
    return """
    http_server: {port: 0, address: 127.0.0.1}
    log: {level: trace}
    client:
      token:
        hmac_secret_key: "%s"
        hmac_previous_secret_key: "%s"
        hmac_algorithm: HS256
        issuer: https://login.example
        issuers: [{issuer: "https://other.example", algorithms: [HS256], hmac_secret_key: "%s",
                   hmac_previous_secret_key: "%s"}]
      subscription_token: {enabled: true, hmac_secret_key: "%s", hmac_algorithm: HS256}
      token_carriers: [authorization, subprotocol, cookie, query]
      signing_secret: "%s"
    http_api: {key: "%s", second_key: "%s"}
    console: {password: "%s"}
    rpc: {proxy: {enabled: true, endpoint: "%s", http_headers: [Cookie],
          static_headers: {X-Key: "%s"}}}
    channel:
      proxy: {subscribe: {endpoint: "%s", static_headers: {X-Key: "%s"}}}
      namespaces: [{name: asked, subscribe_proxy_enabled: true},
                   {name: signed, signed_publications: verified, allow_publish_for_client: true}]
    """
        .formatted(
            HMAC,
            PREVIOUS,
            ISSUER_SECRET,
            ISSUER_PREVIOUS,
            SUBSCRIPTION_SECRET,
            SIGNING,
            KEY,
            SECOND_KEY,
            PASSWORD,
            backend.url("/rpc"),
            HOOK_HEADER,
            backend.url("/subscribe"),
            HOOK_HEADER);
  }

  private static String token(String secret, Instant now) {
    var options =
        "{hmac_secret_key: '%s', hmac_algorithm: HS256, issuer: 'https://login.example'}"
            .formatted(secret);
    var tree =
        ConfigNode.empty("the test")
            .overlaid(ConfigNode.at("client.token", ConfigNode.yaml(options, "the test")));
    return TokenMaker.connections(new ConfigBinder().bind(Config.class, tree, "").client())
        .token("ann", Optional.empty(), Duration.ofHours(1), now, "");
  }

  /** The key with which a connection signs, and a publication that it has not signed right. */
  private String signingKey(String token) throws Exception {
    var where = URI.create("ws" + base + Dunlin.CLIENTS);
    try (var visitor = Visitor.at(where, "Origin", "http" + base)) {
      assertThat(visitor.ask("{'id':1,'connect':{'token':'%s'}}".formatted(token)))
          .contains("\"connect\"");
      var told = visitor.ask("{'id':2,'rpc':{'method':'dunlin.signing','data':{}}}");
      var key = told.replaceAll(".*\"key\":\"([^\"]+)\".*", "$1");
      assertThat(key).isNotEqualTo(told).hasSizeGreaterThan(20);
      said.add(visitor.ask("{'id':3,'publish':{'channel':'signed:a','data':'%s'}}".formatted(key)));
      return key;
    }
  }

  /** What only the answer may have: it is not put into what the server has said. */
  private String ticket() throws Exception {
    var request = post("/api/ticket", "{\"user\":\"ann\"}").header("X-API-Key", KEY).build();
    var body = http.send(request, HttpResponse.BodyHandlers.ofString()).body();
    var ticket = body.replaceAll(".*\"ticket\":\"([^\"]+)\".*", "$1");
    assertThat(ticket).isNotEqualTo(body).hasSizeGreaterThan(20);
    return ticket;
  }

  /** Opens a connection with a ticket, and fails to open another. */
  private String used(String ticket) throws Exception {
    for (int i = 0; i < 2; i++) {
      attempt(
          Dunlin.CLIENTS + "?ticket=" + ticket, "{'id':1,'connect':{}}", "Origin", "http" + base);
    }
    return ticket;
  }

  private void fail(Map<String, String> tokens) throws Exception {
    var origin = new String[] {"Origin", "http" + base, "Cookie", "sid=" + COOKIE};
    for (var token : tokens.values()) {
      attempt(Dunlin.CLIENTS, "{'id':1,'connect':{'token':'%s'}}".formatted(token), origin);
      attempt(
          Dunlin.CLIENTS + "?token=" + token + "&access_token=" + QUERY_TOKEN,
          "{'id':1,'connect':{}}",
          origin);
      attempt(Dunlin.CLIENTS, "{'id':1,'connect':{}}", "Authorization", "Bearer " + token);
      attempt(
          Dunlin.CLIENTS,
          "{'id':1,'connect':{}}",
          "Cookie",
          "token=" + token,
          "Origin",
          "http" + base);
      attempt(Dunlin.CLIENTS, "{'id':1,'subscribe':{'channel':'a','token':'%s'}}".formatted(token));
    }
    attempt(Dunlin.CLIENTS + "?ticket=" + WRONG_TICKET, "{'id':1,'connect':{}}");
    attempt(Dunlin.CLIENTS, "{'id':1,'connect':{'token':'%s'".formatted(QUERY_TOKEN));
    attempt(Dunlin.CLIENTS, "{'id':1,'connect':{'token':'%s'}}".formatted(QUERY_TOKEN));
    var good = tokens.get("good token");
    for (var command :
        List.of(
            "{'id':2,'rpc':{'method':'x'}}",
            "{'id':3,'subscribe':{'channel':'asked:a'}}",
            "{'id':4,'subscribe':{'channel':'$a','token':'%s'}}".formatted(good),
            "{'id':4,'publish':{'channel':'signed:a','data':'%s'}}".formatted(good),
            "{'id':5,'refresh':{'token':'%s'}}".formatted(tokens.get("forged token")))) {
      try (var visitor = Visitor.at(URI.create("ws" + base + Dunlin.CLIENTS), origin)) {
        assertThat(visitor.ask("{'id':1,'connect':{'token':'%s'}}".formatted(good)))
            .contains("\"connect\"");
        said.add(visitor.ask(command));
      }
    }
    send(post("/api/info", "{}").header("X-API-Key", WRONG_KEY));
    send(post("/api/info?api_key=" + WRONG_KEY, "{}"));
    send(post("/api/info", "{").header("X-API-Key", KEY));
    send(post("/api/rpc", "{\"method\":\"x\"}").header("X-API-Key", SECOND_KEY));
    send(post("/api/none", "{}").header("Authorization", "apikey " + KEY));
    send(
        post("/console/login", "{\"password\":\"" + WRONG_PASSWORD + "\"}")
            .header("Content-Type", "application/json")
            .header("Origin", "http" + base));
    send(
        post("/console/login", "{\"password\":\"" + PASSWORD + "\"")
            .header("Content-Type", "application/json")
            .header("Origin", "http" + base));
    attempt("/console/ws", "{'ask':'overview'}", "Cookie", "dunlin=" + COOKIE);
  }

  private void search(Map<String, String> tokens) {
    var secrets = new ArrayList<>(tokens.values());
    tokens.values().forEach(token -> secrets.add(token.substring(token.lastIndexOf('.') + 1)));
    secrets.addAll(
        List.of(
            HMAC,
            PREVIOUS,
            ISSUER_SECRET,
            ISSUER_PREVIOUS,
            SUBSCRIPTION_SECRET,
            SIGNING,
            KEY,
            SECOND_KEY,
            PASSWORD,
            HOOK_HEADER,
            COOKIE,
            WRONG_KEY,
            WRONG_PASSWORD,
            WRONG_TICKET,
            QUERY_TOKEN));
    for (var secret : secrets) {
      for (var text : said) {
        assertThat(text.contains(secret))
            .as(() -> "a secret is in: " + around(text, secret))
            .isFalse();
      }
    }
  }

  private static String around(String text, String secret) {
    int at = text.indexOf(secret);
    return text.substring(Math.max(0, at - 300), Math.min(text.length(), at + 40));
  }
}

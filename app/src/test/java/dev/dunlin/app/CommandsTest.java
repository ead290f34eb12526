package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The commands beside {@code serve}, as a script calls them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CommandsTest {

  private static final String SECRET = "0123456789abcdef".repeat(4);

  @TempDir Path folder;

  private TestServer server;

  private record Run(int code, String out, String err) {}

  @BeforeAll
  void start() {
    server = TestServer.start();
  }

  @AfterAll
  void end() {
    server.close();
  }

  private static Run run(Map<String, String> environment, String... args) {
    return run(new StringWriter(), environment, args);
  }

  private static Run run(StringWriter out, Map<String, String> environment, String... args) {
    var err = new StringWriter();
    int code =
        Main.commandLine(environment)
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(args);
    return new Run(code, out.toString(), err.toString());
  }

  private String file(String yaml) throws Exception {
    return Files.writeString(folder.resolve("dunlin.yaml"), yaml).toString();
  }

  private String secretFile() throws Exception {
    return file("client: {token: {hmac_secret_key: " + SECRET + ", hmac_algorithm: HS512}}");
  }

  @Test
  void tokenThatIsMadeIsAcceptedAndShown() throws Exception {
    var file = secretFile();
    var token = run(Map.of(), "token", "-c", file, "--user", "42", "--info", "{\"a\":1}");
    assertThat(token.code).isZero();
    var shown = run(Map.of(), "token", "-c", file, token.out.strip());
    assertThat(shown.out)
        .contains("\"alg\":\"HS512\"", "\"sub\":\"42\"", "\"info\":{\"a\":1}", "accepted  yes");
    var claims = "{\"channels\":[\"news\"],\"sub\":\"43\"}";
    var more = run(Map.of(), "token", "-c", file, "--user", "42", "--claims", claims).out.strip();
    assertThat(run(Map.of(), "token", "-c", file, more).out)
        .contains("\"channels\":[\"news\"]", "\"sub\":\"43\"", "accepted  yes")
        .doesNotContain("\"42\"");
    assertThat(run(Map.of(), "token", "-c", file, "--user", "42", "--claims", "[1]").err)
        .contains("--claims is not a JSON object");
    var json = run(Map.of(), "token", "-c", file, "--json", token.out.strip());
    assertThat(json.out).startsWith("{\"header\":{").contains("\"accepted\":true");
  }

  @Test
  void subscriptionTokenIsMadeAndVerifiedWithItsOwnKeyWhereItHasOne() throws Exception {
    var file =
        file(
            "client:\n  token: {hmac_secret_key: "
                + SECRET
                + ", hmac_algorithm: HS512}\n"
                + "  subscription_token: {enabled: true, hmac_secret_key: "
                + SECRET.replace('0', 'z')
                + ", hmac_algorithm: HS256}\n");
    var made = run(Map.of(), "token", "-c", file, "-u", "42", "--channel", "$private").out.strip();
    assertThat(run(Map.of(), "token", "-c", file, made).out)
        .contains("\"alg\":\"HS256\"", "\"channel\":\"$private\"", "accepted  yes");
    var shared = secretFile();
    assertThat(run(Map.of(), "token", "-c", shared, made).out).contains("accepted  no: ");
    var other =
        run(Map.of(), "token", "-c", shared, "-u", "42", "--channel", "$private").out.strip();
    assertThat(run(Map.of(), "token", "-c", shared, other).out).contains("accepted  yes");
  }

  @Test
  void tokenOfAnotherSecretIsShownAndNotAccepted() throws Exception {
    var file = secretFile();
    var shown = run(Map.of(), "token", "-c", file, server.token("42"));
    assertThat(shown.code).isZero();
    assertThat(shown.out).contains("accepted  no: ");
    assertThat(run(Map.of(), "token", "-c", file, "nonsense").code).isEqualTo(1);
  }

  @Test
  void tokenWithoutASecretIsAnErrorThatNamesTheOption() {
    var run = run(Map.of(), "token", "--user", "42");
    assertThat(run.code).isEqualTo(2);
    assertThat(run.err).contains("client.token.hmac_secret_key");
  }

  @Test
  void configIsCheckedWithACodeForScripts() throws Exception {
    assertThat(run(Map.of(), "config", "check", "-c", secretFile()).code).isZero();
    var wrong = run(Map.of(), "config", "check", "--json", "-c", file("clint: {}\n"));
    assertThat(wrong.code).isEqualTo(2);
    assertThat(wrong.out).contains("\"ok\":false", "did you mean client?");
    var open = run(Map.of(), "config", "check", "-c", file("http_server: {port: 1}\n"));
    assertThat(open.code).isEqualTo(2);
    assertThat(open.err).contains("nobody could connect");
    assertThat(run(Map.of(), "config").code).isEqualTo(2);
    assertThat(run(Map.of(), "config", "defaults").out).contains("# port: 8000");
    assertThat(run(Map.of("DUNLIN_HTTP_API_KEY", SECRET), "config", "print", "--json").out)
        .startsWith("{")
        .contains("\"http_server.port\":\"8000\"", "\"http_api.key\":\"***\"")
        .doesNotContain(SECRET);
    assertThat(run(Map.of("DUNLIN_HTTP_SERVER_PORT", "9000"), "config", "print").out)
        .contains("port: 9000   # DUNLIN_HTTP_SERVER_PORT");
  }

  @Test
  void configCheckReadsTheFilesThatAStartReads() throws Exception {
    var broken = Files.writeString(folder.resolve("broken.pem"), "-----BEGIN NOTHING-----\n");
    var unready =
        "client: {allow_anonymous_connect_without_token: true}\n"
            + "http_server: {tls: {enabled: true, cert_pem_file: "
            + broken
            + ", key_pem_file: "
            + broken
            + "}}\n";
    var run = run(Map.of(), "config", "check", "-c", file(unready));
    assertThat(run.code).isEqualTo(2);
    assertThat(run.err).contains("http_server.tls: ", "broken.pem");
    assertThat(run.err.lines()).hasSize(1);
  }

  @Test
  void configCheckMakesTheBrokersThatAStartMakes() throws Exception {
    var open = "client: {allow_anonymous_connect_without_token: true}\n";
    var option = open + "broker: {type: redis, options: {url: 'redis://127.0.0.1:1', foo: '1'}}\n";
    var wrong = run(Map.of(), "config", "check", "-c", file(option));
    assertThat(wrong.code).isEqualTo(2);
    assertThat(wrong.err).contains("broker: the redis broker has no option foo");
    var type = open + "brokers: [{name: other, type: rabbit}]\n";
    var unknown = run(Map.of(), "config", "check", "-c", file(type));
    assertThat(unknown.code).isEqualTo(2);
    assertThat(unknown.err).contains("brokers 'other': no broker called rabbit");
    var good = open + "broker: {type: redis, options: {url: 'redis://127.0.0.1:1'}}\n";
    assertThat(run(Map.of(), "config", "check", "-c", file(good)).code)
        .as("nobody is asked whether it is there")
        .isZero();
  }

  @Test
  void configCheckNamesTheFlagThatAStartWants() throws Exception {
    var open =
        file(
            "client: {allow_anonymous_connect_without_token: true}\n"
                + "http_server: {address: 127.0.0.1}\nhttp_api: {insecure: true}\n");
    var run = run(Map.of(), "config", "check", "-c", open);
    assertThat(run.code).isZero();
    assertThat(run.out).contains("INSECURE: http_api.insecure", "--i-understand");
  }

  @Test
  void commandsAskForTheNameOfAServerWithTls() throws Exception {
    var file =
        file("http_server: {port: 8443, tls: {enabled: true, cert_pem_file: /, key_pem_file: /}}");
    var info = run(Map.of(), "info", "-c", file);
    assertThat(info.code).isEqualTo(2);
    assertThat(info.err).contains("http_server.tls is on", "--url https://NAME:8443");
    var subscribe = run(Map.of(), "subscribe", "-c", file, "news");
    assertThat(subscribe.code).isEqualTo(2);
    assertThat(subscribe.err).contains("--url wss://NAME:8443/connection/websocket");
  }

  @Test
  void publishAndInfoTalkToARunningServer() throws Exception {
    var url = server.uri("").toString();
    var published =
        run(
            Map.of(),
            "publish",
            "--url",
            url,
            "--key",
            server.key(),
            "cli",
            "{\"a\": 1}",
            "--json");
    assertThat(published.err).isEmpty();
    assertThat(published.out).startsWith("{\"result\":{\"offset\":1,");
    run(Map.of("DUNLIN_HTTP_API_KEY", server.key()), "publish", "--url", url, "cli", "no json");
    assertThat(server.call("history", "{\"channel\":\"cli\",\"limit\":5}"))
        .contains("{\"a\": 1}", "\"no json\"");
    assertThat(run(Map.of(), "info", "--url", url, "--key", server.key()).out)
        .contains("clients of", "subscriptions to", "deliveries", "of a processor");
  }

  @Test
  void commandsNeedNoSecretThatOnlyTheServerHas() throws Exception {
    var file =
        file(
            """
            client: {token: {audience: chat}, subscription_token: {enabled: true}}
            channel: {without_namespace: {signed_publications: verified}}
            """);
    var url = server.uri("").toString();
    var info = run(Map.of(), "info", "-c", file, "--url", url, "--key", server.key());
    assertThat(info.code).as(info.err).isZero();
    assertThat(run(Map.of(), "config", "check", "-c", file).err)
        .contains("client.token.hmac_secret_key", "client.subscription_token", "nobody could sign");
  }

  @Test
  void wrongKeyAndMissingServerAreErrorsWithARemedy() throws Exception {
    var refused = run(Map.of(), "info", "--url", server.uri("").toString(), "--key", "wrong");
    assertThat(refused.code).isEqualTo(1);
    assertThat(refused.err).contains("--key").doesNotContain("wrong");
    int free;
    try (var socket = new ServerSocket(0)) {
      free = socket.getLocalPort();
    }
    var none = run(Map.of(), "info", "--url", "http://127.0.0.1:" + free, "--key", "k");
    assertThat(none.code).isEqualTo(1);
    assertThat(none.err).contains("dunlin serve");
    var nobody = run(Map.of(), "subscribe", "--url", "ws://127.0.0.1:" + free, "x");
    assertThat(nobody.code).isEqualTo(1);
    assertThat(nobody.err).contains("dunlin serve");
  }

  @Test
  void subscribePrintsWhatIsPublished() throws Exception {
    var url = server.webSocket().toString();
    var token = Map.of("DUNLIN_TOKEN", server.token("42"));
    var result = new java.util.concurrent.CompletableFuture<Run>();
    Thread.ofVirtual()
        .start(() ->
            result.complete(run(token, "subscribe", "--url", url, "--json", "-n", "2", "live")));
    Await.until(
        "the subscription",
        () -> server.server().endpoint().api().channels("live").getOrDefault("live", 0) == 1);
    server.call("publish", "{\"channel\":\"live\",\"data\":{\"n\" : 1},\"tags\":{\"k\":\"v\"}}");
    server.call("publish", "{\"channel\":\"live\",\"data\":\"two\"}");
    var run = result.get(20, java.util.concurrent.TimeUnit.SECONDS);
    assertThat(run.code).isZero();
    assertThat(run.out.lines())
        .containsExactly(
            "{\"channel\":\"live\",\"offset\":1,\"tags\":{\"k\":\"v\"},\"data\":{\"n\" : 1}}",
            "{\"channel\":\"live\",\"offset\":2,\"data\":\"two\"}");
  }

  @Test
  void subscribeWithAForgedTokenEndsWithTheServersReason() {
    var run =
        run(
            Map.of("DUNLIN_TOKEN", server.token("42") + "x"),
            "subscribe",
            "--url",
            server.webSocket().toString(),
            "live");
    assertThat(run.code).isEqualTo(1);
    assertThat(run.err).contains("3500");
  }

  @Test
  void subscribeTriesAgainAfterAnErrorThatPasses() throws Exception {
    try (var backend = new BackendStub();
        var asking =
            TestServer.start(
                Map.of(
                    "client.proxy.connect",
                    "{enabled: true, endpoint: '%s'}".formatted(backend.url("/connect"))))) {
      backend.answers("/connect", 503, "down");
      var url = asking.webSocket().toString();
      var result = new java.util.concurrent.CompletableFuture<Run>();
      Thread.ofVirtual()
          .start(
              () -> result.complete(run(Map.of(), "subscribe", "--url", url, "-n", "1", "later")));
      var unused = backend.question();
      backend.answers("/connect", "{'result': {'user': '42'}}");
      var api = asking.server().endpoint().api();
      Await.until("the subscription", () -> api.channels("later").getOrDefault("later", 0) == 1);
      asking.call("publish", "{\"channel\":\"later\",\"data\":1}");
      var run = result.get(30, java.util.concurrent.TimeUnit.SECONDS);
      assertThat(run.out.strip()).isEqualTo("1");
      assertThat(run.err).contains("the server says: 100 ", "trying again");
    }
  }

  @Test
  void subscribeEndsWhereTheServerEndsTheSubscriptionForGood() throws Exception {
    var token = Map.of("DUNLIN_TOKEN", server.token("guest"));
    var url = server.webSocket().toString();
    var result = new java.util.concurrent.CompletableFuture<Run>();
    Thread.ofVirtual()
        .start(() -> result.complete(run(token, "subscribe", "--url", url, "closing")));
    var api = server.server().endpoint().api();
    Await.until("the subscription", () -> api.channels("closing").getOrDefault("closing", 0) == 1);
    server.call("unsubscribe", "{\"user\":\"guest\",\"channel\":\"closing\"}");
    var run = result.get(20, java.util.concurrent.TimeUnit.SECONDS);
    assertThat(run.code).isEqualTo(1);
    assertThat(run.err).contains("the server has ended the subscription: 2000 ");
  }

  @Test
  void subscribePrintsNothingOfOtherChannelsOfTheToken() throws Exception {
    var claims =
        TokenMaker.connections(server.config().client())
            .token(
                "reader",
                java.util.Optional.empty(),
                java.time.Duration.ofHours(1),
                java.time.Instant.now(),
                "",
                Map.of("channels", "[\"aside\"]"));
    var url = server.webSocket().toString();
    var result = new java.util.concurrent.CompletableFuture<Run>();
    Thread.ofVirtual()
        .start(() ->
            result.complete(
                run(Map.of("DUNLIN_TOKEN", claims), "subscribe", "--url", url, "-n", "1", "main")));
    var api = server.server().endpoint().api();
    Await.until("the subscription", () -> api.channels("main").getOrDefault("main", 0) == 1);
    assertThat(api.channels("aside")).containsEntry("aside", 1);
    server.call("publish", "{\"channel\":\"aside\",\"data\":1}");
    server.call("publish", "{\"channel\":\"main\",\"data\":2}");
    var run = result.get(20, java.util.concurrent.TimeUnit.SECONDS);
    assertThat(run.out.lines()).containsExactly("2");
  }

  @Test
  void subscribeRecoversWhatItMissedWhileDisconnected() throws Exception {
    var token = Map.of("DUNLIN_TOKEN", server.token("traveller"));
    var url = server.webSocket().toString();
    var out = new StringWriter();
    var result = new java.util.concurrent.CompletableFuture<Run>();
    Thread.ofVirtual()
        .start(
            () -> result.complete(run(out, token, "subscribe", "--url", url, "-n", "3", "trip")));
    var api = server.server().endpoint().api();
    Await.until("the subscription", () -> api.channels("trip").getOrDefault("trip", 0) == 1);
    server.call("publish", "{\"channel\":\"trip\",\"data\":1}");
    Await.until("the first one", () -> out.toString().contains("1"));
    server.call(
        "disconnect", "{\"user\":\"traveller\",\"disconnect\":{\"code\":4000,\"reason\":\"go\"}}");
    Await.until("the end", () -> api.channels("trip").getOrDefault("trip", 0) == 0);
    server.call("publish", "{\"channel\":\"trip\",\"data\":2}");
    server.call("publish", "{\"channel\":\"trip\",\"data\":3}");
    var run = result.get(30, java.util.concurrent.TimeUnit.SECONDS);
    assertThat(run.out.lines()).containsExactly("1", "2", "3");
    assertThat(run.err).doesNotContain("may be missing");
  }
}

package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunlin.auth.Credentials;
import dev.dunlin.centrifuge.CentrifugeEndpoint;
import dev.dunlin.channels.Hub;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ConsoleTest {

  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static TestServer server;

  @BeforeAll
  static void start() {
    server = TestServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  // ---- files

  @Test
  void theRootLeadsToTheConsole() throws Exception {
    var answer = server.get("/");
    assertThat(answer.statusCode()).isEqualTo(302);
    assertThat(answer.headers().firstValue("Location")).contains("/console/");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/console/",
        "/console/main.js",
        "/console/style.css",
        "/console/bird.svg",
        "/console/lib/lit-html/lit-html.js",
        "/console/lib/lit-html/directives/repeat.js",
        "/console/lib/uplot/uPlot.esm.js",
        "/console/lib/uplot/uPlot.min.css",
        "/console/nothing"
      })
  void everyAnswerIsGuarded(String path) throws Exception {
    var answer = server.get(path);
    assertThat(answer.statusCode()).isEqualTo(path.endsWith("nothing") ? 404 : 200);
    assertThat(answer.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
    assertThat(answer.headers().firstValue("Referrer-Policy")).contains("no-referrer");
    assertThat(answer.headers().firstValue("Content-Security-Policy").orElseThrow())
        .startsWith("default-src 'none'; script-src 'self'; style-src 'self';")
        .contains("frame-ancestors 'none'")
        .doesNotContain("unsafe")
        .doesNotContain("http");
  }

  @Test
  void thePageHasNoScriptOfItsOwnAndNamesNoOtherHost() throws Exception {
    var page = server.get("/console/").body();
    assertThat(page).doesNotContain("http", "//", "<style", " style=", " onload=");
    assertThat(page).containsOnlyOnce("<script");
  }

  @Test
  void whatTheBrowserHasIsNotSentAgain() throws Exception {
    var tag = server.get("/console/main.js").headers().firstValue("ETag").orElseThrow();
    var again = get("/console/main.js", "If-None-Match", tag);
    assertThat(again.statusCode()).isEqualTo(304);
    assertThat(again.body()).isEmpty();
    assertThat(again.headers().firstValue("Cache-Control")).contains("no-cache");
  }

  @Test
  void filesTravelCompressed() throws Exception {
    var plain = server.get("/console/lib/uplot/uPlot.esm.js");
    var zipped = get("/console/lib/uplot/uPlot.esm.js", "Accept-Encoding", "gzip");
    assertThat(zipped.headers().firstValue("Content-Encoding")).contains("gzip");
    assertThat(length(zipped)).isLessThan(length(plain) / 2);
  }

  private static long length(HttpResponse<String> answer) {
    return answer.headers().firstValueAsLong("Content-Length").orElseThrow();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/console/..%2Flogback.xml",
        "/console/%2e%2e/logback.xml",
        "/console/lib/uplot/package.json",
        "/console/lib/other/index.js",
        "/console/dev/dunlin/app/Main.class"
      })
  void nothingElseIsServed(String path) throws Exception {
    assertThat(server.get(path).statusCode()).isIn(400, 404);
  }

  // ---- the WebSocket

  @Test
  void aSampleComesBySecondsAndQuestionsAreAnswered() throws Exception {
    try (var page = Page.open(server, "localhost")) {
      var welcome = page.next();
      assertThat(welcome.at("/welcome/node/broker").asString()).isEqualTo("memory");
      assertThat(page.next().has("sample")).isTrue();
      var published = page.ask("{'ask': 'publish', 'channel': 'a', 'data': '{\\n\\'x\\': 1}'}");
      assertThat(published.at("/answer/offset").asInt()).isEqualTo(1);
      var channel = page.ask("{'ask': 'channel', 'channel': 'a'}");
      assertThat(channel.at("/answer/history/0/data").asString()).isEqualTo("{ \"x\": 1}");
    }
  }

  @Test
  void aQuestionThatMakesNoSenseGetsASentence() throws Exception {
    try (var page = Page.open(server, "localhost")) {
      assertThat(page.ask("{'ask': 'fly'}").path("error").asString())
          .isEqualTo("The console does not know this question.");
      assertThat(
              page.ask("{'ask': 'publish', 'channel': 'a', 'data': 'x'}").path("error").asString())
          .isEqualTo("The data is not JSON.");
      assertThat(page.ask("{'ask': 'connection', 'client': 'x'}").path("error").asString())
          .isEqualTo("This connection has ended.");
    }
  }

  @Test
  void noSecretIsShown() throws Exception {
    try (var page = Page.open(server, "localhost")) {
      var settings = page.ask("{'ask': 'configuration'}").toString();
      assertThat(settings)
          .contains("client.token.hmac_secret_key", "***")
          .doesNotContain(server.key())
          .doesNotContain(server.config().client().token().hmacSecretKey().value());
    }
  }

  @Test
  void tenThousandChannelsComeInParts() {
    try (var hub = Hub.inMemory()) {
      for (int i = 0; i < 10_000; i++) {
        var unused = hub.subscribe("room-%04d".formatted(i), publication -> {});
      }
      var answers = answers(CentrifugeEndpoint.over(hub));
      var all = part(answers, "{\"ask\": \"channels\", \"limit\": 100000, \"offset\": 5}");
      assertThat(all.total()).isEqualTo(10_000);
      assertThat(all.items()).hasSize(200);
      assertThat(all.items().getFirst()).isEqualTo(new ConsoleAnswers.ChannelRow("room-0005", 1));
      var found = part(answers, "{\"ask\": \"channels\", \"search\": \"ROOM-99\"}");
      assertThat(found.total()).isEqualTo(100);
    }
  }

  private static ConsoleAnswers.Part part(ConsoleAnswers answers, String question) {
    return (ConsoleAnswers.Part) answers.answer(JSON.readTree(question));
  }

  private static ConsoleAnswers answers(CentrifugeEndpoint endpoint) {
    return new ConsoleAnswers(
        new ConsoleFleet(endpoint.nodes(), "one"),
        endpoint.api(),
        endpoint.clients(),
        List::of,
        List::of,
        Optional.empty(),
        new ConsoleClients(0, false));
  }

  @Test
  void aPageOfAnotherSiteDoesNotGetIn() {
    assertThatThrownBy(() -> Page.open(server, "localhost", "Origin", "http://evil.example"))
        .hasCauseInstanceOf(WebSocketHandshakeException.class);
  }

  // ---- who may come

  @Test
  void developmentAnswersToNamesOfThisMachineOnly() {
    var access = ConsoleAccess.development();
    for (var own :
        List.of("localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "[::1]")) {
      assertThat(access.identify(request("Host", own))).as(own).isPresent();
    }
    for (var other : List.of("evil.example", "evil.example:8000", "localhost.evil.example", "")) {
      assertThat(access.identify(request("Host", other))).as(other).isEmpty();
    }
  }

  @Test
  void aLoginLastsUntilLogoutOrTheEndOfItsTime() {
    var now = new AtomicLong();
    var access = ConsoleAccess.guarded(new Secret("correct horse"), List.of(), now::get);
    assertThat(access.identify(request("Host", "localhost"))).isEmpty();
    var cookie = access.login(true);
    assertThat(cookie).contains("HttpOnly", "SameSite=Strict", "Secure", "Path=/console");
    var request = request("Cookie", "other=1; " + cookie.substring(0, cookie.indexOf(';')));
    var identity = access.identify(request).orElseThrow();
    assertThat(access.stays(identity)).isTrue();
    now.addAndGet(ConsoleAccess.LOGIN.toNanos());
    assertThat(access.stays(identity)).isFalse();
    assertThat(access.identify(request)).isEmpty();
    var second = access.login(false);
    assertThat(second).doesNotContain("Secure");
    var again = request("Cookie", second.substring(0, second.indexOf(';')));
    access.logout(access.identify(again).orElseThrow(), false);
    assertThat(access.identify(again)).isEmpty();
  }

  @Test
  void whoGuessesThePasswordIsKeptWaiting() {
    var now = new AtomicLong();
    var access = ConsoleAccess.guarded(new Secret("correct horse"), List.of(), now::get);
    var address = InetAddress.getLoopbackAddress();
    for (int i = 0; i < 10; i++) {
      assertThat(access.judge("guess " + i, address)).isEqualTo(ApiKeys.Verdict.WRONG);
    }
    assertThat(access.judge("correct horse", address)).isEqualTo(ApiKeys.Verdict.TOO_MANY_FAILURES);
    now.addAndGet(TimeUnit.MINUTES.toNanos(1));
    assertThat(access.judge("correct horse", address)).isEqualTo(ApiKeys.Verdict.RIGHT);
  }

  @Test
  void aLoginNeedsThePageItself() throws Exception {
    var own = "http://127.0.0.1:" + server.server().addresses().getFirst().getPort();
    assertThat(login("Content-Type", "text/plain", "Origin", own)).isEqualTo(403);
    assertThat(login("Content-Type", "application/json")).isEqualTo(403);
    assertThat(login("Content-Type", "application/json", "Origin", "http://evil.example"))
        .isEqualTo(403);
    assertThat(login("Content-Type", "application/json", "Origin", own)).isEqualTo(401);
  }

  private static int login(String... headers) throws Exception {
    return server.post("/console/login", "{\"password\": \"\"}", headers).statusCode();
  }

  @Test
  void aShortPasswordAndCertificatesWithoutAuthorityAreRefused() {
    assertThatThrownBy(() -> new ConfigProbe("console.password", "short").problems())
        .hasMessageContaining("console.password: is shorter than 12 characters");
    assertThatThrownBy(() -> new ConfigProbe("console.certificates", "[abc]").problems())
        .hasMessageContaining("console.certificates: needs http_server.tls.client_ca_pem_file");
  }

  /** What the rules say about one option. */
  private record ConfigProbe(String path, String value) {
    void problems() {
      var tree =
          Development.defaults().overlaid(ConfigNode.at(path, ConfigNode.yaml(value, "the test")));
      var config = new ConfigBinder().bind(Config.class, tree, "");
      throw new IllegalArgumentException(ConfigRules.problems(config).toString());
    }
  }

  private static Credentials request(String name, String value) {
    return Credentials.builder().header(name, value).build();
  }

  private static HttpResponse<String> get(String path, String... headers)
      throws IOException, InterruptedException {
    return HTTP.send(
        HttpRequest.newBuilder(server.uri(path)).headers(headers).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /** The console's page, as its WebSocket sees it. */
  private static final class Page implements WebSocket.Listener, AutoCloseable {
    private final BlockingQueue<JsonNode> messages = new LinkedBlockingQueue<>();
    private final StringBuilder text = new StringBuilder();
    private final HttpClient http = HttpClient.newHttpClient();
    private WebSocket socket;
    private int last;

    static Page open(TestServer server, String host, String... headers) {
      var page = new Page();
      var builder = page.http.newWebSocketBuilder();
      for (int i = 0; i < headers.length; i += 2) {
        builder.header(headers[i], headers[i + 1]);
      }
      int port = server.server().addresses().getFirst().getPort();
      page.socket =
          builder.buildAsync(URI.create("ws://" + host + ":" + port + "/console/ws"), page).join();
      return page;
    }

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean end) {
      text.append(data);
      if (end) {
        messages.add(JSON.readTree(text.toString()));
        text.setLength(0);
      }
      socket.request(1);
      return null;
    }

    JsonNode next() throws InterruptedException {
      var message = messages.poll(20, TimeUnit.SECONDS);
      assertThat(message).as("a message within 20 seconds").isNotNull();
      return message;
    }

    /** The answer to a question, written with single quotes. */
    JsonNode ask(String question) throws InterruptedException {
      int id = ++last;
      var seen = new ArrayList<JsonNode>();
      var json = question.replace("\\'", "\\\"").replace('\'', '"');
      socket.sendText(json.replaceFirst("\\{", "{\"id\": " + id + ", "), true).join();
      while (seen.isEmpty() || seen.getLast().path("id").asInt(0) != id) {
        assertThat(seen).as("messages before the answer").hasSizeLessThan(30);
        seen.add(next());
      }
      return seen.getLast();
    }

    @Override
    public void close() {
      try {
        socket.sendClose(WebSocket.NORMAL_CLOSURE, "").join();
      } catch (CompletionException ended) {
        socket.abort();
      }
    }
  }
}

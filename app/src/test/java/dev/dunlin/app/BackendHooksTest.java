package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Back ends that decide: section 22 of the protocol, over real HTTP. */
@SuppressWarnings("NullAway.Init")
class BackendHooksTest {

  private BackendStub backend;
  private TestServer server;

  @BeforeEach
  void start() throws IOException {
    backend = new BackendStub();
  }

  @AfterEach
  void end() {
    if (server != null) {
      server.close();
    }
    backend.close();
  }

  private void serve(Map<String, String> options) {
    server = TestServer.start(options);
  }

  private void serve(String path, String more) {
    serve(Map.of(path, asked(path, more)));
  }

  private String asked(String path, String more) {
    return "{enabled: true, endpoint: '%s', timeout: 5s %s}"
        .formatted(backend.url("/" + path), more);
  }

  private Visitor connected() throws Exception {
    return Visitor.connected(server.webSocket(), server.token("ann"));
  }

  private static String channels(String rules) {
    return "[{name: asked, history_size: 10, history_ttl: 1m, %s}]".formatted(rules);
  }

  // ---- connect

  @Test
  void connectIsDecidedByTheBackEnd() throws Exception {
    serve("client.proxy.connect", "");
    backend.answers(
        "/client.proxy.connect",
        """
        {'result': {'user': '42', 'expire_at': %d, 'info': {'name': 'Ann'}, 'data': [1, 2],
          'channels': ['chat:own'], 'meta': {'secret': 1}}}
        """
            .formatted(Instant.now().plusSeconds(600).getEpochSecond()));
    try (var visitor = Visitor.at(server.webSocket())) {
      var reply =
          visitor.ask("{'id':1,'connect':{'name':'js','version':'5.1','data':{'from':'me'}}}");
      assertThat(reply).contains("\"data\":[1, 2]", "\"chat:own\"").doesNotContain("secret");
      var asked = backend.question().body();
      assertThat(asked.get("client").asString()).isNotEmpty();
      assertThat(asked.get("transport").asString()).isEqualTo("websocket");
      assertThat(asked.get("protocol").asString()).isEqualTo("json");
      assertThat(asked.get("encoding").asString()).isEqualTo("json");
      assertThat(asked.get("name").asString()).isEqualTo("js");
      assertThat(asked.get("version").asString()).isEqualTo("5.1");
      assertThat(asked.get("data").toString()).isEqualTo("{\"from\":\"me\"}");
      assertThat(server.call("presence", "{\"channel\":\"chat:own\"}"))
          .contains("\"user\":\"42\"", "\"conn_info\":{\"name\": \"Ann\"}");
    }
  }

  @Test
  void chosenHeadersOfTheClientAreForwardedAndNoOthers() throws Exception {
    serve(
        "client.proxy.connect",
        ", http_headers: [Cookie, X-Device], static_headers: {X-Backend-Key: 'of the back end'}");
    backend.answers("/client.proxy.connect", "{'result': {'user': '42'}}");
    try (var visitor =
        Visitor.at(
            server.webSocket(),
            "Origin",
            "http://127.0.0.1:1",
            "Cookie",
            "session=1",
            "X-Other",
            "no",
            "X-Backend-Key",
            "mine")) {
      assertThat(
              visitor.ask(
                  "{'id':1,'connect':{'headers':{'x-device':'phone','cookie':'forged',"
                      + "'x-backend-key':'forged'}}}"))
          .contains("connect");
      assertThat(backend.question().headers())
          .containsEntry("cookie", "session=1")
          .containsEntry("x-device", "phone")
          .containsEntry("x-backend-key", "of the back end")
          .doesNotContainKey("x-other");
    }
  }

  @Test
  void noAnswerInTimeIsATemporaryErrorAndHoldsUpNobody() throws Exception {
    serve(
        Map.of(
            "client.proxy.connect",
            "{enabled: true, endpoint: '%s', timeout: 300ms}".formatted(backend.url("/silent"))));
    backend.isSilentAt("/silent");
    try (var waits = Visitor.at(server.webSocket());
        var other = Visitor.at(server.webSocket())) {
      waits.send("{'id':1,'connect':{}}");
      backend.question();
      backend.answers("/silent", "{'result': {'user': '42'}}");
      assertThat(other.ask("{'id':1,'connect':{}}")).contains("\"connect\"");
      assertThat(waits.next()).contains("\"code\":100", "\"temporary\":true");
    }
  }

  @Test
  void deadBackEndOrNonsenseIsATemporaryError() throws Exception {
    serve("client.proxy.connect", "");
    for (var nonsense : new String[] {"", "[]", "{'result': 5}", "{'result': {'user': 5}}"}) {
      backend.answers("/client.proxy.connect", nonsense);
      assertThat(refused()).contains("\"code\":100", "\"temporary\":true");
    }
    backend.answers("/client.proxy.connect", 503, "down");
    assertThat(refused()).contains("\"code\":100", "\"temporary\":true");
    backend.close();
    assertThat(refused()).contains("\"code\":100", "\"temporary\":true");
    assertThat(server.get("/metrics").body())
        .contains(
            "dunlin_backend_questions_seconds_count{event=\"connect\",outcome=\"unavailable\"}");
  }

  private String refused() throws Exception {
    try (var visitor = Visitor.at(server.webSocket())) {
      return visitor.ask("{'id':1,'connect':{}}");
    }
  }

  @Test
  void errorsAndDisconnectsOfTheBackEndReachTheClient() throws Exception {
    serve("client.proxy.connect", "");
    backend.answers(
        "/client.proxy.connect", "{'error': {'code': 1000, 'message': 'no', 'temporary': false}}");
    assertThat(refused()).contains("\"code\":1000", "\"message\":\"no\"");
    backend.answers("/client.proxy.connect", "{'disconnect': {'code': 4501, 'reason': 'go away'}}");
    assertThat(refused()).isEqualTo("closed: 4501 go away");
  }

  @Test
  void statusesMeanWhatTheConfigurationSays() throws Exception {
    serve(
        "client.proxy.connect",
        """
        , http_status_to_code_transforms: [
          {status_code: 404, to_error: {code: 404, message: not found, temporary: true}},
          {status_code: 403, to_disconnect: {code: 4503, reason: forbidden}}]\
        """);
    backend.answers("/client.proxy.connect", 404, "");
    assertThat(refused())
        .contains("\"code\":404", "\"message\":\"not found\"", "\"temporary\":true");
    backend.answers("/client.proxy.connect", 403, "");
    assertThat(refused()).isEqualTo("closed: 4503 forbidden");
    backend.answers("/client.proxy.connect", 500, "");
    assertThat(refused()).contains("\"code\":100");
  }

  private static long soon() {
    return Instant.now().getEpochSecond() + 2;
  }

  // ---- refresh

  @Test
  void refreshIsAskedWhenAConnectionEnds() throws Exception {
    var options = new LinkedHashMap<String, String>();
    options.put("client.proxy.connect", asked("connect", ""));
    options.put("client.proxy.refresh", asked("refresh", ""));
    serve(options);
    backend.answersAnew(
        "/connect", () -> "{'result': {'user': '42', 'expire_at': %d}}".formatted(soon()));
    backend.answersAnew(
        "/refresh", () -> "{'result': {'expire_at': %d, 'info': {'new': true}}}".formatted(soon()));
    try (var visitor = Visitor.at(server.webSocket())) {
      assertThat(visitor.ask("{'id':1,'connect':{}}"))
          .contains("connect")
          .doesNotContain("expires");
      assertThat(backend.question().path()).isEqualTo("/connect");
      var refresh = backend.question();
      assertThat(refresh.path()).isEqualTo("/refresh");
      assertThat(refresh.body().get("user").asString()).isEqualTo("42");
      backend.answers("/refresh", "{'result': {'expired': true}}");
      assertThat(visitor.next()).isEqualTo("closed: 3005 connection expired");
    }
  }

  // ---- channels

  @Test
  void subscribeIsDecidedByTheBackEnd() throws Exception {
    serve(
        Map.of(
            "channel.proxy.subscribe",
            asked("subscribe", ""),
            "channel.namespaces",
            channels("subscribe_proxy_enabled: true, presence: true")));
    backend.answers("/subscribe", "{'result': {'info': {'role': 'reader'}, 'data': {'hello': 1}}}");
    try (var visitor = connected()) {
      assertThat(visitor.ask("{'id':2,'subscribe':{'channel':'asked:a','data':{'may':'I'}}}"))
          .contains("\"data\":{\"hello\": 1}");
      var asked = backend.question().body();
      assertThat(asked.get("channel").asString()).isEqualTo("asked:a");
      assertThat(asked.get("user").asString()).isEqualTo("ann");
      assertThat(asked.get("data").toString()).isEqualTo("{\"may\":\"I\"}");
      assertThat(server.call("presence", "{\"channel\":\"asked:a\"}")).contains("\"chan_info\"");
      backend.answers("/subscribe", "{'error': {'code': 403, 'message': 'not you'}}");
      assertThat(visitor.ask("{'id':3,'subscribe':{'channel':'asked:b'}}"))
          .contains("\"code\":403", "not you");
    }
  }

  @Test
  void publishIsDecidedAndReplacedByTheBackEnd() throws Exception {
    serve(
        Map.of(
            "channel.proxy.publish",
            asked("publish", ""),
            "channel.namespaces",
            channels("publish_proxy_enabled: true, allow_subscribe_for_client: true")));
    backend.answers("/publish", "{'result': {'data': {'clean': true}, 'tags': {'by': 'me'}}}");
    try (var visitor = connected()) {
      assertThat(visitor.ask("{'id':2,'publish':{'channel':'asked:a','data':{'raw':1}}}"))
          .contains("\"id\":2")
          .doesNotContain("error");
      assertThat(backend.question().body().get("data").toString()).isEqualTo("{\"raw\":1}");
      assertThat(server.call("history", "{\"channel\":\"asked:a\",\"limit\":1}"))
          .contains("\"data\":{\"clean\": true}", "\"tags\":{\"by\":\"me\"}")
          .doesNotContain("raw");
      backend.answers("/publish", "{'result': {'skip_history': true}}");
      visitor.ask("{'id':3,'publish':{'channel':'asked:a','data':2}}");
      assertThat(server.result("history", "{\"channel\":\"asked:a\"}").get("offset").asInt())
          .isEqualTo(1);
      backend.answers("/publish", "{'error': {'code': 403, 'message': 'not you'}}");
      assertThat(visitor.ask("{'id':4,'publish':{'channel':'asked:a','data':3}}"))
          .contains("\"code\":403");
    }
  }

  @Test
  void subRefreshIsAskedWhenASubscriptionEnds() throws Exception {
    serve(
        Map.of(
            "channel.proxy.subscribe",
            asked("subscribe", ""),
            "channel.proxy.sub_refresh",
            asked("sub_refresh", ""),
            "channel.namespaces",
            channels("subscribe_proxy_enabled: true, sub_refresh_proxy_enabled: true")));
    backend.answersAnew("/subscribe", () -> "{'result': {'expire_at': %d}}".formatted(soon()));
    backend.answers("/sub_refresh", "{'result': {'expired': true}}");
    try (var visitor = connected()) {
      assertThat(visitor.ask("{'id':2,'subscribe':{'channel':'asked:a'}}")).contains("subscribe");
      assertThat(backend.question().path()).isEqualTo("/subscribe");
      var refresh = backend.question();
      assertThat(refresh.path()).isEqualTo("/sub_refresh");
      assertThat(refresh.body().get("channel").asString()).isEqualTo("asked:a");
      assertThat(visitor.next()).contains("\"unsubscribe\"", "2501");
    }
  }

  @Test
  void aNamespaceMayAskABackEndOfItsOwn() throws Exception {
    serve(
        Map.of(
            "proxies",
            "[{name: special, endpoint: '%s'}]".formatted(backend.url("/special")),
            "channel.namespaces",
            channels("subscribe_proxy_enabled: true, subscribe_proxy_name: special")));
    try (var visitor = connected()) {
      assertThat(visitor.ask("{'id':2,'subscribe':{'channel':'asked:a'}}")).contains("subscribe");
      assertThat(backend.question().path()).isEqualTo("/special");
    }
  }

  // ---- procedures

  @Test
  void rpcOfClientsAndOfTheApiIsAnsweredByTheBackEnd() throws Exception {
    serve("rpc.proxy", "");
    backend.answers("/rpc.proxy", "{'result': {'data': {'sum': 3}}}");
    try (var visitor = connected()) {
      assertThat(visitor.ask("{'id':2,'rpc':{'method':'add','data':[1,2]}}"))
          .contains("\"sum\": 3");
      var asked = backend.question().body();
      assertThat(asked.get("method").asString()).isEqualTo("add");
      assertThat(asked.get("user").asString()).isEqualTo("ann");
      backend.answers("/rpc.proxy", "{'result': {}}");
      assertThat(visitor.ask("{'id':3,'rpc':{'method':'add'}}")).startsWith("{\"id\":3,\"rpc\"");
      backend.question();
      backend.answers("/rpc.proxy", "{'result': {'data': {'sum': 3}}}");
    }
    assertThat(server.call("rpc", "{\"method\":\"add\",\"params\":[1,2]}"))
        .isEqualTo("{\"result\":{\"data\":{\"sum\": 3}}}");
    var asked = backend.question().body();
    assertThat(asked.get("data").toString()).isEqualTo("[1,2]");
    assertThat(asked.has("client")).isFalse();
    backend.answers("/rpc.proxy", "{'result': {'b64data': '/w=='}}");
    assertThat(server.call("rpc", "{\"method\":\"add\"}"))
        .isEqualTo("{\"result\":{\"b64data\":\"/w==\"}}");
    backend.answers("/rpc.proxy", "{'error': {'code': 1234, 'message': 'never'}}");
    assertThat(server.call("rpc", "{\"method\":\"add\"}"))
        .isEqualTo("{\"error\":{\"code\":1234,\"message\":\"never\"}}");
    backend.close();
    assertThat(server.call("rpc", "{\"method\":\"add\"}")).contains("\"code\":100");
  }

  @Test
  void withoutABackEndThereAreNoProcedures() throws Exception {
    serve(Map.of());
    assertThat(server.call("rpc", "{\"method\":\"add\"}")).contains("\"code\":104");
  }
}

package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The API over real HTTP. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
class HttpApiTest {

  private TestServer server;

  @BeforeAll
  void start() {
    server = TestServer.start();
  }

  @AfterAll
  void end() {
    server.close();
  }

  @Test
  void publishedBytesComeBackAsTheyWere() throws Exception {
    var data = "{\"b\" : 1.50,\"a\":[ \"\\u00e9\" , null ]}";
    var published =
        server.result(
            "publish", "{\"channel\":\"bytes\", \"data\": " + data + " ,\"tags\":{\"k\":\"v\"}}");
    assertThat(published.get("offset").asInt()).isEqualTo(1);
    assertThat(published.get("epoch").asString()).isNotEmpty();
    assertThat(server.call("history", "{\"channel\":\"bytes\",\"limit\":10}"))
        .contains("\"data\":" + data + ",", "\"tags\":{\"k\":\"v\"}");
  }

  @Test
  void numbersTextsAndBase64AreDataToo() throws Exception {
    for (var data : new String[] {"12", "-0.5e3", "\"text\"", "true", "[1,2]", "12 "}) {
      server.call("publish", "{\"data\":" + data + ",\"channel\":\"kinds\"}");
      assertThat(server.call("history", "{\"channel\":\"kinds\",\"limit\":1,\"reverse\":true}"))
          .contains("\"data\":" + data.strip() + ",");
    }
    server.call("publish", "{\"b64data\":\"/w==\",\"channel\":\"kinds\"}");
    assertThat(server.call("history", "{\"channel\":\"kinds\",\"limit\":1,\"reverse\":true}"))
        .contains("\"b64data\":\"/w==\"");
  }

  @Test
  void idempotencyKeyPublishesOnce() throws Exception {
    var body = "{\"channel\":\"once\",\"data\":1,\"idempotency_key\":\"k\"}";
    assertThat(server.call("publish", body)).isEqualTo(server.call("publish", body));
    assertThat(server.result("history", "{\"channel\":\"once\",\"limit\":-1}").get("publications"))
        .hasSize(1);
  }

  @Test
  void nobodyIsNotEverybodyToBeRevoked() throws Exception {
    for (var body : new String[] {"{\"user\":\"\",\"issued_before\":1}", "{\"user\":\"\"}", "{}"}) {
      assertThat(server.call("revoke", body)).as(body).contains("\"code\":107");
    }
    assertThat(server.server().endpoint().revocations().all())
        .filteredOn(revoked -> !revoked.toString().contains("tom")) // who is of another test
        .isEmpty();
  }

  @Test
  void ticketIsNewerThanWhatWasRevokedBeforeIt() throws Exception {
    long now = Instant.now().getEpochSecond();
    server.call("revoke", "{\"user\":\"tom\",\"issued_before\":" + (now - 10) + "}");
    var ticket = server.result("ticket", "{\"user\":\"tom\"}").get("ticket").asString();
    try (var visitor = Visitor.at(URI.create(server.webSocket() + "?ticket=" + ticket))) {
      assertThat(visitor.ask("{'id':1,'connect':{}}")).contains("\"connect\"");
    }
  }

  @Test
  void whetherSomebodyMayIsExplainedWithoutTrying() throws Exception {
    var asked = "{\"operation\":\"sub\",\"channel\":\"%s\",\"user\":\"ann\"%s}";
    assertThat(server.call("explain", asked.formatted("open", "")))
        .isEqualTo(
            "{\"result\":{\"outcome\":\"allowed\",\"because\":\"the namespace's options allow it\"}}");
    assertThat(server.call("explain", asked.formatted("none:x", "")))
        .contains("\"refused\"", "namespace does not exist");
    assertThat(server.call("explain", asked.formatted("$x", ""))).contains("\"refused\"", "token");
    assertThat(server.call("explain", asked.formatted("open", ",\"token\":\"forged\"")))
        .contains("\"refused\"", "the token is not accepted")
        .doesNotContain("forged");
    assertThat(
            server.call(
                "explain", asked.formatted("open", ",\"token\":\"" + server.token("ann") + "\"")))
        .contains("\"allowed\"");
    assertThat(server.call("explain", asked.formatted("open", "").replace("sub", "all")))
        .contains("\"code\":107");
  }

  @Test
  void broadcastAnswersForEachChannel() throws Exception {
    var result =
        server.result("broadcast", "{\"channels\":[\"one\",\"none:x\",\"two\"],\"data\":{}}");
    var responses = result.get("responses");
    assertThat(responses).hasSize(3);
    assertThat(responses.get(0).get("result").get("offset").asInt()).isEqualTo(1);
    assertThat(responses.get(1).get("error").get("code").asInt()).isEqualTo(102);
    assertThat(responses.get(2).has("result")).isTrue();
  }

  @Test
  void historyIsReadFromAPositionAndForgotten() throws Exception {
    for (int i = 1; i <= 5; i++) {
      server.call("publish", "{\"channel\":\"past\",\"data\":" + i + "}");
    }
    var position = server.result("history", "{\"channel\":\"past\"}");
    assertThat(position.get("publications")).isEmpty();
    assertThat(position.get("offset").asInt()).isEqualTo(5);
    var epoch = position.get("epoch").asString();
    var since =
        server.result(
            "history",
            "{\"channel\":\"past\",\"limit\":2,\"since\":{\"offset\":2,\"epoch\":\""
                + epoch
                + "\"}}");
    assertThat(since.get("publications").get(0).get("data").asInt()).isEqualTo(3);
    assertThat(since.get("publications")).hasSize(2);
    assertThat(
            server.call(
                "history",
                "{\"channel\":\"past\",\"limit\":2,\"since\":{\"offset\":2,\"epoch\":\"other\"}}"))
        .contains("\"code\":112");
    assertThat(server.call("history_remove", "{\"channel\":\"past\"}"))
        .isEqualTo("{\"result\":{}}");
    assertThat(server.result("history", "{\"channel\":\"past\",\"limit\":-1}").get("publications"))
        .isEmpty();
  }

  @Test
  void batchAnswersInOrderAtTheTop() throws Exception {
    var commands =
        "[{\"publish\":{\"channel\":\"batch\",\"data\":1}},{\"publish\":{}},{\"publish\":{\"channel\":5}},"
            + "{\"presence_stats\":{\"channel\":\"batch\"}},{\"rpc\":{\"method\":\"x\"}}]";
    for (var parallel : new String[] {"false", "true"}) {
      assertThat(
              server.call("batch", "{\"commands\":" + commands + ",\"parallel\":" + parallel + "}"))
          .startsWith("{\"replies\":[{\"publish\":{\"offset\":")
          .contains(
              "{\"error\":{\"code\":107,\"message\":\"bad request\"}},"
                  + "{\"error\":{\"code\":107,\"message\":\"bad request: commands[2].publish.channel is not a string\"}},"
                  + "{\"presence_stats\":{\"num_clients\":0,\"num_users\":0}},"
                  + "{\"error\":{\"code\":104,\"message\":\"method not found\"}}");
    }
  }

  @Test
  void errorsHaveStatus200UnlessTheTransportShallTell() throws Exception {
    var path = "/api/publish";
    var body = "{\"channel\":\"none:x\",\"data\":1}";
    assertThat(server.post(path, body, "X-API-Key", server.key()).statusCode()).isEqualTo(200);
    assertThat(
            server
                .post(path, body, "X-API-Key", server.key(), "X-Centrifugo-Error-Mode", "transport")
                .statusCode())
        .isEqualTo(404);
  }

  @Test
  void keyIsDemandedInOneOfTwoHeaders() throws Exception {
    assertThat(server.post("/api/info", "{}").statusCode()).isEqualTo(401);
    assertThat(
            server.post("/api/info", "{}", "Authorization", "apikey " + server.key()).statusCode())
        .isEqualTo(200);
    assertThat(server.post("/api/info?api_key=" + server.key(), "{}").statusCode()).isEqualTo(401);
  }

  @Test
  void keyInTheAddressIsTakenWhereItIsSwitchedOnAndThenCountsAsInsecure() throws Exception {
    try (var other = TestServer.start(Map.of("http_api.key_in_query", "true"))) {
      assertThat(other.post("/api/info?api_key=" + other.key(), "{}").statusCode()).isEqualTo(200);
      assertThat(other.post("/api/info?api_key=wrong", "{}").statusCode()).isEqualTo(401);
      assertThat(other.get("/metrics").body()).contains("dunlin_insecure_switches 1.0");
    }
  }

  @Test
  void olderLibrariesCallLineByLine() throws Exception {
    var answer =
        server.post(
            "/api",
            """
            {"method":"publish","params":{"channel":"lines","data":1}}

            {"method":"presence_stats","params":{"channel":"lines"}}
            {"method":"nothing"}
            {"method":"info"}
            """,
            "X-API-Key",
            server.key());
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body().lines())
        .satisfiesExactly(
            published -> assertThat(published).startsWith("{\"result\":{\"offset\":1,"),
            stats ->
                assertThat(stats).isEqualTo("{\"result\":{\"num_clients\":0,\"num_users\":0}}"),
            nothing -> assertThat(nothing).contains("\"code\":104"),
            info -> assertThat(info).startsWith("{\"result\":{\"nodes\":["));
    var bad = server.post("/api", "{\"method\":\"info\"}\nnope", "X-API-Key", server.key());
    assertThat(bad.statusCode()).isEqualTo(400);
    assertThat(bad.body()).contains("line 2 of the body");
    assertThat(server.post("/api", "{}").statusCode()).isEqualTo(401);
    assertThat(server.get("/api").statusCode()).isEqualTo(401);
  }

  @Test
  void anOffsetThatCannotBeIsABadRequest() throws Exception {
    var history = "{\"channel\":\"past\",\"since\":{\"offset\":-1,\"epoch\":\"\"}}";
    var answer = server.post("/api/history", history, "X-API-Key", server.key());
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).contains("since.offset is negative");
    assertThat(
            server.call(
                "batch",
                "{\"parallel\":true,\"commands\":[{\"history\":%s},{\"info\":{}}]}"
                    .formatted(history)))
        .contains("since.offset is negative", "\"nodes\"");
  }

  @Test
  void connectionsAreNamedByUserClientAndSession() throws Exception {
    try (var ann = Visitor.connected(server.webSocket(), server.token("ann"))) {
      for (var method : new String[] {"disconnect", "unsubscribe", "refresh"}) {
        assertThat(server.call(method, "{\"user\":\"ann\",\"session\":\"another\"}"))
            .isEqualTo("{\"result\":{}}");
        assertThat(server.call(method, "{\"user\":\"ann\",\"client\":\"another\"}"))
            .isEqualTo("{\"result\":{}}");
      }
      server.call("subscribe", "{\"user\":\"ann\",\"channel\":\"chat:s\",\"session\":\"another\"}");
      assertThat(ann.ask("{'id':2,'subscribe':{'channel':'chat:s'}}")).contains("\"id\":2");
      server.call(
          "disconnect", "{\"user\":\"ann\",\"disconnect\":{\"code\":4001,\"reason\":\"enough\"}}");
      var next = ann.next();
      assertThat(next.contains("join") ? ann.next() : next).isEqualTo("closed: 4001 enough");
    }
  }

  @Test
  void refreshChangesWhatOthersSeeAndWhenItEnds() throws Exception {
    try (var bob = Visitor.connected(server.webSocket(), server.token("bob"))) {
      assertThat(
              server.call(
                  "refresh",
                  "{\"user\":\"bob\",\"info\":{\"name\":\"Bob\"},\"expire_at\":"
                      + (System.currentTimeMillis() / 1000 + 600)
                      + "}"))
          .isEqualTo("{\"result\":{}}");
      assertThat(bob.ask("{'id':2,'subscribe':{'channel':'chat:seen'}}")).contains("subscribe");
      assertThat(server.call("presence", "{\"channel\":\"chat:seen\"}"))
          .contains("\"conn_info\":{\"name\":\"Bob\"}");
      server.call("refresh", "{\"user\":\"bob\",\"expired\":true}");
      String next;
      do {
        next = bob.next();
      } while (next.contains("\"join\""));
      assertThat(next).isEqualTo("closed: 3005 connection expired");
    }
  }

  @Test
  void wrongKeysAreStoppedAfterAFew() throws Exception {
    try (var other = TestServer.start(Map.of("http_api.max_key_failures", "3"))) {
      for (int i = 0; i < 3; i++) {
        assertThat(other.post("/api/info", "{}", "X-API-Key", "wrong" + i).statusCode())
            .isEqualTo(401);
      }
      var refused = other.post("/api/info", "{}", "X-API-Key", other.key());
      assertThat(refused.statusCode()).isEqualTo(429);
      assertThat(refused.headers().firstValue("Retry-After")).contains("60");
    }
  }

  @Test
  void badJsonIsRefusedWithItsPlace() throws Exception {
    var refused = server.post("/api/publish", "{\"channel\":\n  nope}", "X-API-Key", server.key());
    assertThat(refused.statusCode()).isEqualTo(400);
    assertThat(refused.body()).contains("line 2, column");
    assertThat(
            server
                .post("/api/publish", "{\"channel\":5,\"data\":1}", "X-API-Key", server.key())
                .body())
        .contains("channel is not a string");
    for (var body :
        new String[] {"[]", "{} {}", "{\"a\":1,\"a\":2}", "[".repeat(1000), "\"", "nul"}) {
      assertThat(server.post("/api/publish", body, "X-API-Key", server.key()).statusCode())
          .as(body)
          .isEqualTo(400);
    }
  }

  @Test
  void unknownMethodsAndOtherVerbsAreRefused() throws Exception {
    assertThat(server.post("/api/none", "{}", "X-API-Key", server.key()).statusCode())
        .isEqualTo(404);
    assertThat(server.get("/api/publish").statusCode()).isEqualTo(401);
  }

  @Test
  void bodyBeyondTheLimitIsRefused() throws Exception {
    var body = "{\"channel\":\"big\",\"data\":\"" + "x".repeat(1 << 20) + "\"}";
    assertThat(server.post("/api/publish", body, "X-API-Key", server.key()).statusCode())
        .isEqualTo(413);
  }

  @Test
  void infoDescribesThisNode() throws Exception {
    var node = server.result("info", "{}").get("nodes").get(0);
    assertThat(node.get("name").asString()).isNotEmpty();
    assertThat(node.get("num_clients").isNumber()).isTrue();
  }

  @Test
  void healthIsGoodAndTheWayToTheConsoleHoldsNoSecret() throws Exception {
    assertThat(server.get("/health").body()).isEqualTo("{}");
    assertThat(server.get("/health/ready").statusCode()).isEqualTo(200);
    var root = server.get("/");
    assertThat(root.statusCode()).isLessThan(400);
    assertThat(root.body()).doesNotContain(server.key());
    assertThat(root.headers().map().toString()).doesNotContain(server.key());
  }
}

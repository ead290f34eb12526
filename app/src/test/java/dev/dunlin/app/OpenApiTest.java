package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.auth.Tickets;
import dev.dunlin.centrifuge.CentrifugeEndpoint;
import dev.dunlin.channels.Hub;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The description that is served, against what the API does. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
class OpenApiTest {

  private static final int REQUESTS = 20;

  private TestServer server;
  private OpenApi description;

  @BeforeAll
  void start() throws Exception {
    server = TestServer.start();
    var served = server.get(ApiDescription.PATH);
    assertThat(served.statusCode()).isEqualTo(200);
    assertThat(served.headers().firstValue("Content-Type")).contains("application/json");
    description = new OpenApi(served.body().getBytes(StandardCharsets.UTF_8));
  }

  @AfterAll
  void end() {
    server.close();
  }

  @Test
  void everyMethodIsDescribedAndNoOther() throws Exception {
    assertThat(description.methods()).isEqualTo(ApiMethods.NAMES);
    assertThat(server.post("/api/connections", "{}", "X-API-Key", server.key()).statusCode())
        .isEqualTo(404);
  }

  @Test
  void everyMemberThatIsReadIsDescribedAndNoOther() throws Exception {
    try (var hub = Hub.inMemory()) {
      var methods =
          new ApiMethods(
              CentrifugeEndpoint.over(hub).api(),
              Tickets.create(),
              json -> {},
              (name, params) -> params,
              Duration.ofSeconds(5));
      for (var method : ApiMethods.NAMES) {
        var asked = new TreeSet<String>();
        var schema = description.request(method);
        for (boolean base64 : new boolean[] {false, true}) {
          var request = Fields.of(full(schema, base64).toString().getBytes(), asked::add);
          var unused = methods.call(method, request);
        }
        asked.removeIf(path -> path.contains("[") || path.startsWith("tags."));
        var described = description.members(schema, "");
        described.removeIf(path -> path.contains("."));
        var nested = new TreeSet<>(asked);
        nested.removeIf(path -> !path.contains("."));
        asked.removeAll(nested);
        if (!method.equals("batch")) {
          assertThat(nested)
              .as(method)
              .isEqualTo(
                  description.members(schema, "").stream()
                      .filter(path -> path.contains("."))
                      .collect(TreeSet::new, TreeSet::add, TreeSet::addAll));
        }
        assertThat(asked).as(method).isEqualTo(described);
      }
    }
  }

  /** A request with every member there is; payloads in one of their two forms. */
  private ObjectNode full(JsonNode schema, boolean base64) {
    var request = OpenApi.JSON.createObjectNode();
    var random = new Random(1);
    for (var property : schema.path("properties").properties()) {
      var name = property.getKey();
      var described = description.resolved(property.getValue());
      if (name.startsWith("b64") != base64
          && schema.at("/properties/b64" + plain(name)).isObject()) {
        continue;
      }
      request.set(
          name,
          described.has("properties")
              ? full(described, base64)
              : description.value(described, name, random));
    }
    return request;
  }

  private static String plain(String name) {
    return name.startsWith("b64") ? name.substring(3) : name;
  }

  @Test
  void requestsMadeFromTheDescriptionAreAcceptedAndAnsweredAsDescribed() throws Exception {
    long seed = System.nanoTime();
    var random = new Random(seed);
    for (var method : ApiMethods.NAMES) {
      for (int i = 0; i < REQUESTS; i++) {
        var request = description.value(description.request(method), "", random);
        var said = method + " " + request + " (seed " + seed + ")";
        assertThat(description.problems(description.request(method), request, ""))
            .as(said)
            .isEmpty();
        var response = server.post("/api/" + method, request.toString(), "X-API-Key", server.key());
        assertThat(response.statusCode()).as(said + response.body()).isEqualTo(200);
        var answer = OpenApi.JSON.readTree(response.body());
        assertThat(answer.at("/error/code").asInt()).as(said + answer).isNotIn(100, 107);
        assertThat(description.problems(description.response(method, 200), answer, ""))
            .as(said + answer)
            .isEmpty();
      }
    }
  }

  @Test
  void answersWithClientsAndPublicationsAreAsDescribed() throws Exception {
    try (var ann = Visitor.connected(server.webSocket(), server.token("ann"))) {
      assertThat(ann.ask("{'id':2,'subscribe':{'channel':'chat:open'}}")).contains("\"subscribe\"");
      ann.send("{'id':3,'publish':{'channel':'chat:open','data':{'by':'a client'}}}");
      server.call("publish", "{\"channel\":\"chat:open\",\"data\":1,\"tags\":{\"a\":\"b\"}}");
      for (var method :
          new String[] {"presence", "presence_stats", "history", "channels", "info"}) {
        var answer =
            OpenApi.JSON.readTree(
                server.call(method, "{\"channel\":\"chat:open\",\"limit\":-1,\"pattern\":\"\"}"));
        assertThat(answer.get("result").toString()).as(method).hasSizeGreaterThan(20);
        assertThat(description.problems(description.response(method, 200), answer, method))
            .isEmpty();
      }
    }
    server.call("publish", "{\"channel\":\"binary\",\"b64data\":\"/w==\"}");
    var binary =
        OpenApi.JSON.readTree(server.call("history", "{\"channel\":\"binary\",\"limit\":1}"));
    assertThat(binary.at("/result/publications/0/b64data").asString()).isEqualTo("/w==");
    assertThat(description.problems(description.response("history", 200), binary, "")).isEmpty();
  }

  @Test
  void whatIsRequiredIsDemanded() throws Exception {
    var random = new Random(2);
    for (var method : ApiMethods.NAMES) {
      var schema = description.request(method);
      for (var required : schema.path("required")) {
        if (method.equals("batch")) {
          continue; // none at all is a batch of nothing
        }
        var request = (ObjectNode) description.value(schema, "", random);
        request.remove(required.asString());
        assertThat(server.call(method, request.toString()))
            .as(method + " without " + required)
            .contains("\"code\":107");
      }
      if (schema.has("anyOf")) {
        var request = (ObjectNode) description.value(schema, "", random);
        for (var either : schema.get("anyOf")) {
          request.remove(either.at("/required/0").asString());
        }
        assertThat(server.call(method, request.toString())).contains("\"code\":107");
      }
    }
  }

  @Test
  void membersOfAnotherTypeAreRefusedByName() throws Exception {
    var random = new Random(3);
    for (var method : ApiMethods.NAMES) {
      var schema = description.request(method);
      for (var property : schema.path("properties").properties()) {
        var type = description.resolved(property.getValue()).path("type").asString("");
        if (type.isEmpty()
            || (method.equals("ticket") && property.getKey().matches("subs|channels"))) {
          continue; // any JSON is right, or it is judged when the ticket is used
        }
        var request = (ObjectNode) description.value(schema, "", random);
        request.set(
            property.getKey(), OpenApi.JSON.readTree(type.equals("string") ? "5" : "\"x\""));
        var response = server.post("/api/" + method, request.toString(), "X-API-Key", server.key());
        assertThat(response.statusCode()).as(method + " " + request).isEqualTo(400);
        assertThat(response.body()).contains(property.getKey());
        assertThat(
                description.problems(
                    description.response(method, 400), OpenApi.JSON.readTree(response.body()), ""))
            .isEmpty();
      }
    }
  }
}

package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Back ends that are told what has happened: at least once, in order. */
@SuppressWarnings("NullAway.Init")
class BackendEventsTest {

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

  private void serve(String more) {
    server =
        TestServer.start(
            Map.of(
                "events",
                "{endpoint: '%s', disconnect: true, timeout: 2s %s}"
                    .formatted(backend.url("/events"), more),
                "channel.namespaces",
                "[{name: seen, state_events: true, allow_subscribe_for_client: true},"
                    + " {name: quiet, allow_subscribe_for_client: true}]"));
  }

  private static void visit(TestServer server, String channel) throws Exception {
    try (var visitor = Visitor.connected(server.webSocket(), server.token("ann"))) {
      assertThat(visitor.ask("{'id':2,'subscribe':{'channel':'%s'}}".formatted(channel)))
          .contains("subscribe");
    }
  }

  /** The next events, as many as asked for; a batch that comes again counts again. */
  private List<JsonNode> events(int count) throws InterruptedException {
    var events = new ArrayList<JsonNode>();
    while (events.size() < count) {
      backend.question().body().get("events").forEach(events::add);
    }
    return events;
  }

  @Test
  void theFirstSubscriberTheLastAndTheEndOfAConnectionAreTold() throws Exception {
    serve(", static_headers: {X-Key: abc}");
    visit(server, "quiet:a");
    visit(server, "seen:a");
    var events = events(4);
    assertThat(events)
        .extracting(event -> event.get("type").asString())
        .containsExactlyInAnyOrder("disconnect", "occupied", "vacated", "disconnect")
        .containsSubsequence("occupied", "vacated");
    assertThat(events).extracting(event -> event.get("id").asString()).doesNotHaveDuplicates();
    for (var event : events) {
      assertThat(event.get("time_ms").asLong()).isPositive();
      assertThat(event.get("node").asString()).isNotEmpty();
      if (event.get("type").asString().equals("disconnect")) {
        assertThat(event.get("user").asString()).isEqualTo("ann");
        assertThat(event.get("client").asString()).isNotEmpty();
        assertThat(event.get("code").asInt()).isGreaterThanOrEqualTo(1000);
      } else {
        assertThat(event.get("channel").asString()).isEqualTo("seen:a");
      }
    }
  }

  @Test
  void whatIsNotTakenIsToldAgainWithTheSameIds() throws Exception {
    serve("");
    backend.answers("/events", 500, "");
    visit(server, "quiet:a");
    var first = backend.question().body().at("/events/0");
    var again = backend.question().body().at("/events/0");
    assertThat(again).isEqualTo(first);
    backend.answers("/events", "{'error': {'code': 500, 'message': 'not yet'}}");
    assertThat(backend.question().body().at("/events/0")).isEqualTo(first);
    backend.answers("/events", "{'result': {}}");
    Await.until("nothing waits", () -> waiting() == 0);
    assertThat(server.get("/metrics").body())
        .contains("dunlin_backend_events_total{outcome=\"delivered\"} 1.0");
  }

  private double waiting() throws Exception {
    return server
        .get("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith("dunlin_backend_events_waiting "))
        .mapToDouble(line -> Double.parseDouble(line.split(" ")[1]))
        .sum();
  }

  @Test
  void whatFindsTheQueueFullIsLostAndCounted() throws Exception {
    serve(", queue_limit: 2");
    backend.answers("/events", 500, "");
    for (int i = 0; i < 5; i++) {
      visit(server, "quiet:a");
    }
    Await.until(
        "three are lost",
        () ->
            server
                .get("/metrics")
                .body()
                .contains("dunlin_backend_events_total{outcome=\"lost\"} 3.0"));
    assertThat(waiting()).isEqualTo(2);
    backend.answers("/events", "{'result': {}}");
    Await.until("nothing waits", () -> waiting() == 0);
  }

  @Test
  void whatCannotBeWrittenIsLostAndKeepsNothingElseFromBeingTold() throws Exception {
    var lost = new LongAdder();
    var options =
        TestServer.config(Map.of("events", "{endpoint: '%s'}".formatted(backend.url("/events"))));
    try (var asking = new Backend((event, outcome, took) -> {});
        var told =
            new BackendEvents(
                options.events(),
                asking,
                "node",
                Duration.ofSeconds(5),
                (outcome, events) -> lost.add(outcome.equals("lost") ? events : 0),
                System::nanoTime)) {
      told.tell(
          "bad",
          json -> {
            throw new IllegalStateException("the test says so");
          });
      told.tell("good", json -> json.writeStringProperty("user", "ann"));
      assertThat(events(1).getFirst().get("type").asString()).isEqualTo("good");
      assertThat(lost.sum()).isEqualTo(1);
    }
  }

  @Test
  void theEndOfTheServerTellsWhatIsLeft() throws Exception {
    serve("");
    backend.answers("/events", 500, "");
    visit(server, "quiet:a");
    backend.question();
    try (var stays = Visitor.connected(server.webSocket(), server.token("bob"))) {
      backend.answers("/events", "{'result': {}}");
      server.close();
      server = null;
      var users = new ArrayList<String>();
      while (backend.questions() > 0) {
        backend
            .question()
            .body()
            .get("events")
            .forEach(each -> users.add(each.get("user").asString()));
      }
      assertThat(users).contains("ann", "bob");
      assertThat(stays.next()).startsWith("closed: ");
    }
  }
}

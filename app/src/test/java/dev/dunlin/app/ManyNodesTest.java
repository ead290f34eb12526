package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.json.JsonMapper;

/** Two servers over one broker: what is asked of one is done by the other. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
abstract class ManyNodesTest {

  private static final String SECRET = "0123456789abcdef".repeat(4);
  private static final String KEY = "an API key of the tests";

  /** A broker that runs, and what ends it. */
  record Running(String url, AutoCloseable process) {}

  private final String kind;
  private Running broker;
  private TestServer here;
  private TestServer there;
  private final List<Visitor> visitors = new ArrayList<>();

  ManyNodesTest(String kind) {
    this.kind = kind;
  }

  /** Starts the broker. */
  abstract Running broker() throws Exception;

  @BeforeAll
  void start() throws Exception {
    broker = broker();
    here = node("here");
    there = node("there");
    Await.until("two nodes", () -> names(here).equals(List.of("here", "there")));
  }

  private TestServer node(String name) {
    var options = new HashMap<String, String>();
    options.put("node.name", name);
    options.put("broker.type", kind);
    options.put("broker.options", "{url: \"" + broker.url() + "\"}");
    options.put("brokers", "[{name: mine, type: memory}]");
    options.put(
        "channel.namespaces",
        "[{name: local, allow_subscribe_for_client: true, broker_name: mine},"
            + " {name: shared, allow_subscribe_for_client: true},"
            + " {name: chat, presence: true, allow_subscribe_for_client: true}]");
    options.put("client.token.hmac_secret_key", SECRET);
    options.put("http_api.key", KEY);
    options.put("console.password", "a password of the tests");
    return TestServer.start(options);
  }

  @AfterAll
  void stop() throws Exception {
    visitors.forEach(Visitor::close);
    for (var server : new TestServer[] {here, there}) {
      if (server != null) {
        server.close();
      }
    }
    if (broker != null) {
      broker.process().close();
    }
  }

  private static List<String> names(TestServer server) throws Exception {
    return StreamSupport.stream(server.result("info", "{}").get("nodes").spliterator(), false)
        .map(node -> node.get("name").asString())
        .sorted()
        .toList();
  }

  private Visitor visitor(TestServer server, String user) throws Exception {
    var visitor = Visitor.connected(server.webSocket(), server.token(user));
    visitors.add(visitor);
    return visitor;
  }

  @Test
  void disconnectAskedOfOneReachesTheClientOfTheOther() throws Exception {
    var ann = visitor(there, "ann");
    assertThat(here.call("disconnect", "{\"user\":\"ann\"}")).isEqualTo("{\"result\":{}}");
    assertThat(ann.next()).isEqualTo("closed: 3503 force disconnect");
  }

  @Test
  void subscriptionsAreAddedListedAndEndedOnTheOtherNode() throws Exception {
    var bob = visitor(there, "bob");
    assertThat(here.call("subscribe", "{\"user\":\"bob\",\"channel\":\"added\"}"))
        .isEqualTo("{\"result\":{}}");
    assertThat(bob.next()).contains("\"subscribe\"", "added");
    var other = visitor(here, "other");
    assertThat(other.ask("{'id':2,'subscribe':{'channel':'added'}}")).contains("\"subscribe\"");
    for (var server : List.of(here, there)) {
      assertThat(server.call("channels", "{\"pattern\":\"add*\"}"))
          .isEqualTo("{\"result\":{\"channels\":{\"added\":{\"num_clients\":2}}}}");
    }
    assertThat(here.call("unsubscribe", "{\"user\":\"bob\",\"channel\":\"added\"}"))
        .isEqualTo("{\"result\":{}}");
    assertThat(bob.next()).contains("\"unsubscribe\"");
  }

  @Test
  void connectionsAreRefreshedAndEndedOnTheOtherNode() throws Exception {
    var carl = visitor(there, "carl");
    var end = java.time.Instant.now().plusSeconds(3600).getEpochSecond();
    assertThat(here.call("refresh", "{\"user\":\"carl\",\"expire_at\":" + end + "}"))
        .isEqualTo("{\"result\":{}}");
    var client =
        there.server().endpoint().clients().user("carl").stream().findFirst().orElseThrow();
    Await.until(
        "the new end",
        () -> client.expiresAt().map(at -> at.getEpochSecond() == end).orElse(false));
    assertThat(here.call("refresh", "{\"user\":\"carl\",\"expired\":true}"))
        .isEqualTo("{\"result\":{}}");
    assertThat(carl.next()).startsWith("closed: 3005");
  }

  @Test
  void revocationEndsTheConnectionsOfBothNodesWithinASecondAndHoldsForThoseThatCome()
      throws Exception {
    var visitors = List.of(visitor(here, "eve"), visitor(there, "eve"));
    var begin = System.nanoTime();
    assertThat(here.call("revoke", "{\"user\":\"eve\"}")).isEqualTo("{\"result\":{}}");
    for (var visitor : visitors) {
      assertThat(visitor.next()).startsWith("closed: 3500");
    }
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(1));
    try (var third = node("third")) {
      Await.until("the third node", () -> names(third).size() == 3);
      Await.until("what was revoked", () -> third.server().endpoint().revocations().size() == 1);
      var visitor = Visitor.at(third.webSocket());
      this.visitors.add(visitor);
      visitor.send("{'id':1,'connect':{'token':'" + third.token("eve") + "'}}");
      assertThat(visitor.next()).startsWith("closed: 3500");
    }
    Await.until("its goodbye", () -> names(here).size() == 2);
  }

  @Test
  void aNamespaceWithAMemoryBrokerOfItsOwnStaysOnTheNode() throws Exception {
    var visitors = List.of(visitor(here, "l"), visitor(there, "l"));
    for (var visitor : visitors) {
      assertThat(
              visitor.ask(
                  "{'id':2,'subscribe':{'channel':'local:x'}}\n"
                      + "{'id':3,'subscribe':{'channel':'shared:x'}}"))
          .contains("\"subscribe\"");
      assertThat(visitor.next()).contains("\"subscribe\"");
    }
    here.call("publish", "{\"channel\":\"local:x\",\"data\":\"of here\"}");
    assertThat(visitors.getFirst().next()).contains("of here");
    here.call("publish", "{\"channel\":\"shared:x\",\"data\":\"of all\"}");
    for (var visitor : visitors) {
      assertThat(visitor.next()).contains("of all");
    }
  }

  @Test
  void onePublicationReachesEveryClientOfEveryNodeOnce() throws Exception {
    var all = new ArrayList<Visitor>();
    for (int i = 0; i < 60; i++) {
      var each = visitor(i % 2 == 0 ? here : there, "one-of-" + i);
      assertThat(each.ask("{'id':2,'subscribe':{'channel':'shared:all'}}"))
          .contains("\"subscribe\"");
      all.add(each);
    }
    there.call("publish", "{\"channel\":\"shared:all\",\"data\":\"the first\"}");
    here.call("publish", "{\"channel\":\"shared:all\",\"data\":\"the second\"}");
    for (var each : all) {
      assertThat(each.next()).contains("the first");
      assertThat(each.next()).contains("the second");
    }
  }

  @Test
  void presenceIsThatOfAllNodes() throws Exception {
    for (var server : List.of(here, there)) {
      assertThat(visitor(server, "p").ask("{'id':2,'subscribe':{'channel':'chat:p'}}"))
          .contains("\"subscribe\"");
    }
    Await.until(
        "both of them",
        () ->
            here.result("presence_stats", "{\"channel\":\"chat:p\"}").get("num_clients").asInt()
                == 2);
    assertThat(there.result("presence", "{\"channel\":\"chat:p\"}").get("presence")).hasSize(2);
  }

  @Test
  void infoTellsOfBothNodesWhicheverIsAsked() throws Exception {
    var unused = visitor(there, "info");
    for (var server : List.of(here, there)) {
      Await.until(
          "the client on the other node",
          () ->
              StreamSupport.stream(server.result("info", "{}").get("nodes").spliterator(), false)
                  .filter(node -> node.get("name").asString().equals("there"))
                  .anyMatch(node -> node.get("num_clients").asInt() > 0));
    }
    for (var node : here.result("info", "{}").get("nodes")) {
      var name = node.get("name").asString();
      assertThat(node.at("/metrics/interval").asDouble()).as(name).isPositive();
      assertThat(node.at("/metrics/items/connections").asInt())
          .as(name)
          .isGreaterThanOrEqualTo(name.equals("there") ? 1 : 0);
      assertThat(node.at("/process/cpu").asDouble()).as(name).isNotNegative();
    }
    assertThat(Map.copyOf(here.server().endpoint().nodes().all().getLast().facts()))
        .containsEntry("broker", kind)
        .containsEntry("linked", "true");
  }

  @Test
  void ticketOfOneNodeOpensOneConnectionOnAnyOther() throws Exception {
    var ticket = here.result("ticket", "{\"user\":\"tom\"}").get("ticket").asString();
    var visitor = Visitor.at(with(there, ticket));
    visitors.add(visitor);
    assertThat(visitor.ask("{'id':1,'connect':{}}")).contains("\"connect\"");
    assertThat(there.server().endpoint().clients().user("tom")).hasSize(1);
    for (var server : List.of(here, there)) {
      assertThatThrownBy(() -> Visitor.at(with(server, ticket)));
    }
  }

  private static URI with(TestServer server, String ticket) {
    return URI.create(server.webSocket() + "?ticket=" + ticket);
  }

  @Test
  void consoleShowsAndEndsTheConnectionsOfAllNodes() throws Exception {
    var unused = visitor(here, "console-ann");
    var bob = visitor(there, "console-bob");
    var json = JsonMapper.builder().build();
    var list = json.readTree("{\"ask\":\"connections\",\"search\":\"console-\"}");
    var part = (ConsoleAnswers.Part) here.server().console().orElseThrow().answers().answer(list);
    assertThat(part.total()).isEqualTo(2);
    assertThat(part.items().stream())
        .map(ConsoleAnswers.ClientRow.class::cast)
        .extracting(ConsoleAnswers.ClientRow::user, ConsoleAnswers.ClientRow::node)
        .containsExactly(tuple("console-ann", "here"), tuple("console-bob", "there"));
    var id = ((ConsoleAnswers.ClientRow) part.items().get(1)).id();
    var about = here.server().console().orElseThrow().answers();
    assertThat(
            about
                .answer(json.readTree("{\"ask\":\"connection\",\"client\":\"" + id + "\"}"))
                .toString())
        .contains("console-bob");
    about.answer(json.readTree("{\"ask\":\"disconnect\",\"client\":\"" + id + "\"}"));
    assertThat(bob.next()).startsWith("closed: 3503");
    assertThat(about.answer(list).toString()).contains("console-ann");
  }
}

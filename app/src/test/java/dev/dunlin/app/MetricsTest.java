package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The page of metrics, against the page that documents it and the dashboard that shows it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
class MetricsTest {

  private static final Path PAGE = Path.of("../docs/guide/metrics.md");
  private static final Path DASHBOARD = Path.of("../deploy/grafana/dunlin.json");
  private static final String MARK = "<!-- the list: written by MetricsTest -->\n";

  /** What one metric is called, is, says, and is told apart by. */
  private record Metric(String type, String help, Set<String> labels) {}

  private BackendStub backend;
  private TestServer server;
  private Map<String, Metric> scraped;

  @BeforeAll
  void start() throws Exception {
    backend = new BackendStub();
    server =
        TestServer.start(
            Map.of(
                "http_api.key_in_query", "true",
                "rpc.proxy", "{enabled: true, endpoint: '%s'}".formatted(backend.url("/rpc")),
                "events", "{disconnect: true, endpoint: '%s'}".formatted(backend.url("/events"))));
    everyThingThatIsCountedHappens();
    scraped = metrics(server.get("/metrics").body());
  }

  @AfterAll
  void end() {
    server.close();
    backend.close();
  }

  private void everyThingThatIsCountedHappens() throws Exception {
    server.get("/nothing");
    server.call("publish", "{\"channel\":\"chat:m\",\"data\":{\"a\":1}}");
    server.call("rpc", "{\"method\":\"x\"}");
    try (var visitor = Visitor.connected(server.webSocket(), server.token("ann"))) {
      visitor.ask(
          "{'id':2,'subscribe':{'channel':'chat:m','recover':true,'offset':1,'epoch':'x'}}");
      visitor.ask("{'id':3,'rpc':{'method':'x'}}");
      visitor.ask("{'id':4,'subscribe':{'channel':'nowhere:m'}}");
      server.call("disconnect", "{\"user\":\"ann\"}");
      Await.until("the close is counted", () -> value("dunlin_closes_sent_total") > 0);
    }
    Await.until("an event was told", () -> value("dunlin_backend_events_total") > 0);
    server.server().reloaded(true);
    server.server().reloaded(false);
  }

  /** The sum over all labels. */
  private double value(String name) throws Exception {
    return server
        .get("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' '))))
        .sum();
  }

  private static Map<String, Metric> metrics(String page) {
    var metrics = new TreeMap<String, Metric>();
    var help = new TreeMap<String, String>();
    String current = "";
    for (var line : page.lines().toList()) {
      var words = line.split(" ", 4);
      if (line.startsWith("# HELP ")) {
        help.put(words[2], words.length > 3 ? words[3] : "");
      } else if (line.startsWith("# TYPE ")) {
        current = words[2];
        metrics.put(current, new Metric(words[3], help.getOrDefault(current, ""), new TreeSet<>()));
      } else if (line.contains("{")) {
        var labels = metrics.get(current).labels();
        Pattern.compile("([a-z_]+)=\"")
            .matcher(line.substring(line.indexOf('{')))
            .results()
            .map(found -> found.group(1))
            .filter(label -> !label.equals("le") && !label.equals("quantile"))
            .forEach(labels::add);
      }
    }
    return metrics;
  }

  private static boolean comesWithCollections(String name) {
    return name.startsWith("jvm_gc_");
  }

  @Test
  void everyMetricIsDocumentedAndNoOther() throws Exception {
    if (Boolean.getBoolean("docs.update")) {
      var page = Files.readString(PAGE);
      Files.writeString(PAGE, page.substring(0, page.indexOf(MARK)) + MARK + "\n" + table());
    }
    var documented = documented();
    var jvm = new TreeSet<>(documented.keySet());
    jvm.removeIf(name -> !comesWithCollections(name));
    assertThat(jvm).as("documented although they come with a collection").isNotEmpty();
    var expected = new TreeMap<>(documented);
    expected.keySet().removeIf(MetricsTest::comesWithCollections);
    var found = new TreeMap<String, String>();
    scraped.forEach((name, metric) -> {
      if (comesWithCollections(name)) {
        assertThat(documented).containsKey(name);
      } else {
        found.put(name, row(name, metric));
      }
    });
    assertThat(found)
        .as("write the list anew: run this test with -Ddocs.update=true")
        .isEqualTo(expected);
  }

  private String table() {
    var rows = new ArrayList<String>();
    rows.add("| metric | type | labels | what it is |");
    rows.add("|---|---|---|---|");
    scraped.forEach((name, metric) -> rows.add(row(name, metric)));
    return String.join("\n", rows) + "\n";
  }

  private static String row(String name, Metric metric) {
    return "| `%s` | %s | %s | %s |"
        .formatted(
            name,
            metric.type(),
            metric.labels().stream()
                .map(label -> "`" + label + "`")
                .collect(Collectors.joining(", ")),
            metric.help());
  }

  private static Map<String, String> documented() throws Exception {
    var page = Files.readString(PAGE);
    return page.substring(page.indexOf(MARK))
        .lines()
        .filter(line -> line.startsWith("| `"))
        .collect(
            Collectors.toMap(
                line -> line.substring(3, line.indexOf('`', 3)),
                line -> line,
                (a, b) -> a,
                TreeMap::new));
  }

  @Test
  void everythingThatAnOperatorLooksForIsThere() {
    assertThat(scraped.keySet())
        .contains(
            "dunlin_connections",
            "dunlin_clients",
            "dunlin_messages_total",
            "dunlin_wire_bytes_total",
            "dunlin_payload_bytes_total",
            "dunlin_deliveries_total",
            "dunlin_encodings_total",
            "dunlin_compression_ratio",
            "dunlin_flushes_total",
            "dunlin_queued_bytes",
            "dunlin_slow_consumers_total",
            "dunlin_closes_sent_total",
            "dunlin_closes_received_total",
            "dunlin_command_seconds",
            "dunlin_delivery_seconds",
            "dunlin_recoveries_total",
            "dunlin_broker_linked",
            "dunlin_broker_calls_seconds",
            "dunlin_broker_reconnects_total",
            "dunlin_broker_probe_failures_total",
            "dunlin_event_loop_lag_seconds",
            "dunlin_insecure_switches",
            "jvm_memory_used_bytes");
  }

  @Test
  void figuresAreThoseOfWhatHappened() throws Exception {
    var page = server.get("/metrics").body();
    assertThat(page)
        .contains(
            "dunlin_insecure_switch{option=\"http_api.key_in_query\"} 1.0",
            "dunlin_recoveries_total{outcome=\"unrecovered\"} 1.0",
            "dunlin_recoveries_total{outcome=\"recovered\"} 0.0",
            "dunlin_command_seconds_count{command=\"connect\"} 1",
            "dunlin_command_seconds_count{command=\"subscribe\"} 2",
            "dunlin_command_seconds_bucket{command=\"connect\",le=\"+Inf\"} 1",
            "dunlin_command_errors_total{code=\"102\"} 1.0",
            "dunlin_closes_sent_total{code=\"3503\"} 1.0",
            "dunlin_config_reloads_total{outcome=\"refused\"} 1.0",
            "dunlin_ready 1.0");
    assertThat(value("dunlin_messages_total")).isGreaterThanOrEqualTo(8);
    assertThat(value("dunlin_payload_bytes_total")).isPositive();
  }

  @Test
  void theDashboardAsksForMetricsThatExistByLabelsThatExist() throws Exception {
    var queries = new ArrayList<String>();
    collect(OpenApi.JSON.readTree(Files.readString(DASHBOARD)), queries);
    assertThat(queries).hasSizeGreaterThan(20);
    var documented = documented();
    for (var query : queries) {
      var names =
          Pattern.compile("\\b(dunlin|jvm|process|system)_[a-z_]+")
              .matcher(query)
              .results()
              .map(found -> found.group())
              .toList();
      assertThat(names).as(query).isNotEmpty();
      var labels = new TreeSet<String>();
      for (var name : names) {
        var metric = name.replaceAll("_(bucket|count|sum)$", "");
        assertThat(documented.containsKey(name) || documented.containsKey(metric))
            .as(name + " in " + query)
            .isTrue();
        labels.addAll(labels(scraped.containsKey(name) ? name : metric));
      }
      assertThat(labels).as(query).containsAll(asked(query));
    }
  }

  private Set<String> labels(String metric) {
    var labels = new TreeSet<>(scraped.get(metric).labels());
    labels.addAll(List.of("le", "instance", "job"));
    return labels;
  }

  /** Labels that a query selects or groups by. */
  private static List<String> asked(String query) {
    var labels = new ArrayList<String>();
    Pattern.compile("([a-z_]+)\\s*=~?\\s*\"")
        .matcher(query)
        .results()
        .forEach(found -> labels.add(found.group(1)));
    Pattern.compile("\\bby \\(([^)]*)\\)")
        .matcher(query)
        .results()
        .forEach(found -> labels.addAll(List.of(found.group(1).split(",\\s*"))));
    return labels;
  }

  private static void collect(tools.jackson.databind.JsonNode node, List<String> queries) {
    if (node.has("expr")) {
      queries.add(node.get("expr").asString());
    }
    node.forEach(child -> collect(child, queries));
  }
}

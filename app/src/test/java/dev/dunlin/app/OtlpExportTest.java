package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/** Metrics for an OpenTelemetry collector, as OTLP says: opentelemetry/proto/metrics/v1, JSON. */
class OtlpExportTest {

  private static TestServer server(BackendStub collector, String interval) {
    return TestServer.start(
        Map.of(
            "node.name",
            "one",
            "opentelemetry",
            "{endpoint: '%s', interval: %s, headers: {X-Key: 'a key of the collector'}}"
                .formatted(collector.url("/v1/metrics"), interval)));
  }

  private static Map<String, JsonNode> metrics(JsonNode message) {
    return StreamSupport.stream(
            message.at("/resourceMetrics/0/scopeMetrics/0/metrics").spliterator(), false)
        .collect(Collectors.toMap(metric -> metric.get("name").asString(), metric -> metric));
  }

  private static Map<String, String> attributes(JsonNode list) {
    var attributes = new HashMap<String, String>();
    list.forEach(each ->
        attributes.put(each.get("key").asString(), each.at("/value/stringValue").asString()));
    return attributes;
  }

  @Test
  void collectorGetsWhatThePageOfMetricsShows() throws Exception {
    try (var collector = new BackendStub().answers("/v1/metrics", "{}");
        var server = server(collector, "100ms")) {
      server.call("publish", "{\"channel\":\"news\",\"data\":1}");
      server.call("history", "{\"channel\":\"news\"}");
      var question = collector.question();
      while (!metrics(question.body()).containsKey("dunlin_api_calls_seconds")) {
        question = collector.question();
      }
      assertThat(question.headers())
          .containsEntry("content-type", "application/json")
          .containsEntry("x-key", "a key of the collector");
      assertThat(attributes(question.body().at("/resourceMetrics/0/resource/attributes")))
          .containsEntry("service.name", "dunlin")
          .containsEntry("service.version", VersionCommand.version())
          .containsEntry("dunlin.node.name", "one")
          .containsKey("service.instance.id");

      var metrics = metrics(question.body());
      var names = new TreeSet<String>();
      server
          .get("/metrics")
          .body()
          .lines()
          .filter(line -> line.startsWith("# TYPE "))
          .forEach(line -> names.add(line.split(" ", 4)[2]));
      names.removeIf(name -> name.startsWith("jvm_gc_")); // come with a collection
      assertThat(metrics.keySet()).containsAll(names);
      for (var metric : metrics.values()) {
        wellFormed(metric);
      }
      assertThat(metrics.get("dunlin_publications_total").at("/sum/dataPoints/0/asDouble").asInt())
          .isPositive();
      var calls = metrics.get("dunlin_api_calls_seconds").at("/summary/dataPoints/0");
      assertThat(attributes(calls.get("attributes"))).containsKey("method");
      var delivery = metrics.get("dunlin_delivery_seconds").at("/histogram/dataPoints/0");
      assertThat(delivery.get("bucketCounts")).hasSize(delivery.get("explicitBounds").size() + 1);
    }
  }

  private static void wellFormed(JsonNode metric) {
    var kinds = new ArrayList<>(List.of("sum", "gauge", "histogram", "summary"));
    kinds.removeIf(kind -> !metric.has(kind));
    assertThat(kinds).as(metric.toString()).hasSize(1);
    var kind = kinds.getFirst();
    var points = metric.at("/" + kind + "/dataPoints");
    if (kind.equals("sum")) {
      assertThat(metric.at("/sum/isMonotonic").asBoolean()).isTrue();
    }
    if (kind.equals("sum") || kind.equals("histogram")) {
      assertThat(metric.at("/" + kind + "/aggregationTemporality").asInt()).isEqualTo(2);
    }
    for (var point : points) {
      long now = Long.parseLong(point.get("timeUnixNano").asString());
      assertThat(now).isGreaterThan(1_700_000_000_000_000_000L);
      if (!kind.equals("gauge")) {
        assertThat(Long.parseLong(point.get("startTimeUnixNano").asString())).isLessThan(now);
      }
      if (kind.equals("histogram")) {
        long sum = 0;
        for (var count : point.get("bucketCounts")) {
          sum += Long.parseLong(count.asString());
        }
        assertThat(Long.parseLong(point.get("count").asString())).isEqualTo(sum);
      }
    }
  }

  @Test
  void collectorThatFailsAndComesBackIsTwoLinesAndDisturbsNobody() throws Exception {
    var logger = (Logger) LoggerFactory.getLogger(OtlpExport.class);
    var lines = new ListAppender<ILoggingEvent>();
    lines.start();
    logger.addAppender(lines);
    try (var collector = new BackendStub().answers("/v1/metrics", 503, "{}");
        var server = server(collector, "100ms")) {
      for (int i = 0; i < 4; i++) {
        collector.question();
      }
      assertThat(server.call("info", "{}")).contains("\"result\"");
      assertThat(lines.list).hasSize(1);
      assertThat(lines.list.getFirst().getFormattedMessage())
          .contains(collector.url("/v1/metrics"), "503");
      collector.answers("/v1/metrics", "{}");
      Await.until("the second line", () -> lines.list.size() == 2);
      assertThat(lines.list.getLast().getFormattedMessage()).contains("again");
    } finally {
      logger.detachAppender(lines);
    }
  }

  @Test
  void lastFiguresAreSentAtTheEndAndNobodyWaitsForASilentCollector() throws Exception {
    try (var collector = new BackendStub().answers("/v1/metrics", "{}")) {
      try (var server = server(collector, "1h")) {
        server.call("publish", "{\"channel\":\"news\",\"data\":1}");
        assertThat(collector.questions()).isZero();
      }
      assertThat(
              metrics(collector.question().body())
                  .get("dunlin_publications_total")
                  .at("/sum/dataPoints/0/asDouble")
                  .asInt())
          .isEqualTo(1);
      collector.isSilentAt("/v1/metrics");
      long begin = System.nanoTime();
      server(collector, "1h").close();
      assertThat(System.nanoTime() - begin).isLessThan(8_000_000_000L);
    }
  }
}

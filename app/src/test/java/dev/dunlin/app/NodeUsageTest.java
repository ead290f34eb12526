package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.centrifuge.CentrifugeEndpoint;
import dev.dunlin.channels.Hub;
import dev.dunlin.server.WebSocketServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What a node says that it has done in the last minute. */
class NodeUsageTest {

  private static final Path PAGE = Path.of("../docs/guide/metrics.md");

  private final AtomicLong time = new AtomicLong();

  private void pass(int seconds) {
    time.addAndGet(Duration.ofSeconds(seconds).toNanos());
  }

  @Test
  void countersAreToldAsTheIncreaseOfTheLastMinute() throws Exception {
    try (var hub = Hub.inMemory();
        var server = WebSocketServer.builder().route("/", session -> message -> {}).start(0)) {
      var endpoint = CentrifugeEndpoint.over(hub);
      var usage = new NodeUsage(server::statistics, endpoint::statistics, hub, time::get);
      pass(2);
      publish(hub, 3);
      assertThat(usage.read())
          .containsEntry("interval", "2")
          .containsEntry("metric.publications", "3");
      for (int i = 0; i < 10; i++) {
        pass(5);
        assertThat(usage.read()).containsEntry("metric.publications", "3");
      }
      pass(9);
      publish(hub, 2);
      assertThat(usage.read())
          .containsEntry("interval", "61")
          .containsEntry("metric.publications", "5");
      pass(7);
      assertThat(usage.read())
          .as("what is older than a minute no longer counts")
          .containsEntry("metric.publications", "2");
    }
  }

  private static void publish(Hub hub, int times) {
    for (int i = 0; i < times; i++) {
      hub.publish("news", "{}").toCompletableFuture().join();
    }
  }

  @Test
  void thePageOnMetricsNamesEveryItem() throws Exception {
    try (var server = TestServer.start()) {
      var items =
          server.result("info", "{}").at("/nodes/0/metrics/items").properties().stream()
              .map(Map.Entry::getKey)
              .collect(Collectors.toSet());
      var page = Files.readString(PAGE);
      var section = page.substring(page.indexOf("## In the answer of"));
      var named =
          Pattern.compile("`([a-z_]+)`")
              .matcher(section.substring(0, section.indexOf("\n## ", 5)))
              .results()
              .map(found -> found.group(1))
              .collect(Collectors.toSet());
      assertThat(named).containsAll(items);
    }
  }
}

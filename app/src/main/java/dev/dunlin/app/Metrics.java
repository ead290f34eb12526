package dev.dunlin.app;

import dev.dunlin.centrifuge.CentrifugeEndpoint;
import dev.dunlin.channels.Hub;
import dev.dunlin.server.HttpHandler;
import dev.dunlin.server.HttpRequest;
import dev.dunlin.server.HttpResponse;
import dev.dunlin.server.WebSocketServer;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** The metrics of this node and, as {@code /metrics}, their Prometheus page. */
final class Metrics implements HttpHandler {

  private static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

  /** Set when the server has started. */
  private volatile @Nullable NodeMetrics node;

  Metrics() {
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    bindGarbageCollection();
  }

  /** Listens for collections as long as the process runs. */
  @SuppressWarnings("resource")
  private void bindGarbageCollection() {
    new JvmGcMetrics().bindTo(registry);
  }

  /** Watches a node; once. */
  void watch(WebSocketServer server, CentrifugeEndpoint endpoint, Hub hub, BackendHooks backends) {
    node = new NodeMetrics(registry, server, endpoint, hub);
    registry
        .getPrometheusRegistry()
        .register(new Histograms(endpoint::statistics, hub::deliveryTimes));
    Gauge.builder("dunlin.backend.events.waiting", backends, BackendHooks::eventsWaiting)
        .description("Events that wait for the back end")
        .strongReference(true)
        .register(registry);
  }

  /** Shows what the program is, and how it is run. */
  void show(List<String> insecureSwitches, BooleanSupplier ready) {
    Gauge.builder("dunlin.insecure.switches", insecureSwitches::size)
        .description("Insecure switches that are on")
        .register(registry);
    for (var each : insecureSwitches) {
      Gauge.builder("dunlin.insecure.switch", () -> 1)
          .description("1 for each insecure switch that is on")
          .tag("option", each)
          .register(registry);
    }
    Gauge.builder("dunlin.info", () -> 1)
        .description("1, with the version of the program")
        .tag("version", VersionCommand.version())
        .register(registry);
    Gauge.builder("dunlin.ready", () -> ready.getAsBoolean() ? 1 : 0)
        .description("1 while the node may get new clients")
        .register(registry);
  }

  /** Counts an attempt to read the configuration again. */
  void reloaded(boolean taken) {
    Counter.builder("dunlin.config.reloads")
        .description("Times that the configuration was to be read again")
        .tag("outcome", taken ? "taken" : "refused")
        .register(registry)
        .increment();
  }

  /** Counts a call of the HTTP API. */
  void apiCalled(String method, String outcome, Duration took) {
    Timer.builder("dunlin.api.calls")
        .description("Calls of the HTTP API")
        .tag("method", method)
        .tag("outcome", outcome)
        .register(registry)
        .record(took);
  }

  /** Counts a question to a back end. */
  void backendAsked(String event, String outcome, Duration took) {
    Timer.builder("dunlin.backend.questions")
        .description("Questions to back ends")
        .tag("event", event)
        .tag("outcome", outcome)
        .register(registry)
        .record(took);
  }

  /** Counts what became of events for back ends. */
  void eventsTold(String outcome, int events) {
    Counter.builder("dunlin.backend.events")
        .description("Events for back ends")
        .tag("outcome", outcome)
        .register(registry)
        .increment(events);
  }

  private void read() {
    var watched = node;
    if (watched != null) {
      watched.read();
    }
  }

  /** All metrics as they are now. */
  MetricSnapshots snapshots() {
    read();
    return registry.getPrometheusRegistry().scrape();
  }

  @Override
  public HttpResponse handle(HttpRequest request) {
    read();
    return HttpResponse.of(200, CONTENT_TYPE, registry.scrape().getBytes(StandardCharsets.UTF_8));
  }
}

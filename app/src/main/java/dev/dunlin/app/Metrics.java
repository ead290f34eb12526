package dev.dunlin.app;

import dev.dunlin.centrifuge.Clients;
import dev.dunlin.channels.Hub;
import dev.dunlin.channels.HubStats;
import dev.dunlin.server.HttpHandler;
import dev.dunlin.server.HttpRequest;
import dev.dunlin.server.HttpResponse;
import dev.dunlin.server.WebSocketServer;
import dev.dunlin.websocket.Closed;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
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
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.ToDoubleFunction;

/** The metrics of this node and, as {@code /metrics}, their Prometheus page. */
final class Metrics implements HttpHandler {

  private static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

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

  /** Watches what the hub holds and counts, and who is connected. */
  void watch(Hub hub, Clients clients, int insecureSwitches) {
    gauge("dunlin.clients", "Clients that have connected by protocol", clients, Clients::count);
    gauge("dunlin.users", "Distinct users among them", clients, Clients::users);
    gauge("dunlin.channels", "Channels with subscribers here", hub, h -> h.stats().channels());
    gauge("dunlin.subscriptions", "Subscriptions here", hub, h -> h.stats().subscriptions());
    gauge(
        "dunlin.hub.backlog.bytes",
        "Publications waiting for event loops",
        hub,
        h -> h.stats().backlogBytes());
    gauge("dunlin.broker.linked", "1 while the broker is reachable", hub, h -> h.linked() ? 1 : 0);
    counter("dunlin.publications", "Publications asked for here", hub, HubStats::published);
    counter("dunlin.events.received", "Events from the broker", hub, HubStats::received);
    counter("dunlin.deliveries", "Events handed to subscribers", hub, HubStats::deliveries);
    counter("dunlin.hub.dropped", "Events that a full lane lost", hub, HubStats::dropped);
    counter(
        "dunlin.subscriber.failures",
        "Exceptions out of subscribers",
        hub,
        HubStats::subscriberFailures);
    Gauge.builder("dunlin.insecure.switches", () -> insecureSwitches)
        .description("Insecure switches that are on")
        .register(registry);
  }

  /** Watches the connections. */
  void watch(WebSocketServer server) {
    gauge("dunlin.connections", "Open WebSocket connections", server, WebSocketServer::connections);
  }

  private <T> void gauge(String name, String description, T of, ToDoubleFunction<T> value) {
    Gauge.builder(name, of, value)
        .description(description)
        .strongReference(true)
        .register(registry);
  }

  private void counter(String name, String description, Hub hub, ToDoubleFunction<HubStats> value) {
    FunctionCounter.builder(name, hub, h -> value.applyAsDouble(h.stats()))
        .description(description)
        .register(registry);
  }

  /** Counts the end of a client. */
  void closed(Closed closed) {
    // A peer may send any of 4,000 codes: those that only applications use count as one.
    var code =
        closed
            .sent()
            .map(close -> close.code().value())
            .filter(value -> value < 4000)
            .or(() -> closed.received().map(close -> close.code().value()).filter(v -> v < 1016))
            .map(String::valueOf)
            .orElse("other");
    Counter.builder("dunlin.disconnects")
        .description("Clients that have gone, by close code")
        .tag("code", code)
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

  /** Watches how many events wait for the back end. */
  void watch(BackendHooks backends) {
    gauge(
        "dunlin.backend.events.waiting",
        "Events that wait for the back end",
        backends,
        BackendHooks::eventsWaiting);
  }

  @Override
  public HttpResponse handle(HttpRequest request) {
    return HttpResponse.of(200, CONTENT_TYPE, registry.scrape().getBytes(StandardCharsets.UTF_8));
  }
}

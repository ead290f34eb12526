package dev.dunlin.app;

import dev.dunlin.auth.SignedMessages.Refused.Fault;
import dev.dunlin.centrifuge.CentrifugeEndpoint;
import dev.dunlin.centrifuge.EndpointStatistics;
import dev.dunlin.channels.BrokerStats;
import dev.dunlin.channels.Hub;
import dev.dunlin.channels.HubStats;
import dev.dunlin.server.ServerStatistics;
import dev.dunlin.server.WebSocketServer;
import dev.dunlin.websocket.Traffic;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

/**
 * What server, endpoint and hub count, as meters. They are read once for a scrape, by {@link
 * #read}; the meters show that reading.
 */
final class NodeMetrics {

  private record Reading(
      ServerStatistics server, EndpointStatistics endpoint, HubStats hub, BrokerStats broker) {}

  private static final double NANOS = 1e9;

  private final MeterRegistry registry;
  private final WebSocketServer server;
  private final CentrifugeEndpoint endpoint;
  private final Hub hub;
  private volatile Reading reading;

  NodeMetrics(
      MeterRegistry registry, WebSocketServer server, CentrifugeEndpoint endpoint, Hub hub) {
    this.registry = registry;
    this.server = server;
    this.endpoint = endpoint;
    this.hub = hub;
    reading = reading();
    connections();
    traffic();
    channels();
    protocol();
    read();
  }

  private Reading reading() {
    return new Reading(server.statistics(), endpoint.statistics(), hub.stats(), hub.brokerStats());
  }

  /** Reads everything anew. Codes and causes that have not been before get meters of their own. */
  void read() {
    reading = reading();
    var now = reading.server();
    byKey(
        "dunlin.refusals",
        "Handshakes and HTTP requests that the server itself answered with an error",
        "status",
        statuses(now),
        each -> statuses(each.server()));
    byKey(
        "dunlin.session.ends",
        "WebSocket sessions that have ended, by cause; slow are the slow consumers",
        "cause",
        causes(now),
        each -> causes(each.server()));
    byKey(
        "dunlin.closes.sent",
        "Close frames sent, by code",
        "code",
        codes(now.closesSent()),
        each -> codes(each.server().closesSent()));
    byKey(
        "dunlin.closes.received",
        "Close frames received, by code",
        "code",
        codes(now.closesReceived()),
        each -> codes(each.server().closesReceived()));
    byKey(
        "dunlin.command.errors",
        "Errors that clients were told, by code",
        "code",
        errors(reading.endpoint()),
        each -> errors(each.endpoint()));
  }

  private static Map<String, Long> statuses(ServerStatistics statistics) {
    return statistics.refusals().entrySet().stream()
        .collect(Collectors.toMap(each -> each.getKey().toString(), Map.Entry::getValue));
  }

  private static Map<String, Long> causes(ServerStatistics statistics) {
    return statistics.ends().entrySet().stream()
        .collect(
            Collectors.toMap(
                each -> each.getKey().name().toLowerCase(Locale.ROOT), Map.Entry::getValue));
  }

  /** A peer or a back end may choose any code from 3000 on; the protocol's own stand alone. */
  private static Map<String, Long> codes(Map<Integer, Long> closes) {
    return closes.entrySet().stream()
        .collect(Collectors.toMap(each -> code(each.getKey()), Map.Entry::getValue, Long::sum));
  }

  private static String code(int code) {
    if (code < 1016 || (code >= 3000 && code <= 3020) || (code >= 3500 && code <= 3520)) {
      return Integer.toString(code);
    }
    return code >= 4000 && code < 5000 ? "4xxx" : "other";
  }

  private static Map<String, Long> errors(EndpointStatistics statistics) {
    return statistics.errors().entrySet().stream()
        .collect(
            Collectors.toMap(
                each -> each.getKey() < 400 ? Integer.toString(each.getKey()) : "application",
                Map.Entry::getValue,
                Long::sum));
  }

  // ---- the meters

  private void connections() {
    for (var kind : Map.of("tcp", 0, "websocket", 1, "http", 2).entrySet()) {
      Function<Reading, ServerStatistics.Connections> of =
          switch (kind.getValue()) {
            case 0 -> each -> each.server().tcp();
            case 1 -> each -> each.server().webSocket();
            default -> each -> each.server().http();
          };
      gauge(
          "dunlin.connections",
          "Open connections: tcp are all of them",
          each -> of.apply(each).open(),
          "transport",
          kind.getKey());
      counter(
          "dunlin.connections.begun",
          "Connections there have been",
          each -> of.apply(each).begun(),
          "transport",
          kind.getKey());
    }
    counter(
        "dunlin.connections.turned.away",
        "Connections beyond a limit on connections, or that came while draining",
        each -> each.server().turnedAway());
    counter(
        "dunlin.accept.failures",
        "Connections that could not be accepted, as for want of files",
        each -> each.server().acceptFailures());
    counter(
        "dunlin.slow.consumers",
        "Sessions closed because their peers did not read as fast as they were sent to",
        each -> each.server().slowConsumers());
    gauge("dunlin.queued.bytes", "Waiting for slow peers", each -> each.server().queuedBytes());
    gauge(
        "dunlin.queue.limit.bytes",
        "What may wait for slow peers in all before the largest queues close",
        each -> each.server().queueLimitBytes());
    gauge(
        "dunlin.event.loop.lag.seconds",
        "How late the latest of the event loops is",
        each -> seconds(each.server().lag()));
    gauge(
        "dunlin.event.loop.worst.lag.seconds",
        "The latest that an event loop has been",
        each -> seconds(each.server().worstLag()));
    counter(
        "dunlin.event.loop.stalls",
        "Times that an event loop was more than 50 ms late",
        each -> each.server().stalls());
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / NANOS;
  }

  private void traffic() {
    direction("in", each -> each.server().received());
    direction("out", each -> each.server().sent());
    counter(
        "dunlin.batches.joined",
        "Batches of several messages that left in one frame",
        each -> each.server().joinedBatches());
    counter(
        "dunlin.flushes",
        "Writes that handed gathered frames to the transport",
        each -> each.server().writes());
    counter(
        "dunlin.messages.dropped",
        "Messages that an overflow policy dropped",
        each -> each.server().dropped());
    counter(
        "dunlin.messages.conflated",
        "Messages whose place in a queue a newer one took",
        each -> each.server().conflated());
  }

  private void direction(String direction, Function<Reading, Traffic> of) {
    traffic(
        "dunlin.messages",
        "WebSocket messages; those joined in a frame one by one",
        direction,
        of,
        Traffic::messages);
    traffic("dunlin.frames", "WebSocket frames of every kind", direction, of, Traffic::frames);
    traffic(
        "dunlin.frames.compressed",
        "Frames with compressed messages",
        direction,
        of,
        Traffic::compressed);
    traffic(
        "dunlin.payload.bytes",
        "Bytes of the messages, before compression or after inflation",
        direction,
        of,
        Traffic::payloadBytes);
    traffic(
        "dunlin.wire.bytes",
        "Bytes of the frames as they stand on the wire under TLS",
        direction,
        of,
        Traffic::wireBytes);
    gauge(
        "dunlin.compression.ratio",
        "Bytes on the wire for each byte of messages, since the start",
        each -> ratio(of.apply(each)),
        "direction",
        direction);
  }

  private static double ratio(Traffic traffic) {
    return traffic.payloadBytes() == 0 ? 1 : (double) traffic.wireBytes() / traffic.payloadBytes();
  }

  private void traffic(
      String name,
      String about,
      String direction,
      Function<Reading, Traffic> of,
      ToLongFunction<Traffic> what) {
    counter(name, about, each -> what.applyAsLong(of.apply(each)), "direction", direction);
  }

  private void broker() {
    gauge("dunlin.broker.linked", "1 while the broker is reachable", each -> hub.linked() ? 1 : 0);
    brokerCalls(
        "publish", BrokerStats::publishes, BrokerStats::publishFailures, BrokerStats::publishTime);
    brokerCalls("history", BrokerStats::reads, BrokerStats::readFailures, BrokerStats::readTime);
    counter(
        "dunlin.broker.reconnects",
        "Times the link to the broker was restored",
        each -> each.broker().reconnects());
    counter(
        "dunlin.broker.probe.failures",
        "Times a message to oneself did not come back from the broker",
        each -> each.broker().probeFailures());
  }

  private void brokerCalls(
      String call,
      ToLongFunction<BrokerStats> count,
      ToLongFunction<BrokerStats> failures,
      Function<BrokerStats, Duration> time) {
    FunctionTimer.builder(
            "dunlin.broker.calls",
            this,
            self -> count.applyAsLong(self.reading.broker()),
            self -> time.apply(self.reading.broker()).toNanos(),
            TimeUnit.NANOSECONDS)
        .description("Calls of the broker and how long its answers took")
        .tags("call", call)
        .register(registry);
    counter(
        "dunlin.broker.failures",
        "Calls of the broker that failed",
        each -> failures.applyAsLong(each.broker()),
        "call",
        call);
  }

  private void channels() {
    gauge("dunlin.channels", "Channels with subscribers here", each -> each.hub().channels());
    gauge("dunlin.subscriptions", "Subscriptions here", each -> each.hub().subscriptions());
    gauge(
        "dunlin.hub.backlog.bytes",
        "Publications waiting for event loops",
        each -> each.hub().backlogBytes());
    broker();
    counter("dunlin.publications", "Publications asked for here", each -> each.hub().published());
    counter(
        "dunlin.events.received",
        "Publications, joins and leaves that the broker brought",
        each -> each.hub().received());
    counter("dunlin.deliveries", "Events handed to subscribers", each -> each.hub().deliveries());
    counter("dunlin.hub.dropped", "Events that a full lane lost", each -> each.hub().dropped());
    counter(
        "dunlin.subscriber.failures",
        "Exceptions out of subscribers",
        each -> each.hub().subscriberFailures());
    counter(
        "dunlin.encodings",
        "Publications and blocks of them encoded, each once per form in use",
        each -> each.endpoint().encodings());
  }

  private void protocol() {
    for (var protocol : new String[] {"json", "protobuf"}) {
      gauge(
          "dunlin.clients",
          "Clients that have connected by the channel protocol",
          each -> endpoint.clients().count(protocol),
          "protocol",
          protocol);
    }
    gauge("dunlin.users", "Distinct users among them", each -> endpoint.clients().users());
    counter(
        "dunlin.recoveries",
        "Subscriptions that asked for what they had missed",
        each -> each.endpoint().recovered(),
        "outcome",
        "recovered");
    counter(
        "dunlin.recoveries",
        "Subscriptions that asked for what they had missed",
        each -> each.endpoint().unrecovered(),
        "outcome",
        "unrecovered");
    counter(
        "dunlin.signatures.verified",
        "Signed publications whose signature was right",
        each -> each.endpoint().verified());
    for (var fault : Fault.values()) {
      counter(
          "dunlin.signature.refusals",
          "Publications refused for their signature, by fault",
          each -> each.endpoint().signatureRefusals().getOrDefault(fault, 0L),
          "fault",
          fault.name().toLowerCase(Locale.ROOT));
    }
    counter(
        "dunlin.insufficient.states",
        "Subscriptions that lost their place in a stream and were sent back to recover",
        each -> each.endpoint().insufficient());
  }

  // ---- in common

  private void gauge(String name, String about, ToDoubleFunction<Reading> value, String... labels) {
    Gauge.builder(name, this, self -> value.applyAsDouble(self.reading))
        .description(about)
        .tags(labels)
        .strongReference(true)
        .register(registry);
  }

  private void counter(
      String name, String about, ToDoubleFunction<Reading> value, String... labels) {
    FunctionCounter.builder(name, this, self -> value.applyAsDouble(self.reading))
        .description(about)
        .tags(labels)
        .register(registry);
  }

  private void byKey(
      String name,
      String about,
      String label,
      Map<String, Long> now,
      Function<Reading, Map<String, Long>> of) {
    for (var key : now.keySet()) {
      if (registry.find(name).tags(Tags.of(label, key)).functionCounter() == null) {
        counter(name, about, each -> of.apply(each).getOrDefault(key, 0L), label, key);
      }
    }
  }
}

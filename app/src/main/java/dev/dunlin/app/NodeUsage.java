package dev.dunlin.app;

import dev.dunlin.centrifuge.EndpointStatistics;
import dev.dunlin.channels.BrokerStats;
import dev.dunlin.channels.Hub;
import dev.dunlin.channels.HubStats;
import dev.dunlin.server.ServerStatistics;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * What this node has done in the last minute, and what that has cost: {@code metrics} and {@code
 * process} of {@code info}. Counters are told as their increase, gauges as they are. For any
 * thread.
 */
final class NodeUsage {

  /** What the increase of counters is told for, once the node has run for as long. */
  static final Duration WINDOW = Duration.ofSeconds(60);

  private static final long STEP_NANOS = Duration.ofSeconds(5).toNanos();
  private static final Path STATUS = Path.of("/proc/self/status");

  /** The counters of the node at one moment. */
  private record Sample(long nanos, Map<String, Long> counters, OptionalLong cpuNanos) {}

  private final Supplier<ServerStatistics> server;
  private final Supplier<EndpointStatistics> endpoint;
  private final Hub hub;
  private final LongSupplier nanos;

  /** Guards {@link #samples}. */
  private final ReentrantLock lock = new ReentrantLock();

  /** Of the last minute, oldest first, five seconds apart; never empty. */
  private final ArrayDeque<Sample> samples = new ArrayDeque<>();

  NodeUsage(
      Supplier<ServerStatistics> server,
      Supplier<EndpointStatistics> endpoint,
      Hub hub,
      LongSupplier nanos) {
    this.server = server;
    this.endpoint = endpoint;
    this.hub = hub;
    this.nanos = nanos;
    samples.add(
        new Sample(
            nanos.getAsLong(),
            counters(server.get(), endpoint.get(), hub.stats(), hub.brokerStats()),
            cpuNanos()));
  }

  private static Map<String, Long> counters(
      ServerStatistics server, EndpointStatistics endpoint, HubStats hub, BrokerStats broker) {
    var counters = new LinkedHashMap<String, Long>();
    counters.put("connections_begun", server.webSocket().begun());
    counters.put("connections_turned_away", server.turnedAway());
    counters.put("refusals", sum(server.refusals()));
    counters.put("messages_in", server.received().messages());
    counters.put("messages_out", server.sent().messages());
    counters.put("wire_bytes_in", server.received().wireBytes());
    counters.put("wire_bytes_out", server.sent().wireBytes());
    counters.put("publications", hub.published());
    counters.put("deliveries", hub.deliveries());
    counters.put(
        "commands",
        endpoint.commands().values().stream().mapToLong(EndpointStatistics.Times::count).sum());
    counters.put("command_errors", sum(endpoint.errors()));
    counters.put("recovered", endpoint.recovered());
    counters.put("unrecovered", endpoint.unrecovered());
    counters.put("slow_consumers", server.slowConsumers());
    counters.put("broker_failures", broker.publishFailures() + broker.readFailures());
    counters.put("event_loop_stalls", server.stalls());
    return counters;
  }

  private static long sum(Map<?, Long> counts) {
    return counts.values().stream().mapToLong(Long::longValue).sum();
  }

  private static OptionalLong cpuNanos() {
    return ManagementFactory.getOperatingSystemMXBean()
                instanceof com.sun.management.OperatingSystemMXBean system
            && system.getProcessCpuTime() >= 0
        ? OptionalLong.of(system.getProcessCpuTime())
        : OptionalLong.empty();
  }

  /** The memory of the process that is in RAM, where the system tells. */
  private static OptionalLong residentBytes() {
    if (!Files.isReadable(STATUS)) {
      return OptionalLong.empty();
    }
    try (Stream<String> lines = Files.lines(STATUS)) {
      return lines
          .filter(line -> line.startsWith("VmRSS:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024)
          .findFirst();
    } catch (IOException | NumberFormatException unknown) {
      return OptionalLong.empty();
    }
  }

  /** What one node tells of itself, by the names that {@link NodeReport} reads. */
  Map<String, String> read() {
    var now = server.get();
    var latest =
        new Sample(
            nanos.getAsLong(),
            counters(now, endpoint.get(), hub.stats(), hub.brokerStats()),
            cpuNanos());
    var since = since(latest);
    double seconds = Math.max(1, latest.nanos() - since.nanos()) / 1e9;
    var told = new LinkedHashMap<String, String>();
    told.put(NodeReport.INTERVAL, number(Math.round(seconds * 1000) / 1000.0));
    latest
        .counters()
        .forEach((name, count) ->
            told.put(
                NodeReport.METRIC + name, number(count - since.counters().getOrDefault(name, 0L))));
    gauge(told, "connections", now.webSocket().open());
    gauge(told, "queued_bytes", now.queuedBytes());
    gauge(told, "event_loop_lag_seconds", now.lag().toNanos() / 1e9);
    if (latest.cpuNanos().isPresent() && since.cpuNanos().isPresent()) {
      long used = latest.cpuNanos().getAsLong() - since.cpuNanos().getAsLong();
      told.put(NodeReport.CPU, number(Math.round(used / seconds / 1e5) / 100.0));
    }
    residentBytes().ifPresent(bytes -> told.put(NodeReport.RSS, Long.toString(bytes)));
    return told;
  }

  private static void gauge(Map<String, String> told, String name, double value) {
    told.put(NodeReport.METRIC + name, number(value));
  }

  private static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? Long.toString((long) value)
        : Double.toString(value);
  }

  /** The newest sample that is as old as the window, or the oldest there is; keeps this one. */
  private Sample since(Sample latest) {
    lock.lock();
    try {
      if (latest.nanos() - samples.getLast().nanos() >= STEP_NANOS) {
        samples.add(latest);
      }
      while (samples.size() > 1 && oldEnough(latest, second())) {
        samples.removeFirst();
      }
      return samples.getFirst();
    } finally {
      lock.unlock();
    }
  }

  private Sample second() {
    var inOrder = samples.iterator();
    inOrder.next();
    return inOrder.next();
  }

  private static boolean oldEnough(Sample latest, Sample sample) {
    return latest.nanos() - sample.nanos() >= WINDOW.toNanos();
  }
}

package dev.dunlin.app;

import dev.dunlin.centrifuge.Clients;
import dev.dunlin.channels.DeliveryTimes;
import dev.dunlin.channels.Hub;
import dev.dunlin.channels.HubStats;
import dev.dunlin.server.ServerStatistics;
import dev.dunlin.websocket.Traffic;
import java.lang.management.ManagementFactory;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/** Looks at the node every second and remembers the last minutes. */
final class ConsoleSampler {

  /** What is remembered, in seconds. */
  static final int REMEMBERED = 300;

  /**
   * The node at one moment; rates and times are those of the second before it.
   *
   * @param at in milliseconds since 1970
   * @param published publications asked for on this node, a second
   * @param deliveries events handed to subscribers, a second
   * @param messagesIn WebSocket messages received, a second
   * @param messagesOut WebSocket messages sent, a second
   * @param bytesIn bytes on the wire received, a second
   * @param bytesOut bytes on the wire sent, a second
   * @param saved bytes on the wire that compression and batching of what was sent have saved, a
   *     second: against one frame with a header of two bytes for each message
   * @param p50 the median of the times of deliveries in microseconds; 0 if nothing was delivered
   * @param p99 the 99th percentile, likewise
   * @param queued bytes that wait for slow clients
   * @param backlog bytes of publications that wait for event loops
   * @param dropped events lost to a full backlog, since the start
   * @param cpu of the process, from 0 to 1 for all processors together; below 0 if unknown
   */
  record Sample(
      long at,
      int connections,
      int clients,
      int users,
      int channels,
      long subscriptions,
      double published,
      double deliveries,
      double messagesIn,
      double messagesOut,
      double bytesIn,
      double bytesOut,
      double saved,
      long p50,
      long p99,
      long queued,
      long backlog,
      long dropped,
      long heap,
      double cpu) {}

  private final Hub hub;
  private final Clients clients;
  private final Supplier<Optional<ServerStatistics>> server;

  /** Used by the one thread that samples. */
  private HubStats before;

  private Traffic receivedBefore = Traffic.NONE;
  private Traffic sentBefore = Traffic.NONE;
  private DeliveryTimes.Snapshot timesBefore;
  private long nanosBefore;

  /** Guards {@link #samples}. */
  private final ReentrantLock lock = new ReentrantLock();

  private final ArrayDeque<Sample> samples = new ArrayDeque<>();

  /**
   * A sampler.
   *
   * @param server its statistics, once it has started
   */
  ConsoleSampler(Hub hub, Clients clients, Supplier<Optional<ServerStatistics>> server) {
    this.hub = hub;
    this.clients = clients;
    this.server = server;
    before = hub.stats();
    timesBefore = hub.deliveryTimes();
    nanosBefore = System.nanoTime();
  }

  /** Takes the next sample; by one thread. */
  Sample sample() {
    var stats = hub.stats();
    var times = hub.deliveryTimes();
    long nanos = System.nanoTime();
    double seconds = Math.max(1, nanos - nanosBefore) / 1e9;
    var recent = times.since(timesBefore);
    var now = server.get();
    var received = now.map(ServerStatistics::received).orElse(Traffic.NONE);
    var sent = now.map(ServerStatistics::sent).orElse(Traffic.NONE);
    var runtime = Runtime.getRuntime();
    var sample =
        new Sample(
            System.currentTimeMillis(),
            now.map(all -> (int) all.webSocket().open()).orElse(0),
            clients.count(),
            clients.users(),
            stats.channels(),
            stats.subscriptions(),
            (stats.published() - before.published()) / seconds,
            (stats.deliveries() - before.deliveries()) / seconds,
            (received.messages() - receivedBefore.messages()) / seconds,
            (sent.messages() - sentBefore.messages()) / seconds,
            (received.wireBytes() - receivedBefore.wireBytes()) / seconds,
            (sent.wireBytes() - sentBefore.wireBytes()) / seconds,
            Math.max(0, savedBy(sent) - savedBy(sentBefore)) / seconds,
            recent.percentile(0.5).toNanos() / 1000,
            recent.percentile(0.99).toNanos() / 1000,
            queued(),
            stats.backlogBytes(),
            stats.dropped(),
            runtime.totalMemory() - runtime.freeMemory(),
            cpu());
    before = stats;
    receivedBefore = received;
    sentBefore = sent;
    timesBefore = times;
    nanosBefore = nanos;
    lock.lock();
    try {
      if (samples.size() == REMEMBERED) {
        samples.remove();
      }
      samples.add(sample);
    } finally {
      lock.unlock();
    }
    return sample;
  }

  /** What was saved since the start: each message alone has a header of two bytes or more. */
  private static long savedBy(Traffic traffic) {
    return traffic.payloadBytes() + 2 * traffic.messages() - traffic.wireBytes();
  }

  private long queued() {
    long bytes = 0;
    for (var client : clients.all()) {
      bytes += client.queuedBytes();
    }
    return bytes;
  }

  private static double cpu() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? system.getProcessCpuLoad()
        : -1;
  }

  /** What is remembered, oldest first. */
  List<Sample> samples() {
    lock.lock();
    try {
      return List.copyOf(samples);
    } finally {
      lock.unlock();
    }
  }
}

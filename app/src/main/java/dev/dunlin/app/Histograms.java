package dev.dunlin.app;

import dev.dunlin.centrifuge.EndpointStatistics;
import dev.dunlin.channels.DeliveryTimes;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/** Times that are counted elsewhere, as histograms for Prometheus. */
final class Histograms implements MultiCollector {

  private static final List<Duration> BOUNDS = EndpointStatistics.Times.BOUNDS;
  private static final double NANOS = 1e9;

  private final Supplier<EndpointStatistics> commands;
  private final Supplier<DeliveryTimes.Snapshot> deliveries;

  Histograms(Supplier<EndpointStatistics> commands, Supplier<DeliveryTimes.Snapshot> deliveries) {
    this.commands = commands;
    this.deliveries = deliveries;
  }

  @Override
  public MetricSnapshots collect() {
    return new MetricSnapshots(commandTimes(), deliveryTimes());
  }

  private HistogramSnapshot commandTimes() {
    var histogram =
        HistogramSnapshot.builder()
            .name("dunlin_command_seconds")
            .help("Time from a client's command to its answer");
    commands
        .get()
        .commands()
        .forEach((name, times) ->
            histogram.dataPoint(
                point(times.counts(), times.total()).labels(Labels.of("command", name)).build()));
    return histogram.build();
  }

  private HistogramSnapshot deliveryTimes() {
    var times = deliveries.get();
    var counts = new Long[BOUNDS.size() + 1];
    long below = 0;
    for (int i = 0; i < BOUNDS.size(); i++) {
      long within = times.within(BOUNDS.get(i));
      counts[i] = within - below;
      below = within;
    }
    counts[BOUNDS.size()] = Math.max(0, times.count() - below);
    return HistogramSnapshot.builder()
        .name("dunlin_delivery_seconds")
        .help("Time from the broker to the last subscriber of an event loop")
        .dataPoint(point(List.of(counts), times.total()).build())
        .build();
  }

  private static HistogramDataPointSnapshot.Builder point(List<Long> counts, Duration total) {
    var bounds = new double[BOUNDS.size() + 1];
    for (int i = 0; i < BOUNDS.size(); i++) {
      bounds[i] = BOUNDS.get(i).toNanos() / NANOS;
    }
    bounds[BOUNDS.size()] = Double.POSITIVE_INFINITY;
    return HistogramDataPointSnapshot.builder()
        .classicHistogramBuckets(ClassicHistogramBuckets.of(bounds, counts.toArray(Long[]::new)))
        .sum(total.toNanos() / NANOS);
  }
}

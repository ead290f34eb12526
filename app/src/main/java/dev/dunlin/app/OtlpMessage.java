package dev.dunlin.app;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.DataPointSnapshot;
import io.prometheus.metrics.model.snapshots.DistributionDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.SummarySnapshot;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;
import tools.jackson.core.JsonGenerator;

/**
 * What {@code /metrics} shows, as a message of the OpenTelemetry protocol: {@code
 * ExportMetricsServiceRequest} of OTLP 1 in its JSON form. Names, labels and units are those of
 * {@code /metrics}; counters are cumulative, from the start of the process.
 */
final class OtlpMessage {

  /** {@code AGGREGATION_TEMPORALITY_CUMULATIVE}. */
  private static final int CUMULATIVE = 2;

  private final JsonGenerator json;
  private final String since;
  private final String now;

  private OtlpMessage(JsonGenerator json, Instant since, Instant now) {
    this.json = json;
    this.since = nanos(since);
    this.now = nanos(now);
  }

  /** 64-bit numbers are texts in the JSON form of Protobuf. */
  private static String nanos(Instant instant) {
    return Long.toString(TimeUnit.SECONDS.toNanos(instant.getEpochSecond()) + instant.getNano());
  }

  /**
   * The message.
   *
   * @param resource what tells this process from others
   * @param since when the counters began
   */
  static byte[] of(
      MetricSnapshots metrics, Map<String, String> resource, Instant since, Instant now) {
    return Json.object(json -> new OtlpMessage(json, since, now).write(metrics, resource));
  }

  private void write(MetricSnapshots metrics, Map<String, String> resource) {
    json.writeArrayPropertyStart("resourceMetrics");
    json.writeStartObject();
    json.writeObjectPropertyStart("resource");
    json.writeArrayPropertyStart("attributes");
    resource.forEach(this::attribute);
    json.writeEndArray();
    json.writeEndObject();
    json.writeArrayPropertyStart("scopeMetrics");
    json.writeStartObject();
    json.writeObjectPropertyStart("scope");
    json.writeStringProperty("name", "dev.dunlin");
    json.writeStringProperty("version", VersionCommand.version());
    json.writeEndObject();
    json.writeArrayPropertyStart("metrics");
    for (var metric : metrics) {
      metric(metric);
    }
    json.writeEndArray();
    json.writeEndObject();
    json.writeEndArray();
    json.writeEndObject();
    json.writeEndArray();
  }

  private void attribute(String key, String value) {
    json.writeStartObject();
    json.writeStringProperty("key", key);
    json.writeObjectPropertyStart("value");
    json.writeStringProperty("stringValue", value);
    json.writeEndObject();
    json.writeEndObject();
  }

  private void metric(MetricSnapshot metric) {
    var name = metric.getMetadata().getPrometheusName();
    if (metric instanceof CounterSnapshot counter) {
      begin(metric, name.endsWith("_total") ? name : name + "_total", "sum");
      json.writeNumberProperty("aggregationTemporality", CUMULATIVE);
      json.writeBooleanProperty("isMonotonic", true);
      points(counter.getDataPoints(), true, point -> point.getValue());
    } else if (metric instanceof GaugeSnapshot gauge) {
      begin(metric, name, "gauge");
      points(gauge.getDataPoints(), false, point -> point.getValue());
    } else if (metric instanceof InfoSnapshot info) {
      begin(metric, name.endsWith("_info") ? name : name + "_info", "gauge");
      points(info.getDataPoints(), false, point -> 1);
    } else if (metric instanceof HistogramSnapshot histogram) {
      begin(metric, name, "histogram");
      json.writeNumberProperty("aggregationTemporality", CUMULATIVE);
      json.writeArrayPropertyStart("dataPoints");
      histogram.getDataPoints().forEach(this::histogram);
      json.writeEndArray();
    } else if (metric instanceof SummarySnapshot summary) {
      begin(metric, name, "summary");
      json.writeArrayPropertyStart("dataPoints");
      summary.getDataPoints().forEach(this::summary);
      json.writeEndArray();
    } else {
      throw new IllegalStateException("no form for " + metric.getClass());
    }
    json.writeEndObject();
    json.writeEndObject();
  }

  private void begin(MetricSnapshot metric, String name, String kind) {
    json.writeStartObject();
    json.writeStringProperty("name", name);
    var help = metric.getMetadata().getHelp();
    json.writeStringProperty("description", help == null ? "" : help);
    json.writeObjectPropertyStart(kind);
  }

  /** Gauges of nothing are NaN; there is no point in those. */
  private <T extends DataPointSnapshot> void points(
      List<T> points, boolean counted, ToDoubleFunction<T> value) {
    json.writeArrayPropertyStart("dataPoints");
    for (var point : points) {
      double number = value.applyAsDouble(point);
      if (Double.isFinite(number)) {
        begin(point, counted);
        json.writeNumberProperty("asDouble", number);
        json.writeEndObject();
      }
    }
    json.writeEndArray();
  }

  private void begin(DataPointSnapshot point, boolean counted) {
    json.writeStartObject();
    json.writeArrayPropertyStart("attributes");
    for (var label : point.getLabels()) {
      attribute(label.getName(), label.getValue());
    }
    json.writeEndArray();
    if (counted) {
      json.writeStringProperty("startTimeUnixNano", since);
    }
    json.writeStringProperty("timeUnixNano", now);
  }

  private void countAndSum(DistributionDataPointSnapshot point) {
    json.writeStringProperty("count", Long.toString(point.getCount()));
    json.writeNumberProperty("sum", point.getSum());
  }

  private void histogram(HistogramSnapshot.HistogramDataPointSnapshot point) {
    begin(point, true);
    countAndSum(point);
    ClassicHistogramBuckets buckets = point.getClassicBuckets();
    json.writeArrayPropertyStart("bucketCounts");
    buckets.forEach(bucket -> json.writeString(Long.toString(bucket.getCount())));
    json.writeEndArray();
    json.writeArrayPropertyStart("explicitBounds");
    for (var bucket : buckets) {
      if (Double.isFinite(bucket.getUpperBound())) {
        json.writeNumber(bucket.getUpperBound());
      }
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  private void summary(SummarySnapshot.SummaryDataPointSnapshot point) {
    begin(point, true);
    countAndSum(point);
    json.writeArrayPropertyStart("quantileValues");
    for (var quantile : point.getQuantiles()) {
      json.writeStartObject();
      json.writeNumberProperty("quantile", quantile.getQuantile());
      json.writeNumberProperty("value", quantile.getValue());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }
}

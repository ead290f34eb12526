package dev.dunlin.app;

import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends the metrics to an OpenTelemetry collector at regular intervals, over HTTP and by a thread
 * of its own. What a collector does not take is not sent again: the next message has newer figures
 * of the same counters. Trouble is one line in the log when it begins and one when it is over.
 */
final class OtlpExport implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(OtlpExport.class);

  /** How long the last message, at the end of the process, may take. */
  private static final Duration FAREWELL = Duration.ofSeconds(1);

  private final Config.OpenTelemetry options;
  private final URI endpoint;
  private final Supplier<MetricSnapshots> metrics;
  private final Map<String, String> resource;
  private final Instant since =
      Instant.ofEpochMilli(ManagementFactory.getRuntimeMXBean().getStartTime());
  private final HttpClient http;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("dunlin-opentelemetry").factory());

  /** Used by the timer's thread alone. */
  private boolean failing;

  /**
   * Begins to send.
   *
   * @param resource what tells this process from others, by the names of OpenTelemetry's
   *     conventions
   */
  OtlpExport(
      Config.OpenTelemetry options,
      Map<String, String> resource,
      Supplier<MetricSnapshots> metrics) {
    this.options = options;
    this.endpoint = URI.create(options.endpoint());
    this.metrics = metrics;
    this.resource = resource;
    http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(options.timeout())
            .build();
    long interval = options.interval().toMillis();
    var unused =
        timer.scheduleAtFixedRate(
            () -> send(options.timeout()), interval, interval, TimeUnit.MILLISECONDS);
  }

  private void send(Duration timeout) {
    try {
      var request =
          HttpRequest.newBuilder(endpoint)
              .timeout(timeout)
              .header("Content-Type", "application/json")
              .POST(
                  HttpRequest.BodyPublishers.ofByteArray(
                      OtlpMessage.of(metrics.get(), resource, since, Instant.now())));
      options.headers().forEach((name, value) -> request.header(name, value.value()));
      var response = http.send(request.build(), HttpResponse.BodyHandlers.discarding());
      if (response.statusCode() / 100 == 2) {
        taken();
      } else {
        refused("it answers " + response.statusCode());
      }
    } catch (IOException failure) {
      refused(
          failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage());
    } catch (InterruptedException ended) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException failure) {
      log.error("Metrics could not be put into a message for OpenTelemetry", failure);
    }
  }

  private void taken() {
    if (failing) {
      failing = false;
      log.info("The collector at {} takes metrics again", place());
    }
  }

  private void refused(String why) {
    if (!failing) {
      failing = true;
      log.warn(
          "The collector at {} does not take metrics: {}; tried again every {}, without a further"
              + " line",
          place(),
          why,
          Quantities.text(options.interval()));
    }
  }

  /** Without user, password and query, which may be secret. */
  private String place() {
    return endpoint.getScheme()
        + "://"
        + endpoint.getHost()
        + (endpoint.getPort() < 0 ? "" : ":" + endpoint.getPort())
        + endpoint.getPath();
  }

  /** Sends the last figures, unless nobody takes them. */
  @Override
  public void close() {
    var unused =
        timer.submit(() -> {
          if (!failing) {
            send(FAREWELL);
          }
        });
    timer.shutdown();
    try {
      if (!timer.awaitTermination(2 * FAREWELL.toMillis(), TimeUnit.MILLISECONDS)) {
        timer.shutdownNow();
      }
    } catch (InterruptedException ended) {
      timer.shutdownNow();
      Thread.currentThread().interrupt();
    }
    http.shutdownNow();
  }
}

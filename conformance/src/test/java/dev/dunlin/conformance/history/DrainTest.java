package dev.dunlin.conformance.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.channels.StreamPosition;
import dev.dunlin.conformance.history.Observation.Ended;
import dev.dunlin.conformance.history.Observation.PublishAcknowledged;
import dev.dunlin.conformance.history.Observation.PublishInvoked;
import dev.dunlin.conformance.history.Observation.PublishUnknown;
import dev.dunlin.conformance.history.Observation.Received;
import dev.dunlin.conformance.history.Observation.Subscribed;
import dev.dunlin.server.WebSocketClient;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.Text;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The server's process told to end, or ended, while clients follow and somebody publishes. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the signals are those of POSIX systems")
class DrainTest {

  private static final System.Logger log = System.getLogger("drain");
  private static final Duration IN_TIME = Duration.ofSeconds(10);
  private static final int SHUTDOWN = 3001;
  private static final Pattern POSITION =
      Pattern.compile("\"epoch\":\"([^\"]*)\"(?:,\"offset\":([0-9]+))?");
  private static final Pattern PUBLICATION =
      Pattern.compile("\"data\":\\{\"id\":([0-9]+)\\}.*?\"offset\":([0-9]+)");
  private static final Pattern PUBLISHED =
      Pattern.compile("\"offset\":([0-9]+),\"epoch\":\"(.*?)\"");

  @TempDir Path folder;

  private final Recorder recorder = new Recorder();
  private final AtomicLong lastMessage = new AtomicLong();
  private final Map<Integer, AtomicLong> codes = new ConcurrentHashMap<>();

  @Test
  void everybodyGetsAllUntilTheEndAndTheEndIsSpread() throws Exception {
    drain(200, 100);
  }

  @Test
  @Tag("figures")
  void fiveThousandAreClosedEvenlyUnderLoad() throws Exception {
    var closes = drain(5_000, 500);
    var bySecond = new TreeMap<Long, Integer>();
    long first = closes.getFirst();
    closes.forEach(at -> bySecond.merge((at - first) / 1_000_000_000L, 1, Integer::sum));
    double seconds = (closes.getLast() - first) / 1e9;
    double mean = closes.size() / seconds;
    log.log(System.Logger.Level.INFO, "{0} closes in {1} s: {2}", closes.size(), seconds, bySecond);
    assertThat(bySecond.values())
        .allSatisfy(count -> assertThat(count).isLessThanOrEqualTo((int) (1.5 * mean)));
  }

  /** The times at which connections were closed. */
  private List<Long> drain(int clients, int perSecond) throws Exception {
    try (var process = ServedProcess.start(folder, 0);
        var client = client()) {
      int channels = Math.max(1, clients / 20);
      var closes = followed(client, process.port(), clients, channels);
      try (var publisher = new Publisher(process.port(), channels, perSecond)) {
        publisher.published(2L * perSecond);
        long told = System.nanoTime();
        process.signal("TERM");
        process.awaitUnready();
        assertThat(Duration.ofNanos(System.nanoTime() - told)).isLessThan(Duration.ofSeconds(5));
        assertThat(process.ended()).isZero();
        log.log(
            System.Logger.Level.INFO,
            "drained {0} clients in {1} ms",
            clients,
            (System.nanoTime() - told) / 1_000_000);
      }
      assertThat(closes.gone.await(30, TimeUnit.SECONDS)).as("all closes were seen").isTrue();
      assertThat(codes.keySet()).containsExactly(SHUTDOWN);
      var history = recorder.history();
      assertThat(Checker.check(history, IN_TIME)).isEmpty();
      assertThat(history.stream().filter(Received.class::isInstance).count())
          .isGreaterThan(2L * perSecond);
      var at = closes.at.stream().sorted().toList();
      assertThat(at).hasSize(clients);
      assertThat(at.getLast() - at.getFirst())
          .as("2 ms for each client, with some tolerance")
          .isGreaterThan(clients * 1_000_000L);
      return at;
    }
  }

  private static WebSocketClient client() {
    return WebSocketClient.builder()
        .limits(Limits.defaults().pingInterval(Duration.ZERO))
        .loops(1)
        .build();
  }

  /** When connections were closed. */
  private record Closes(List<Long> at, CountDownLatch gone) {}

  private Closes followed(WebSocketClient client, int port, int clients, int channels)
      throws Exception {
    var closes =
        new Closes(
            java.util.Collections.synchronizedList(new ArrayList<>()), new CountDownLatch(clients));
    var subscribed = new CountDownLatch(clients);
    var opening = new Semaphore(100);
    for (int i = 0; i < clients; i++) {
      var channel = "stream:" + i % channels;
      var follower = new Follower("c" + i, List.of(channel), recorder, lastMessage::get);
      opening.acquire();
      var unused =
          client
              .connectAsync(
                  URI.create("ws://127.0.0.1:" + port + "/connection/websocket"),
                  session -> {
                    session.onClose(closed -> {
                      int code = closed.code().value();
                      codes.computeIfAbsent(code, key -> new AtomicLong()).incrementAndGet();
                      follower.ended(channel, code);
                      closes.at.add(System.nanoTime());
                      closes.gone.countDown();
                    });
                    return message -> {
                      if (message instanceof Text text) {
                        for (var line : text.value().split("\n", -1)) {
                          if (line.equals("{}")) {
                            session.send(Text.of("{}"));
                          } else if (heard(follower, channel, line)) {
                            subscribed.countDown();
                          }
                        }
                      }
                    };
                  })
              .whenComplete((session, failure) -> {
                opening.release();
                if (failure == null) {
                  session.send(
                      Text.of(
                          "{\"id\":1,\"connect\":{}}\n{\"id\":2,\"subscribe\":{\"channel\":\""
                              + channel
                              + "\"}}"));
                }
              });
    }
    assertThat(subscribed.await(120, TimeUnit.SECONDS)).as("all have subscribed").isTrue();
    return closes;
  }

  /** Reports what a message says; whether it is the subscription. */
  private static boolean heard(Follower follower, String channel, String line) {
    if (line.contains("\"subscribe\":")) {
      var position = POSITION.matcher(line);
      assertThat(position.find()).as(line).isTrue();
      var offset = position.group(2) == null ? 0 : Long.parseLong(position.group(2));
      follower.subscribed(channel, new StreamPosition(offset, position.group(1)), false, false);
      return true;
    }
    var publication = PUBLICATION.matcher(line);
    if (publication.find()) {
      follower.received(
          channel, Long.parseLong(publication.group(2)), Long.parseLong(publication.group(1)));
    }
    return false;
  }

  /** Publishes over the API at a rate, until it is closed. */
  private final class Publisher implements AutoCloseable {
    private final HttpClient http = HttpClient.newHttpClient();
    private final java.util.concurrent.ExecutorService threads =
        Executors.newVirtualThreadPerTaskExecutor();
    private final Thread pace;
    private final AtomicLong acknowledged = new AtomicLong();
    private volatile boolean over;

    Publisher(int port, int channels, int perSecond) {
      pace =
          Thread.ofPlatform()
              .start(() -> {
                long begin = System.nanoTime();
                for (long i = 0; !over; i++) {
                  long due = begin + i * 1_000_000_000L / perSecond;
                  while (System.nanoTime() < due && !over) {
                    LockSupport.parkNanos(Math.max(1, due - System.nanoTime()));
                  }
                  long id = i;
                  threads.execute(() -> publish(port, "stream:" + id % channels));
                }
              });
    }

    private void publish(int port, String channel) {
      long id = lastMessage.incrementAndGet();
      recorder.record(at -> new PublishInvoked(at, channel, id));
      var body = "{\"channel\":\"%s\",\"data\":{\"id\":%d}}".formatted(channel, id);
      try {
        var answer =
            http.send(
                    ServedProcess.api(port, "publish", body), HttpResponse.BodyHandlers.ofString())
                .body();
        var position = PUBLISHED.matcher(answer);
        if (position.find()) {
          recorder.record(at ->
              new PublishAcknowledged(
                  at, channel, id, position.group(2), Long.parseLong(position.group(1))));
          acknowledged.incrementAndGet();
          return;
        }
      } catch (IOException gone) {
        // its outcome is not known
      } catch (InterruptedException stopped) {
        Thread.currentThread().interrupt();
      }
      recorder.record(at -> new PublishUnknown(at, channel, id));
    }

    void published(long count) throws Exception {
      ServedProcess.await("publications", () -> acknowledged.get() >= count);
    }

    @Override
    public void close() throws InterruptedException {
      over = true;
      pace.join();
      threads.shutdown();
      assertThat(threads.awaitTermination(20, TimeUnit.SECONDS)).isTrue();
      http.shutdownNow();
    }
  }

  // ---- without a farewell

  @Test
  void clientsComeBackAfterAKillAndAreToldThatTheStreamIsAnother() throws Exception {
    var followers = new ArrayList<Follower>();
    var clients = new ArrayList<JavaClient>();
    try {
      int port;
      try (var process = ServedProcess.start(folder, 0)) {
        port = process.port();
        for (int i = 0; i < 10; i++) {
          var follower = new Follower("k" + i, List.of("stream:k"), recorder, lastMessage::get);
          followers.add(follower);
          var client = new JavaClient("ws://127.0.0.1:" + port + "/connection/websocket", follower);
          clients.add(client);
          client.connect();
        }
        ServedProcess.await("all are there", () -> subscriptions(false).size() == 10);
        publish(port);
        ServedProcess.await(
            "all have it",
            () -> recorder.history().stream().filter(Received.class::isInstance).count() == 10);
        process.signal("KILL");
      }
      try (var again = ServedProcess.start(folder, port)) {
        ServedProcess.await("all are back", () -> subscriptions(true).size() == 10);
        publish(again.port());
        ServedProcess.await(
            "all have what comes now",
            () -> recorder.history().stream().filter(Received.class::isInstance).count() == 20);
      }
      var before = subscriptions(false).getFirst().epoch();
      assertThat(subscriptions(true))
          .allSatisfy(subscribed -> {
            assertThat(subscribed.recovered()).isFalse();
            assertThat(subscribed.epoch()).isNotEmpty().isNotEqualTo(before);
          });
      assertThat(recorder.history()).anyMatch(Ended.class::isInstance);
      assertThat(Checker.check(recorder.history(), IN_TIME)).isEmpty();
    } finally {
      for (var client : clients) {
        client.close();
      }
    }
  }

  private List<Subscribed> subscriptions(boolean recovering) {
    return recorder.history().stream()
        .filter(Subscribed.class::isInstance)
        .map(Subscribed.class::cast)
        .filter(each -> each.recovering() == recovering)
        .toList();
  }

  private void publish(int port) throws Exception {
    long id = lastMessage.incrementAndGet();
    recorder.record(at -> new PublishInvoked(at, "stream:k", id));
    try (var http = HttpClient.newHttpClient()) {
      var answer =
          http.send(
                  ServedProcess.api(
                      port,
                      "publish",
                      "{\"channel\":\"stream:k\",\"data\":{\"id\":%d,\"x\":1}}".formatted(id)),
                  HttpResponse.BodyHandlers.ofString())
              .body();
      var position = PUBLISHED.matcher(answer);
      assertThat(position.find()).as(answer).isTrue();
      recorder.record(at ->
          new PublishAcknowledged(
              at, "stream:k", id, position.group(2), Long.parseLong(position.group(1))));
    }
  }
}

package dev.dunlin.conformance.scale;

import dev.dunlin.conformance.history.Gateway;
import dev.dunlin.conformance.sdk.Issuer;
import dev.dunlin.server.Dispatch;
import dev.dunlin.server.Endpoint;
import dev.dunlin.server.WebSocketClient;
import dev.dunlin.websocket.Compression;
import dev.dunlin.websocket.Limits;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Clients of the channel protocol in a process of their own, as small as they can be: each connects
 * with a token of its own user, subscribes to one channel and counts what comes. Who is refused or
 * closed tries again as SDKs do, ten times.
 *
 * <p>Arguments: the servers' ports with commas between, the channels' name and how many there are,
 * the secret of the tokens, and {@code through} if connections go through a {@link Gateway} of this
 * process to any of the servers. Questions come by standard input, a line each, and are answered by
 * a line of {@code name=value}:
 *
 * <ul>
 *   <li>{@code connect FROM COUNT}
 *   <li>{@code cut}: resets all connections; the clients come back. Answered when all are back, or
 *       after two minutes.
 *   <li>{@code counts}
 *   <li>{@code times} of something, in microseconds, since they were asked the last time: {@code
 *       delays} of publications whose data is a System.nanoTime of this machine, {@code ways} from
 *       an attempt to come back to the subscription, {@code absences} from the cut to the
 *       subscription
 * </ul>
 */
final class ManyClients {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int AT_ONCE = 100;
  private static final int MOST_ATTEMPTS = 10;
  private static final int MOST_TIMES = 4_000_000;
  private static final long FIRST_WAIT_MILLIS = 500; // the SDKs' defaults
  private static final long LAST_WAIT_MILLIS = 20_000;

  private final String[] ports;
  private final String channel;
  private final int channels;
  private final Issuer tokens;
  private final boolean through;
  private final Gateway gateway;
  private final WebSocketClient client =
      WebSocketClient.builder()
          .dispatch(Dispatch.INLINE)
          .compression(Compression.off())
          .limits(Limits.defaults().pingInterval(Duration.ZERO))
          .loops(1)
          .build();
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
  private final Semaphore places = new Semaphore(AT_ONCE);
  final AtomicInteger connected = new AtomicInteger();
  final AtomicInteger subscribed = new AtomicInteger();
  final AtomicInteger recovered = new AtomicInteger();
  final AtomicInteger refused = new AtomicInteger();
  final AtomicInteger received = new AtomicInteger();
  final AtomicInteger gaps = new AtomicInteger();
  final AtomicInteger closed = new AtomicInteger();
  final AtomicInteger attempts = new AtomicInteger();
  final Times delays = new Times();
  final Times ways = new Times();
  final Times absences = new Times();
  private volatile long cutAt;

  /** Measured times in microseconds; one event loop adds, and whoever asks does so in quiet. */
  static final class Times {
    private final long[] times = new long[MOST_TIMES];
    private volatile int count; // written after the time itself

    void since(long nanos) {
      int next = count;
      if (next < MOST_TIMES) {
        times[next] = (System.nanoTime() - nanos) / 1000;
        count = next + 1;
      }
    }

    private void print() {
      int measured = count;
      var sorted = Arrays.copyOf(times, measured);
      Arrays.sort(sorted);
      count = 0;
      System.out.printf(
          "measured=%d p50=%d p99=%d most=%d ",
          measured,
          measured == 0 ? 0 : sorted[measured / 2],
          measured == 0 ? 0 : sorted[(int) (measured * 0.99)],
          measured == 0 ? 0 : sorted[measured - 1]);
    }
  }

  private ManyClients(String[] arguments) throws IOException {
    ports = arguments[0].split(",", -1);
    channel = arguments[1];
    channels = Integer.parseInt(arguments[2]);
    tokens = Issuer.hs512(arguments[3]);
    through = arguments.length > 4;
    gateway = new Gateway(this::anyPort);
  }

  private int anyPort() {
    return Integer.parseInt(ports[ThreadLocalRandom.current().nextInt(ports.length)]);
  }

  /** Answers questions until the end of input. */
  public static void main(String[] arguments) throws Exception {
    new ManyClients(arguments).run();
  }

  private void run() throws Exception {
    var questions = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (var line = questions.readLine(); line != null; line = questions.readLine()) {
      var words = line.split(" ", -1);
      switch (words[0]) {
        case "connect" -> connect(Integer.parseInt(words[1]), Integer.parseInt(words[2]));
        case "cut" -> cut();
        case "counts" -> {}
        case "times" -> times(words[1]).print();
        default -> throw new IOException("no such question: " + line);
      }
      System.out.printf(
          "connected=%d subscribed=%d recovered=%d refused=%d received=%d gaps=%d closed=%d"
              + " attempts=%d%n",
          connected.get(),
          subscribed.get(),
          recovered.get(),
          refused.get(),
          received.get(),
          gaps.get(),
          closed.get(),
          attempts.get());
    }
    client.close();
    gateway.close();
    timer.shutdownNow();
  }

  private Times times(String name) throws IOException {
    return switch (name) {
      case "delays" -> delays;
      case "ways" -> ways;
      case "absences" -> absences;
      default -> throw new IOException("no such times: " + name);
    };
  }

  private void connect(int from, int count) throws InterruptedException {
    for (int i = from; i < from + count; i++) {
      places.acquire();
      var name = channels == 1 ? channel : channel + i % channels;
      new Guest(this, tokens.token("user-" + i, Duration.ofHours(1), ""), name).connect();
    }
    places.acquire(AT_ONCE); // the last ones too
    places.release(AT_ONCE);
  }

  /** For the clients: opens a connection. */
  CompletionStage<?> open(Endpoint endpoint) {
    attempts.incrementAndGet();
    int port = through ? gateway.port() : anyPort();
    return client.connectAsync(
        URI.create("ws://127.0.0.1:" + port + "/connection/websocket"), endpoint);
  }

  /** For the clients: counts what became of one. */
  void settled(AtomicInteger outcome) {
    outcome.incrementAndGet();
    places.release();
  }

  private void cut() throws IOException {
    int all = subscribed.get();
    int before = closed.get();
    cutAt = System.nanoTime();
    gateway.cutAll();
    long end = cutAt + PATIENCE.toNanos();
    while ((closed.get() < before + all || subscribed.get() < all) && System.nanoTime() < end) {
      LockSupport.parkNanos(5_000_000);
    }
  }

  /** For the clients: one that had been subscribed is so again. */
  void back(long begun) {
    subscribed.incrementAndGet();
    ways.since(begun);
    if (cutAt != 0) {
      absences.since(cutAt);
    }
  }

  /** For the clients: has one connect again, with the SDKs' jitter; false if it is to stay away. */
  boolean again(int attempt, Runnable connect) {
    if (attempt <= MOST_ATTEMPTS) {
      long most = Math.min(LAST_WAIT_MILLIS, FIRST_WAIT_MILLIS << Math.min(attempt, 10));
      long wait = FIRST_WAIT_MILLIS + ThreadLocalRandom.current().nextLong(most);
      var unused = timer.schedule(connect, Math.min(wait, LAST_WAIT_MILLIS), TimeUnit.MILLISECONDS);
    }
    return attempt <= MOST_ATTEMPTS;
  }
}

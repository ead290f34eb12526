package dev.dunlin.app.load;

import dev.dunlin.server.Dispatch;
import dev.dunlin.server.Endpoint;
import dev.dunlin.server.WebSocketClient;
import dev.dunlin.websocket.Compression;
import dev.dunlin.websocket.Limits;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/** One run of a plan: opens the connections, puts them to work, measures, closes. */
public final class Run implements AutoCloseable {

  /** Connections that open at the same time: servers limit how many may. */
  private static final int OPENING_AT_ONCE = 64;

  private static final long OPENING_SECONDS = 30;
  private static final long FIRST_PAUSE_MILLIS = 100;
  private static final long LONGEST_PAUSE_MILLIS = 1_000;
  private static final long STALL_NANOS = 5_000_000_000L;
  private static final long SECOND = 1_000_000_000L;

  /** After the last message was due, so that a server at its limit can deliver what it holds. */
  private static final long GRACE_NANOS = SECOND;

  /** Subscribers of some servers are subscribed a little after their handshake is answered. */
  private static final long SETTLE_NANOS = 200_000_000L;

  private final Plan plan;
  private final Payloads payloads;
  private final RawSpeaker raw;
  private final WebSocketClient client;
  private final List<Group> groups = new ArrayList<>();
  private final Map<Executor, Meter> meters = new ConcurrentHashMap<>();
  private final CompletableFuture<LoadException> failure = new CompletableFuture<>();
  private final Semaphore opening = new Semaphore(OPENING_AT_ONCE);
  private final CountDownLatch notReady;
  private volatile boolean stands;
  private volatile String lastRefusal = "";
  private volatile boolean over;
  private CountDownLatch roundsEnded = new CountDownLatch(0);

  // Set before the first message leaves.
  private long start;
  private double interval;
  private long from = Long.MAX_VALUE;
  private long until = Long.MAX_VALUE;

  /** A run that is to be {@linkplain #open opened}. */
  public Run(Plan plan) {
    this.plan = plan;
    this.payloads = new Payloads(plan.bytes());
    this.raw = RawSpeaker.of(payloads);
    this.notReady =
        new CountDownLatch(plan.connections() + plan.publishUri().map(u -> 1).orElse(0));
    var builder =
        WebSocketClient.builder()
            .dispatch(Dispatch.INLINE)
            .loops(plan.loops())
            // as browsers offer it: with context takeover, unless the server wants none
            .compression(plan.compression() ? Compression.takeover() : Compression.off())
            .limits(
                Limits.defaults()
                    .maxMessageBytes(16 << 20)
                    .outboundBytes(256 << 20)
                    .outboundMessages(1 << 20)
                    .bufferCapacity(64 << 10)
                    .pingInterval(Duration.ZERO)
                    .stalledWrite(Duration.ofSeconds(30)));
    if (plan.protocol() == Protocol.PROTOBUF) {
      builder.subprotocols("centrifuge-protobuf");
    }
    plan.trust().ifPresent(builder::trust);
    client = builder.build();
    for (int i = 0; i < plan.groups(); i++) {
      groups.add(new Group(plan.fanOut(), plan.inFlight()));
    }
  }

  // ---- opening

  /**
   * Opens all connections.
   *
   * @return how long it took, in seconds
   */
  public double open(Progress progress) throws LoadException, InterruptedException {
    long begun = System.nanoTime();
    for (int i = 0; i < plan.connections(); i++) {
      open(plan.uri(), i, plan.publishUri().isEmpty() && i % plan.fanOut() == 0);
      progress.opened(i + 1, plan.connections());
    }
    if (plan.publishUri().isPresent()) {
      open(plan.publishUri().get(), 0, true);
    }
    while (!notReady.await(10, TimeUnit.MILLISECONDS)) {
      check();
      if (System.nanoTime() - begun > OPENING_SECONDS * SECOND + plan.connections() * 10_000_000L) {
        throw new LoadException(
            notReady.getCount()
                + " connections did not become ready in time"
                + (lastRefusal.isEmpty() ? "" : "; the last that was refused: " + lastRefusal));
      }
    }
    double seconds = (System.nanoTime() - begun) / 1e9;
    LockSupport.parkNanos(SETTLE_NANOS);
    check();
    return seconds;
  }

  private void open(URI uri, int connection, boolean publishes)
      throws LoadException, InterruptedException {
    while (!opening.tryAcquire(100, TimeUnit.MILLISECONDS)) {
      check();
    }
    int number = connection / plan.fanOut();
    var group = groups.get(number);
    var speaker =
        switch (plan.protocol()) {
          case RAW -> raw;
          case JSON ->
              new JsonSpeaker(payloads, plan.token().apply(connection), plan.channel() + number);
          case PROTOBUF ->
              new ProtobufSpeaker(
                  payloads, plan.token().apply(connection), plan.channel() + number);
        };
    connect(
        uri,
        session -> {
          var link = new Link(this, group, number, speaker, session);
          if (publishes) {
            group.publisher(link);
          }
          return link;
        },
        FIRST_PAUSE_MILLIS);
  }

  /**
   * Where one connection stands, address and credentials are right, and what refuses another is
   * that so many come at once: a server limits new connections and TLS handshakes of a second. It
   * tries again after a pause, as clients do.
   */
  private void connect(URI uri, Endpoint endpoint, long pause) {
    var unused =
        client
            .connectAsync(uri, endpoint)
            .whenComplete((session, refused) -> {
              if (refused == null) {
                stands = true;
                if (plan.compression() && session.extensions().isEmpty()) {
                  fail(new LoadException("the server did not agree to permessage-deflate"));
                }
              } else if (!stands) {
                fail(new LoadException("no connection to " + uri + ": " + words(refused)));
              } else if (!over) {
                lastRefusal = words(refused);
                CompletableFuture.delayedExecutor(pause, TimeUnit.MILLISECONDS)
                    .execute(
                        () -> connect(uri, endpoint, Math.min(2 * pause, LONGEST_PAUSE_MILLIS)));
              }
            });
  }

  private static String words(Throwable refused) {
    var cause = refused;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause.getMessage() == null ? cause.toString() : cause.getMessage();
  }

  // ---- asked by connections, on their lanes

  void ready(Link link) {
    notReady.countDown();
    opening.release();
  }

  void fail(LoadException why) {
    if (!over) {
      failure.complete(why);
    }
  }

  boolean openLoop() {
    return plan.openLoop();
  }

  Meter meter(Executor lane) {
    return meters.computeIfAbsent(lane, known -> new Meter(known, this));
  }

  /** Whether a message that was due then is measured. */
  boolean counts(long instant) {
    return instant >= from && instant < until;
  }

  /** When a message of a group is due. */
  long due(int group, long message) {
    return start + (long) ((message * groups.size() + group) * interval);
  }

  private void check() throws LoadException {
    if (failure.isDone()) {
      throw failure.join();
    }
  }

  /** Every member of a group has the whole round. */
  void roundOver(Group group, Link last) {
    if (over) {
      roundsEnded.countDown();
      return;
    }
    var publisher = group.publisher();
    if (publisher == last) {
      group.round();
    } else {
      publisher.session().lane().execute(group::round);
    }
  }

  // ---- measuring

  /** Puts the load on and measures; once. */
  public Result measure(Progress progress, Optional<ServerProcess> server, double opened)
      throws LoadException, InterruptedException, IOException {
    start = System.nanoTime() + 20_000_000;
    interval = plan.openLoop() ? 1e9 / plan.rate() : 0;
    from = start + plan.warmUp().toNanos();
    until = from + plan.measured().toNanos();
    begin();
    var timeline = new ArrayList<Result.Second>();
    // the warm-up ends a little late: what was due after it may be back already, and counts
    var latencies = Meter.histogram();
    watch(from, true, timeline, latencies, progress);
    var cpu = server.isPresent() ? server.get().threads() : Map.<String, Long>of();
    long begun = System.nanoTime();
    timeline.clear();
    long messages = watch(until, false, timeline, latencies, progress);
    double seconds = (System.nanoTime() - begun) / 1e9;
    var used =
        server.isPresent()
            ? OptionalDouble.of(server.get().cpuSecondsSince(cpu))
            : OptionalDouble.empty();
    long lost = 0;
    if (plan.openLoop()) {
      lost = expectedLatencies() - late(latencies);
    }
    over = true;
    return new Result(seconds, messages, lost, latencies, used, opened, timeline);
  }

  private void begin() {
    if (plan.openLoop()) {
      Thread.ofPlatform().daemon().name("dunlin-bench-pace").start(this::pace);
      return;
    }
    for (var group : groups) {
      group.publisher().session().lane().execute(group::round);
    }
  }

  /** Gives every lane its messages when they are due, whatever has become of earlier ones. */
  private void pace() {
    var lanes = List.copyOf(meters.keySet());
    long all = (long) ((until - start) / interval);
    long sent = 0;
    while (sent < all && !over) {
      long due = Math.min(all, (long) ((System.nanoTime() - start) / interval) + 1);
      if (due > sent && System.nanoTime() >= start) {
        long first = sent;
        for (var lane : lanes) {
          lane.execute(() -> publish(lane, first, due));
        }
        sent = due;
      }
      LockSupport.parkNanos(Math.max(1, start + (long) (sent * interval) - System.nanoTime()));
    }
  }

  private void publish(Executor lane, long first, long end) {
    for (long message = first; message < end; message++) {
      var group = groups.get((int) (message % groups.size()));
      if (group.publisher().session().lane().equals(lane)) {
        group.publish();
      }
    }
  }

  /** The deliveries that were due while it was measured. */
  private long expectedLatencies() {
    long all = (long) ((until - start) / interval);
    long expected = 0;
    for (long message = (long) ((from - start) / interval); message < all; message++) {
      long due = start + (long) (message * interval);
      expected += counts(due) ? plan.fanOut() : 0;
    }
    return expected;
  }

  /** Waits for what was due in time and comes late; says how many latencies there are. */
  private long late(Histogram latencies) throws LoadException, InterruptedException {
    long end = System.nanoTime() + GRACE_NANOS;
    long expected = expectedLatencies();
    while (latencies.getTotalCount() < expected && System.nanoTime() < end) {
      LockSupport.parkNanos(20_000_000);
      swap(latencies);
    }
    return latencies.getTotalCount();
  }

  /** Until an instant, second by second; returns the messages that arrived. */
  private long watch(
      long end,
      boolean warmUp,
      List<Result.Second> timeline,
      Histogram latencies,
      Progress progress)
      throws LoadException, InterruptedException {
    long messages = 0;
    long begun = System.nanoTime();
    long moved = begun;
    for (long last = begun; last < end; ) {
      long next = Math.min(last + SECOND, end);
      while (System.nanoTime() < next) {
        sleep(next - System.nanoTime());
      }
      var histogram = Meter.histogram();
      long arrived = swap(histogram);
      long now = System.nanoTime();
      messages += arrived;
      latencies.add(histogram);
      var second =
          new Result.Second(
              (now - begun) / 1e9,
              arrived / ((now - last) / 1e9),
              histogram.getValueAtPercentile(50),
              histogram.getValueAtPercentile(99),
              histogram.getMaxValue());
      timeline.add(second);
      progress.second(second, warmUp);
      if (arrived > 0) {
        moved = now;
      } else if (now - moved > STALL_NANOS) {
        throw new LoadException("nothing came back for 5 s");
      }
      last = now;
    }
    return messages;
  }

  /** Until a failure, or this much later. */
  private void sleep(long nanos) throws LoadException, InterruptedException {
    try {
      throw failure.get(Math.max(1, nanos), TimeUnit.NANOSECONDS);
    } catch (TimeoutException allIsWell) {
      return;
    } catch (ExecutionException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private long swap(Histogram latencies) throws LoadException, InterruptedException {
    long messages = 0;
    for (var meter : meters.values()) {
      var interval = meter.swap();
      while (!interval.isDone()) {
        try {
          interval.get(100, TimeUnit.MILLISECONDS);
        } catch (TimeoutException busy) {
          check();
        } catch (ExecutionException impossible) {
          throw new IllegalStateException(impossible);
        }
      }
      messages += interval.join().messages();
      latencies.add(interval.join().latencies());
    }
    return messages;
  }

  /** Ends all connections. */
  @Override
  public void close() {
    over = true;
    client.close();
  }

  /** One round, and no more, so that every connection has been used; waits for its end. */
  void once() throws LoadException, InterruptedException {
    over = true;
    roundsEnded = new CountDownLatch(groups.size());
    for (var group : groups) {
      group.publisher().session().lane().execute(group::round);
    }
    while (!roundsEnded.await(100, TimeUnit.MILLISECONDS)) {
      check();
    }
  }

  /** The run as it is for those who only want the result. */
  public static Result of(Plan plan, Optional<ServerProcess> server, Progress progress)
      throws LoadException, InterruptedException, IOException {
    try (var run = new Run(plan)) {
      double opened = run.open(progress);
      return run.measure(progress, server, opened);
    }
  }
}

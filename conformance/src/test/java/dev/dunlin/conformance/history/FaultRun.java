package dev.dunlin.conformance.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.channels.StreamPosition;
import dev.dunlin.conformance.history.Observation.Ended;
import dev.dunlin.conformance.history.Observation.Entry;
import dev.dunlin.conformance.history.Observation.Kept;
import dev.dunlin.conformance.history.Observation.Present;
import dev.dunlin.conformance.history.Observation.PublishAcknowledged;
import dev.dunlin.conformance.history.Observation.PublishInvoked;
import dev.dunlin.conformance.history.Observation.PublishUnknown;
import dev.dunlin.conformance.history.Observation.Quiet;
import dev.dunlin.conformance.history.Observation.Received;
import dev.dunlin.conformance.history.Observation.Subscribed;
import java.io.IOException;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * Traffic over a {@link Fleet} while faults are made: published Java SDKs subscribe through a load
 * balancer, messages are published through the HTTP API of any node, with an idempotency key and
 * again until one says yes. All that anybody saw goes to the {@link Checker}.
 */
final class FaultRun implements AutoCloseable {

  /** Something that happens to the fleet; waits until it is over. */
  interface Fault {
    void happen(Fleet fleet, Random random) throws Exception;
  }

  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final Duration GIVE_UP = Duration.ofSeconds(150);
  private static final int UNDER_WAY = 256;

  private final Fleet fleet;
  private final long seed;
  private final Random random;
  private final Gateway balancer;
  private final Recorder recorder = new Recorder();
  private final List<Follower> followers = new ArrayList<>();
  private final List<JavaClient> clients = new ArrayList<>();
  private final List<String> channels = new ArrayList<>();
  private final AtomicLong lastMessage = new AtomicLong();
  private final AtomicLong retries = new AtomicLong();
  private final ExecutorService publishers = Executors.newVirtualThreadPerTaskExecutor();
  private final Semaphore underWay = new Semaphore(UNDER_WAY);
  private final List<Future<?>> publications = new ArrayList<>(); // the publishing thread alone
  private final Map<Long, StreamPosition> acknowledged = new ConcurrentHashMap<>();
  private final List<String> schedule = new ArrayList<>();

  FaultRun(Fleet fleet, long seed, int clientCount, int channelCount) throws Exception {
    this.fleet = fleet;
    this.seed = seed;
    this.random = new Random(seed);
    var balancing = new Random(seed ^ 1);
    balancer = new Gateway(() -> fleet.anyPort(balancing));
    for (int i = 0; i < channelCount; i++) {
      channels.add("stream:" + i);
    }
    for (int i = 0; i < clientCount; i++) {
      var mine = new LinkedHashSet<String>();
      while (mine.size() < Math.min(4, channelCount)) {
        mine.add(channels.get(random.nextInt(channelCount)));
      }
      var follower = new Follower("c" + i, List.copyOf(mine), recorder, lastMessage::get);
      followers.add(follower);
      clients.add(
          new JavaClient("ws://127.0.0.1:" + balancer.port() + "/connection/websocket", follower));
    }
  }

  Gateway balancer() {
    return balancer;
  }

  /** Connects everybody and waits until all are subscribed. */
  void begin() throws Exception {
    clients.forEach(JavaClient::connect);
    underWay.acquire(channels.size());
    channels.forEach(this::publish); // so that there are streams to stand in
    for (var publication : publications) {
      publication.get();
    }
    settleAt(tops());
  }

  /** Makes a fault and notes when, while messages are published at this rate. */
  void during(String what, int perSecond, Fault fault) throws Exception {
    long begin = System.nanoTime();
    schedule.add(what);
    var made =
        publishers.submit(() -> {
          fault.happen(fleet, new Random(seed + schedule.size()));
          return true;
        });
    for (long published = 0; !made.isDone(); ) {
      long due = (System.nanoTime() - begin) * perSecond / 1_000_000_000L;
      for (; published < due && underWay.tryAcquire(); published++) {
        publish(channels.get(random.nextInt(channels.size())));
      }
      published = due;
      LockSupport.parkNanos(5_000_000); // the pace of the traffic
    }
    assertThat(made.get()).as(what).isTrue();
  }

  private void publish(String channel) {
    long id = lastMessage.incrementAndGet();
    recorder.record(at -> new PublishInvoked(at, channel, id));
    publications.add(
        publishers.submit(() -> {
          try {
            publishUntilAccepted(channel, id);
          } finally {
            underWay.release();
          }
          return true;
        }));
  }

  private void publishUntilAccepted(String channel, long id) throws InterruptedException {
    var mine = new Random(seed * 31 + id);
    var body =
        "{\"channel\":\"%s\",\"data\":{\"id\":%d,\"x\":\"%s\"},\"idempotency_key\":\"k%d\"}"
            .formatted(channel, id, "x".repeat(100), id);
    long end = System.nanoTime() + GIVE_UP.toNanos();
    while (System.nanoTime() - end < 0) {
      try {
        var answer = fleet.call(fleet.anyPort(mine), "publish", body);
        accepted(channel, id, position(answer));
        return;
      } catch (IOException refusedOrUnknown) {
        retries.incrementAndGet();
        LockSupport.parkNanos(50_000_000L + mine.nextInt(100_000_000));
      }
    }
    recorder.record(at -> new PublishUnknown(at, channel, id));
  }

  private void accepted(String channel, long id, StreamPosition at) {
    acknowledged.put(id, at);
    recorder.record(now -> new PublishAcknowledged(now, channel, id, at.epoch(), at.offset()));
  }

  private static StreamPosition position(JsonNode answer) {
    return new StreamPosition(answer.get("offset").asLong(), answer.get("epoch").asString());
  }

  // ---- the end

  /** Lets everybody arrive, then looks at presence and histories. */
  List<Observation> end() throws Exception {
    for (var publication : publications) {
      publication.get();
    }
    underWay.acquire(channels.size());
    channels.forEach(this::publish); // shows what was lost before
    for (var publication : publications) {
      publication.get();
    }
    settleAt(tops());
    recorder.record(Quiet::new);
    for (var channel : channels) {
      present(channel);
      kept(channel);
    }
    return historyOfOneLife(recorder.history());
  }

  private Map<String, StreamPosition> tops() throws Exception {
    var tops = new HashMap<String, StreamPosition>();
    for (var channel : channels) {
      tops.put(
          channel, position(persist("history", "{\"channel\":\"" + channel + "\",\"limit\":0}")));
    }
    return tops;
  }

  /** Calls until some node answers. */
  private JsonNode persist(String method, String body) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        return fleet.call(fleet.anyPort(random), method, body);
      } catch (IOException failure) {
        if (System.nanoTime() - end > 0) {
          throw failure;
        }
        LockSupport.parkNanos(50_000_000);
      }
    }
  }

  private void settleAt(Map<String, StreamPosition> tops) {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!followers.stream().allMatch(follower -> follower.reached(tops))
        && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(20_000_000);
    }
    assertThat(followers.stream().filter(follower -> !follower.reached(tops)))
        .as("clients that do not arrive at %s, with seed %s", tops, seed)
        .isEmpty();
  }

  /** Waits until everybody is subscribed, without asking the servers. */
  void awaitFollowing() {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!followers.stream().allMatch(Follower::following)) {
      assertThat(System.nanoTime() - end).as("all are subscribed again").isNegative();
      LockSupport.parkNanos(20_000_000);
    }
  }

  /** Who is listed, once the time is over for which the dead may be. */
  private void present(String channel) throws Exception {
    var real = new HashSet<String>();
    followers.stream()
        .filter(follower -> follower.channels().contains(channel))
        .forEach(follower -> real.add(follower.id()));
    long end = System.nanoTime() + Fleet.PRESENCE.multipliedBy(2).toNanos();
    while (true) {
      var told = new HashSet<String>();
      var answer = persist("presence", "{\"channel\":\"" + channel + "\"}").get("presence");
      answer.properties().forEach(client -> told.add(client.getKey()));
      if (told.equals(real) || System.nanoTime() - end > 0) {
        recorder.record(at -> new Present(at, channel, told, real));
        return;
      }
      LockSupport.parkNanos(100_000_000);
    }
  }

  private void kept(String channel) throws Exception {
    var answer = persist("history", "{\"channel\":\"" + channel + "\",\"limit\":-1}");
    var at = position(answer);
    var entries = new ArrayList<Entry>();
    for (var publication : answer.get("publications")) {
      entries.add(
          new Entry(publication.get("offset").asLong(), publication.at("/data/id").asLong()));
    }
    recorder.record(now -> new Kept(now, channel, at.epoch(), at.offset(), entries));
  }

  /**
   * A store that was restarted and not trusted keeps its publications, at the same offsets, under a
   * new epoch. A message has its place in the epoch in which it was first seen; later sightings at
   * the same offset under a later epoch, by an idempotent retry or in the kept history, are the
   * same place.
   *
   * <p>And the Java SDK hands out what still arrives on a connection that it has given up, as that
   * of a server that was paused, in order and once. So a subscription counts as ended when it
   * begins anew, or when all is quiet: steps and epochs are checked until then.
   */
  private static List<Observation> historyOfOneLife(List<Observation> history) {
    var places = new HashMap<Long, StreamPosition>();
    var whole = new ArrayList<Observation>();
    var ending = new LinkedHashMap<String, Ended>();
    for (var seen : history) {
      switch (seen) {
        case Ended ended -> ending.putIfAbsent(ended.client() + " " + ended.channel(), ended);
        case Subscribed subscribed -> {
          var ended = ending.remove(subscribed.client() + " " + subscribed.channel());
          if (ended != null) {
            whole.add(ended);
          }
          whole.add(subscribed);
        }
        case Quiet quiet -> {
          whole.addAll(ending.values());
          ending.clear();
          whole.add(quiet);
        }
        case Received received -> {
          places.putIfAbsent(
              received.id(), new StreamPosition(received.offset(), received.epoch()));
          whole.add(received);
        }
        case PublishAcknowledged acked -> {
          var first =
              places.computeIfAbsent(
                  acked.id(), id -> new StreamPosition(acked.offset(), acked.epoch()));
          whole.add(
              first.offset() == acked.offset()
                  ? new PublishAcknowledged(
                      acked.at(), acked.channel(), acked.id(), first.epoch(), first.offset())
                  : acked);
        }
        case Kept kept -> {
          var own =
              kept.entries().stream()
                  .filter(entry -> {
                    var place = places.get(entry.id());
                    return place == null
                        || place.epoch().equals(kept.epoch())
                        || place.offset() != entry.offset();
                  })
                  .toList();
          whole.add(new Kept(kept.at(), kept.channel(), kept.epoch(), kept.top(), own));
        }
        default -> whole.add(seen);
      }
    }
    return whole;
  }

  /** How many were acknowledged, received, recovered and so on: that the run was worth it. */
  String summary(List<Observation> history) {
    long acked = of(history, PublishAcknowledged.class).count();
    long unknown = of(history, PublishUnknown.class).count();
    long received = of(history, Received.class).count();
    long recovered = of(history, Subscribed.class).filter(Subscribed::recovered).count();
    long refused =
        of(history, Subscribed.class).filter(it -> it.recovering() && !it.recovered()).count();
    return ("%d acknowledged after %d retries, %d given up, %d received by %d clients; recovered"
            + " %d times, told of a loss %d times; %s; %s")
        .formatted(
            acked,
            retries.get(),
            unknown,
            received,
            followers.size(),
            recovered,
            refused,
            times("back after", away(history)),
            times("delivered after", delays(history)));
  }

  /** How long subscriptions were away until they were established again. */
  private static List<Long> away(List<Observation> history) {
    var ended = new HashMap<String, Long>();
    var away = new ArrayList<Long>();
    for (var seen : history) {
      if (seen instanceof Ended end) {
        ended.put(end.client() + " " + end.channel(), end.at());
      } else if (seen instanceof Subscribed back) {
        var since = ended.remove(back.client() + " " + back.channel());
        if (since != null) {
          away.add(back.at() - since);
        }
      }
    }
    return away;
  }

  /** From the first attempt to publish to each live reception, retries and outages included. */
  private static List<Long> delays(List<Observation> history) {
    var invoked = new HashMap<Long, Long>();
    var delays = new ArrayList<Long>();
    for (var seen : history) {
      if (seen instanceof PublishInvoked begun) {
        invoked.put(begun.id(), begun.at());
      } else if (seen instanceof Received received && received.live()) {
        delays.add(received.at() - invoked.getOrDefault(received.id(), received.at()));
      }
    }
    return delays;
  }

  private static String times(String what, List<Long> nanos) {
    if (nanos.isEmpty()) {
      return "nothing " + what;
    }
    var sorted = nanos.stream().mapToLong(each -> each / 1_000_000).sorted().toArray();
    return "%s %d ms (median), %d (99 %%), %d (most)"
        .formatted(
            what,
            sorted[sorted.length / 2],
            sorted[(int) (sorted.length * 0.99)],
            sorted[sorted.length - 1]);
  }

  private static <T extends Observation> Stream<T> of(List<Observation> history, Class<T> kind) {
    return history.stream().filter(kind::isInstance).map(kind::cast);
  }

  /** Adds a line to the report. */
  void note(String line) {
    schedule.add(line);
  }

  List<String> schedule() {
    return schedule;
  }

  static String digest(List<Observation> history) throws Exception {
    var digest = MessageDigest.getInstance("SHA-256");
    for (var seen : history) {
      digest.update(seen.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }
    return HexFormat.of().formatHex(digest.digest()).substring(0, 16);
  }

  @Override
  public void close() throws Exception {
    publishers.shutdownNow();
    for (var client : clients) {
      client.close();
    }
    balancer.close();
  }
}

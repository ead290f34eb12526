package dev.dunlin.conformance.history;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.centrifuge.CentrifugeEndpoint;
import dev.dunlin.centrifuge.NamespaceOptions;
import dev.dunlin.centrifuge.Namespaces;
import dev.dunlin.centrifuge.ProtocolOptions;
import dev.dunlin.channels.HistoryQuery;
import dev.dunlin.channels.Hub;
import dev.dunlin.channels.MemoryBroker;
import dev.dunlin.channels.StreamPosition;
import dev.dunlin.conformance.history.Observation.Entry;
import dev.dunlin.conformance.history.Observation.Kept;
import dev.dunlin.conformance.history.Observation.Present;
import dev.dunlin.conformance.history.Observation.PublishAcknowledged;
import dev.dunlin.conformance.history.Observation.PublishInvoked;
import dev.dunlin.conformance.history.Observation.PublishUnknown;
import dev.dunlin.conformance.history.Observation.Quiet;
import dev.dunlin.server.WebSocketServer;
import dev.dunlin.testing.LosingBroker;
import dev.dunlin.websocket.Limits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Many clients, many channels, and every misfortune that a seed brings: cuts, slow readers, lost
 * publications, servers that begin anew. The clients are SDKs as published: half of them Java's
 * (Protobuf), a quarter JavaScript's over JSON, a quarter JavaScript's over Protobuf. All that
 * anybody saw goes to the {@link Checker}.
 */
final class HistoryRun implements AutoCloseable {

  private static final int CHANNELS = 20;

  /** How late a live publication may be: on a machine that others keep busy, more is no fault. */
  private static final Duration IN_TIME =
      Duration.ofSeconds(Integer.getInteger("dunlin.intime", 10));

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final long seed;
  private final Recorder recorder = new Recorder();
  private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(1);
  private final Relay relay = new Relay();
  private final List<Follower> followers = new ArrayList<>();
  private final List<JavaClient> javaClients = new ArrayList<>();
  private final List<Follower> javaScriptFollowers = new ArrayList<>();
  private @Nullable JavaScriptClients javaScriptClients;
  private final List<String> channels = new ArrayList<>();
  private final AtomicLong lastMessage = new AtomicLong();
  private volatile Node node;
  private volatile boolean losing = true;
  private final int perSecond;
  private final int losesOneIn;
  private final AtomicInteger lost = new AtomicInteger();
  private int restarts;
  private int cuts;
  private int keptOut;
  private int slowed;

  /** How often each misfortune has happened. */
  record Misfortunes(int restarts, int lost, int cuts, int keptOut, int slowed) {}

  /** One life of the server. */
  private final class Node implements AutoCloseable {
    final Hub hub;
    final CentrifugeEndpoint endpoint;
    final WebSocketServer server;

    Node() {
      var losses = new Random(seed + restarts);
      hub =
          Hub.over(
              LosingBroker.over(
                  MemoryBroker.create(),
                  publication -> {
                    boolean loses;
                    synchronized (losses) {
                      loses = losing && losses.nextInt(losesOneIn) == 0;
                    }
                    lost.addAndGet(loses ? 1 : 0);
                    return loses;
                  }));
      endpoint =
          CentrifugeEndpoint.over(hub)
              .allowAnonymous()
              .options(ProtocolOptions.defaults().withPositionCheck(Duration.ofSeconds(1)))
              .namespaces(
                  new Namespaces(
                      NamespaceOptions.defaults(),
                      Map.of(
                          "stream",
                          NamespaceOptions.builder()
                              .allowSubscribeForClient(true)
                              .allowSubscribeForAnonymous(true)
                              .historySize(200)
                              .historyTtl(Duration.ofMinutes(5))
                              .forceRecovery(true)
                              .presence(true)
                              .build())));
      server =
          WebSocketServer.builder()
              .limits(Limits.defaults().outboundBytes(128 << 10).sendBufferBytes(8 << 10))
              .route("/connection/websocket", endpoint)
              .start(0);
      relay.server(server.port());
    }

    @Override
    public void close() {
      server.close();
      hub.close();
    }
  }

  /**
   * A run with these misfortunes.
   *
   * @param perSecond how many messages are published in a second
   * @param losesOneIn one in so many is kept but not delivered: the subscribers must notice
   */
  HistoryRun(long seed, int clientCount, int perSecond, int losesOneIn) throws Exception {
    this.seed = seed;
    this.perSecond = perSecond;
    this.losesOneIn = losesOneIn;
    node = new Node();
    for (int i = 0; i < CHANNELS; i++) {
      channels.add("stream:" + i);
    }
    var random = new Random(seed);
    for (int i = 0; i < clientCount; i++) {
      var mine = new LinkedHashSet<String>();
      while (mine.size() < 4) {
        mine.add(channels.get(random.nextInt(CHANNELS)));
      }
      var follower = new Follower("c" + i, List.copyOf(mine), recorder, lastMessage::get);
      followers.add(follower);
      if (i % 2 == 0) {
        javaClients.add(new JavaClient(url(), follower));
      } else {
        javaScriptFollowers.add(follower);
      }
    }
  }

  private String url() {
    return "ws://127.0.0.1:" + relay.port() + "/connection/websocket";
  }

  /** Runs and returns what was seen. */
  List<Observation> run(Duration time) throws Exception {
    javaScriptClients = new JavaScriptClients(url(), javaScriptFollowers);
    javaClients.forEach(JavaClient::connect);
    var random = new Random(seed ^ 0x5eed);
    long begin = System.nanoTime();
    long end = begin + time.toNanos();
    long restartEvery = Math.max(time.toNanos() / 3, 5_000_000_000L);
    long restartAt = begin + restartEvery;
    long published = 0;
    for (long now = begin; now < end; now = System.nanoTime()) {
      for (; published < (now - begin) * perSecond / 1_000_000_000L; published++) {
        publish(channels.get(random.nextInt(CHANNELS)), random.nextInt(10) == 0 ? 16_000 : 10);
        if (published % 3 == 0) {
          misfortune(random);
        }
      }
      if (now > restartAt) {
        restartAt += restartEvery;
        restart();
      }
      LockSupport.parkNanos(5_000_000); // the pace of the traffic, not a wait for anything
    }
    losing = false;
    settle();
    return recorder.history();
  }

  private void misfortune(Random random) {
    var follower = followers.get(random.nextInt(followers.size()));
    switch (random.nextInt(40)) {
      case 0, 1, 2, 3, 4, 5 -> {
        cuts++;
        relay.cut(follower.name());
      }
      case 6 -> {
        keptOut++;
        relay.keepOut(follower.name(), Duration.ofMillis(500 + random.nextInt(12_000)));
      }
      case 7, 8 -> slow(follower, random.nextInt(3) == 0 ? 8_000 : 200 + random.nextInt(2_000));
      default -> {}
    }
  }

  /** Reads nothing for a while. */
  private void slow(Follower follower, long millis) {
    if (follower.slow()) {
      slowed++;
      relay.hold(follower.name(), true);
      var unused =
          timer.schedule(
              () -> {
                relay.hold(follower.name(), false);
                follower.quick();
              },
              millis,
              TimeUnit.MILLISECONDS);
    }
  }

  private void publish(String channel, int padding) {
    long id = lastMessage.incrementAndGet();
    var data = "{\"id\":%d,\"fill\":\"%s\"}".formatted(id, "x".repeat(padding));
    recorder.record(at -> new PublishInvoked(at, channel, id));
    node.endpoint
        .api()
        .publish(channel, data.getBytes(UTF_8), options -> options)
        .whenComplete((published, failure) ->
            recorder.record(at ->
                failure == null
                    ? new PublishAcknowledged(
                        at,
                        channel,
                        id,
                        published.position().epoch(),
                        published.position().offset())
                    : new PublishUnknown(at, channel, id)));
  }

  /** The server ends and another takes its place, with streams of their own. */
  private void restart() {
    restarts++;
    node.close();
    node = new Node();
  }

  /** Lets everybody arrive at the tops, then looks at presence and histories. */
  private void settle() {
    channels.forEach(channel -> publish(channel, 10)); // shows what was lost before
    var tops = new HashMap<String, StreamPosition>();
    for (var channel : channels) {
      tops.put(channel, history(channel, HistoryQuery.position()).position());
    }
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!followers.stream().allMatch(client -> client.reached(tops))
        && System.nanoTime() < end) {
      LockSupport.parkNanos(20_000_000);
    }
    var behind =
        followers.stream()
            .filter(client -> !client.reached(tops))
            .map(client ->
                client
                    + ", by the server "
                    + node.endpoint
                        .clients()
                        .client(client.id())
                        .map(known -> known.queuedBytes() + " bytes wait")
                        .orElse("unknown"))
            .toList();
    assertThat(behind).as("clients that do not arrive, with seed %s", seed).isEmpty();
    recorder.record(Quiet::new);
    for (var channel : channels) {
      var real = new HashSet<String>();
      followers.stream()
          .filter(client -> client.channels().contains(channel))
          .forEach(client -> real.add(client.id()));
      var told = node.hub.presence().presence(channel).toCompletableFuture().join().keySet();
      recorder.record(at -> new Present(at, channel, told, real));
      var kept = history(channel, HistoryQuery.since(StreamPosition.START, 1_000));
      var entries =
          kept.publications().stream()
              .map(publication -> new Entry(publication.offset(), id(publication.data())))
              .toList();
      recorder.record(
          at -> new Kept(at, channel, kept.position().epoch(), kept.position().offset(), entries));
    }
  }

  private dev.dunlin.channels.History history(String channel, HistoryQuery query) {
    return node.hub.history(channel, query).toCompletableFuture().join();
  }

  private static long id(java.nio.ByteBuffer data) {
    var text = UTF_8.decode(data.duplicate()).toString();
    return Long.parseLong(text.substring(6, text.indexOf(',')));
  }

  Misfortunes misfortunes() {
    return new Misfortunes(restarts, lost.get(), cuts, keptOut, slowed);
  }

  static List<Violation> check(List<Observation> history) {
    return Checker.check(history, IN_TIME);
  }

  /** How often connections ended, by the SDKs' codes. */
  Map<Integer, Integer> disconnects() {
    var codes = new TreeMap<Integer, Integer>();
    followers.forEach(follower ->
        follower.disconnects().forEach((code, times) -> codes.merge(code, times, Integer::sum)));
    return codes;
  }

  @Override
  public void close() throws Exception {
    timer.shutdownNow();
    assertThat(timer.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    if (javaScriptClients != null) {
      javaScriptClients.close();
    }
    for (var client : javaClients) {
      client.close();
    }
    relay.close();
    node.close();
  }
}

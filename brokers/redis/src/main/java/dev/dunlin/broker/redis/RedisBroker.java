package dev.dunlin.broker.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunlin.channels.Broker;
import dev.dunlin.channels.BrokerUnavailableException;
import dev.dunlin.channels.ClientInfo;
import dev.dunlin.channels.Envelope;
import dev.dunlin.channels.History;
import dev.dunlin.channels.HistoryQuery;
import dev.dunlin.channels.PresenceStore;
import dev.dunlin.channels.Publication;
import dev.dunlin.channels.PublishOptions;
import dev.dunlin.channels.PublishResult;
import dev.dunlin.channels.StreamPosition;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.cluster.RedisClusterURIUtil;
import io.lettuce.core.metrics.CommandLatencyRecorder;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.resource.ClientResources;
import java.net.URI;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Channels over one Redis or a Redis Cluster, for any number of nodes. See {@code
 * docs/design/redis.md}.
 *
 * <p>While the server cannot be reached, calls fail at once with {@link
 * BrokerUnavailableException}, and the broker tries to connect again, for as long as it is open. So
 * {@link #start} waits for a server that is not there yet.
 */
public final class RedisBroker implements Broker {

  private static final Logger log = LoggerFactory.getLogger(RedisBroker.class);

  private static final int EPOCH_LETTERS = 8;
  private static final long FIRST_RETRY_MILLIS = 100;
  private static final long LAST_RETRY_MILLIS = 2_000;
  private static final long CENTURY_MILLIS = Duration.ofDays(36_525).toMillis();
  private static final byte[] EMPTY = {};
  private static final byte[] ZERO = bytes("0");
  private static final byte[] ONE = bytes("1");

  private final RedisOptions options;
  private final List<RedisURI> seeds;
  private final Names names;
  private final String probe;
  private final byte[] trust;
  private final ClientResources resources;
  private final RedisClient client;
  private final ScheduledThreadPoolExecutor executor; // one thread: timers and flushes
  private final Subscriptions subscriptions;
  private final RedisPresence presence;
  private final SecureRandom random = new SecureRandom();
  private final AtomicLong pendingBytes = new AtomicLong();
  private final AtomicLong unreadable = new AtomicLong();
  private final Map<String, CompletableFuture<Void>> heard = new ConcurrentHashMap<>();
  private final CompletableFuture<Void> started = new CompletableFuture<>();
  private volatile @Nullable Sink sink;
  private volatile @Nullable Links links;
  private volatile boolean closed;
  private List<RedisURI> ways; // the executor's thread alone, as is what follows
  private int way;
  private long retryMillis = FIRST_RETRY_MILLIS;
  private boolean complained;

  private RedisBroker(RedisOptions options) {
    this.options = options;
    this.seeds = seeds(options);
    this.ways = seeds;
    this.names = new Names(options.prefix());
    this.probe = names.probe(UUID.randomUUID().toString());
    this.trust = options.trustPersistence() ? ONE : ZERO;
    this.resources =
        ClientResources.builder()
            .ioThreadPoolSize(2)
            .computationThreadPoolSize(2)
            .commandLatencyRecorder(CommandLatencyRecorder.disabled())
            .build();
    this.client = RedisClient.create(resources);
    client.setOptions(
        ClientOptions.builder()
            .autoReconnect(false)
            .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
            .socketOptions(
                SocketOptions.builder().connectTimeout(options.timeout()).keepAlive(true).build())
            .timeoutOptions(TimeoutOptions.enabled(options.timeout()))
            .build());
    this.executor =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              var thread = new Thread(task, "dunlin-redis");
              thread.setDaemon(true);
              return thread;
            });
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    this.subscriptions = new Subscriptions(executor, List.of(names.control()));
    this.presence =
        new RedisPresence(
            names,
            new RedisPresence.Runner() {
              @Override
              public <T> CompletionStage<T> run(Script script, String[] keys, byte[]... arguments) {
                return linked(keys[0], current -> current.run(script, keys, arguments));
              }
            });
  }

  /** A broker over this Redis, not yet started. */
  public static RedisBroker over(RedisOptions options) {
    return new RedisBroker(options);
  }

  private static List<RedisURI> seeds(RedisOptions options) {
    try {
      var uri = RedisURI.create(options.url());
      var seeds =
          uri.getSentinels().isEmpty()
              ? RedisClusterURIUtil.toRedisURIs(URI.create(options.url()))
              : List.of(uri);
      for (var seed : seeds) {
        seed.setTimeout(options.timeout());
        seed.getSentinels().forEach(sentinel -> sentinel.setTimeout(options.timeout()));
      }
      return seeds;
    } catch (RuntimeException e) {
      // Without its message and itself as the cause: both may repeat the password.
      throw new IllegalArgumentException("url is not the URL of a Redis: redis://host:port");
    }
  }

  /** Where the server is, or who knows it, without who we are. */
  private String place() {
    var sentinels = seeds.getFirst().getSentinels();
    return (sentinels.isEmpty() ? seeds : sentinels)
        .stream()
            .map(uri -> uri.getHost() + ":" + uri.getPort())
            .collect(Collectors.joining(", ", sentinels.isEmpty() ? "" : "Sentinel ", ""));
  }

  // The link

  @Override
  public CompletionStage<Void> start(Sink sink) {
    if (this.sink != null) {
      return CompletableFuture.failedStage(
          new IllegalStateException("this broker has been started already: one hub, one broker"));
    }
    this.sink = sink;
    executor.execute(this::connect);
    var interval = options.probeInterval().toMillis();
    var unused =
        executor.scheduleWithFixedDelay(this::probe, interval, interval, TimeUnit.MILLISECONDS);
    return started.minimalCompletionStage();
  }

  private void connect() {
    var taken = ways.get(way % ways.size());
    Links.open(taken, uri -> Link.open(client, uri, new Listener(), executor))
        .thenCompose(opened ->
            subscriptions
                .restore(opened, opened.names(probe).values())
                .applyToEither(
                    opened
                        .lost()
                        .thenApply(reason -> {
                          throw new BrokerUnavailableException(reason);
                        }),
                    done -> opened))
        .whenCompleteAsync(
            (opened, failure) -> {
              if (failure == null) {
                connected(opened, taken);
              } else {
                subscriptions.detach();
                way++; // another server may know better
                retry(Link.cause(failure));
              }
            },
            executor);
  }

  private void connected(Links opened, RedisURI taken) {
    if (complained || started.isDone()) {
      log.info("the link to Redis at {} is up", place());
    }
    complained = false;
    retryMillis = FIRST_RETRY_MILLIS;
    ways = Stream.concat(seeds.stream(), opened.ways(taken).stream()).toList();
    subscriptions.attach(opened);
    links = opened;
    if (!started.complete(null)) {
      sink().linkRestored();
    }
    opened.lost().thenAcceptAsync(reason -> lost(opened, reason), executor);
  }

  private void lost(Links gone, String reason) {
    if (links != gone || closed) {
      return;
    }
    links = null;
    complained = true;
    log.warn("the link to Redis at {} is lost: {}", place(), reason);
    sink().linkLost();
    subscriptions.detach();
    later();
  }

  private void retry(Throwable failure) {
    if (!complained) {
      complained = true;
      log.warn("no link to Redis at {} yet: {}", place(), story(failure));
    }
    later();
  }

  /** What a failure says, and what the first of its causes says: drivers wrap the point. */
  private static String story(Throwable failure) {
    var first = failure;
    for (var cause = failure.getCause(); cause != null; cause = cause.getCause()) {
      first = cause;
    }
    return first == failure
        ? String.valueOf(failure.getMessage())
        : failure.getMessage() + ": " + first.getMessage();
  }

  private void later() {
    if (!closed) {
      var wait = retryMillis / 2 + random.nextLong(retryMillis / 2);
      retryMillis = Math.min(2 * retryMillis, LAST_RETRY_MILLIS);
      var unused = executor.schedule(this::connect, wait, TimeUnit.MILLISECONDS);
    }
  }

  /**
   * Sends a message to ourselves. A subscription link that carries nothing looks like a quiet one;
   * this tells them apart.
   */
  private void probe() {
    var probed = links;
    if (probed == null) {
      return;
    }
    var tests = new ArrayList<CompletableFuture<?>>();
    tests.add(probed.check().toCompletableFuture());
    probed
        .names(probe)
        .forEach((link, name) -> {
          var came = new CompletableFuture<Void>();
          heard.put(name, came);
          tests.add(link.publish(name, EMPTY).toCompletableFuture());
          tests.add(came);
        });
    CompletableFuture.allOf(tests.toArray(CompletableFuture<?>[]::new))
        .orTimeout(options.timeout().toMillis(), TimeUnit.MILLISECONDS)
        .whenComplete((done, failure) -> {
          if (failure != null) {
            sink().probeFailed();
            probed.lose("a message to ourselves did not come back");
          }
        });
  }

  private Sink sink() {
    var known = sink;
    if (known == null) {
      throw new IllegalStateException("the broker is not started");
    }
    return known;
  }

  /** What comes over the subscription link, on its one thread. */
  private final class Listener extends RedisPubSubAdapter<String, byte[]> {

    @Override
    public void message(String name, byte[] message) {
      try {
        if (name.startsWith(probe)) {
          var waiting = heard.remove(name);
          if (waiting != null) {
            waiting.complete(null);
          }
        } else if (name.equals(names.control())) {
          sink().control(message);
        } else {
          Frame.deliver(names.channel(name), message, sink());
        }
      } catch (RuntimeException e) {
        // Nothing that one message brings may stop the others. Whoever misses it will see a gap.
        if (unreadable.getAndIncrement() == 0) {
          log.warn("a message from Redis was passed over; later ones will be without a word", e);
        }
      }
    }

    @Override
    public void smessage(String name, byte[] message) {
      message(name, message);
    }

    @Override
    public void ssubscribed(String name, long count) {
      subscriptions.confirmed(name);
    }

    @Override
    public void sunsubscribed(String name, long count) {
      subscriptions.confirmed(name);
    }

    @Override
    public void subscribed(String name, long count) {
      subscriptions.confirmed(name);
    }

    @Override
    public void unsubscribed(String name, long count) {
      subscriptions.confirmed(name);
    }
  }

  // Channels

  @Override
  public CompletionStage<PublishResult> publish(
      String channel, byte[] data, PublishOptions options) {
    var envelope = Envelope.of(data, options);
    if (!options.toHistory() && options.idempotencyKey().isEmpty()) {
      var frame = Frame.publication(envelope, System.currentTimeMillis());
      return send(channel, frame).thenApply(done -> PublishResult.at(StreamPosition.START));
    }
    var keys = names.publish(channel, options.idempotencyKey());
    var kept = options.channel();
    return weighed(
            keys[0],
            envelope.length,
            current ->
                current.<List<Object>>run(
                    Script.PUBLISH,
                    keys,
                    bytes(current.run()),
                    epoch(),
                    trust,
                    bytes(names.messages(channel)),
                    envelope,
                    number(options.toHistory() ? kept.historySize() : 0),
                    number(millis(kept.historyTtl())),
                    number(millis(kept.historyMetaTtl())),
                    number(
                        options.idempotencyKey().isEmpty() ? 0 : millis(options.idempotencyTtl())),
                    number(options.version()),
                    bytes(options.versionEpoch()),
                    options.delta() ? ONE : ZERO,
                    bytes(current.publishing())))
        .thenApply(RedisBroker::result);
  }

  private static PublishResult result(List<Object> answer) {
    var position = new StreamPosition(Long.parseLong(text(answer, 1)), text(answer, 2));
    return new PublishResult(
        position,
        switch (text(answer, 0)) {
          case "i" -> PublishResult.Suppression.IDEMPOTENCY;
          case "v" -> PublishResult.Suppression.VERSION;
          default -> PublishResult.Suppression.NONE;
        });
  }

  @Override
  public CompletionStage<Void> publishJoin(String channel, ClientInfo info) {
    return send(channel, Frame.joined(info));
  }

  @Override
  public CompletionStage<Void> publishLeave(String channel, ClientInfo info) {
    return send(channel, Frame.left(info));
  }

  private CompletionStage<Void> send(String channel, byte[] frame) {
    var name = names.messages(channel);
    return weighed(name, frame.length, current -> current.publish(name, frame))
        .thenApply(done -> null);
  }

  @Override
  public CompletionStage<Void> publishControl(byte[] message) {
    var name = names.control();
    return weighed(name, message.length, current -> current.publish(name, message))
        .thenApply(done -> null);
  }

  @Override
  public CompletionStage<Void> subscribe(String channel) {
    return subscriptions.subscribe(names.messages(channel));
  }

  @Override
  public CompletionStage<Void> unsubscribe(String channel) {
    return subscriptions.unsubscribe(names.messages(channel));
  }

  @Override
  public CompletionStage<History> history(String channel, HistoryQuery query) {
    var since = query.since();
    // An offset of 0 has nothing before it, and Redis has no id before 0-0.
    var alone = query.limit() == 0 || query.reverse() && since.offset() == 0;
    var command = alone ? "" : query.reverse() ? "XREVRANGE" : "XRANGE";
    var from = "(" + since.offset() + "-0";
    var all = query.reverse() && since.offset() == Long.MAX_VALUE;
    var keys = names.stream(channel);
    return this.<List<Object>>linked(
            keys[0],
            current ->
                current.run(
                    Script.HISTORY,
                    keys,
                    bytes(current.run()),
                    epoch(),
                    trust,
                    number(millis(query.metaTtl())),
                    bytes(since.epoch()),
                    bytes(command),
                    bytes(all ? "+" : from),
                    bytes(query.reverse() ? "-" : "+"),
                    number(query.atMost())))
        .thenApply(answer -> history(channel, answer));
  }

  private static History history(String channel, List<Object> answer) {
    var epoch = text(answer, 0);
    var publications = new ArrayList<Publication>();
    for (var entry : list(answer.get(2))) {
      var id = text(list(entry), 0);
      var fields = list(list(entry).get(1));
      publications.add(
          Envelope.publication(channel, (byte[]) fields.get(1))
              .position(Long.parseLong(id.substring(0, id.indexOf('-'))), epoch)
              .time(Long.parseLong(text(fields, 3)))
              .build());
    }
    return new History(publications, new StreamPosition(Long.parseLong(text(answer, 1)), epoch));
  }

  @Override
  public CompletionStage<Void> removeHistory(String channel) {
    var publications = names.stream(channel)[1];
    return linked(publications, current -> current.delete(publications)).thenApply(done -> null);
  }

  @Override
  public PresenceStore presence() {
    return presence;
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    var last = links;
    links = null;
    executor.shutdownNow();
    subscriptions.detach();
    started.completeExceptionally(new IllegalStateException("the broker is closed"));
    if (last == null) {
      shutDown();
    } else {
      last.lose("the broker is closed");
      last.lost().thenRun(this::shutDown);
    }
  }

  private void shutDown() {
    client
        .shutdownAsync(0, options.timeout().toMillis(), TimeUnit.MILLISECONDS)
        .whenComplete((done, failure) -> resources.shutdown());
  }

  // Calls

  /** A call of the server that keeps a key or a Redis channel. */
  private <T> CompletionStage<T> linked(String name, Function<Link, CompletionStage<T>> call) {
    var current = links;
    if (current != null) {
      return call.apply(current.of(name));
    }
    return CompletableFuture.failedStage(
        closed
            ? new IllegalStateException("the broker is closed")
            : new BrokerUnavailableException("there is no link to Redis"));
  }

  /** A call that has bytes wait for the server: beyond the limit it fails at once. */
  private <T> CompletionStage<T> weighed(
      String name, int bytes, Function<Link, CompletionStage<T>> call) {
    if (pendingBytes.addAndGet(bytes) > options.maxPendingBytes()) {
      pendingBytes.addAndGet(-bytes);
      return CompletableFuture.failedStage(
          new BrokerUnavailableException("too much waits for Redis already"));
    }
    return linked(name, call).whenComplete((done, failure) -> pendingBytes.addAndGet(-bytes));
  }

  private byte[] epoch() {
    var letters = new byte[EPOCH_LETTERS];
    for (var i = 0; i < EPOCH_LETTERS; i++) {
      letters[i] = (byte) ('a' + random.nextInt(26));
    }
    return letters;
  }

  /** As Redis takes it: a positive time is never rounded to none, and none is beyond its range. */
  static long millis(Duration time) {
    if (time.isZero()) {
      return 0;
    }
    return time.compareTo(Duration.ofMillis(CENTURY_MILLIS)) > 0
        ? CENTURY_MILLIS
        : Math.max(1, time.toMillis());
  }

  private static byte[] number(long number) {
    return bytes(Long.toString(number));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static String text(List<?> answer, int index) {
    return new String((byte[]) answer.get(index), UTF_8);
  }

  private static List<?> list(Object answer) {
    return (List<?>) answer;
  }

  /** Makes Redis brokers: {@code redis}, with the options of {@link RedisOptions}. */
  public static final class Provider implements Broker.Provider {

    /** For {@link java.util.ServiceLoader}. */
    public Provider() {}

    @Override
    public String name() {
      return "redis";
    }

    @Override
    public Broker open(Map<String, String> options) {
      return over(RedisOptions.of(options));
    }
  }
}

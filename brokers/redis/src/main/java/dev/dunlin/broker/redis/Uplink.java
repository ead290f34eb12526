package dev.dunlin.broker.redis;

import dev.dunlin.channels.Broker;
import dev.dunlin.channels.BrokerUnavailableException;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.cluster.RedisClusterURIUtil;
import io.lettuce.core.metrics.CommandLatencyRecorder;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.resource.ClientResources;
import java.io.File;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a broker comes to have {@link Links} and to lose them: connects, subscribes again, probes,
 * gives up and connects again, for as long as it is open. What comes over the links goes to the
 * broker's sink.
 */
final class Uplink {

  private static final Logger log = LoggerFactory.getLogger(RedisBroker.class);

  private static final long FIRST_RETRY_MILLIS = 100;
  private static final long LAST_RETRY_MILLIS = 2_000;
  private static final byte[] EMPTY = {};

  private final RedisOptions options;
  private final List<RedisURI> seeds;
  private final Names names;
  private final String probe;
  private final ClientResources resources;
  private final RedisClient client;
  private final ScheduledThreadPoolExecutor executor; // one thread: timers and flushes
  private final Subscriptions subscriptions;
  private final AtomicLong unreadable = new AtomicLong();
  private final Map<String, CompletableFuture<Void>> heard = new ConcurrentHashMap<>();
  private final CompletableFuture<Void> started = new CompletableFuture<>();
  private volatile Broker.@Nullable Sink sink;
  private volatile @Nullable Links links;
  private volatile boolean closed;
  private List<RedisURI> ways; // the executor's thread alone, as is what follows
  private int way;
  private long retryMillis = FIRST_RETRY_MILLIS;
  private boolean complained;
  private @Nullable CompletableFuture<Void> probing;

  Uplink(RedisOptions options, Names names) {
    this.options = options;
    this.seeds = seeds(options);
    this.ways = seeds;
    this.names = names;
    this.probe = names.probe(UUID.randomUUID().toString());
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
            .sslOptions(ssl(options.tls()))
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
  }

  private static SslOptions ssl(RedisOptions.Tls tls) {
    var ssl = SslOptions.builder().jdkSslProvider();
    if (!tls.caPemFile().isEmpty()) {
      ssl.trustManager(new File(tls.caPemFile()));
    }
    if (!tls.certPemFile().isEmpty()) {
      ssl.keyManager(new File(tls.certPemFile()), new File(tls.keyPemFile()), new char[0]);
    }
    return ssl.build();
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

  /** Begins to connect; the stage completes with the first link. */
  CompletionStage<Void> start(Broker.Sink sink) {
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
    probing = null;
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
      var wait = retryMillis / 2 + ThreadLocalRandom.current().nextLong(retryMillis / 2);
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
    var last = probing;
    if (probed == null || last != null && !last.isDone()) {
      return; // a second one would take the answer of the first
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
    probing =
        CompletableFuture.allOf(tests.toArray(CompletableFuture<?>[]::new))
            .orTimeout(options.timeout().toMillis(), TimeUnit.MILLISECONDS)
            .whenComplete((done, failure) -> {
              if (failure != null && links == probed) {
                sink().probeFailed();
                probed.lose("a message to ourselves did not come back");
              }
            });
  }

  private Broker.Sink sink() {
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

  /** The links to the servers; empty while there are none. */
  Optional<Links> links() {
    return Optional.ofNullable(links);
  }

  /** Why there are none. */
  RuntimeException absence() {
    return closed
        ? new IllegalStateException("the broker is closed")
        : new BrokerUnavailableException("there is no link to Redis");
  }

  Subscriptions subscriptions() {
    return subscriptions;
  }

  /** Ends the links for good. */
  void close() {
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
}

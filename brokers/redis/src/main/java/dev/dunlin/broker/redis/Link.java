package dev.dunlin.broker.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunlin.channels.BrokerUnavailableException;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.RedisReadOnlyException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.RedisPubSubListener;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * Two connections to one life of a server, one for commands and one for subscriptions: made
 * together and given up together, since a server that was restarted has lost both. In a cluster
 * there is one to each master: see {@link Links}.
 *
 * <p>A connection does not outlive its server, so {@link #run} is true of every command sent here.
 * That is why the driver must not reconnect by itself: what it sent afterwards would name a server
 * that is gone.
 */
final class Link {

  private static final RedisCodec<String, byte[]> CODEC =
      RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);

  /** The release that brought publish and subscribe within a shard. */
  private static final int SHARDED_SINCE = 7;

  private final StatefulRedisConnection<String, byte[]> commands;
  private final StatefulRedisPubSubConnection<String, byte[]> subscriptions;
  private final Executor flusher;
  private final CompletableFuture<String> lost = new CompletableFuture<>();
  private final AtomicBoolean losing = new AtomicBoolean();
  private final AtomicBoolean flushing = new AtomicBoolean();
  private final Map<String, Integer> leaving = new ConcurrentHashMap<>(); // calls under way
  private volatile String run = "";
  private volatile boolean cluster;
  private volatile boolean replica;
  private volatile boolean sharded;

  private Link(
      StatefulRedisConnection<String, byte[]> commands,
      StatefulRedisPubSubConnection<String, byte[]> subscriptions,
      Executor flusher) {
    this.commands = commands;
    this.subscriptions = subscriptions;
    this.flusher = flusher;
    commands.setAutoFlushCommands(false); // many publications, one write: see flush
    subscriptions.setAutoFlushCommands(false);
    subscriptions.addListener(new Evictions());
    var watch =
        new RedisConnectionStateListener() {
          @Override
          public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
            lose("the connection was closed");
          }
        };
    commands.addListener(watch);
    subscriptions.addListener(watch);
    if (!commands.isOpen() || !subscriptions.isOpen()) {
      lose("the connection was closed");
    }
  }

  /** Connects, and prepares the server: scripts are loaded when the stage completes. */
  static CompletionStage<Link> open(
      RedisClient client,
      RedisURI uri,
      RedisPubSubListener<String, byte[]> listener,
      Executor flusher) {
    return client
        .connectAsync(CODEC, uri)
        .thenCompose(commands ->
            client
                .connectPubSubAsync(CODEC, uri)
                .handle((subscriptions, failure) -> {
                  if (failure != null) {
                    var unused = commands.closeAsync();
                    throw unavailable(failure);
                  }
                  subscriptions.addListener(listener);
                  return new Link(commands, subscriptions, flusher);
                }))
        .thenCompose(link ->
            link.prepare()
                .handle((done, failure) -> {
                  if (failure != null) {
                    link.lose("the server was not ready");
                    throw unavailable(failure);
                  }
                  return link;
                }));
  }

  private CompletionStage<Void> prepare() {
    var loads =
        Arrays.stream(Script.values())
            .map(script -> commands.async().scriptLoad(script.text().getBytes(UTF_8)))
            .map(CompletionStage::toCompletableFuture)
            .toArray(CompletableFuture<?>[]::new);
    return ask()
        .thenAccept(facts -> {
          run = run(facts);
          // the name in Redis and the name in Valkey
          cluster =
              Stream.of("redis_mode", "server_mode")
                  .anyMatch(name -> "cluster".equals(facts.get(name)));
          replica = isReplica(facts);
          sharded = cluster && major(facts.getOrDefault("redis_version", "")) >= SHARDED_SINCE;
        })
        .thenCombine(CompletableFuture.allOf(loads), (asked, loaded) -> null);
  }

  /** What the server says of itself. */
  private CompletionStage<Map<String, String>> ask() {
    var server = commands.async().info("server");
    var replication = commands.async().info("replication");
    flush();
    return server.thenCombine(replication, (about, roles) -> facts(about + "\n" + roles));
  }

  /**
   * What tells one life of the store from another: the server's run id, and the replication id of
   * the server that it took over from, which changes when it is made the master again.
   */
  private static String run(Map<String, String> facts) {
    var id = facts.get("run_id");
    if (id == null) {
      throw new BrokerUnavailableException("the Redis server does not name its run");
    }
    return id + facts.getOrDefault("master_replid2", "");
  }

  private static boolean isReplica(Map<String, String> facts) {
    return "slave".equals(facts.get("role"));
  }

  private static int major(String version) {
    var dot = version.indexOf('.');
    return dot > 0 ? Integer.parseInt(version.substring(0, dot)) : 0;
  }

  private static Map<String, String> facts(String info) {
    var facts = new HashMap<String, String>();
    info.lines()
        .forEach(line -> {
          var colon = line.indexOf(':');
          if (colon > 0) {
            facts.put(line.substring(0, colon), line.substring(colon + 1).strip());
          }
        });
    return facts;
  }

  /** Completes if the server is still the one that this link was made to. */
  CompletionStage<Void> check() {
    return ask()
        .thenAccept(facts -> {
          if (isReplica(facts) || !run(facts).equals(run)) {
            throw new BrokerUnavailableException("the Redis server changed its role");
          }
        });
  }

  /** Who keeps which slot, as this server of a cluster sees it; fails while it sees no whole. */
  CompletionStage<Slots> slots() {
    var state = commands.async().clusterInfo();
    var ranges = commands.async().clusterSlots();
    flush();
    return state.thenCombine(
        ranges,
        (info, answer) -> {
          if (!"ok".equals(facts(info).get("cluster_state"))) {
            throw new BrokerUnavailableException("the Redis cluster is down");
          }
          return Slots.of(answer);
        });
  }

  String run() {
    return run;
  }

  /** Whether the server is one of a cluster. */
  boolean cluster() {
    return cluster;
  }

  /** Whether the server copied another one when the link was made. */
  boolean replica() {
    return replica;
  }

  /** The command that publishes: in a cluster of Redis 7 or later a message stays on its shard. */
  String publishing() {
    return sharded ? "SPUBLISH" : "PUBLISH";
  }

  /**
   * Subscribes to Redis channels, or unsubscribes: in one write, whatever the number. A failure
   * ends the link, since which of them took effect is not known.
   */
  void listen(boolean subscribes, List<String> channels) {
    for (var part : sharded ? Slots.apart(channels) : List.of(channels)) {
      var names = part.toArray(String[]::new);
      CompletionStage<Void> command;
      if (sharded) {
        if (!subscribes) {
          part.forEach(name -> leaving.merge(name, 1, Integer::sum));
        }
        command =
            subscribes
                ? subscriptions.async().ssubscribe(names)
                : subscriptions.async().sunsubscribe(names);
      } else {
        command =
            subscribes
                ? subscriptions.async().subscribe(names)
                : subscriptions.async().unsubscribe(names);
      }
      command.whenComplete((done, failure) -> {
        if (failure != null) {
          lose("the server did not subscribe");
        }
      });
    }
    subscriptions.flushCommands();
  }

  /** A shard that gives a slot away ends the subscriptions of its channels, unasked. */
  private final class Evictions extends RedisPubSubAdapter<String, byte[]> {
    @Override
    public void sunsubscribed(String channel, long count) {
      var asked = new AtomicBoolean();
      leaving.computeIfPresent(
          channel,
          (name, calls) -> {
            asked.set(true);
            return calls == 1 ? null : calls - 1;
          });
      if (!asked.get()) {
        lose("a slot has moved");
      }
    }
  }

  /** Completes with the reason when the link is gone for good. */
  CompletionStage<String> lost() {
    return lost;
  }

  /** Gives the link up. The first reason counts. */
  void lose(String reason) {
    if (losing.compareAndSet(false, true)) {
      CompletableFuture.allOf(end(commands), end(subscriptions))
          .whenComplete((done, failure) -> lost.complete(reason)); // closed, one way or the other
    }
  }

  private static CompletableFuture<Void> end(StatefulConnection<String, byte[]> connection) {
    return connection.isOpen() ? connection.closeAsync() : CompletableFuture.completedFuture(null);
  }

  CompletionStage<Long> publish(String channel, byte[] message) {
    return call(() ->
        sharded
            ? commands.async().spublish(channel, message)
            : commands.async().publish(channel, message));
  }

  CompletionStage<Long> delete(String key) {
    return call(() -> commands.async().del(key));
  }

  /** Runs a script by its digest; in full if the server has forgotten it. */
  <T> CompletionStage<T> run(Script script, String[] keys, byte[]... arguments) {
    return call(() ->
        commands
            .async()
            .<T>evalsha(script.digest(), script.output(), keys, arguments)
            .handle((answer, failure) -> {
              if (failure == null) {
                return CompletableFuture.completedStage(answer);
              }
              if (cause(failure) instanceof RedisNoScriptException) {
                CompletionStage<T> again =
                    commands.async().eval(script.text(), script.output(), keys, arguments);
                flush();
                return again;
              }
              return CompletableFuture.<T>failedStage(failure);
            })
            .thenCompose(stage -> stage));
  }

  private <T> CompletionStage<T> call(Supplier<CompletionStage<T>> command) {
    CompletionStage<T> answer;
    try {
      answer = command.get();
    } catch (RuntimeException e) {
      return CompletableFuture.failedStage(unavailable(e));
    }
    flush();
    return answer.handle((value, failure) -> {
      if (failure == null) {
        return value;
      }
      var cause = cause(failure);
      if (cause instanceof RedisReadOnlyException) {
        lose("the server became a replica");
      } else if (cause instanceof RedisCommandExecutionException said) {
        var words = String.valueOf(said.getMessage());
        if (words.startsWith("MOVED ")) {
          lose("a slot has moved");
        } else if (words.startsWith("CLUSTERDOWN ")) {
          lose("the Redis cluster is down");
        }
      }
      throw unavailable(failure);
    });
  }

  /** Sends what waits, soon: what is asked for until then goes out in the same write. */
  private void flush() {
    if (flushing.compareAndSet(false, true)) {
      flusher.execute(() -> {
        flushing.set(false);
        commands.flushCommands();
      });
    }
  }

  static BrokerUnavailableException unavailable(Throwable failure) {
    var cause = cause(failure);
    return cause instanceof BrokerUnavailableException unavailable
        ? unavailable
        : new BrokerUnavailableException("Redis did not do it", cause);
  }

  static Throwable cause(Throwable failure) {
    var cause = failure.getCause();
    return failure instanceof java.util.concurrent.CompletionException && cause != null
        ? cause
        : failure;
  }
}

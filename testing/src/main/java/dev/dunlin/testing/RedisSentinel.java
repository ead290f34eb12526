package dev.dunlin.testing;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * A Redis master of a test's own, its replica, and a Sentinel that makes the replica master half a
 * second after the master is gone: three real processes on free ports of the loopback address.
 *
 * <pre>{@code
 * try (var sentinel = RedisSentinel.start()) {
 *   var hub = Hub.over(Broker.open("redis", Map.of("url", sentinel.url())));
 *   sentinel.master().kill();
 * }
 * }</pre>
 */
public final class RedisSentinel implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final List<ServerProcess> servers = new ArrayList<>(); // master, replica, Sentinel

  private RedisSentinel() {}

  /** Starts all three, and waits until the Sentinel knows of both others. */
  public static RedisSentinel start() throws IOException, InterruptedException {
    var all = new RedisSentinel();
    try {
      var port = all.add(ServerProcess.redis()).port();
      var replica =
          all.add(ServerProcess.redis("--replicaof", "127.0.0.1", Integer.toString(port)));
      await(replica, "INFO replication", "master_link_status:up");
      await(all.add(ServerProcess.sentinel(port)), "SENTINEL REPLICAS m", "*1");
      return all;
    } catch (IOException | RuntimeException failure) {
      all.close();
      throw failure;
    }
  }

  private ServerProcess add(ServerProcess server) {
    servers.add(server);
    return server;
  }

  private static void await(ServerProcess server, String question, String answer)
      throws IOException {
    var end = System.nanoTime() + PATIENCE.toNanos();
    while (!server.askAll(question).contains(answer)) {
      if (System.nanoTime() - end > 0) {
        throw new IOException(question + " is not answered by " + answer);
      }
      LockSupport.parkNanos(20_000_000);
    }
  }

  /** Where clients ask for the master: {@code redis-sentinel://127.0.0.1:PORT/0#m}. */
  public String url() {
    return "redis-sentinel://127.0.0.1:" + servers.getLast().port() + "/0#m";
  }

  /** The one that is the master at first. */
  public ServerProcess master() {
    return servers.getFirst();
  }

  /** The one that is its replica at first. */
  public ServerProcess replica() {
    return servers.get(1);
  }

  /** Ends all three, the Sentinel first. */
  @Override
  public void close() throws IOException, InterruptedException {
    for (var server : servers.reversed()) {
      server.close();
    }
  }
}

package dev.dunlin.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A Redis Cluster of a test's own: real processes on free ports of the loopback address. The slots
 * are spread evenly over the masters, in their order; a master that is killed is given up after a
 * second, and its replica takes its place.
 *
 * <pre>{@code
 * try (var cluster = RedisCluster.start(3, 0)) {
 *   var hub = Hub.over(Broker.open("redis", Map.of("url", cluster.url())));
 * }
 * }</pre>
 */
public final class RedisCluster implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int SLOTS = 16_384;
  private static final int BUS = 10_000; // a server's other port lies so much above its own

  private final List<ServerProcess> masters = new ArrayList<>();
  private final List<ServerProcess> replicas = new ArrayList<>();

  private RedisCluster() {}

  /** Starts masters, and as many replicas: of the first master, of the second, and so on. */
  public static RedisCluster start(int masters, int replicas) throws IOException {
    var cluster = new RedisCluster();
    try {
      for (var i = 0; i < masters; i++) {
        cluster.masters.add(server());
      }
      for (var i = 0; i < replicas; i++) {
        cluster.replicas.add(server());
      }
      cluster.join();
      return cluster;
    } catch (IOException | RuntimeException failure) {
      cluster.close();
      throw failure;
    }
  }

  private static ServerProcess server() throws IOException {
    return ServerProcess.redis(
        freePorts(),
        "--cluster-enabled",
        "yes",
        "--cluster-node-timeout",
        "1000",
        "--cluster-replica-validity-factor",
        "0");
  }

  /** A port that is free, and so is the one of the cluster's bus. */
  private static int freePorts() throws IOException {
    IOException last = new IOException("no port was tried");
    for (var attempt = 0; attempt < 100; attempt++) {
      var port = ThreadLocalRandom.current().nextInt(12_000, 32_000 - BUS);
      try (var own = new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
          var bus = new ServerSocket(port + BUS, 1, InetAddress.getLoopbackAddress())) {
        return own.getLocalPort();
      } catch (IOException taken) {
        last = taken;
      }
    }
    throw last;
  }

  private void join() throws IOException {
    var first = masters.getFirst();
    for (var i = 0; i < masters.size(); i++) {
      var master = masters.get(i);
      told(master, "CLUSTER SET-CONFIG-EPOCH " + (i + 1));
      told(
          master,
          IntStream.range(i * SLOTS / masters.size(), (i + 1) * SLOTS / masters.size())
              .mapToObj(Integer::toString)
              .collect(Collectors.joining(" ", "CLUSTER ADDSLOTS ", "")));
    }
    for (var server : all()) {
      if (server != first) {
        told(server, "CLUSTER MEET 127.0.0.1 " + first.port());
      }
    }
    var size = all().size();
    for (var server : all()) {
      until(
          "all to know each other",
          () -> server.askAll("CLUSTER INFO").contains("cluster_known_nodes:" + size));
    }
    for (var i = 0; i < replicas.size(); i++) {
      var replica = replicas.get(i);
      var id = id(masters.get(i));
      until("its master to be known", () -> replica.ask("CLUSTER REPLICATE " + id).equals("+OK"));
      until("the copy", () -> replica.askAll("INFO replication").contains("master_link_status:up"));
    }
    for (var server : all()) {
      until("the cluster to be whole", () -> whole(server));
    }
  }

  private boolean whole(ServerProcess server) throws IOException {
    var roles = server.askAll("CLUSTER NODES");
    return server.askAll("CLUSTER INFO").contains("cluster_state:ok")
        && roles.split("slave ", -1).length == replicas.size() + 1;
  }

  private static void told(ServerProcess server, String command) throws IOException {
    var answer = server.ask(command);
    if (!answer.equals("+OK")) {
      throw new IOException("the server said " + answer);
    }
  }

  /** What the cluster calls this server. */
  private static String id(ServerProcess server) throws IOException {
    return server.askAll("CLUSTER MYID").split("\r\n", -1)[1];
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  private static void until(String what, Condition condition) throws IOException {
    var end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() - end > 0) {
        throw new IOException("waited in vain for " + what);
      }
      LockSupport.parkNanos(20_000_000);
    }
  }

  private List<ServerProcess> all() {
    var all = new ArrayList<>(masters);
    all.addAll(replicas);
    return all;
  }

  /** Where clients connect: the addresses of the masters. */
  public String url() {
    return masters.stream()
        .map(master -> "127.0.0.1:" + master.port())
        .collect(Collectors.joining(",", "redis://", ""));
  }

  /** The servers that began as masters, in the order of their slots. */
  public List<ServerProcess> masters() {
    return List.copyOf(masters);
  }

  /** The slot of a key. */
  public int slot(String key) throws IOException {
    return Integer.parseInt(masters.getLast().ask("CLUSTER KEYSLOT " + key).substring(1));
  }

  /** Moves a slot and its keys from one master to another. */
  public void move(int slot, ServerProcess from, ServerProcess to) throws IOException {
    told(to, "CLUSTER SETSLOT " + slot + " IMPORTING " + id(from));
    told(from, "CLUSTER SETSLOT " + slot + " MIGRATING " + id(to));
    var keys =
        from.askAll("CLUSTER GETKEYSINSLOT " + slot + " 1000")
            .lines()
            .filter(line -> !line.isBlank() && !line.startsWith("*") && !line.startsWith("$"))
            .collect(Collectors.joining(" "));
    if (!keys.isEmpty()) {
      told(from, "MIGRATE 127.0.0.1 " + to.port() + " \"\" 0 5000 KEYS " + keys);
    }
    told(to, "CLUSTER SETSLOT " + slot + " NODE " + id(to));
    told(from, "CLUSTER SETSLOT " + slot + " NODE " + id(to));
  }

  /** Ends all servers and removes their folders. */
  @Override
  public void close() throws IOException {
    var failures = new ArrayDeque<IOException>();
    for (var server : all()) {
      try {
        server.close();
      } catch (IOException failure) {
        failures.add(failure);
      } catch (InterruptedException interruption) {
        Thread.currentThread().interrupt();
        failures.add(new IOException("interrupted while a server ended", interruption));
      }
    }
    var first = failures.poll();
    if (first != null) {
      throw first;
    }
  }
}

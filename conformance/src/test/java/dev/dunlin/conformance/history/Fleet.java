package dev.dunlin.conformance.history;

import dev.dunlin.testing.ServerProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Servers as processes over one broker, each with a way of its own to it that can be blocked. */
final class Fleet implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final Duration CALL = Duration.ofSeconds(8);
  private static final String KEY = "an API key of the tests";
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** How long clients that are gone without a word may still be listed. */
  static final Duration PRESENCE = Duration.ofSeconds(6);

  /**
   * How servers are set up.
   *
   * @param broker options of the broker, as {@code , name: value}
   * @param positionCheck how often a channel's position is compared with the broker's
   * @param classPath of the program
   */
  record Setup(String broker, Duration positionCheck, String classPath) {

    static Setup usual() {
      return new Setup("", Duration.ofSeconds(5), ServedProcess.classPath());
    }

    Setup broker(String options) {
      return new Setup(options, positionCheck, classPath);
    }

    Setup positionCheck(Duration interval) {
      return new Setup(broker, interval, classPath);
    }

    Setup program(String path) {
      return new Setup(broker, positionCheck, path);
    }
  }

  private final HttpClient http = HttpClient.newHttpClient();
  private final Path folder;
  private final Setup setup;
  final ServerProcess broker;
  final List<Node> nodes = new ArrayList<>();

  /** One server: the process comes and goes, port and way to the broker stay. */
  final class Node {
    final String name;
    final int port;
    final Gateway toBroker;
    private String program = setup.classPath();
    private @Nullable Process process;
    private volatile boolean up;

    Node(String name) throws IOException {
      this.name = name;
      this.port = freePort();
      this.toBroker = new Gateway(broker::port);
    }

    boolean up() {
      return up;
    }

    /** From its next start on it is the program of this class path. */
    void install(String classPath) {
      program = classPath;
    }

    void start() throws IOException {
      var file = folder.resolve(name + ".yaml");
      Files.writeString(file, configuration());
      process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "--enable-native-access=ALL-UNNAMED",
                  "-Xmx384m",
                  "-XX:+UseSerialGC",
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  program,
                  "dev.dunlin.app.Main",
                  "serve",
                  "--config",
                  file.toString())
              .redirectErrorStream(true)
              .redirectOutput(
                  ProcessBuilder.Redirect.appendTo(folder.resolve(name + ".log").toFile()))
              .start();
    }

    void awaitReady() throws Exception {
      long end = System.nanoTime() + PATIENCE.toNanos();
      while (!ready()) {
        if (System.nanoTime() - end > 0) {
          throw new AssertionError(
              name + " does not start: " + Files.readString(folder.resolve(name + ".log")));
        }
        if (process == null || !process.isAlive()) {
          start(); // as whatever runs servers does with one that has not found its broker
        }
        LockSupport.parkNanos(20_000_000);
      }
      up = true;
    }

    private boolean ready() throws InterruptedException {
      try {
        return get(this, "/health/ready", CALL).statusCode() == 200;
      } catch (IOException notYet) {
        return false;
      }
    }

    /** {@code kill -9}. */
    void kill() throws InterruptedException {
      up = false;
      if (process != null) {
        process.destroyForcibly();
        process.waitFor();
      }
    }

    /** SIGTERM; answers its exit status. */
    int terminate() throws InterruptedException {
      up = false;
      if (process == null || !signal("TERM") || !process.waitFor(60, TimeUnit.SECONDS)) {
        throw new IllegalStateException(name + " does not end");
      }
      return process.exitValue();
    }

    /** SIGSTOP: it does nothing any more, and its sockets stay open. */
    void pause() throws InterruptedException {
      up = false;
      signal("STOP");
    }

    void resume() throws InterruptedException {
      signal("CONT");
      up = true;
    }

    /** What lives in its heap, in bytes: counted after a full collection. */
    long liveHeap() throws IOException {
      if (process == null) {
        throw new IllegalStateException(name + " does not run");
      }
      var asked =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                  Long.toString(process.pid()),
                  "GC.class_histogram")
              .redirectErrorStream(true)
              .start();
      try (var lines = asked.inputReader()) {
        var total = lines.lines().filter(line -> line.startsWith("Total ")).findFirst();
        return Long.parseLong(
            total
                .orElseThrow(() -> new IOException(name + " does not count its heap"))
                .strip()
                .split(" +")[2]);
      }
    }

    private boolean signal(String signal) throws InterruptedException {
      try {
        return process != null
            && new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                    .start()
                    .waitFor()
                == 0;
      } catch (IOException e) {
        throw new IllegalStateException("kill is not there", e);
      }
    }

    private String configuration() {
      var scheme = broker.url().substring(0, broker.url().indexOf(':'));
      return """
      node: {name: %s}
      http_server: {port: %d, address: 127.0.0.1}
      http_api: {key: "%s"}
      client:
        allow_anonymous_connect_without_token: true
        presence_update_interval: 2s
        presence_ttl: %ds
        position_check_interval: %ds
      broker:
        type: %s
        options: {url: "%s://127.0.0.1:%d"%s}
      channel:
        namespaces:
          - name: stream
            allow_subscribe_for_client: true
            allow_subscribe_for_anonymous: true
            history_size: 1000
            history_ttl: 10m
            force_recovery: true
            presence: true
      shutdown: {spread: 2s, timeout: 10s}
      """
          .formatted(
              name,
              port,
              KEY,
              PRESENCE.toSeconds(),
              setup.positionCheck().toSeconds(),
              scheme,
              scheme,
              toBroker.port(),
              setup.broker());
    }
  }

  /** Starts all of it; the broker ends with it. */
  Fleet(ServerProcess broker, Setup setup, int size) throws Exception {
    this.broker = broker;
    this.setup = setup;
    folder = Files.createTempDirectory("fleet");
    try {
      for (int i = 0; i < size; i++) {
        nodes.add(new Node("node" + i));
      }
      for (var node : nodes) {
        node.start();
      }
      for (var node : nodes) {
        node.awaitReady();
      }
    } catch (Exception | AssertionError failure) {
      close();
      throw failure;
    }
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** The port of a node that is up, as a load balancer finds one. */
  int anyPort(Random random) {
    var up = nodes.stream().filter(Node::up).toList();
    return (up.isEmpty() ? nodes : up).get(random.nextInt(Math.max(1, up.size()))).port;
  }

  private HttpResponse<String> get(Node node, String path, Duration timeout)
      throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port + path))
            .timeout(timeout)
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /** How many histories the nodes have asked the broker for, as their metrics say. */
  long brokerReads() throws IOException, InterruptedException {
    long reads = 0;
    for (var node : nodes) {
      reads += ServedProcess.brokerReads(get(node, "/metrics", PATIENCE).body());
    }
    return reads;
  }

  /** Calls a method of a node's API; the answer's {@code result}. */
  JsonNode call(int port, String method, String body) throws IOException, InterruptedException {
    var answer =
        http.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/" + method))
                .header("X-API-Key", KEY)
                .timeout(CALL)
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    var result = JSON.readTree(answer.body()).get("result");
    if (result == null) {
      throw new IOException(method + ": " + answer.body());
    }
    return result;
  }

  @Override
  public void close() throws Exception {
    for (var node : nodes) {
      node.kill();
      node.toBroker.close();
    }
    broker.close();
    http.close();
    try (var files = Files.walk(folder)) {
      for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}

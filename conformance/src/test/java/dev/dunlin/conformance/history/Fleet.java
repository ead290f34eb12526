package dev.dunlin.conformance.history;

import dev.dunlin.testing.ServerProcess;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLClassLoader;
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
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Servers as processes over one broker, each with a way of its own to it that can be blocked. */
final class Fleet implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final String KEY = "an API key of the tests";
  private static final Pattern READS =
      Pattern.compile("dunlin_broker_calls_seconds_count\\{call=\"history\"\\} ([0-9.E]+)");
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** How long clients that are gone without a word may still be listed. */
  static final Duration PRESENCE = Duration.ofSeconds(6);

  private final HttpClient http = HttpClient.newHttpClient();
  private final Path folder;
  final ServerProcess broker;
  final List<Node> nodes = new ArrayList<>();

  /** One server: the process comes and goes, port and way to the broker stay. */
  final class Node {
    final String name;
    final int port;
    final Gateway toBroker;
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
                  classPath(),
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
        return get(this, "/health/ready").statusCode() == 200;
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
        position_check_interval: 5s
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
              name, port, KEY, PRESENCE.toSeconds(), scheme, scheme, toBroker.port(), options);
    }
  }

  private final String options;

  /**
   * Starts all of it.
   *
   * @param options of the broker, as {@code , name: value}
   */
  Fleet(ServerProcess broker, String options, int size) throws Exception {
    this.broker = broker;
    this.options = options;
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

  /** Of this JVM, or of the loader that a test engine has put over it. */
  private static String classPath() {
    return Fleet.class.getClassLoader() instanceof URLClassLoader loader
        ? Stream.of(loader.getURLs())
            .map(url -> url.getPath())
            .collect(Collectors.joining(File.pathSeparator))
        : System.getProperty("java.class.path");
  }

  /** The port of a node that is up, as a load balancer finds one. */
  int anyPort(Random random) {
    var up = nodes.stream().filter(Node::up).toList();
    return (up.isEmpty() ? nodes : up).get(random.nextInt(Math.max(1, up.size()))).port;
  }

  HttpResponse<String> get(Node node, String path) throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port + path))
            .timeout(Duration.ofSeconds(8))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /** How many histories the nodes have asked the broker for, as their metrics say. */
  long brokerReads() throws IOException, InterruptedException {
    long reads = 0;
    for (var node : nodes) {
      var found = READS.matcher(get(node, "/metrics").body());
      if (!found.find()) {
        throw new IOException(node.name + " does not tell how often it has read");
      }
      reads += (long) Double.parseDouble(found.group(1));
    }
    return reads;
  }

  /** Calls a method of a node's API; the answer's {@code result}. */
  JsonNode call(int port, String method, String body) throws IOException, InterruptedException {
    var answer =
        http.send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/" + method))
                .header("X-API-Key", KEY)
                .timeout(Duration.ofSeconds(8))
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

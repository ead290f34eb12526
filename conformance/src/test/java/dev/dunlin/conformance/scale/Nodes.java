package dev.dunlin.conformance.scale;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.conformance.history.ServedProcess;
import dev.dunlin.testing.ServerProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import tools.jackson.databind.json.JsonMapper;

/** Servers as processes over one Redis, and beside each a process of its clients. */
final class Nodes implements AutoCloseable {

  private static final String SECRET =
      "a secret of the figures, long enough for HS512: 64 bytes or more";
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final List<ServedProcess> servers = new ArrayList<>();
  private final List<Clients> clients = new ArrayList<>();
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  /** What clients follow: channels of this name, and whether they are kept. */
  record Channels(String name, int count, boolean kept) {

    String name(int number) {
      return count == 1 ? name : name + number;
    }
  }

  private final Channels channels;

  /** Clients go to the server beside them or, where channels are kept, to any of them. */
  Nodes(ServerProcess redis, int count, Channels channels, Path folder) throws Exception {
    this.channels = channels;
    try {
      for (int i = 0; i < count; i++) {
        var server =
            ServedProcess.start(
                Files.createTempDirectory(folder, "node"),
                List.of("-Xmx512m", "-XX:+UseSerialGC"),
                """
                node: {name: node%d}
                http_server: {port: 0, address: 127.0.0.1%s}
                http_api: {key: "%s"}
                broker: {type: redis, options: {url: "%s"}}
                client:
                  token: {hmac_secret_key: "%s", hmac_algorithm: HS512}
                  position_check_interval: 10m
                channel: {namespaces: [{name: all, allow_subscribe_for_client: true%s}]}
                """
                    .formatted(
                        i,
                        channels.kept() ? "" : ", connection_rate_limit: 0",
                        ServedProcess.KEY,
                        redis.url(),
                        SECRET,
                        channels.kept()
                            ? ", history_size: 100, history_ttl: 10m, force_recovery: true"
                            : ""));
        servers.add(server);
      }
      var ports = servers.stream().map(server -> "" + server.port()).toList();
      for (var port : ports) {
        clients.add(
            channels.kept()
                ? new Clients(String.join(",", ports), channels, "through")
                : new Clients(port, channels));
      }
    } catch (Exception | AssertionError failure) {
      close();
      throw failure;
    }
  }

  /** Has so many clients connect and subscribe, spread evenly, and waits until all are settled. */
  void connect(int count) throws IOException {
    int from = 0;
    for (int i = 0; i < clients.size(); i++) {
      int part = count / clients.size() + (i < count % clients.size() ? 1 : 0);
      clients.get(i).say("connect " + from + " " + part);
      from += part;
    }
    for (var each : clients) {
      each.answer();
    }
  }

  /**
   * Resets all connections and, meanwhile, publishes to each channel; returns when all are back.
   */
  void cut(int publications) throws Exception {
    for (var each : clients) {
      each.say("cut");
    }
    for (int i = 0; i < publications; i++) {
      for (int number = 0; number < channels.count(); number++) {
        publish(i % servers.size(), number, "\"meanwhile\"");
      }
    }
    for (var each : clients) {
      each.answer();
    }
  }

  /** Publishes by a node to one of the channels, and waits for the answer. */
  void publish(int node, int number, String data) throws Exception {
    var answer = http.send(publication(node, number, data), HttpResponse.BodyHandlers.ofString());
    assertThat(answer.body()).startsWith("{\"result\"");
  }

  /** How many histories the nodes have read from the broker. */
  long brokerReads() throws Exception {
    long reads = 0;
    for (var server : servers) {
      reads += server.brokerReads(http);
    }
    return reads;
  }

  private HttpRequest publication(int node, int number, String data) {
    return ServedProcess.api(
        servers.get(node).port(),
        "publish",
        "{\"channel\":\"" + channels.name(number) + "\",\"data\":" + data + "}");
  }

  /** Publishes by the nodes in turn, at most so many at a time; how many were acknowledged. */
  int load(Duration time, int atOnce, int perSecond) throws InterruptedException {
    var acknowledged = new AtomicInteger();
    var failed = new AtomicInteger();
    var places = new Semaphore(atOnce);
    long begun = System.nanoTime();
    for (int i = 0; System.nanoTime() - begun < time.toNanos(); i++) {
      long early = begun + 1_000_000_000L / perSecond * i - System.nanoTime();
      if (early > 0) {
        LockSupport.parkNanos(early); // the pace of the load
      }
      places.acquire();
      var data = Long.toString(System.nanoTime());
      http.sendAsync(publication(i % servers.size(), 0, data), HttpResponse.BodyHandlers.ofString())
          .whenComplete((answer, failure) -> {
            boolean well = failure == null && answer.body().startsWith("{\"result\"");
            (well ? acknowledged : failed).incrementAndGet();
            places.release();
          });
    }
    places.acquire(atOnce);
    assertThat(failed).hasValue(0);
    return acknowledged.get();
  }

  /** By process of clients, what {@link ManyClients} calls so, in microseconds. */
  List<String> times(String what) throws IOException {
    var times = new ArrayList<String>();
    for (var each : clients) {
      each.say("times " + what);
      var answer = each.answer();
      times.add(
          "p50 %d, p99 %d, most %d of %d"
              .formatted(
                  answer.get("p50"),
                  answer.get("p99"),
                  answer.get("most"),
                  answer.get("measured")));
    }
    return times;
  }

  /** A count of all clients. */
  long sum(String name) throws IOException {
    for (var each : clients) {
      each.say("counts");
    }
    long sum = 0;
    for (var each : clients) {
      sum += each.answer().getOrDefault(name, 0L);
    }
    return sum;
  }

  void awaitSubscribed(int count) throws Exception {
    ServedProcess.await("all are subscribed", () -> sum("subscribed") == count);
  }

  void awaitReceived(long count) throws Exception {
    ServedProcess.await("all have it", () -> sum("received") >= count);
  }

  /** Waits until a node's {@code info} has this sum of all nodes. */
  void awaitInfo(String field, int sum) throws Exception {
    ServedProcess.await(field + " of all nodes", () -> info(field) == sum);
  }

  private int info(String field) throws IOException, InterruptedException {
    var request = ServedProcess.api(servers.getFirst().port(), "info", "{}");
    var answer = http.send(request, HttpResponse.BodyHandlers.ofString());
    int sum = 0;
    for (var node : JSON.readTree(answer.body()).at("/result/nodes")) {
      sum += node.get(field).asInt();
    }
    return sum;
  }

  /** The resident memory of each server, in KiB. */
  List<Long> resident() throws IOException {
    var resident = new ArrayList<Long>();
    for (var server : servers) {
      for (var line : Files.readAllLines(Path.of("/proc", "" + server.pid(), "status"))) {
        if (line.startsWith("VmRSS:")) {
          resident.add(Long.parseLong(line.replaceAll("[^0-9]", "")));
        }
      }
    }
    return resident;
  }

  @Override
  public void close() {
    clients.forEach(Clients::close);
    servers.forEach(ServedProcess::close);
    http.close();
  }

  /** A process of {@link ManyClients}. */
  private static final class Clients implements AutoCloseable {
    private final Process process;
    private final BufferedReader answers;

    Clients(String ports, Channels channels, String... more) throws IOException {
      var command =
          new ArrayList<>(
              List.of(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "--enable-native-access=ALL-UNNAMED",
                  "-Dio.netty.leakDetection.level=disabled",
                  "-Xmx512m",
                  "-XX:+UseSerialGC",
                  "-cp",
                  ServedProcess.classPath(),
                  ManyClients.class.getName(),
                  ports,
                  channels.name(),
                  Integer.toString(channels.count()),
                  SECRET));
      command.addAll(List.of(more));
      process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      answers = process.inputReader(UTF_8);
    }

    void say(String question) throws IOException {
      process.getOutputStream().write((question + "\n").getBytes(UTF_8));
      process.getOutputStream().flush();
    }

    Map<String, Long> answer() throws IOException {
      for (var line = answers.readLine(); line != null; line = answers.readLine()) {
        if (line.matches("(\\w+=-?\\d+ ?)+")) { // what is logged goes to the same stream
          var numbers = new HashMap<String, Long>();
          for (var word : line.split(" ", -1)) {
            var at = word.indexOf('=');
            numbers.put(word.substring(0, at), Long.parseLong(word.substring(at + 1)));
          }
          return numbers;
        }
      }
      throw new IOException("a process of clients has ended");
    }

    @Override
    public void close() {
      process.destroyForcibly().onExit().join();
    }
  }
}

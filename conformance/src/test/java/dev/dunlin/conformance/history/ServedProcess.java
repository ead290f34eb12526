package dev.dunlin.conformance.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** {@code dunlin serve} as a process. */
public final class ServedProcess implements AutoCloseable {

  /** The key of the API. */
  public static final String KEY = "the key of the tests";

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Pattern READS =
      Pattern.compile("dunlin_broker_calls_seconds_count\\{call=\"history\"\\} ([0-9.E]+)");

  private final Process process;
  private final int port;

  private ServedProcess(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /** With channels {@code stream:} for everybody. */
  static ServedProcess start(Path folder, int port) throws Exception {
    return start(
        folder,
        List.of(),
        """
        http_server: {port: %d, address: 127.0.0.1}
        http_api: {key: "%s"}
        client: {allow_anonymous_connect_without_token: true}
        channel: {namespaces: [{name: stream, allow_subscribe_for_client: true,
          allow_subscribe_for_anonymous: true, history_size: 1000, history_ttl: 10m,
          force_recovery: true, force_positioning: true}]}
        """
            .formatted(port, KEY));
  }

  /**
   * Starts it in a folder and waits until it listens at an address of 127.0.0.1.
   *
   * @param java options of its JVM
   * @param configuration in YAML, with an {@code http_api.key} of {@link #KEY}
   */
  public static ServedProcess start(Path folder, List<String> java, String configuration)
      throws Exception {
    Files.writeString(folder.resolve("dunlin.yaml"), configuration);
    var output = Files.createTempFile(folder, "serve", ".log");
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(java);
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            classPath(),
            "dev.dunlin.app.Main",
            "serve"));
    var process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    var listening = Pattern.compile("listens at \\[/127.0.0.1:([0-9]+)");
    await(
        "the server listens",
        () -> !process.isAlive() || listening.matcher(Files.readString(output)).find());
    var matcher = listening.matcher(Files.readString(output));
    if (!matcher.find()) {
      process.destroyForcibly();
      throw new IOException(Files.readString(output));
    }
    return new ServedProcess(process, Integer.parseInt(matcher.group(1)));
  }

  /** The class path of this JVM, or of the loader that a test engine has put over it. */
  public static String classPath() {
    return ServedProcess.class.getClassLoader() instanceof URLClassLoader loader
        ? Stream.of(loader.getURLs())
            .map(URL::getPath)
            .collect(Collectors.joining(File.pathSeparator))
        : System.getProperty("java.class.path");
  }

  /** What the operating system calls it. */
  public long pid() {
    return process.pid();
  }

  public int port() {
    return port;
  }

  /** A call of the API. */
  public static HttpRequest api(int port, String method, String body) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/" + method))
        .header("X-API-Key", KEY)
        .timeout(Duration.ofSeconds(20))
        .POST(HttpRequest.BodyPublishers.ofString(body))
        .build();
  }

  /** How many histories it has asked the broker for, as its metrics say. */
  public long brokerReads(HttpClient http) throws IOException, InterruptedException {
    var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"));
    return brokerReads(http.send(request.build(), HttpResponse.BodyHandlers.ofString()).body());
  }

  static long brokerReads(String metrics) throws IOException {
    var found = READS.matcher(metrics);
    if (!found.find()) {
      throw new IOException("it is not told how often was read");
    }
    return (long) Double.parseDouble(found.group(1));
  }

  void signal(String name) throws Exception {
    var kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
    assertThat(kill.waitFor()).isZero();
  }

  /** Waits until it says that it is not ready, or takes no connections, which is the same. */
  void awaitUnready() throws Exception {
    try (var http = HttpClient.newHttpClient()) {
      var request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/health/ready")).build();
      await(
          "it is not ready",
          () -> {
            try {
              return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode() == 503;
            } catch (IOException refused) {
              return true;
            }
          });
    }
  }

  int ended() throws Exception {
    assertThat(process.waitFor(40, TimeUnit.SECONDS)).as("ended").isTrue();
    return process.exitValue();
  }

  /** Looks again and again whether something has come true; fails if it does not. */
  public static void await(String what, Callable<Boolean> condition) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.call()) {
      assertThat(System.nanoTime()).as(what).isLessThan(end);
      LockSupport.parkNanos(5_000_000);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}

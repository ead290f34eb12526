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
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** {@code dunlin serve} as a process, with channels {@code stream:} for everybody. */
final class ServedProcess implements AutoCloseable {

  private static final String KEY = "the key of the tests";
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Process process;
  private final int port;

  private ServedProcess(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /** Starts it and waits until it listens. */
  static ServedProcess start(Path folder, int port) throws Exception {
    Files.writeString(
        folder.resolve("dunlin.yaml"),
        """
        http_server: {port: %d, address: 127.0.0.1}
        http_api: {key: "%s"}
        client: {allow_anonymous_connect_without_token: true}
        channel: {namespaces: [{name: stream, allow_subscribe_for_client: true,
          allow_subscribe_for_anonymous: true, history_size: 1000, history_ttl: 10m,
          force_recovery: true, force_positioning: true}]}
        """
            .formatted(port, KEY));
    var output = Files.createTempFile(folder, "serve", ".log");
    var process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath(),
                "dev.dunlin.app.Main",
                "serve")
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

  /** Of this JVM, or of the loader that a test engine has put over it. */
  private static String classPath() {
    return ServedProcess.class.getClassLoader() instanceof URLClassLoader loader
        ? Stream.of(loader.getURLs())
            .map(URL::getPath)
            .collect(Collectors.joining(File.pathSeparator))
        : System.getProperty("java.class.path");
  }

  int port() {
    return port;
  }

  /** A call of the API. */
  static HttpRequest api(int port, String method, String body) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/api/" + method))
        .header("X-API-Key", KEY)
        .timeout(Duration.ofSeconds(20))
        .POST(HttpRequest.BodyPublishers.ofString(body))
        .build();
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

  static void await(String what, Callable<Boolean> condition) throws Exception {
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

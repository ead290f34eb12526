package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** {@code dunlin serve} as a process of its own, with real signals. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the signals are those of POSIX systems")
class ServeProcessTest {

  private static final String KEY = "an API key of the tests";
  private static final String SECRET = "0123456789abcdef".repeat(4);

  @TempDir Path folder;

  private final HttpClient http = HttpClient.newHttpClient();

  private Path out() {
    return folder.resolve("out");
  }

  private Path err() {
    return folder.resolve("err");
  }

  /** Of this JVM, or of the loader that a test engine has put over it. */
  private static String classPath() {
    return Main.class.getClassLoader() instanceof URLClassLoader loader
        ? Stream.of(loader.getURLs())
            .map(URL::getPath)
            .collect(Collectors.joining(File.pathSeparator))
        : System.getProperty("java.class.path");
  }

  private Process serve(String... args) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                classPath(),
                Main.class.getName(),
                "serve"));
    command.addAll(List.of(args));
    return new ProcessBuilder(command)
        .directory(folder.toFile())
        .redirectOutput(out().toFile())
        .redirectError(err().toFile())
        .start();
  }

  private static void signal(Process process, String name) throws Exception {
    assertThat(
            new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor())
        .isZero();
  }

  private String find(Path file, String pattern) throws Exception {
    var compiled = Pattern.compile(pattern);
    Await.until(
        pattern + " in " + file.getFileName(),
        () -> compiled.matcher(Files.readString(file)).find());
    var matcher = compiled.matcher(Files.readString(file));
    assertThat(matcher.find()).isTrue();
    return matcher.group(1);
  }

  private HttpResponse<String> post(String url, String key, String body) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create(url))
            .header("X-API-Key", key)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void withoutConfigurationItPrintsAllOneNeedsAndEndsWithZero() throws Exception {
    var process = serve("--port", "0");
    try {
      var port = find(out(), "ws://localhost:([0-9]+)/connection/websocket");
      var key = find(out(), "X-API-Key: ([0-9a-f]+)");
      var token = find(out(), "  (eyJ[^\\s]+)");
      // The printed line itself.
      var curl = find(out(), "(curl -H .*)");
      assertThat(curl).contains(key, "localhost:" + port + "/api/publish");
      var body = curl.replaceAll(".* -d '(.*)' .*", "$1");
      assertThat(post("http://127.0.0.1:" + port + "/api/publish", key, body).body())
          .startsWith("{\"result\":");
      signal(process, "TERM");
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
      assertThat(Files.readString(err())).doesNotContain(key, token);
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void hangupChangesKeysAndNamespacesAllOrNone() throws Exception {
    var file = folder.resolve("dunlin.yaml");
    var yaml =
        """
        http_server: {port: 0, address: 127.0.0.1}
        client: {token: {hmac_secret_key: %s, hmac_algorithm: HS512}}
        http_api: {key: "%s"}
        log: {format: json}
        channel: {namespaces: [{name: %s}]}
        """;
    Files.writeString(file, yaml.formatted(SECRET, KEY, "before"));
    var process = serve();
    try {
      var port = find(err(), "Listening at ..?127.0.0.1:([0-9]+)");
      find(err(), "(configured by )");
      var url = "http://127.0.0.1:" + port + "/api/publish";
      var body = "{\"channel\":\"%s:x\",\"data\":1}";
      assertThat(post(url, KEY, body.formatted("before")).body()).contains("result");

      Files.writeString(file, "channel: {namespaces: [{name: after, histori_size: 1}]}");
      signal(process, "HUP");
      find(err(), "(Configuration not changed: .*did you mean)");
      assertThat(post(url, KEY, body.formatted("before")).body()).contains("result");

      Files.writeString(file, yaml.formatted(SECRET, KEY + " 2", "after"));
      signal(process, "HUP");
      find(err(), "(Configuration read again)");
      assertThat(post(url, KEY, body.formatted("after")).statusCode()).isEqualTo(401);
      assertThat(post(url, KEY + " 2", body.formatted("after")).body()).contains("result");
      assertThat(post(url, KEY + " 2", body.formatted("before")).body()).contains("\"code\":102");

      var second = Files.createDirectories(folder.resolve("second"));
      var other =
          new ProcessBuilder(
                  process.info().command().orElseThrow(),
                  "-cp",
                  classPath(),
                  "-XX:TieredStopAtLevel=1",
                  Main.class.getName(),
                  "serve",
                  "--port",
                  port)
              .directory(second.toFile())
              .redirectErrorStream(true)
              .start();
      var said = new String(other.getInputStream().readAllBytes());
      assertThat(other.waitFor()).isEqualTo(1);
      assertThat(said.lines().filter(line -> line.startsWith("dunlin: ")).toList())
          .singleElement()
          .asString()
          .contains("http_server.port", "in use", "--port");

      signal(process, "TERM");
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
      assertThat(Files.readString(err()))
          .doesNotContain(KEY, SECRET)
          .contains("\"level\":\"INFO\"");
    } finally {
      process.destroyForcibly();
    }
  }
}

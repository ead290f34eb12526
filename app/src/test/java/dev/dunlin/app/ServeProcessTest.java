package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
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
    try (var process = ServeProcess.start(folder, "--port", "0")) {
      var port = process.inOut("ws://localhost:([0-9]+)/connection/websocket");
      var key = process.inOut("X-API-Key: ([0-9a-f]+)");
      var token = process.inOut("  (eyJ[^\\s]+)");
      // The printed line itself.
      var curl = process.inOut("(curl -H .*)");
      assertThat(curl).contains(key, "localhost:" + port + "/api/publish");
      var body = curl.replaceAll(".* -d '(.*)' .*", "$1");
      assertThat(post("http://127.0.0.1:" + port + "/api/publish", key, body).body())
          .startsWith("{\"result\":");
      process.signal("TERM");
      assertThat(process.ended()).isZero();
      assertThat(process.err()).doesNotContain(key, token);
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
    try (var process = ServeProcess.start(folder)) {
      var port = process.inErr("Listening at ..?127.0.0.1:([0-9]+)");
      process.inErr("(configured by )");
      var url = "http://127.0.0.1:" + port + "/api/publish";
      var body = "{\"channel\":\"%s:x\",\"data\":1}";
      assertThat(post(url, KEY, body.formatted("before")).body()).contains("result");

      Files.writeString(file, "channel: {namespaces: [{name: after, histori_size: 1}]}");
      process.signal("HUP");
      process.inErr("(Configuration not changed: .*did you mean)");
      assertThat(post(url, KEY, body.formatted("before")).body()).contains("result");

      Files.writeString(file, yaml.formatted(SECRET, KEY + " 2", "after"));
      process.signal("HUP");
      process.inErr("(Configuration read again)");
      assertThat(post(url, KEY, body.formatted("after")).statusCode()).isEqualTo(401);
      assertThat(post(url, KEY + " 2", body.formatted("after")).body()).contains("result");
      assertThat(post(url, KEY + " 2", body.formatted("before")).body()).contains("\"code\":102");

      process.signal("TERM");
      assertThat(process.ended()).isZero();
      assertThat(process.err()).doesNotContain(KEY, SECRET).contains("\"level\":\"INFO\"");
    }
  }

  @Test
  void secondSignalEndsAtOnce() throws Exception {
    try (var process = ServeProcess.start(folder, "--port", "0")) {
      var port = Integer.parseInt(process.inOut("ws://localhost:([0-9]+)/connection/websocket"));
      // Somebody who does not answer the close frame holds the drain up.
      try (var silent = new Socket("127.0.0.1", port)) {
        silent
            .getOutputStream()
            .write(
                """
                GET /connection/websocket HTTP/1.1\r
                Host: localhost:%d\r
                Connection: Upgrade\r
                Upgrade: websocket\r
                Sec-WebSocket-Version: 13\r
                Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
                \r
                """
                    .formatted(port)
                    .getBytes(StandardCharsets.US_ASCII));
        assertThat(silent.getInputStream().read()).isEqualTo('H');
        process.signal("TERM");
        process.inErr("(Draining 1 )");
        process.signal("TERM");
        assertThat(process.ended()).isEqualTo(128 + 15);
      }
    }
  }
}

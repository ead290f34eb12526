package dev.dunlin.app;

import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The flags by which a command finds the API of a running server, and the calls to it. */
final class ApiClient {

  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  @Mixin private ConfigOptions configuration = new ConfigOptions();

  @Option(
      names = "--url",
      paramLabel = "URL",
      description = "Where the server is. Default: the port of the configuration, on this machine.")
  private @Nullable String url;

  @Option(
      names = "--key",
      paramLabel = "KEY",
      description =
          "The API key; better set as http_api.key in the configuration or DUNLIN_HTTP_API_KEY,"
              + " since others on this machine see arguments.")
  private @Nullable String key;

  /**
   * Calls a method and gives the answer, one JSON object.
   *
   * @throws CommandFailure if there is no server, or it answers with an error
   */
  String call(String method, byte[] body, Map<String, String> environment) {
    var config = configuration.reader(environment, Map.of()).read().config();
    var server = config.httpServer();
    var base = url != null ? url : base(server);
    var request =
        request(base + "/api/" + method)
            .timeout(TIMEOUT)
            .header("X-API-Key", key != null ? key : config.httpApi().key().value())
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build();
    try (var http = HttpClient.newBuilder().connectTimeout(TIMEOUT).build()) {
      var response = http.send(request, HttpResponse.BodyHandlers.ofString());
      if (response.statusCode() == 401) {
        throw CommandFailure.failed(
            "the server refuses the key: set http_api.key, DUNLIN_HTTP_API_KEY or --key");
      }
      if (response.statusCode() != 200 || response.body().startsWith("{\"error\"")) {
        throw CommandFailure.failed(
            "the server answers " + response.statusCode() + ": " + response.body());
      }
      return response.body();
    } catch (ConnectException unreachable) {
      throw CommandFailure.failed(
          "no server at " + base + ": start one with dunlin serve, or name it with --url");
    } catch (IOException failure) {
      throw CommandFailure.failed("no answer from " + base + ": " + failure);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw CommandFailure.failed("interrupted");
    }
  }

  private static String base(Config.HttpServer server) {
    boolean apart = server.internalPort() > 0;
    int port = apart ? server.internalPort() : server.port();
    if ((apart ? server.internalTls() : server.tls()).enabled()) {
      throw CommandFailure.misused(
          (apart ? "http_server.internal_tls" : "http_server.tls")
              + " is on: say which name the certificate has, with --url https://NAME:"
              + port);
    }
    return "http://127.0.0.1:" + port;
  }

  private static HttpRequest.Builder request(String url) {
    try {
      return HttpRequest.newBuilder(URI.create(url));
    } catch (IllegalArgumentException wrong) {
      throw CommandFailure.misused("--url '" + url + "' is no http or https URL");
    }
  }
}

package dev.dunlin.app;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A server in development mode on a free port, and an HTTP client for it. */
final class TestServer implements AutoCloseable {

  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final HttpClient http = HttpClient.newHttpClient();
  private final ConfigNode.Mapping defaults;
  private final Config config;
  private final Dunlin server;

  private final Map<String, String> options;

  private TestServer(Map<String, String> options, boolean development) {
    this.options = options;
    var defaults = Development.defaults();
    config = config(defaults, options);
    this.defaults = defaults;
    server = Dunlin.start(config, development);
  }

  /** What such a server is configured with. */
  static Config config(Map<String, String> options) {
    return config(Development.defaults(), options);
  }

  private static Config config(ConfigNode.Mapping defaults, Map<String, String> options) {
    var flags = new LinkedHashMap<>(options);
    flags.putIfAbsent("http_server.port", "0");
    var tree = defaults;
    for (var each : flags.entrySet()) {
      tree =
          tree.overlaid(ConfigNode.at(each.getKey(), ConfigNode.yaml(each.getValue(), "the test")));
    }
    var binder = new ConfigBinder();
    var config = binder.bind(Config.class, tree, "");
    if (!binder.problems().isEmpty()) {
      throw new IllegalArgumentException(binder.problems().toString());
    }
    return config;
  }

  /** Reads the same configuration again, with these options over it. */
  List<String> reload(Map<String, String> changes) {
    var changed = new LinkedHashMap<>(options);
    changed.putAll(changes);
    return server.reload(config(defaults, changed));
  }

  static TestServer start() {
    return new TestServer(Map.of(), true);
  }

  /** With these options, each written as in a file. */
  static TestServer start(Map<String, String> options) {
    return new TestServer(options, true);
  }

  /** The same for others to use: nothing is open because a developer may need it. */
  static TestServer production(Map<String, String> options) {
    return new TestServer(options, false);
  }

  Config config() {
    return config;
  }

  Dunlin server() {
    return server;
  }

  String key() {
    return config.httpApi().key().value();
  }

  String token(String user) {
    return TokenMaker.connections(config.client())
        .token(user, Optional.empty(), java.time.Duration.ofHours(1), java.time.Instant.now(), "");
  }

  URI uri(String path) {
    return URI.create("http://127.0.0.1:" + server.addresses().getFirst().getPort() + path);
  }

  URI webSocket() {
    return URI.create("ws://127.0.0.1:" + server.addresses().getFirst().getPort() + Dunlin.CLIENTS);
  }

  HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(uri(path)).build(), HttpResponse.BodyHandlers.ofString());
  }

  /** Posts with headers given as names and values. */
  HttpResponse<String> post(String path, String body, String... headers)
      throws IOException, InterruptedException {
    var request = HttpRequest.newBuilder(uri(path)).POST(HttpRequest.BodyPublishers.ofString(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  /** Calls a method of the API with the right key. */
  String call(String method, String body) throws IOException, InterruptedException {
    return post("/api/" + method, body, "X-API-Key", key()).body();
  }

  /** The result of a call. */
  JsonNode result(String method, String body) throws IOException, InterruptedException {
    return JSON.readTree(call(method, body)).get("result");
  }

  @Override
  public void close() {
    http.close();
    server.close();
  }
}

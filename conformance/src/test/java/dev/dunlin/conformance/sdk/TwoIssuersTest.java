package dev.dunlin.conformance.sdk;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.dunlin.conformance.Pki;
import dev.dunlin.conformance.history.ServedProcess;
import dev.dunlin.testing.Component;
import io.github.centrifugal.centrifuge.Client;
import io.github.centrifugal.centrifuge.ConnectedEvent;
import io.github.centrifugal.centrifuge.ConnectingEvent;
import io.github.centrifugal.centrifuge.ConnectionTokenEvent;
import io.github.centrifugal.centrifuge.ConnectionTokenGetter;
import io.github.centrifugal.centrifuge.DisconnectedEvent;
import io.github.centrifugal.centrifuge.EventListener;
import io.github.centrifugal.centrifuge.Options;
import io.github.centrifugal.centrifuge.PublicationEvent;
import io.github.centrifugal.centrifuge.SubscribedEvent;
import io.github.centrifugal.centrifuge.Subscription;
import io.github.centrifugal.centrifuge.SubscriptionEventListener;
import io.github.centrifugal.centrifuge.SubscriptionOptions;
import io.github.centrifugal.centrifuge.TokenCallback;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * The published SDKs against {@code dunlin serve}, once with a shared secret (HS512), once with an
 * issuer whose keys are fetched over HTTPS (RS256): tokens that end within the test are refreshed
 * in place, and who is revoked is shown out and stays out.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TwoIssuersTest {

  private static final String SECRET = "0123456789abcdef".repeat(4);

  /** Four seconds' worth: the first token and its grace are over then. */
  private static final int PUBLICATIONS = 80;

  @TempDir static Path folder;

  private final Map<String, Issuer> issuers = issuers();
  private final Map<String, ServedProcess> servers = new java.util.LinkedHashMap<>();
  private final AtomicInteger fetches = new AtomicInteger();
  private final HttpClient http = HttpClient.newHttpClient();
  private HttpsServer keys;

  private static Map<String, Issuer> issuers() {
    try {
      return Map.of("secret", Issuer.hs512(SECRET), "published", Issuer.rs256("first"));
    } catch (java.security.GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  @BeforeAll
  void start() throws Exception {
    var pki = new Pki(folder);
    pki.server("login");
    keys = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    keys.setHttpsConfigurator(new HttpsConfigurator(pki.context("login")));
    keys.createContext(
        "/keys",
        exchange -> {
          fetches.incrementAndGet();
          answer(exchange, "application/json", issuers.get("published").keys());
        });
    keys.start();
    var published =
        "jwks_public_endpoint: \"https://localhost:%d/keys\", jwks_algorithms: [RS256]"
            .formatted(keys.getAddress().getPort());
    serve("secret", List.of(), "hmac_algorithm: HS512, hmac_secret_key: " + SECRET);
    serve("published", pki.trusting(), published);
    var question =
        "{\"token\":\""
            + token("published", "ann", 60)
            + "\",\"channel\":\"stream:ann\","
            + "\"operation\":\"sub\"}";
    // a machine with much else to do may not answer the first request for keys in time
    ServedProcess.await(
        "the keys are there", () -> call("published", "explain", question).contains("allowed"));
  }

  private void serve(String issuer, List<String> java, String token) throws Exception {
    var own = Files.createDirectory(folder.resolve(issuer));
    var configuration =
        """
        http_server: {port: 0, address: 127.0.0.1}
        http_api: {key: "%s"}
        client:
          token: {%s}
          expired_close_delay: 1s
          allowed_origins: ["http://127.0.0.1:*"]
        channel: {namespaces: [{name: stream, allow_subscribe_for_client: true,
          allow_publish_for_client: true, history_size: 1000, history_ttl: 10m,
          force_recovery: true, force_positioning: true}]}
        """;
    servers.put(
        issuer, ServedProcess.start(own, java, configuration.formatted(ServedProcess.KEY, token)));
  }

  @AfterAll
  void stop() {
    servers.values().forEach(ServedProcess::close);
    keys.stop(0);
    http.close();
  }

  private String url(String issuer) {
    return "ws://127.0.0.1:" + servers.get(issuer).port() + "/connection/websocket";
  }

  private String token(String issuer, String user, int seconds) {
    return issuers.get(issuer).token(user, Duration.ofSeconds(seconds), "");
  }

  private String call(String issuer, String method, String body) {
    var call = ServedProcess.api(servers.get(issuer).port(), method, body);
    try {
      return http.send(call, BodyHandlers.ofString()).body();
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private void revoke(String issuer, String user) {
    assertThat(call(issuer, "revoke", "{\"user\":\"" + user + "\"}")).contains("\"result\"");
  }

  private static void answer(HttpExchange exchange, String type, String content)
      throws IOException {
    try (exchange) {
      var bytes = content.getBytes(UTF_8);
      exchange.getResponseHeaders().set("Content-Type", type);
      exchange.sendResponseHeaders(200, bytes.length == 0 ? -1 : bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  @Test
  void theJavaScriptSdkInABrowserConnectsRefreshesAndIsRevoked() throws Exception {
    Component.CHROMIUM.require();
    JavaScriptSdk.install();
    var verdict = new CompletableFuture<String>();
    var pages = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    pages.createContext("/", exchange -> page(exchange, verdict));
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      pages.setExecutor(threads);
      pages.start();
      var address = "http://127.0.0.1:" + pages.getAddress().getPort() + "/";
      assertThat(Chromium.visited(address, verdict)).isEqualTo("passed");
    } finally {
      pages.stop(0);
    }
    assertThat(fetches.get()).as("requests for keys").isBetween(1, 2);
  }

  private void page(HttpExchange exchange, CompletableFuture<String> verdict) throws IOException {
    var path = exchange.getRequestURI().getPath().split("/", -1);
    var sdk = JavaScriptSdk.FOLDER;
    switch (path[1]) {
      case "" ->
          answer(
              exchange,
              "text/html",
              Files.readString(sdk.resolve("tokens.html"))
                  .replace(
                      "@ISSUERS@",
                      "{secret: '" + url("secret") + "', published: '" + url("published") + "'}"));
      case "centrifuge.js", "centrifuge.protobuf.js" ->
          answer(
              exchange,
              "text/javascript",
              Files.readString(sdk.resolve("node_modules/centrifuge/dist/" + path[1])));
      case "token" ->
          answer(exchange, "text/plain", token(path[2], path[3], Integer.parseInt(path[4])));
      case "revoke" -> {
        revoke(path[2], path[3]);
        answer(exchange, "text/plain", "");
      }
      case "verdict" -> {
        verdict.complete(new String(exchange.getRequestBody().readAllBytes(), UTF_8));
        answer(exchange, "text/plain", "");
      }
      default -> {
        exchange.sendResponseHeaders(404, -1);
        exchange.close();
      }
    }
  }

  /** What the Java SDK reports, in order. */
  private static final class Journal extends EventListener {
    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();

    @Override
    public void onConnecting(Client client, ConnectingEvent event) {
      events.add("connecting " + event.getCode());
    }

    @Override
    public void onConnected(Client client, ConnectedEvent event) {
      events.add("connected");
    }

    @Override
    public void onDisconnected(Client client, DisconnectedEvent event) {
      events.add("disconnected " + event.getCode());
    }

    private SubscriptionEventListener subscription() {
      return new SubscriptionEventListener() {
        @Override
        public void onSubscribed(Subscription subscription, SubscribedEvent event) {
          events.add("subscribed");
        }

        @Override
        public void onPublication(Subscription subscription, PublicationEvent event) {
          events.add(new String(event.getData(), UTF_8));
        }
      };
    }

    private void next(String... expected) throws InterruptedException {
      for (var event : expected) {
        assertThat(events.poll(20, TimeUnit.SECONDS)).isEqualTo(event);
      }
    }
  }

  @Test
  void theJavaSdkConnectsRefreshesAndIsRevoked() throws Exception {
    var clients = new ArrayList<Client>();
    var journals = new java.util.LinkedHashMap<String, Journal>();
    var refreshes = new AtomicInteger();
    try (var beat = Executors.newScheduledThreadPool(1)) {
      for (var issuer : servers.keySet()) {
        var journal = new Journal();
        journals.put(issuer, journal);
        var options = new Options();
        options.setToken(token(issuer, "java", 2));
        options.setTokenGetter(
            new ConnectionTokenGetter() {
              @Override
              public void getConnectionToken(ConnectionTokenEvent event, TokenCallback callback) {
                refreshes.incrementAndGet();
                callback.Done(null, token(issuer, "java", 60));
              }
            });
        var client = new Client(url(issuer), options, journal);
        clients.add(client);
        var subscription =
            client.newSubscription(
                "stream:java", new SubscriptionOptions(), journal.subscription());
        subscription.subscribe();
        client.connect();
        journal.next("connecting 0", "connected", "subscribed");
        var number = new AtomicInteger();
        var unused =
            beat.scheduleAtFixedRate(
                () -> {
                  if (number.get() < PUBLICATIONS) {
                    subscription.publish(
                        Integer.toString(number.getAndIncrement()).getBytes(UTF_8),
                        (failure, result) -> {});
                  }
                },
                0,
                50,
                TimeUnit.MILLISECONDS);
      }
      for (var journal : journals.values()) {
        for (int i = 0; i < PUBLICATIONS; i++) {
          journal.next(Integer.toString(i));
        }
      }
      beat.shutdownNow();
    }
    assertThat(refreshes.get()).isEqualTo(2);
    for (int i = 0; i < clients.size(); i++) {
      var issuer = List.copyOf(servers.keySet()).get(i);
      var journal = journals.get(issuer);
      revoke(issuer, "java");
      journal.next("disconnected 3500");
      clients.get(i).connect();
      journal.next("connecting 0", "disconnected 3500");
      clients.get(i).close(5_000);
    }
  }
}

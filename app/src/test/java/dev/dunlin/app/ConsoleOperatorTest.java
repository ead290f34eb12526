package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunlin.auth.ClientCertificate;
import dev.dunlin.testing.Component;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * The console of a server in production: on a port of its own over TLS, open to one client
 * certificate and to whoever of the authority's has the password, with 10,000 channels to show.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "certificates are made by openssl")
@SuppressWarnings("NullAway.Init")
class ConsoleOperatorTest {

  private static final int CHANNELS = 10_000;
  private static final int PER_CLIENT = 1_000;
  private static final String PASSWORD = "a long shore at low tide";

  @TempDir static Path folder;

  private Certificates certificates;
  private TestServer server;
  private URI console;

  @BeforeAll
  void start() throws Exception {
    certificates = new Certificates(folder.resolve("own"));
    certificates.issue("server").issue("operator").issue("colleague");
    int port;
    try (var socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    server =
        TestServer.production(
            Map.of(
                "http_server.internal_port",
                Integer.toString(port),
                "http_server.internal_tls",
                "{enabled: true, cert_pem_file: '%s', key_pem_file: '%s', client_ca_pem_file: '%s'}"
                    .formatted(
                        certificates.certificate("server"),
                        certificates.key("server"),
                        certificates.authority()),
                "console",
                "{certificates: ['%s'], password: '%s'}"
                    .formatted(
                        ClientCertificate.thumbprint(certificates.read("operator")), PASSWORD),
                "client",
                "{channel_limit: %d, ping_interval: 1h}".formatted(PER_CLIENT)));
    console = URI.create("https://localhost:" + port);
  }

  @AfterAll
  void end() {
    server.close();
  }

  private String session(SSLContext context) throws Exception {
    try (var http = HttpClient.newBuilder().sslContext(context).build()) {
      var request = HttpRequest.newBuilder(console.resolve("/console/session")).build();
      return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }
  }

  private String firstMessage(SSLContext context) {
    var first = new CompletableFuture<String>();
    try (var http = HttpClient.newBuilder().sslContext(context).build()) {
      var socket =
          http.newWebSocketBuilder()
              .header("Origin", console.toString())
              .buildAsync(
                  URI.create("wss" + console.toString().substring(5) + "/console/ws"),
                  new WebSocket.Listener() {
                    @Override
                    public CompletionStage<?> onText(
                        WebSocket from, CharSequence data, boolean end) {
                      first.complete(data.toString());
                      from.request(1);
                      return CompletableFuture.completedStage(null);
                    }
                  })
              .join();
      var message = first.orTimeout(20, TimeUnit.SECONDS).join();
      socket.abort();
      return message;
    }
  }

  @Test
  void listedCertificateOpensTheConsoleAndAnotherOneDoesNot() throws Exception {
    var operator = certificates.client(certificates, "operator");
    assertThat(session(operator)).contains("\"admitted\":true");
    assertThat(firstMessage(operator)).contains("\"samples\"");
    var colleague = certificates.client(certificates, "colleague");
    assertThat(session(colleague)).contains("\"admitted\":false");
    assertThatThrownBy(() -> firstMessage(colleague)).isInstanceOf(CompletionException.class);
  }

  @Test
  void withoutACertificateOfTheAuthorityThereIsNoConnection() throws Exception {
    var none = certificates.client(certificates, "");
    assertThatThrownBy(() -> session(none)).isInstanceOf(IOException.class);
    var others = new Certificates(folder.resolve("others")).issue("operator");
    var stranger = others.client(certificates, "operator");
    assertThatThrownBy(() -> session(stranger)).isInstanceOf(IOException.class);
  }

  @Test
  void portForClientsAsksForNoCertificateAndHasNoConsole() throws Exception {
    assertThat(server.get("/console/").statusCode()).isEqualTo(404);
    assertThat(server.get("/metrics").statusCode()).isEqualTo(404);
    try (var ann = Visitor.connected(server.webSocket(), server.token("ann"))) {
      assertThat(ann.ask("{'id':2,'subscribe':{'channel':'a'}}")).contains("\"subscribe\"");
    }
  }

  /** In a browser: the steps are in {@code e2e/operator.mjs}. */
  @Test
  void operatorFindsTheirWayAmongTenThousandChannels() throws Exception {
    var node = Component.NODE.require().toString();
    var chromium = Component.CHROMIUM.require().toString();
    Scripts.installed();
    var visitors = new ArrayList<Visitor>();
    try {
      var nodes = server.server().endpoint().nodes();
      for (int from = 0; from < CHANNELS; from += PER_CLIENT) {
        var visitor = Visitor.connected(server.webSocket(), server.token("ann"));
        visitors.add(visitor);
        visitor.send(
            IntStream.range(from, from + PER_CLIENT)
                .mapToObj(i -> "{'id':%d,'subscribe':{'channel':'room-%05d'}}".formatted(i + 2, i))
                .collect(Collectors.joining("\n")));
      }
      Await.until("all channels", () -> nodes.all().getFirst().channels() >= CHANNELS);
      var said =
          Scripts.run(
              List.of(
                  node,
                  "operator.mjs",
                  console.toString(),
                  chromium,
                  folder.resolve("own").toString(),
                  PASSWORD,
                  Integer.toString(CHANNELS),
                  System.getProperty("console.screenshots", "")));
      assertThat(said.strip()).as(said).endsWith("ok");
    } finally {
      visitors.forEach(Visitor::close);
    }
  }
}

package dev.dunlin.conformance.sdk;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.dunlin.channels.Hub;
import dev.dunlin.conformance.history.Relay;
import dev.dunlin.testing.Component;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The published JavaScript SDK inside a real browser: the suite that also runs under Node. */
class ChromiumSdkTest {

  private static final Path SDK = JavaScriptSdk.FOLDER;

  @Test
  void theSdkDoesAllItCanInABrowser() throws Exception {
    Component.CHROMIUM.require();
    JavaScriptSdk.install();
    var verdict = new CompletableFuture<String>();
    try (var hub = Hub.inMemory();
        var node = SdkServer.start(hub);
        var relay = new Relay()) {
      relay.server(node.port());
      var pages = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      try {
        serve(pages, relay, verdict);
        var page = "http://127.0.0.1:" + pages.getAddress().getPort() + "/";
        assertThat(Chromium.visited(page, verdict))
            .as("the suite's verdict")
            .contains("fail 0")
            .doesNotContain("tests 0");
      } finally {
        pages.stop(0);
      }
    }
  }

  private static void serve(HttpServer pages, Relay relay, CompletableFuture<String> verdict) {
    pages.createContext(
        "/",
        exchange -> {
          try (exchange) {
            var path = exchange.getRequestURI().getPath();
            var content = "";
            switch (path) {
              case "/verdict" ->
                  verdict.complete(new String(exchange.getRequestBody().readAllBytes(), UTF_8));
              case "/cut" -> relay.cutAll();
              case "/favicon.ico" -> {}
              case "/" ->
                  content =
                      read(SDK.resolve("browser/page.html"))
                          .replace("@SECRET@", SdkServer.SECRET)
                          .replace(
                              "@URL@", "ws://127.0.0.1:" + relay.port() + "/connection/websocket");
              default -> content = read(SDK.resolve(path.substring(1)));
            }
            exchange
                .getResponseHeaders()
                .set("Content-Type", path.endsWith("js") ? "text/javascript" : "text/html");
            var bytes = content.getBytes(UTF_8);
            exchange.sendResponseHeaders(200, bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
          }
        });
    pages.start();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}

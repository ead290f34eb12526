package dev.dunlin.app;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * {@code dunlin prepare}: the run by which the JVM learns what a start needs. It does what the
 * first minute of a server does: start, connect, subscribe, publish, deliver, drain. The launcher
 * starts the JVM so that it writes down which classes that took.
 */
@Command(
    name = "prepare",
    description = {
      "Make later starts faster, for the Java at hand.",
      "",
      "Runs a server for a moment and keeps what the JVM has loaded and linked in the folder cache"
          + " of the program. Later starts with the same Java use it, and take about half the time;"
          + " one that cannot is as it would be without. Run it once after unpacking, and again"
          + " after an upgrade of Dunlin or Java.",
      ""
    })
final class PrepareCommand implements Runnable {

  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final String CHANNEL = "prepare";

  @Spec
  @SuppressWarnings("NullAway.Init") // filled in before run is called
  private CommandSpec spec;

  @Override
  public void run() {
    var reader =
        new ConfigReader(
            Optional.empty(), Map.of(), Map.of("http_server.port", "0", "log.level", "warn"));
    var config = reader.read(Development::defaults).config();
    Logging.apply(config.log(), spec);
    try (var server = Dunlin.start(config, true);
        var client = Follower.client();
        var http = HttpClient.newHttpClient()) {
      var host = "localhost:" + server.addresses().getFirst().getPort();
      var follower =
          new Follower(
              CHANNEL,
              publication -> {},
              remark -> call(http, host, "/api/publish", config.httpApi().key().value()),
              1);
      var token =
          TokenMaker.connections(config.client())
              .token(CHANNEL, Optional.empty(), PATIENCE, Instant.now(), "");
      var arrived =
          follower.follow(client, URI.create("ws://" + host + Dunlin.CLIENTS), () -> token);
      if (!arrived) {
        throw CommandFailure.failed("the connection ended before the message came");
      }
      call(http, host, "/health/ready", "");
      call(http, host, "/metrics", "");
      server.drain();
    } catch (IOException failure) {
      throw CommandFailure.failed("no connection to the server just started: " + failure);
    }
  }

  private static void call(HttpClient http, String host, String path, String key) {
    var request = HttpRequest.newBuilder(URI.create("http://" + host + path)).timeout(PATIENCE);
    if (!key.isEmpty()) {
      request
          .header("X-API-Key", key)
          .POST(
              HttpRequest.BodyPublishers.ofString(
                  "{\"channel\": \"" + CHANNEL + "\", \"data\": {}}"));
    }
    try {
      var status = http.send(request.build(), HttpResponse.BodyHandlers.ofString()).statusCode();
      if (status != 200) {
        throw CommandFailure.failed(path + " answers " + status);
      }
    } catch (IOException failure) {
      throw CommandFailure.failed("no answer from " + path + ": " + failure);
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw CommandFailure.failed("interrupted");
    }
  }
}

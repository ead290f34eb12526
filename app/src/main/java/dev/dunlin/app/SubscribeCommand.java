package dev.dunlin.app;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code dunlin subscribe}: prints what is published to a channel. */
@Command(
    name = "subscribe",
    description = {
      "Print what is published to a channel, as it comes.",
      "",
      "Connects as a client. When the connection is lost it comes back by itself and, in a channel"
          + " with history, goes on where it was; a gap that cannot be closed is told on standard"
          + " error. Ends with Ctrl-C, or after --count messages.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  dunlin subscribe --token TOKEN news",
      "  dunlin subscribe --config dunlin.yaml --user 42 --json news"
    })
final class SubscribeCommand implements Runnable {

  private static final Duration TOKEN_LIFETIME = Duration.ofDays(1);
  private static final long MIN_DELAY_MS = 500;
  private static final long MAX_DELAY_MS = 20_000;

  private final Map<String, String> environment;

  @Mixin private ConfigOptions configuration = new ConfigOptions();

  @Option(
      names = "--url",
      paramLabel = "URL",
      description =
          "Where clients connect. Default: the port of the configuration, on this machine.")
  private @Nullable String url;

  @Option(
      names = "--token",
      paramLabel = "TOKEN",
      description =
          "The connection token; the variable DUNLIN_TOKEN is better, since others on this machine"
              + " see arguments. Default: one made with the secret of the configuration.")
  private @Nullable String token;

  @Option(
      names = {"-u", "--user"},
      paramLabel = "ID",
      defaultValue = "dunlin-subscribe",
      description = "The user of a token that is made. Default dunlin-subscribe.")
  private String user = "dunlin-subscribe";

  @Option(
      names = {"-n", "--count"},
      paramLabel = "N",
      description = "End after this many messages. Default: never.")
  private int count;

  @Option(
      names = "--json",
      description = "Print each message as one JSON object with channel, offset, tags and data.")
  private boolean json;

  @Parameters(paramLabel = "CHANNEL", description = "The channel.")
  private String channel = "";

  @Spec
  @SuppressWarnings("NullAway.Init") // filled in before run is called
  private CommandSpec spec;

  SubscribeCommand(Map<String, String> environment) {
    this.environment = environment;
  }

  @Override
  public void run() {
    var config = configuration.reader(environment, Map.of()).read().config();
    var uri = uri(config);
    var follower = new Follower(channel, this::print, this::say, count);
    long delay = 0;
    try (var client = Follower.client()) {
      while (true) {
        try {
          if (follower.follow(client, uri, () -> token(config))) {
            return;
          }
          if (follower.subscribedLast()) {
            delay = 0;
          }
        } catch (IOException unreachable) {
          if (!follower.connectedOnce()) {
            throw CommandFailure.failed(
                "no server at "
                    + uri
                    + " ("
                    + unreachable.getMessage()
                    + "): start one with dunlin serve, or name it with --url");
          }
        }
        delay = Math.min(MAX_DELAY_MS, Math.max(MIN_DELAY_MS, delay * 2));
        say("not connected; trying again");
        TimeUnit.MILLISECONDS.sleep(ThreadLocalRandom.current().nextLong(delay / 2, delay + 1));
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    }
  }

  private URI uri(Config config) {
    var server = config.httpServer();
    if (url == null && server.tls().enabled()) {
      throw CommandFailure.misused(
          "http_server.tls is on: say which name the certificate has, with --url wss://NAME:"
              + server.port()
              + Dunlin.CLIENTS);
    }
    var text = url != null ? url : "ws://127.0.0.1:" + server.port() + Dunlin.CLIENTS;
    try {
      var uri = URI.create(text);
      if ("ws".equals(uri.getScheme()) || "wss".equals(uri.getScheme())) {
        return uri;
      }
    } catch (IllegalArgumentException malformed) {
      // said below, in the same words as for another scheme
    }
    throw CommandFailure.misused("--url '" + text + "' is no ws or wss URL");
  }

  private String token(Config config) {
    if (token != null) {
      return token;
    }
    var variable = environment.get("DUNLIN_TOKEN");
    if (variable != null) {
      return variable;
    }
    if (!config.client().token().hmacSecretKey().present()) {
      return ""; // the server may take anonymous clients
    }
    return TokenMaker.connections(config.client())
        .token(user, Optional.empty(), TOKEN_LIFETIME, Instant.now(), "");
  }

  private void print(Fields publication) {
    var out = spec.commandLine().getOut();
    var data = new String(publication.raw("data"), StandardCharsets.UTF_8);
    if (!json) {
      out.println(data);
    } else {
      out.println(
          Json.text(line -> {
            line.writeStringProperty("channel", channel);
            for (var name : new String[] {"offset", "tags", "data"}) {
              if (publication.has(name)) {
                line.writeName(name);
                line.writeRawValue(new String(publication.raw(name), StandardCharsets.UTF_8));
              }
            }
          }));
    }
    out.flush();
  }

  private void say(String what) {
    var err = spec.commandLine().getErr();
    err.println("dunlin: " + what);
    err.flush();
  }
}

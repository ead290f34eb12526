package dev.dunlin.app;

import dev.dunlin.app.load.LoadException;
import dev.dunlin.app.load.Plan;
import dev.dunlin.app.load.Progress;
import dev.dunlin.app.load.Protocol;
import dev.dunlin.app.load.Report;
import dev.dunlin.app.load.Result;
import dev.dunlin.app.load.Run;
import dev.dunlin.app.load.ServerProcess;
import dev.dunlin.centrifuge.ErrorCode;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code dunlin bench}: puts load on a server and reports how it bore it. */
@Command(
    name = "bench",
    description = {
      "Put load on a server and see how it bears it.",
      "",
      "Without a URL a server is started for the purpose, on this machine, and ended afterwards."
          + " With one, that server is measured: ws or, over TLS, wss.",
      "",
      "Every connection subscribes to a channel, with a token for a subject of its own, and --fan-out"
          + " of them share one. The first of those publishes; a message counts when it has arrived,"
          + " once for each connection, and what arrives is compared with what was published.",
      "",
      "With --rate the loop is open: messages leave when they are due, whether or not the last have"
          + " arrived, and latency counts from the instant at which a message was due. A server that"
          + " falls behind cannot hide it. Without --rate the loop is closed: the next --in-flight"
          + " messages of a channel leave when everybody has the last, which finds the highest"
          + " throughput; latency is then the time of such a round.",
      "",
      "Load takes CPU time too: the best place for it is another machine.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  dunlin bench",
      "  dunlin bench --connections 5000 --fan-out 1000 --rate 100",
      "  dunlin bench --protocol raw --in-flight 16 --bytes 512",
      "  dunlin bench wss://push.example.org/connection/websocket --config dunlin.yaml --rate 1000"
    })
final class BenchCommand implements Runnable {

  private static final Duration TOKEN_LIFETIME = Duration.ofHours(12);

  private final Map<String, String> environment;

  @Parameters(
      paramLabel = "URL",
      arity = "0..1",
      description = "Where clients connect. Default: a server started for this.")
  private @Nullable URI url;

  @Option(
      names = "--protocol",
      paramLabel = "PROTOCOL",
      description =
          "json or protobuf: the channel protocol; raw: plain messages to a server that sends them"
              + " back, such as dunlin target. Default: ${DEFAULT-VALUE}.")
  private Protocol protocol = Protocol.JSON;

  @Option(
      names = {"-n", "--connections"},
      paramLabel = "N",
      description = "How many connections. Default: ${DEFAULT-VALUE}.")
  private int connections = 100;

  @Option(
      names = "--fan-out",
      paramLabel = "N",
      description = "How many connections get each message. Default: ${DEFAULT-VALUE}.")
  private int fanOut = 1;

  @Option(
      names = {"-r", "--rate"},
      paramLabel = "N",
      description = "Messages published a second, in all. Default: as fast as they come back.")
  private int rate;

  @Option(
      names = "--in-flight",
      paramLabel = "N",
      description =
          "Without --rate: messages of a channel sent at once. Default: ${DEFAULT-VALUE}.")
  private int inFlight = 1;

  @Option(
      names = "--bytes",
      paramLabel = "N",
      description = "The size of each payload. Default: ${DEFAULT-VALUE}.")
  private int bytes = 128;

  @Option(
      names = {"-s", "--seconds"},
      paramLabel = "N",
      description = "How long to measure. Default: ${DEFAULT-VALUE}.")
  private int seconds = 10;

  @Option(
      names = "--warm-up",
      paramLabel = "N",
      description = "Seconds of load before that. Default: ${DEFAULT-VALUE}.")
  private int warmUp = 3;

  @Option(names = "--compression", description = "Agree to permessage-deflate.")
  private boolean compression;

  @Option(
      names = "--trust",
      paramLabel = "FILE",
      description = "Over wss: whose certificates to trust, PEM. Default: what the JDK trusts.")
  private @Nullable Path trust;

  @Option(
      names = "--loops",
      paramLabel = "N",
      description = "Event loops of the load. Default: one for every two processors.")
  private int loops;

  @Option(
      names = "--channel",
      paramLabel = "NAME",
      description = "What channels are named, before a number. Default: ${DEFAULT-VALUE}.")
  private String channel = "bench";

  @Option(
      names = {"-u", "--user"},
      paramLabel = "NAME",
      description =
          "What the subjects of tokens are named, before a number; tokens are made with the secret of"
              + " the configuration. Default: ${DEFAULT-VALUE}.")
  private String user = "bench";

  @Option(
      names = "--tokens",
      paramLabel = "FILE",
      description = "Connection tokens made elsewhere, one on each line.")
  private @Nullable Path tokens;

  @Option(
      names = "--publish-url",
      paramLabel = "URL",
      description = "With --protocol raw: where what is sent goes to everyone connected at URL.")
  private @Nullable URI publishUrl;

  @Option(
      names = "--pid",
      paramLabel = "PID",
      description = "The server's process, if it is on this machine: its CPU time is reported.")
  private @Nullable Long pid;

  @Option(
      names = "--report",
      paramLabel = "FILE",
      description = "Where to write the page with the plots. Default: ${DEFAULT-VALUE}.")
  private Path report = Path.of("dunlin-bench.html");

  @Option(names = "--no-report", description = "Write no page.")
  private boolean noReport;

  @Option(names = "--json", description = "Print the result as one JSON object, not as a table.")
  private boolean json;

  @Mixin private ConfigOptions configuration = new ConfigOptions();

  @Spec
  @SuppressWarnings("NullAway.Init") // filled in before run is called
  private CommandSpec spec;

  BenchCommand(Map<String, String> environment) {
    this.environment = environment;
  }

  @Override
  public void run() {
    try {
      if (url != null) {
        bench(url, Optional.ofNullable(publishUrl), tokens(), Optional.ofNullable(pid));
        return;
      }
      say("starting a server");
      try (var server = BenchServer.start(protocol, compression)) {
        boolean fan = protocol == Protocol.RAW && fanOut > 1;
        bench(
            server.uri(protocol == Protocol.RAW ? (fan ? "/fan" : "/") : Dunlin.CLIENTS),
            fan ? Optional.of(server.uri("/pub")) : Optional.empty(),
            server.configuration().map(this::tokensOf).orElse(connection -> ""),
            Optional.of(server.pid()));
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
      throw CommandFailure.failed("interrupted");
    }
  }

  private void bench(
      URI target, Optional<URI> publish, IntFunction<String> token, Optional<Long> process)
      throws InterruptedException {
    var plan = plan(target, publish, token);
    var folder = report.toAbsolutePath().getParent();
    if (!noReport && (folder == null || !Files.isWritable(folder) || Files.isDirectory(report))) {
      throw CommandFailure.misused(
          "--report '" + report + "' cannot be written; name another place, or use --no-report");
    }
    var server = process.map(ServerProcess::new).filter(ServerProcess::measurable);
    try {
      finish(plan, Run.of(plan, server, new Teller()));
    } catch (LoadException | IOException failure) {
      throw CommandFailure.failed(withRemedy(String.valueOf(failure.getMessage())));
    }
  }

  private String withRemedy(String failure) {
    return failure.contains(ErrorCode.PERMISSION_DENIED.message())
        ? failure
            + "; clients must be allowed to subscribe and publish to "
            + channel
            + "0 and the like (allow_subscribe_for_client, allow_publish_for_subscriber), or name"
            + " others with --channel"
        : failure;
  }

  private Plan plan(URI target, Optional<URI> publish, IntFunction<String> token) {
    var scheme = target.getScheme();
    if (!"ws".equals(scheme) && !"wss".equals(scheme)) {
      throw CommandFailure.misused("'" + target + "' is no ws or wss URL");
    }
    try {
      return new Plan(
          target,
          publish,
          protocol,
          connections,
          fanOut,
          rate,
          inFlight,
          bytes,
          Duration.ofSeconds(warmUp),
          Duration.ofSeconds(Math.max(1, seconds)),
          loops > 0 ? loops : Math.max(1, Runtime.getRuntime().availableProcessors() / 2),
          compression,
          Optional.ofNullable(trust),
          token,
          channel);
    } catch (IllegalArgumentException wrong) {
      throw CommandFailure.misused(String.valueOf(wrong.getMessage()));
    }
  }

  // ---- tokens

  private IntFunction<String> tokens() {
    if (tokens != null) {
      try {
        List<String> all = Files.readAllLines(tokens);
        if (all.size() < connections) {
          throw CommandFailure.misused(
              "--tokens: "
                  + all.size()
                  + " tokens are too few for "
                  + connections
                  + " connections");
        }
        return all::get;
      } catch (IOException unreadable) {
        throw CommandFailure.misused("--tokens: " + unreadable.getMessage() + " cannot be read");
      }
    }
    return protocol == Protocol.RAW
        ? connection -> ""
        : tokensOf(configuration.reader(environment, Map.of()).read().config());
  }

  private IntFunction<String> tokensOf(Path file) {
    return tokensOf(
        ConfigReader.of(Optional.of(file), Map.of(), Map.of(), Path.of("")).read().config());
  }

  private IntFunction<String> tokensOf(Config config) {
    if (!config.client().token().hmacSecretKey().present()) {
      return connection -> ""; // the server may take anonymous clients
    }
    var maker = TokenMaker.connections(config.client());
    var now = Instant.now();
    return connection ->
        maker.token(user + "-" + connection, Optional.empty(), TOKEN_LIFETIME, now, "");
  }

  // ---- what is said

  private void say(String what) {
    var err = spec.commandLine().getErr();
    err.println("dunlin: " + what);
    err.flush();
  }

  /** Says on standard error how it goes. */
  private final class Teller implements Progress {
    private int tenths;

    @Override
    public void opened(int open, int all) {
      if (10 * open / all > tenths) {
        tenths = 10 * open / all;
        say("opened %,d of %,d connections".formatted(open, all));
      }
    }

    @Override
    public void second(Result.Second second, boolean warm) {
      var rate =
          String.format(Locale.ROOT, "%3.0f s %,12.0f messages/s", second.at(), second.perSecond());
      say(
          warm
              ? rate + "   warming up"
              : rate
                  + String.format(
                      Locale.ROOT,
                      "   p50 %8.2f ms   p99 %8.2f ms   max %8.2f ms",
                      second.p50() / 1e6,
                      second.p99() / 1e6,
                      second.max() / 1e6));
    }
  }

  private Map<String, String> settings(Plan plan) {
    var settings = new LinkedHashMap<String, String>();
    settings.put(
        "Load",
        String.format(
            Locale.ROOT,
            "%,d connections, %s, each message to %,d, %,d B payload, %s",
            plan.connections(),
            plan.protocol().name().toLowerCase(Locale.ROOT),
            plan.fanOut(),
            plan.bytes(),
            plan.openLoop()
                ? "%,d messages published a second".formatted(plan.rate())
                : plan.inFlight() + " in flight, as fast as they come back"));
    settings.put(
        "Latency",
        plan.openLoop()
            ? "from the instant at which a message was due to its arrival"
            : "from the beginning of a round to its last message at each connection");
    settings.put("Server", plan.uri().toString());
    settings.put("Compression", compression ? "permessage-deflate" : "none");
    settings.put("Measured", seconds + " s after " + warmUp + " s of warm-up");
    settings.put(
        "Load generator", "Dunlin " + VersionCommand.version() + ", Java " + Runtime.version());
    settings.put("Date", Instant.now().toString());
    return settings;
  }

  private void finish(Plan plan, Result result) throws IOException {
    var page = new Report(settings(plan), result);
    var out = spec.commandLine().getOut();
    if (json) {
      out.println(json(plan, result));
    } else {
      out.println();
      out.print(page.text());
    }
    out.flush();
    if (!noReport) {
      Files.writeString(report, page.html());
      say("the report is in " + report.toAbsolutePath().toUri());
    }
  }

  private static String json(Plan plan, Result result) {
    return Json.text(out -> {
      out.writeStringProperty("url", plan.uri().toString());
      out.writeStringProperty("protocol", plan.protocol().name().toLowerCase(Locale.ROOT));
      out.writeNumberProperty("connections", plan.connections());
      out.writeNumberProperty("fan_out", plan.fanOut());
      out.writeNumberProperty("rate", plan.rate());
      out.writeNumberProperty("in_flight", plan.inFlight());
      out.writeNumberProperty("bytes", plan.bytes());
      out.writeBooleanProperty("compression", plan.compression());
      out.writeNumberProperty("seconds", result.seconds());
      out.writeNumberProperty("messages", result.messages());
      out.writeNumberProperty("messages_per_second", result.perSecond());
      out.writeNumberProperty("lost", result.lost());
      out.writeNumberProperty("opening_seconds", result.opening());
      if (result.cpuSeconds().isPresent()) {
        out.writeNumberProperty("server_cpu_seconds", result.cpuSeconds().getAsDouble());
      }
      out.writeObjectPropertyStart("latency_us");
      for (double percentile : Report.PERCENTILES) {
        out.writeNumberProperty(
            Report.name(percentile), result.latencies().getValueAtPercentile(percentile) / 1000.0);
      }
      out.writeEndObject();
      out.writeArrayPropertyStart("timeline");
      for (var second : result.timeline()) {
        out.writeStartObject();
        out.writeNumberProperty("at", second.at());
        out.writeNumberProperty("messages_per_second", second.perSecond());
        out.writeNumberProperty("p50_us", second.p50() / 1000.0);
        out.writeNumberProperty("p99_us", second.p99() / 1000.0);
        out.writeNumberProperty("max_us", second.max() / 1000.0);
        out.writeEndObject();
      }
      out.writeEndArray();
    });
  }
}

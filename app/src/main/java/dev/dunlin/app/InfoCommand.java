package dev.dunlin.app;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code dunlin info}: what a running server says about itself. */
@Command(
    name = "info",
    description = {
      "Show who is connected to a running server.",
      "",
      "Connections, users, subscriptions and channels of every node that shares its broker,",
      "and what it did in the last minute.",
      ""
    })
final class InfoCommand implements Runnable {

  private final Map<String, String> environment;

  @Mixin private ApiClient api = new ApiClient();

  @Option(names = "--json", description = "Print the answer as one JSON object.")
  private boolean json;

  @Spec
  @SuppressWarnings("NullAway.Init") // filled in before run is called
  private CommandSpec spec;

  InfoCommand(Map<String, String> environment) {
    this.environment = environment;
  }

  @Override
  public void run() {
    var answer = api.call("info", "{}".getBytes(StandardCharsets.UTF_8), environment);
    var out = spec.commandLine().getOut();
    if (json) {
      out.println(answer);
      out.flush();
      return;
    }
    try {
      var result = Fields.of(answer.getBytes(StandardCharsets.UTF_8)).object("result");
      for (var node : result.orElseThrow().objects("nodes")) {
        out.printf(
            "%s: version %s, up %s, %d clients of %d users, %d subscriptions to %d channels%n",
            node.text("name"),
            node.text("version"),
            Quantities.text(Duration.ofSeconds(node.number("uptime"))),
            node.number("num_clients"),
            node.number("num_users"),
            node.number("num_subs"),
            node.number("num_channels"));
        lately(node).ifPresent(out::println);
      }
      out.flush();
    } catch (Fields.Malformed odd) {
      throw CommandFailure.failed("the answer makes no sense: " + odd.getMessage());
    }
  }

  /** What the node did in the last minute; servers of an older version do not say. */
  private static Optional<String> lately(Fields node) throws Fields.Malformed {
    var metrics = node.object("metrics");
    var process = node.object("process");
    if (metrics.isEmpty() || process.isEmpty()) {
      return Optional.empty();
    }
    var items = metrics.get().object("items").orElseThrow();
    return Optional.of(
        "  in the last %.0f s: %d messages in, %d out, %d deliveries, %d slow consumers; %.0f %% of a processor, %d MiB"
            .formatted(
                decimal(metrics.get(), "interval"),
                items.number("messages_in"),
                items.number("messages_out"),
                items.number("deliveries"),
                items.number("slow_consumers"),
                decimal(process.get(), "cpu"),
                process.get().number("rss") >> 20));
  }

  private static double decimal(Fields fields, String member) throws Fields.Malformed {
    try {
      return Double.parseDouble(new String(fields.raw(member), StandardCharsets.UTF_8));
    } catch (NumberFormatException odd) {
      throw new Fields.Malformed(member + " is no number");
    }
  }
}

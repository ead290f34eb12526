package dev.dunlin.app;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code dunlin publish}: publishes through the HTTP API of a running server. */
@Command(
    name = "publish",
    description = {
      "Publish to a channel of a running server.",
      "",
      "DATA is JSON; what is not JSON is published as a JSON string. Without DATA it is read from"
          + " standard input.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  dunlin publish --key KEY news '{\"text\": \"hello\"}'",
      "  date | dunlin publish --config dunlin.yaml clock"
    })
final class PublishCommand implements Runnable {

  private final Map<String, String> environment;

  @Mixin private ApiClient api = new ApiClient();

  @Option(
      names = "--tag",
      paramLabel = "NAME=VALUE",
      description = "A tag that subscribers may filter by. Repeatable.")
  private Map<String, String> tags = new LinkedHashMap<>();

  @Option(
      names = "--idempotency-key",
      paramLabel = "KEY",
      defaultValue = "",
      description = "Publishes once for each key within 5 minutes.")
  private String idempotencyKey = "";

  @Option(names = "--json", description = "Print the answer as one JSON object.")
  private boolean json;

  @Parameters(index = "0", paramLabel = "CHANNEL", description = "The channel.")
  private String channel = "";

  @Parameters(index = "1", arity = "0..1", paramLabel = "DATA", description = "What to publish.")
  private String data = "";

  @Spec
  @SuppressWarnings("NullAway.Init") // filled in before run is called
  private CommandSpec spec;

  PublishCommand(Map<String, String> environment) {
    this.environment = environment;
  }

  @Override
  public void run() {
    var text = data.isEmpty() ? standardInput() : data;
    var body =
        Json.object(out -> {
          out.writeStringProperty("channel", channel);
          out.writeName("data");
          if (Json.valid(text.getBytes(StandardCharsets.UTF_8))) {
            out.writeRawValue(text);
          } else {
            out.writeString(text);
          }
          if (!tags.isEmpty()) {
            out.writeObjectPropertyStart("tags");
            tags.forEach(out::writeStringProperty);
            out.writeEndObject();
          }
          if (!idempotencyKey.isEmpty()) {
            out.writeStringProperty("idempotency_key", idempotencyKey);
          }
        });
    var answer = api.call("publish", body, environment);
    var out = spec.commandLine().getOut();
    out.println(json ? answer : "published to " + channel);
    out.flush();
  }

  private static String standardInput() {
    try {
      return new String(System.in.readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (java.io.IOException unreadable) {
      throw CommandFailure.failed("standard input cannot be read: " + unreadable.getMessage());
    }
  }
}

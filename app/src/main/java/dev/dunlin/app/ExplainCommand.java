package dev.dunlin.app;

import dev.dunlin.app.Fields.Malformed;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code dunlin explain}: why somebody may or may not do something with a channel. */
@Command(
    name = "explain",
    description = {
      "Say whether a user may do something with a channel of a running server, and by which rule.",
      "",
      "OPERATION is sub (subscribe), pub (publish), hst (history) or prs (presence). The first rule"
          + " that applies decides: the namespace and its names; private channels ($), which need a"
          + " token; user-limited ones (#); the capabilities of the token; the back end; the"
          + " namespace's options. Nothing is changed, and no back end is asked.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  dunlin explain --config dunlin.yaml --user 42 sub news",
      "  dunlin explain --config dunlin.yaml --token eyJhbGciOi... pub chat:7"
    })
final class ExplainCommand implements Runnable {

  private final Map<String, String> environment;

  @Mixin private ApiClient api = new ApiClient();

  @Option(
      names = {"-u", "--user"},
      paramLabel = "ID",
      defaultValue = "",
      description = "The user's id; without one the anonymous user.")
  private String user = "";

  @Option(
      names = "--token",
      paramLabel = "TOKEN",
      defaultValue = "",
      description = "The user's connection token; its user and capabilities count.")
  private String token = "";

  @Option(names = "--subscribed", description = "As if the user were subscribed to the channel.")
  private boolean subscribed;

  @Option(names = "--json", description = "Print the answer as one JSON object.")
  private boolean json;

  @Parameters(index = "0", paramLabel = "OPERATION", description = "sub, pub, hst or prs.")
  private String operation = "";

  @Parameters(index = "1", paramLabel = "CHANNEL", description = "The channel.")
  private String channel = "";

  @Spec
  @SuppressWarnings("NullAway.Init") // filled in before run is called
  private CommandSpec spec;

  ExplainCommand(Map<String, String> environment) {
    this.environment = environment;
  }

  @Override
  public void run() {
    var body =
        Json.object(out -> {
          out.writeStringProperty("operation", operation);
          out.writeStringProperty("channel", channel);
          out.writeStringProperty("user", user);
          if (!token.isEmpty()) {
            out.writeStringProperty("token", token);
          }
          out.writeBooleanProperty("subscribed", subscribed);
        });
    var answer = api.call("explain", body, environment);
    var out = spec.commandLine().getOut();
    try {
      var result =
          Fields.of(answer.getBytes(StandardCharsets.UTF_8)).object("result").orElseThrow();
      out.println(json ? answer : result.text("outcome") + ": " + result.text("because"));
      out.flush();
    } catch (Malformed odd) {
      throw CommandFailure.failed("the answer makes no sense: " + odd.getMessage());
    }
  }
}

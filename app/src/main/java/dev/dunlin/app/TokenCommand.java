package dev.dunlin.app;

import dev.dunlin.auth.AuthenticationException;
import dev.dunlin.auth.Credentials;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code dunlin token}: makes tokens and looks into them. */
@Command(
    name = "token",
    description = {
      "Make a token, or look into one.",
      "",
      "Makes a connection token for a user, or with --channel a subscription token, signed with"
          + " client.token.hmac_secret_key of the configuration, or that of"
          + " client.subscription_token where it is enabled. With a TOKEN it prints what is in it"
          + " and whether a server with this configuration accepts it.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  dunlin token --config dunlin.yaml --user 42 --ttl 1h",
      "  dunlin token --config dunlin.yaml --user 42 --channel '$private'",
      "  dunlin token --config dunlin.yaml eyJhbGciOi..."
    })
final class TokenCommand implements Runnable {

  private final Map<String, String> environment;

  @Mixin private ConfigOptions configuration = new ConfigOptions();

  @Option(
      names = {"-u", "--user"},
      paramLabel = "ID",
      description = "The user's id.")
  private @Nullable String user;

  @Option(
      names = "--channel",
      paramLabel = "CHANNEL",
      description = "Make a subscription token for this channel.")
  private @Nullable String channel;

  @Option(
      names = "--ttl",
      paramLabel = "TIME",
      defaultValue = "1h",
      description = "How long it is good, such as 10m or 1h; 0 for ever. Default 1h.")
  private String ttl = "1h";

  @Option(
      names = "--info",
      paramLabel = "JSON",
      defaultValue = "",
      description = "What other clients see of this one.")
  private String info = "";

  @Option(
      names = "--claims",
      paramLabel = "JSON",
      defaultValue = "",
      description =
          "More claims, an object such as {\"channels\": [\"news\"]}; they win over the others.")
  private String claims = "";

  @Option(names = "--json", description = "Print one JSON object.")
  private boolean json;

  @Parameters(arity = "0..1", paramLabel = "TOKEN", description = "The token to look into.")
  private @Nullable String token;

  @Spec
  @SuppressWarnings("NullAway.Init") // filled in before run is called
  private CommandSpec spec;

  TokenCommand(Map<String, String> environment) {
    this.environment = environment;
  }

  @Override
  public void run() {
    var client = configuration.reader(environment, Map.of()).read().config().client();
    if (token != null) {
      inspect(token, client);
    } else if (user != null) {
      make(user, client);
    } else {
      throw CommandFailure.misused("--user or a TOKEN is missing; see dunlin token --help");
    }
  }

  private void make(String subject, Config.Client client) {
    Duration lifetime;
    try {
      lifetime = Quantities.time(ttl);
    } catch (IllegalArgumentException wrong) {
      throw CommandFailure.misused("--ttl '" + ttl + "' must be " + wrong.getMessage());
    }
    if (!info.isEmpty() && !Json.valid(info.getBytes(StandardCharsets.UTF_8))) {
      throw CommandFailure.misused("--info is not JSON");
    }
    Map<String, String> more;
    try {
      more = TokenMaker.claims(claims);
    } catch (IllegalArgumentException wrong) {
      throw CommandFailure.misused("--claims is " + wrong.getMessage());
    }
    var maker = channel == null ? TokenMaker.connections(client) : TokenMaker.subscriptions(client);
    var made =
        maker.token(subject, Optional.ofNullable(channel), lifetime, Instant.now(), info, more);
    print(json ? Json.text(out -> out.writeStringProperty("token", made)) : made);
  }

  private void inspect(String text, Config.Client client) {
    var parts = text.split("\\.", -1);
    if (parts.length != 3) {
      throw CommandFailure.failed("this is no token: it has no three parts between dots");
    }
    var header = decoded(parts[0]);
    var claims = decoded(parts[1]);
    var verdict = verdict(text, client, claims);
    if (json) {
      print(
          Json.text(out -> {
            out.writeName("header");
            out.writeRawValue(header);
            out.writeName("claims");
            out.writeRawValue(claims);
            out.writeBooleanProperty("accepted", verdict.isEmpty());
            verdict.ifPresent(why -> out.writeStringProperty("reason", why));
          }));
    } else {
      print("header    " + header);
      print("claims    " + claims);
      print("accepted  " + verdict.map(why -> "no: " + why).orElse("yes"));
    }
  }

  private static String decoded(String part) {
    try {
      var bytes = Base64.getUrlDecoder().decode(part);
      if (Json.valid(bytes)) {
        return new String(bytes, StandardCharsets.UTF_8);
      }
    } catch (IllegalArgumentException notBase64) {
      // said below, in the same words as for base64 of something else
    }
    throw CommandFailure.failed("this is no token: a part of it is not JSON in base64url");
  }

  /** Why the token is refused; empty if it is accepted. */
  private static Optional<String> verdict(String text, Config.Client client, String claims) {
    boolean apart = client.subscriptionToken().enabled() && subscribes(claims);
    var section = apart ? "client.subscription_token" : "client.token";
    var options = apart ? client.subscriptionToken().tokens() : client.token();
    if (!options.present()) {
      return Optional.of("the configuration has no keys (" + section + ")");
    }
    try {
      TokenVerifier.of(section + ".", options)
          .authenticate(Credentials.token(text))
          .toCompletableFuture()
          .join();
      return Optional.empty();
    } catch (AuthenticationException | CompletionException refused) {
      return Optional.of(AuthenticationException.of(refused).detail());
    }
  }

  /** A claim tells subscription tokens from connection tokens. */
  private static boolean subscribes(String claims) {
    try {
      return Fields.of(claims.getBytes(StandardCharsets.UTF_8)).has("channel");
    } catch (Fields.Malformed noObject) {
      return false; // no token at all, as its verification says
    }
  }

  private void print(String line) {
    var out = spec.commandLine().getOut();
    out.println(line);
    out.flush();
  }
}

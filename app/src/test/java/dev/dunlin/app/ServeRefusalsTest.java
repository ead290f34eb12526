package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code dunlin serve} where it cannot: one line that names setting and remedy, and a code. */
class ServeRefusalsTest {

  private static final String SECRET = "0123456789abcdef".repeat(4);
  private static final String GOOD =
      """
      http_server: {port: 0, address: 127.0.0.1}
      client: {token: {hmac_secret_key: %s, hmac_algorithm: HS512}}
      """
          .formatted(SECRET);

  @TempDir Path folder;

  private record Run(int code, List<String> complaints, String all) {}

  private Run serve(String yaml, String... more) throws Exception {
    var arguments = new ArrayList<>(List.of("serve"));
    if (!yaml.isEmpty()) {
      var file = Files.writeString(folder.resolve("dunlin.yaml"), yaml);
      arguments.addAll(List.of("--config", file.toString()));
    }
    arguments.addAll(List.of(more));
    var out = new StringWriter();
    var err = new StringWriter();
    int code =
        Main.commandLine(Map.of())
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(arguments.toArray(String[]::new));
    var complaints = err.toString().lines().filter(line -> line.startsWith("dunlin: ")).toList();
    return new Run(code, complaints, out + err.toString());
  }

  private static void refused(Run run, int code, String... words) {
    assertThat(run.code).as(run.all).isEqualTo(code);
    assertThat(run.complaints).as(run.all).singleElement().asString().contains(words);
    assertThat(run.all).doesNotContain(SECRET, "\tat ");
  }

  @Test
  void portThatIsTaken() throws Exception {
    try (var other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      refused(
          serve(GOOD, "--port", Integer.toString(other.getLocalPort())),
          1,
          "http_server.port",
          Integer.toString(other.getLocalPort()),
          "--port");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          a secret that is short  | client: {token: {hmac_secret_key: short, hmac_algorithm: HS512}}         | client.token.hmac_secret_key | openssl
          a secret without a kind | client: {token: {hmac_secret_key: 0123456789012345678901234567890123456789}} | client.token.hmac_algorithm  | HS
          a short API key         | client: {allow_anonymous_connect_without_token: true}, http_api: {key: short} | http_api.key            | openssl
          a short second API key  | client: {allow_anonymous_connect_without_token: true}, http_api: {second_key: short} | http_api.second_key | openssl
          an unknown key          | http_server: {prot: 0}                                                  | http_server.prot             | did you mean http_server.port
          a key of another type   | http_server: {port: many}                                               | http_server.port             | number
          a file that is not there | http_server: {tls: {enabled: true, cert_pem_file: /none, key_pem_file: /none}}, client: {allow_anonymous_connect_without_token: true} | http_server.tls | cannot be read
          nobody could connect    | http_server: {port: 0}, http_api: {key: a key that is long enough}      | client.token                 | nobody could connect
          rules without a key     | client: {token: {audience: chat}, allow_anonymous_connect_without_token: true} | client.token.hmac_secret_key | no key
          subscription tokens without a key | client: {allow_anonymous_connect_without_token: true, subscription_token: {enabled: true}} | client.subscription_token.hmac_secret_key | must be set
          signatures nobody makes | client: {allow_anonymous_connect_without_token: true}, channel: {without_namespace: {signed_publications: verified}} | channel.without_namespace.signed_publications | nobody could sign
          a broker there is not   | broker: {type: pigeon}, client: {allow_anonymous_connect_without_token: true}, http_server: {port: 0, address: 127.0.0.1} | broker | pigeon
          a back end without a place | client: {proxy: {connect: {enabled: true}}}                          | client.proxy.connect.endpoint | must be set
          an open API             | http_api: {insecure: true}, http_server: {port: 0, address: 127.0.0.1}, client: {allow_anonymous_connect_without_token: true} | http_api.insecure | --i-understand
          """)
  void configurationThatIsWrong(String what, String yaml, String option, String remedy)
      throws Exception {
    var run = serve("{" + yaml + "}");
    assertThat(run.code).as(what + ": " + run.all).isEqualTo(2);
    assertThat(run.complaints)
        .as(what + ": " + run.all)
        .isNotEmpty()
        .anySatisfy(line -> assertThat(line).contains(option, remedy));
    assertThat(run.all).doesNotContain("\tat ", "a key that is long enough", "0123456789012345");
  }

  @Test
  void developmentModeForOthersThanThisMachine() throws Exception {
    refused(
        serve("", "--address", "0.0.0.0", "--port", "0"),
        2,
        "http_server.address",
        "0.0.0.0",
        "configuration");
  }

  @Test
  void fileThatIsNotThere() throws Exception {
    refused(
        serve("", "--config", folder.resolve("none.yaml").toString()),
        2,
        "none.yaml",
        "config defaults");
  }
}

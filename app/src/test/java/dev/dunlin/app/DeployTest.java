package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.testing.Component;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** What lies in {@code deploy/} fits the program, as far as that can be seen without an engine. */
class DeployTest {

  private static final Path DEPLOY = Path.of("../deploy");
  private static final YAMLMapper YAML = new YAMLMapper(new YAMLFactory());

  private static final Map<String, String> SECRETS =
      Map.of(
          "DUNLIN_CLIENT_TOKEN_HMAC_SECRET_KEY",
          "0123456789abcdef".repeat(4),
          "DUNLIN_HTTP_API_KEY",
          "an API key of the tests");

  /** Variables that the launcher reads, not the configuration. */
  private static final Set<String> OF_THE_LAUNCHER = Set.of("DUNLIN_JAVA_OPTS");

  @TempDir Path folder;

  private static List<JsonNode> documents(Path file) throws IOException {
    try (var values = YAML.readerFor(JsonNode.class).<JsonNode>readValues(file.toFile())) {
      return values.readAll();
    }
  }

  private static JsonNode kubernetes(String kind) throws IOException {
    return documents(DEPLOY.resolve("kubernetes/dunlin.yaml")).stream()
        .filter(each -> each.get("kind").asString().equals(kind))
        .findFirst()
        .orElseThrow();
  }

  private static JsonNode pod() throws IOException {
    return kubernetes("Deployment").at("/spec/template/spec");
  }

  private static Duration shutdown(Path configuration) {
    return new ConfigReader(Optional.of(configuration), SECRETS, Map.of())
        .read()
        .config()
        .shutdown()
        .timeout();
  }

  static Stream<String> configurations() throws IOException {
    return Stream.of(
        Files.readString(DEPLOY.resolve("dunlin.example.yaml")),
        Files.readString(DEPLOY.resolve("compose/dunlin.yaml")),
        kubernetes("ConfigMap").at("/data/dunlin.yaml").asString());
  }

  @ParameterizedTest
  @MethodSource("configurations")
  void aServerStartsWithEachConfiguration(String configuration) throws IOException {
    var file = Files.writeString(folder.resolve("dunlin.yaml"), configuration);
    var out = new StringWriter();
    var command = Main.commandLine(SECRETS);
    command.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(out, true));
    assertThat(command.execute("config", "check", "--config", file.toString()))
        .as(out.toString())
        .isZero();
    assertThat(out.toString()).doesNotContain("warning");
  }

  @Test
  void everyVariableIsAnOption() throws IOException {
    var known =
        ConfigSchema.entries().stream()
            .flatMap(entry -> entry.variable().stream())
            .collect(Collectors.toSet());
    var used = new TreeSet<String>();
    try (var files = Files.walk(DEPLOY)) {
      for (var file : files.filter(Files::isRegularFile).toList()) {
        var names = Pattern.compile("\\bDUNLIN_[A-Z_]+\\b").matcher(Files.readString(file));
        while (names.find()) {
          used.add(names.group());
        }
      }
    }
    used.removeAll(OF_THE_LAUNCHER);
    assertThat(used).isNotEmpty().isSubsetOf(known);
  }

  @Test
  void probesAskWhatTheServerAnswersAtThePortOfItsOperations() throws IOException {
    var container = pod().at("/containers/0");
    assertThat(container.at("/readinessProbe/httpGet/path").asString()).isEqualTo("/health/ready");
    assertThat(container.at("/livenessProbe/httpGet/path").asString()).isEqualTo("/health/live");
    var file = folder.resolve("dunlin.yaml");
    Files.writeString(file, kubernetes("ConfigMap").at("/data/dunlin.yaml").asString());
    var server =
        new ConfigReader(Optional.of(file), SECRETS, Map.of()).read().config().httpServer();
    var ports =
        container
            .get("ports")
            .valueStream()
            .collect(
                Collectors.toMap(
                    port -> port.get("name").asString(),
                    port -> port.get("containerPort").asInt()));
    assertThat(ports)
        .isEqualTo(Map.of("clients", server.port(), "internal", server.internalPort()));
  }

  @Test
  void whoeverStopsAServerGivesItTheTimeThatItMayTake() throws IOException {
    var file = folder.resolve("dunlin.yaml");
    Files.writeString(file, kubernetes("ConfigMap").at("/data/dunlin.yaml").asString());
    var before = pod().at("/containers/0/lifecycle/preStop/exec/command/1").asString();
    assertThat(Duration.ofSeconds(pod().get("terminationGracePeriodSeconds").asInt()))
        .isGreaterThan(shutdown(file).plusSeconds(Integer.parseInt(before)));
    var compose = documents(DEPLOY.resolve("compose/compose.yaml")).getFirst();
    var grace = compose.at("/x-dunlin/stop_grace_period").asString();
    assertThat(Duration.parse("PT" + grace))
        .isGreaterThan(shutdown(DEPLOY.resolve("compose/dunlin.yaml")));
    var unit = Files.readString(DEPLOY.resolve("systemd/dunlin.service"));
    assertThat(unit).contains("TimeoutStopSec=45");
    assertThat(shutdown(DEPLOY.resolve("dunlin.example.yaml"))).isLessThan(Duration.ofSeconds(45));
  }

  @Test
  void noLimitCountsTheAddressOfTheProxyThatAllClientsComeFrom() throws IOException {
    var pods = folder.resolve("dunlin.yaml");
    Files.writeString(pods, kubernetes("ConfigMap").at("/data/dunlin.yaml").asString());
    for (var file : List.of(pods, DEPLOY.resolve("compose/dunlin.yaml"))) {
      var server =
          new ConfigReader(Optional.of(file), SECRETS, Map.of()).read().config().httpServer();
      assertThat(server.connectionLimitPerAddress()).isZero();
      assertThat(server.connectionRateLimitPerAddress()).isZero();
      assertThat(server.failedAuthenticationLimit()).isZero();
    }
  }

  @Test
  void theBudgetAndTheServicesFindThePods() throws IOException {
    var label = kubernetes("Deployment").at("/spec/template/metadata/labels/app").asString();
    assertThat(kubernetes("PodDisruptionBudget").at("/spec/selector/matchLabels/app").asString())
        .isEqualTo(label);
    assertThat(kubernetes("Service").at("/spec/selector/app").asString()).isEqualTo(label);
  }

  @Test
  void nginxReadsTheConfigurationOfCompose() throws Exception {
    var nginx = Component.NGINX.require();
    var text =
        Files.readString(DEPLOY.resolve("compose/nginx.conf"))
            .replaceAll("dunlin([123]):8000", "127.0.0.$1:8000")
            .replace("/tmp/nginx.pid", folder.resolve("nginx.pid").toString());
    var file = Files.writeString(folder.resolve("nginx.conf"), text);
    assertThat(says(nginx.toString(), "-t", "-e", "stderr", "-c", file.toString()))
        .contains("test is successful");
  }

  @Test
  void systemdReadsTheUnit() throws Exception {
    var systemd =
        Component.of(
                "systemd-analyze",
                "Debian package systemd",
                () -> Optional.of(Path.of("/usr/bin/systemd-analyze")).filter(Files::isExecutable))
            .require();
    var unit =
        Files.readString(DEPLOY.resolve("systemd/dunlin.service"))
            .replaceAll("(?m)^ExecStart=\\S+", "ExecStart=/bin/true");
    var file = Files.writeString(folder.resolve("dunlin.service"), unit);
    assertThat(says(systemd.toString(), "verify", "--man=no", file.toString()))
        .doesNotContain("dunlin.service");
  }

  private String says(String... command) throws Exception {
    var log = folder.resolve("said");
    var process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    try {
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      return Files.readString(log);
    } finally {
      process.destroyForcibly();
    }
  }
}

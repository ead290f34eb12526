package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class BenchCommandTest {

  @TempDir Path folder;

  private record Ended(int code, String out, String err) {}

  private Ended bench(String... arguments) {
    var out = new StringWriter();
    var err = new StringWriter();
    var all = new ArrayList<>(List.of("bench", "--seconds", "1", "--warm-up", "0"));
    all.addAll(List.of(arguments));
    int code =
        Main.commandLine(Map.of())
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(all.toArray(String[]::new));
    return new Ended(code, out.toString(), err.toString());
  }

  private Ended bench(TestServer server, String... arguments) {
    var all =
        new ArrayList<>(
            List.of(
                server.webSocket().toString(),
                "--set",
                "client.token.hmac_secret_key="
                    + server.config().client().token().hmacSecretKey().value(),
                "--set",
                "client.token.hmac_algorithm=HS512"));
    all.addAll(List.of(arguments));
    return bench(all.toArray(String[]::new));
  }

  private static JsonNode json(Ended ended) {
    assertThat(ended.code()).as(ended.err()).isZero();
    return JsonMapper.builder().build().readTree(ended.out());
  }

  @Test
  void openLoopInJsonLosesNothingAndWritesAPageThatAsksForNothing() throws Exception {
    try (var server = TestServer.start()) {
      var page = folder.resolve("report.html");
      var ended =
          bench(
              server, "-n", "20", "--fan-out", "10", "--rate", "200", "--report", page.toString());
      assertThat(ended.code()).as(ended.err()).isZero();
      assertThat(ended.out())
          .contains("Messages each second", "Latency p99")
          .doesNotContain("Not delivered");
      assertThat(ended.err()).contains("messages/s", "the report is in file:");
      var html = Files.readString(page);
      assertThat(html).contains("<svg", "prefers-color-scheme: dark", "20 connections");
      assertThat(
              Pattern.compile("<(script|img|link|iframe)|url\\(|https?://|src=")
                  .matcher(html)
                  .find())
          .isFalse();
    }
  }

  @Test
  void closedLoopInProtobufSaysItsResultInJson() {
    try (var server = TestServer.start()) {
      var result =
          json(bench(server, "-n", "4", "--protocol", "protobuf", "--no-report", "--json"));
      assertThat(result.get("messages").asLong()).isPositive();
      assertThat(result.get("latency_us").get("p99").asDouble()).isPositive();
      assertThat(result.get("timeline").size()).isPositive();
    }
  }

  @Test
  void channelThatIsNotOpenIsAnErrorWithARemedy() {
    try (var server =
        TestServer.start(
            Map.of(
                "channel.without_namespace.allow_publish_for_client",
                "false",
                "channel.without_namespace.allow_publish_for_subscriber",
                "false"))) {
      var ended = bench(server, "-n", "2", "--no-report");
      assertThat(ended.code()).isEqualTo(ExitCode.FAILED.code());
      assertThat(ended.err())
          .contains("permission denied", "allow_publish_for_subscriber", "--channel");
    }
  }

  @Test
  void planThatCannotBeIsAUsageError() {
    var ended = bench("ws://127.0.0.1:9/", "-n", "10", "--fan-out", "3", "--no-report");
    assertThat(ended.code()).isEqualTo(ExitCode.USAGE.code());
    assertThat(ended.err()).contains("10 connections cannot be divided into groups of 3");
  }

  @Test
  void pageThatCannotBeWrittenIsSaidBeforeTheRun() {
    var page = folder.resolve("none").resolve("report.html").toString();
    var ended = bench("ws://127.0.0.1:9/", "--report", page);
    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.err()).contains("--report", page, "--no-report");
  }

  @Test
  void serverThatIsNotThereIsOneLine() {
    var ended = bench("ws://127.0.0.1:9/", "--no-report");
    assertThat(ended.code()).isEqualTo(ExitCode.FAILED.code());
    assertThat(ended.err()).contains("no connection to ws://127.0.0.1:9/");
  }
}

package dev.dunlin.conformance.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.channels.Hub;
import dev.dunlin.testing.Component;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The published JavaScript SDK under Node, in both encodings: {@code conformance/sdk}. */
class JavaScriptSdkTest {

  private static final Path SDK = Path.of("sdk").toAbsolutePath();

  @Test
  void theJavaScriptSdkDoesAllItCan() throws Exception {
    try (var hub = Hub.inMemory();
        var node = SdkServer.start(hub)) {
      run(List.of(node.url()));
    }
  }

  /** Runs the suite against these nodes. */
  static void run(List<String> urls) throws Exception {
    var node = Component.NODE.require();
    install();
    var suite =
        new ProcessBuilder(node.toString(), "--test", "--test-reporter=spec", "suite.test.mjs")
            .directory(SDK.toFile());
    suite.environment().put("DUNLIN_URLS", String.join(",", urls));
    suite.environment().put("DUNLIN_SECRET", SdkServer.SECRET);
    assertThat(output(suite, 180)).as("the suite's verdict").contains("fail 0");
  }

  /** Fetches the SDK, once. */
  static void install() throws Exception {
    if (!Files.isDirectory(SDK.resolve("node_modules/centrifuge"))) {
      var npm = Component.NPM.require();
      output(new ProcessBuilder(npm.toString(), "ci", "--silent").directory(SDK.toFile()), 180);
    }
  }

  private static String output(ProcessBuilder command, int seconds)
      throws IOException, InterruptedException {
    var log = Files.createTempFile("sdk", ".log");
    var process = command.redirectErrorStream(true).redirectOutput(log.toFile()).start();
    try {
      boolean ended = process.waitFor(seconds, TimeUnit.SECONDS);
      var said = Files.readString(log);
      assertThat(ended).as("%s ended; it said: %s", command.command(), said).isTrue();
      assertThat(process.exitValue()).as("%s said: %s", command.command(), said).isZero();
      return said;
    } finally {
      process.destroyForcibly();
      Files.delete(log);
    }
  }
}

package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.testing.Component;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The console as its user sees it; the steps are in {@code e2e/console.mjs}. */
class ConsoleBrowserTest {

  private static final Path SCRIPTS = Path.of("e2e").toAbsolutePath();

  @Test
  void aNewcomerSeesMessagesFlyAndAnOperatorFindsWhatIsGoingOn() throws Exception {
    var node = Component.NODE.require().toString();
    var chromium = Component.CHROMIUM.require().toString();
    if (!Files.isDirectory(SCRIPTS.resolve("node_modules/playwright-core"))) {
      run(List.of(Component.NPM.require().toString(), "ci", "--no-audit", "--no-fund"));
    }
    try (var server = TestServer.start()) {
      int port = server.server().addresses().getFirst().getPort();
      var curl =
          Welcome.text(server.config(), port)
              .lines()
              .map(String::strip)
              .filter(line -> line.startsWith("curl "))
              .findFirst()
              .orElseThrow();
      var said = run(List.of(node, "console.mjs", "http://localhost:" + port, chromium, curl));
      assertThat(said.strip()).isEqualTo("ok");
    }
  }

  /** What a program says, if it ends well and in time. */
  private static String run(List<String> command) throws Exception {
    var output = Files.createTempFile("console", ".log");
    try {
      var process =
          new ProcessBuilder(command)
              .directory(SCRIPTS.toFile())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      boolean ended = process.waitFor(120, TimeUnit.SECONDS);
      if (!ended) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
      }
      var said = Files.readString(output, StandardCharsets.UTF_8);
      assertThat(ended && process.exitValue() == 0).as(said).isTrue();
      return said;
    } finally {
      Files.delete(output);
    }
  }
}

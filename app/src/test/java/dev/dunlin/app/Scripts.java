package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.testing.Component;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Programs of {@code e2e/}, run by Node.js with the packages that its lock file names. */
final class Scripts {

  private static final Path FOLDER = Path.of("e2e").toAbsolutePath();

  private Scripts() {}

  /** Makes sure that the packages are there. */
  static void installed() throws Exception {
    Component.npmPackages(FOLDER);
  }

  /** What a program says, if it ends well and in time. */
  static String run(List<String> command) throws Exception {
    var output = Files.createTempFile("script", ".log");
    try {
      var process =
          new ProcessBuilder(command)
              .directory(FOLDER.toFile())
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

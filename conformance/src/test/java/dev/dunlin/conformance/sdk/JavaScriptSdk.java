package dev.dunlin.conformance.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.testing.Component;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Where the published JavaScript SDK is, and how it gets there. */
public final class JavaScriptSdk {

  /** The folder whose {@code node_modules} has it. */
  public static final Path FOLDER = Path.of("sdk").toAbsolutePath();

  private JavaScriptSdk() {}

  /** Fetches the SDK, once. */
  public static void install() throws IOException, InterruptedException {
    Component.npmPackages(FOLDER);
  }

  /** What a command says that must succeed in time. */
  static String output(ProcessBuilder command, int seconds)
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
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      Files.delete(log);
    }
  }
}

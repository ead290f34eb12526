package dev.dunlin.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** What the fuzzer of configurations calls, where the reader can be seen. */
public final class ConfigFuzz {

  private ConfigFuzz() {}

  /**
   * Reads these bytes as a configuration: a refusal names what is wrong, and what is accepted is
   * printed so that it reads back as the same.
   */
  public static void read(byte[] bytes) {
    Path file = null;
    try {
      file = Files.createTempFile("fuzzed", ".yaml");
      Files.write(file, bytes);
      var first = read(file);
      // secrets are not printed
      if (first.isPresent() && !first.get().config().toString().contains("***")) {
        var config = first.get().config();
        Files.writeString(file, ConfigText.effective(config, first.get().tree()));
        if (!read(file).map(again -> again.config().equals(config)).orElse(false)) {
          throw new AssertionError("printed and read it is another: " + Files.readString(file));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      delete(file);
    }
  }

  private static Optional<ConfigReader.Reading> read(Path file) {
    try {
      return Optional.of(new ConfigReader(Optional.of(file), Map.of(), Map.of()).read());
    } catch (CommandFailure refused) {
      if (refused.exitCode() != ExitCode.USAGE || String.valueOf(refused.getMessage()).isBlank()) {
        throw new AssertionError("refused without a reason", refused);
      }
      return Optional.empty();
    }
  }

  private static void delete(Path file) {
    try {
      if (file != null) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

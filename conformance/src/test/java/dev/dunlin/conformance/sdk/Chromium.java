package dev.dunlin.conformance.sdk;

import dev.dunlin.testing.Component;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A real browser, without a window. */
final class Chromium {

  private Chromium() {}

  /** Opens the page in a browser of its own and waits for what it reports. */
  static String visited(String page, CompletableFuture<String> verdict) throws Exception {
    var chromium = Component.CHROMIUM.require();
    var profile = Files.createTempDirectory("chromium");
    var log = Files.createTempFile("chromium", ".log");
    var browser =
        new ProcessBuilder(
                chromium.toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--disable-dev-shm-usage",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile,
                page)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      return verdict.get(120, TimeUnit.SECONDS);
    } catch (java.util.concurrent.TimeoutException e) {
      throw new AssertionError(
          "the page reports nothing; the browser: " + Files.readString(log), e);
    } finally {
      browser.descendants().forEach(ProcessHandle::destroyForcibly);
      browser.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
      Files.deleteIfExists(log);
      delete(profile);
    }
  }

  private static void delete(Path folder) throws java.io.IOException {
    try (var files = Files.walk(folder)) {
      for (var file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (java.nio.file.DirectoryNotEmptyException | java.io.UncheckedIOException stillWriting) {
      folder.toFile().deleteOnExit();
    }
  }
}

package dev.dunlin.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.testing.Component;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The archive that is handed out, unpacked where there is a JDK and nothing else. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a POSIX shell script")
class PackageTest {

  private static final Path TARGET = Path.of("../target");

  private static final Component ARCHIVE =
      Component.of("the archive", "./dunlin package", PackageTest::archive);

  @TempDir Path folder;
  private Path home;

  private static Optional<Path> archive() {
    try (var files = Files.newDirectoryStream(TARGET, "dunlin-*.tar.gz")) {
      var found = files.iterator();
      return found.hasNext() ? Optional.of(found.next().toAbsolutePath()) : Optional.empty();
    } catch (IOException none) {
      return Optional.empty();
    }
  }

  @BeforeEach
  void unpack() throws Exception {
    var archive = ARCHIVE.require();
    var tar = new ProcessBuilder("tar", "xzf", archive.toString()).directory(folder.toFile());
    assertThat(tar.inheritIO().start().waitFor()).isZero();
    try (var unpacked = Files.list(folder)) {
      home = unpacked.toList().getFirst();
    }
  }

  /** The launcher with the JDK of this test, and neither Maven nor anything of the user's. */
  private Process dunlin(Path out, String... arguments) throws IOException {
    var command = new ArrayList<>(List.of(home.resolve("dunlin").toString()));
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().clear();
    builder.environment().put("PATH", "/usr/bin:/bin");
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    return builder.redirectErrorStream(true).redirectOutput(out.toFile()).start();
  }

  private String output(String... arguments) throws Exception {
    var out = folder.resolve("out");
    var process = dunlin(out, arguments);
    try {
      assertThat(process.waitFor(90, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).as(Files.readString(out)).isZero();
      return Files.readString(out);
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void whatAnOperatorNeedsIsInIt() {
    assertThat(home.getFileName().toString()).startsWith("dunlin-");
    for (var file :
        List.of(
            "LICENSE", "CHANGELOG.md", "sbom.cdx.json", "dunlin.service", "dunlin.example.yaml")) {
      assertThat(home.resolve(file)).isRegularFile();
    }
    assertThat(home.resolve("dunlin")).isExecutable();
  }

  @Test
  void theProgramSaysItsVersionAndServesUntilItIsTold() throws Exception {
    assertThat(output("version"))
        .startsWith("Dunlin " + home.getFileName().toString().substring("dunlin-".length()));
    serves();
  }

  @Test
  @Tag("figures") // a minute of CPU on a busy machine, for what LauncherTest has in small
  void whatPrepareKeepsIsTakenByTheJvm() throws Exception {
    output("prepare");
    serves();
    var java = home.resolve("cache");
    try (var kept = Files.list(java)) {
      assertThat(kept.filter(file -> !file.endsWith("prepare.log"))).hasSize(1);
    }
  }

  private void serves() throws Exception {
    var out = folder.resolve("serve");
    var process = dunlin(out, "serve", "--port", "0");
    try {
      var port = said(process, out, "http://localhost:([0-9]+)/api/publish");
      var key = said(process, out, "X-API-Key: ([0-9a-f]+)");
      var publish =
          HttpRequest.newBuilder(URI.create("http://localhost:" + port + "/api/publish"))
              .header("X-API-Key", key)
              .POST(HttpRequest.BodyPublishers.ofString("{\"channel\": \"news\", \"data\": 1}"))
              .build();
      try (var http = HttpClient.newHttpClient()) {
        var answer = http.send(publish, HttpResponse.BodyHandlers.ofString());
        assertThat(answer.body()).contains("\"offset\":1");
      }
      process.destroy();
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
    } finally {
      process.destroyForcibly();
    }
  }

  private static String said(Process process, Path out, String pattern) throws IOException {
    var end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
    while (true) {
      var text = Files.readString(out);
      var found = Pattern.compile(pattern).matcher(text);
      if (found.find()) {
        return found.group(1);
      }
      assertThat(process.isAlive() && System.nanoTime() < end).as(text).isTrue();
      LockSupport.parkNanos(10_000_000);
    }
  }
}

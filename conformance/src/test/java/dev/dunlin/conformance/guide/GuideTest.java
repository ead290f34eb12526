package dev.dunlin.conformance.guide;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.conformance.guide.Page.Block;
import dev.dunlin.testing.Component;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the pages of the guide show is run, in the order in which it stands there. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the examples are for a POSIX shell")
class GuideTest {

  private static final Path SDK = Path.of("sdk").toAbsolutePath();

  /** Languages that are not run: text, drawings, frames, and those of SDKs that are not here. */
  private static final Set<String> SHOWN = Set.of("", "text", "json", "xml");

  /** Java that the build compiles and a test runs. */
  private static final List<Path> SOURCES =
      List.of(Path.of("../examples/src"), Path.of("src/test/java/dev/dunlin/conformance/guide"));

  private static final Component PYTHON_SDK =
      Component.of(
          "python3 with centrifuge-python",
          "pip install centrifuge-python",
          () ->
              Stream.of("python3", "/usr/bin/python3")
                  .flatMap(python -> withSdk(python).stream())
                  .findFirst());

  /** A link to a file of ours, without its anchor. */
  private static final Pattern LINK = Pattern.compile("\\]\\(((?![a-z]+:)[^)#\\s]+)[^)]*\\)");

  @TempDir Path folder;

  /** The interpreter itself, if it has the SDK. */
  private static Optional<Path> withSdk(String python) {
    try {
      var program = "import centrifuge, sys; print(sys.executable)";
      var process = new ProcessBuilder(python, "-c", program).start();
      var said = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
      return process.waitFor() == 0 ? Optional.of(Path.of(said)) : Optional.empty();
    } catch (IOException missing) {
      return Optional.empty();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  static Stream<Page> pagesThatRun() throws Exception {
    return Page.all().stream()
        .filter(page -> page.blocks().stream().anyMatch(block -> runs(block)));
  }

  private static boolean runs(Block block) {
    return !block.directive().equals("unchecked")
        && (block.language().equals("sh") || !block.directive().isEmpty());
  }

  @ParameterizedTest
  @MethodSource("pagesThatRun")
  void theExamplesOfAPageRun(Page page) throws Exception {
    if (page.blocks().stream().anyMatch(block -> block.text().contains("node "))) {
      nodeModules();
    }
    if (page.blocks().stream().anyMatch(block -> block.text().contains("python3 "))) {
      Component.PYTHON_WEBSOCKETS.require();
    }
    try (var shell = new Shell(folder)) {
      shell.variable("NODE_OPTIONS", "--import=" + browserLike());
      python(shell, Component.PYTHON_WEBSOCKETS.find());
      for (var block : page.blocks()) {
        try {
          run(shell, block);
        } catch (AssertionError failure) {
          throw new AssertionError(
              page + ", line " + block.line() + ": " + failure.getMessage(), failure);
        }
      }
    }
  }

  private static void run(Shell shell, Block block) throws Exception {
    switch (block.directive()) {
      case "file" -> shell.file(block.argument(), block.text());
      case "background" -> {
        shell.background(block.text(), shell.placed(block.argument()));
        printed(shell, "TOKEN", "(?m)^ +(eyJ\\S+)$");
        printed(shell, "KEY", "X-API-Key: ([0-9a-f]+)");
      }
      case "prints" -> assertThat(shell.run(block.text())).contains(shell.placed(block.argument()));
      case "then" -> {
        shell.run(block.text());
        shell.awaitBackground(shell.placed(block.argument()));
      }
      case "config" -> {
        shell.file("example.yaml", block.text());
        shell.run(
            "export DUNLIN_CLIENT_TOKEN_HMAC_SECRET_KEY="
                + "0123456789abcdef".repeat(4)
                + " DUNLIN_CLIENT_TOKEN_HMAC_ALGORITHM=HS512\n"
                + "./dunlin config check --config example.yaml");
      }
      case "unchecked", "sdk" -> {}
      case "" -> {
        if (block.language().equals("sh")) {
          shell.run(block.text());
        }
      }
      default -> throw new AssertionError("no such directive: " + block.directive());
    }
  }

  /**
   * The program of an SDK, after what the page starts before it. Where the SDK is missing this is a
   * skip that is counted, in continuous integration too: it may not be to be had there.
   */
  @Test
  void programsOfPythonsSdkRun() throws Exception {
    var python = PYTHON_SDK.find();
    Assumptions.assumeTrue(
        python.isPresent(), "python3 with centrifuge-python is missing: pip install it");
    for (var page : Page.all()) {
      if (page.blocks().stream().noneMatch(block -> block.directive().equals("sdk"))) {
        continue;
      }
      nodeModules();
      try (var shell = new Shell(folder)) {
        shell.variable("NODE_OPTIONS", "--import=" + browserLike());
        python(shell, python);
        for (var block : page.blocks()) {
          if (block.directive().equals("sdk")) {
            shell.file("sdk.py", block.text());
            shell.background("python3 sdk.py", block.argument());
            break;
          }
          run(shell, block);
        }
      }
    }
  }

  /** Puts the right {@code python3} before others on the path. */
  private void python(Shell shell, Optional<Path> python) throws Exception {
    if (python.isPresent()) {
      var bin = Files.createDirectories(folder.resolve("bin"));
      Files.createSymbolicLink(bin.resolve("python3"), python.get());
      shell.variable("PATH", bin + ":" + System.getenv("PATH"));
    }
  }

  /** Readers copy what the server prints into their shell. */
  private static void printed(Shell shell, String variable, String pattern) throws Exception {
    var found = Pattern.compile(pattern).matcher(shell.backgroundOutput());
    if (found.find()) {
      shell.variable(variable, found.group(1));
    }
  }

  private void nodeModules() throws Exception {
    Component.NODE.require();
    Component.npmPackages(SDK);
    Files.createSymbolicLink(folder.resolve("node_modules"), SDK.resolve("node_modules"));
  }

  /** Browsers and Node.js from 22 on have a WebSocket; here an older one gets it. */
  private Path browserLike() throws Exception {
    return Files.writeString(
        folder.resolve("browser.mjs"),
        """
        if (!globalThis.WebSocket) {
          const { default: WebSocket } = await import('ws')
          globalThis.WebSocket = WebSocket
        }
        """);
  }

  @Test
  void everyBlockIsRunOrSaidNotToBe() throws Exception {
    for (var page : Page.all()) {
      for (var block : page.blocks()) {
        assertThat(
                runs(block)
                    || block.directive().equals("unchecked")
                    || block.language().equals("java")
                    || SHOWN.contains(block.language()))
            .as(
                "%s, line %d: a block of %s with nothing above it",
                page, block.line(), block.language())
            .isTrue();
      }
    }
  }

  @Test
  void everyLinkLeadsToAFileThatIsThere() throws Exception {
    var broken = new ArrayList<String>();
    try (var files = Files.walk(Path.of("../docs"))) {
      for (var page : files.filter(path -> path.toString().endsWith(".md")).toList()) {
        var text = Files.readString(page).replaceAll("(?ms)^```.*?^```", "");
        LINK.matcher(text)
            .results()
            .map(link -> link.group(1))
            .filter(link -> !Files.exists(page.resolveSibling(link)))
            .forEach(link -> broken.add(page + ": " + link));
      }
    }
    assertThat(broken).isEmpty();
  }

  @Test
  void javaOnThePagesStandsInSourcesThatAreCompiledAndRun() throws Exception {
    var sources = new StringBuilder();
    for (var root : SOURCES) {
      try (var files = Files.walk(root)) {
        for (var file : files.filter(path -> path.toString().endsWith(".java")).toList()) {
          sources.append(Files.readString(file)).append('\n');
        }
      }
    }
    var compiled = squeezed(sources.toString());
    for (var page : Page.all()) {
      for (var block : page.blocks()) {
        if (block.language().equals("java")) {
          for (var line : block.text().split("\n")) {
            assertThat(compiled)
                .as("%s, from line %d: is in no source", page, block.line())
                .contains(squeezed(line));
          }
        }
      }
    }
  }

  /**
   * Without white space and comments at the ends of lines, since sources are formatted otherwise.
   */
  private static String squeezed(String text) {
    return text.lines()
        .map(line -> line.replaceAll("\\s+// .*$", "").strip())
        .collect(Collectors.joining())
        .replaceAll("\\s+", "");
  }
}

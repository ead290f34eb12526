package dev.dunlin.conformance.guide;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.app.Main;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The folder and the shell in which the examples of one page run, with a {@code ./dunlin} that is
 * the one just built. Ports that pages name are replaced by free ones.
 */
final class Shell implements AutoCloseable {

  private static final int PATIENCE = 120;
  private static final List<String> PORTS =
      List.of("8000", "8001", "8002", "9000", "8443", "9443", "3000");
  private static final Pattern PORT =
      Pattern.compile("(?<![0-9A-Za-z])(" + String.join("|", PORTS) + ")(?![0-9A-Za-z])");

  private final Path folder;
  private final Map<String, String> variables = new LinkedHashMap<>();
  private final Map<String, String> ports = new LinkedHashMap<>();
  private final List<Process> background = new ArrayList<>();
  private final List<Path> logs = new ArrayList<>();

  Shell(Path folder) throws IOException {
    this.folder = folder;
    for (var port : PORTS) {
      ports.put(port, Integer.toString(freePort()));
    }
    var launcher =
        Files.writeString(
            folder.resolve("dunlin"),
            """
            #!/bin/sh
            exec '%s' --enable-native-access=ALL-UNNAMED -XX:TieredStopAtLevel=1 -XX:+UseSerialGC \
              -cp '%s' dev.dunlin.app.Main "$@"
            """
                .formatted(Path.of(System.getProperty("java.home"), "bin", "java"), classPath()));
    assertThat(launcher.toFile().setExecutable(true)).isTrue();
    // What a page starts without a configuration listens here too.
    variables.put("DUNLIN_HTTP_SERVER_PORT", ports.get("8000"));
  }

  /** Of this JVM, or of the loader that a test engine has put over it. */
  private static String classPath() {
    return Main.class.getClassLoader() instanceof URLClassLoader loader
        ? Stream.of(loader.getURLs())
            .map(URL::getPath)
            .collect(Collectors.joining(File.pathSeparator))
        : System.getProperty("java.class.path");
  }

  static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  Path folder() {
    return folder;
  }

  String port(String named) {
    return ports.get(named);
  }

  void variable(String name, String value) {
    variables.put(name, value);
  }

  /** The text with the ports that are used here. */
  String placed(String text) {
    return PORT.matcher(text).replaceAll(found -> ports.get(found.group(1)));
  }

  void file(String name, String text) throws IOException {
    var file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, placed(text));
  }

  /** Runs the lines and gives what they print. */
  String run(String lines) throws Exception {
    var log = folder.resolve("block-" + logs.size() + ".log");
    var process = start(lines, log);
    try {
      assertThat(process.waitFor(PATIENCE, TimeUnit.SECONDS)).as(lines).isTrue();
      var said = Files.readString(log);
      assertThat(process.exitValue())
          .as("%s said: %s%nIn the background: %s", lines, said, backgroundOutput())
          .isZero();
      return said;
    } finally {
      kill(process);
    }
  }

  /** Starts the lines and returns when they have said the text. */
  void background(String lines, String text) throws Exception {
    var log = folder.resolve("background-" + logs.size() + ".log");
    logs.add(log);
    var process = start(lines, log);
    background.add(process);
    await(
        text,
        () -> {
          assertThat(process.isAlive() || Files.readString(log).contains(text))
              .as("%s ended: %s", lines, Files.readString(log))
              .isTrue();
          return Files.readString(log);
        });
  }

  /** Waits until one of those in the background has said the text. */
  void awaitBackground(String text) throws Exception {
    await(text, this::backgroundOutput);
  }

  String backgroundOutput() throws IOException {
    var all = new StringBuilder();
    for (var log : logs) {
      all.append(Files.readString(log));
    }
    return all.toString();
  }

  private interface Output {
    String text() throws Exception;
  }

  private static void await(String text, Output output) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE);
    while (!output.text().contains(text)) {
      if (System.nanoTime() > end) {
        throw new AssertionError("'" + text + "' was not said: " + output.text());
      }
      LockSupport.parkNanos(10_000_000);
    }
  }

  private Process start(String lines, Path log) throws IOException {
    var builder = new ProcessBuilder("/bin/sh", "-eu", "-c", placed(lines));
    builder.environment().keySet().removeIf(name -> name.startsWith("DUNLIN_"));
    builder.environment().putAll(variables);
    return builder
        .directory(folder.toFile())
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }

  private static void kill(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  @Override
  public void close() throws Exception {
    for (var process : background.reversed()) {
      kill(process);
      assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }
  }
}

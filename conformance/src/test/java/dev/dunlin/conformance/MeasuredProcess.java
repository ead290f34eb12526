package dev.dunlin.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A {@link MeasuredServer} as a process, and how to ask it. */
final class MeasuredProcess implements AutoCloseable {

  private final Process process;
  private final Target target;
  private final HttpClient http = HttpClient.newHttpClient();

  private MeasuredProcess(Process process, int port) {
    this.process = process;
    this.target = new Target("127.0.0.1", port, "/echo", false);
  }

  /** Starts it with these options of the JVM. */
  static MeasuredProcess start(String... options) throws IOException {
    return start(0, options);
  }

  /**
   * Starts it.
   *
   * @param files how many it may have open; 0 for as many as we
   */
  static MeasuredProcess start(int files, String... options) throws IOException {
    List<String> command = new ArrayList<>();
    if (files > 0) {
      command.addAll(List.of("sh", "-c", "ulimit -n " + files + "; exec \"$@\"", "sh"));
    }
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", classPath(), MeasuredServer.class.getName()));
    var process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (var out = process.inputReader()) {
      for (var line = out.readLine(); line != null; line = out.readLine()) {
        if (line.matches("\\d+")) {
          return new MeasuredProcess(process, Integer.parseInt(line));
        }
      }
    }
    process.destroyForcibly();
    throw new IOException("the measured server did not start");
  }

  /** Of this JVM, or of the loader that a test engine has put over it. */
  private static String classPath() {
    return MeasuredServer.class.getClassLoader() instanceof URLClassLoader loader
        ? Stream.of(loader.getURLs())
            .map(URL::getPath)
            .collect(Collectors.joining(File.pathSeparator))
        : System.getProperty("java.class.path");
  }

  Target target() {
    return target;
  }

  Target at(String path) {
    return new Target(target.host(), target.port(), path, false);
  }

  boolean alive() {
    return process.isAlive();
  }

  /** What it says at a path. */
  Properties ask(String path) throws IOException, InterruptedException {
    var uri = URI.create("http://127.0.0.1:" + target.port() + path);
    var answer = http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(200);
    var said = new Properties();
    said.load(new StringReader(answer.body()));
    return said;
  }

  /** One of its figures. */
  long ask(String path, String name) throws IOException, InterruptedException {
    return Long.parseLong(ask(path).getProperty(name, "0"));
  }

  @Override
  public void close() throws InterruptedException {
    http.close();
    process.destroyForcibly();
    process.waitFor(10, TimeUnit.SECONDS);
  }
}

package dev.dunlin.conformance;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A {@link MeasuredServer} in a JVM of its own, which must log no error: closing it throws if it
 * has. One thread asks.
 */
final class ForkedServer implements AutoCloseable {

  private final Process process;
  private final Path log;
  private final BufferedReader answers;
  private final int port;

  private ForkedServer(List<String> command) throws IOException {
    log = Files.createTempFile("measured", ".log");
    process = new ProcessBuilder(command).redirectError(log.toFile()).start();
    answers = process.inputReader(StandardCharsets.UTF_8);
    port = (int) read().of("port");
  }

  /** With options for its JVM, such as {@code -Xmx1g}, and arguments of {@link MeasuredServer}. */
  static ForkedServer start(List<String> options, String... settings) throws IOException {
    return new ForkedServer(command(options, settings));
  }

  /** The same with at most so many open files. */
  static ForkedServer withFiles(int most, List<String> options, String... settings)
      throws IOException {
    var command = new ArrayList<>(List.of("sh", "-c", "ulimit -n " + most + "; exec \"$@\"", "sh"));
    command.addAll(command(options, settings));
    return new ForkedServer(command);
  }

  private static List<String> command(List<String> options, String... settings) {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("-Dio.netty.leakDetection.level=disabled");
    command.add("-XX:+ExitOnOutOfMemoryError");
    command.add("-Dlogback.configurationFile=forked-server-logback.xml");
    command.addAll(options);
    command.addAll(List.of("-cp", classPath()));
    command.add(MeasuredServer.class.getName());
    command.addAll(List.of(settings));
    return command;
  }

  /** Of this JVM, or of the loader that a test engine has put over it. */
  private static String classPath() {
    return MeasuredServer.class.getClassLoader() instanceof URLClassLoader loader
        ? Stream.of(loader.getURLs())
            .map(URL::getPath)
            .collect(Collectors.joining(File.pathSeparator))
        : System.getProperty("java.class.path");
  }

  int port() {
    return port;
  }

  /** What it has answered. */
  record Answer(Map<String, Long> numbers) {
    long of(String name) {
      var number = numbers.get(name);
      if (number == null) {
        throw new IllegalArgumentException(name + " is not among " + numbers);
      }
      return number;
    }
  }

  /** What it has logged so far. */
  List<String> logged() throws IOException {
    return Files.readAllLines(log);
  }

  Answer ask(String question) throws IOException {
    process.getOutputStream().write((question + "\n").getBytes(StandardCharsets.UTF_8));
    process.getOutputStream().flush();
    return read();
  }

  private Answer read() throws IOException {
    var numbers = new HashMap<String, Long>();
    for (var line = answers.readLine(); ; line = answers.readLine()) {
      if (line == null) {
        throw new IOException("the server has ended: " + Files.readString(log));
      }
      if (line.matches("\\w+=-?\\d+( \\w+=-?\\d+)*")) {
        for (var pair : line.split(" ")) {
          int equals = pair.indexOf('=');
          numbers.put(pair.substring(0, equals), Long.parseLong(pair.substring(equals + 1)));
        }
        return new Answer(numbers);
      }
    }
  }

  @Override
  public void close() throws IOException, InterruptedException {
    process.getOutputStream().close();
    if (!process.waitFor(20, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
    answers.close();
    var errors = logged().stream().filter(line -> line.contains(" ERROR ")).toList();
    Files.delete(log);
    if (!errors.isEmpty()) {
      throw new IOException("the server has logged errors: " + errors);
    }
  }
}

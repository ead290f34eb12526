package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** {@code dunlin serve} as a process of its own, killed in the end if it is still there. */
final class ServeProcess implements AutoCloseable {

  private final Path out;
  private final Path err;
  private final Process process;

  private ServeProcess(Path out, Path err, Process process) {
    this.out = out;
    this.err = err;
    this.process = process;
  }

  /** Starts it in a folder, where its output goes too. */
  static ServeProcess start(Path folder, String... arguments) throws IOException {
    return start(folder, Map.of(), arguments);
  }

  /** The same with variables of the environment. */
  static ServeProcess start(Path folder, Map<String, String> variables, String... arguments)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                classPath(),
                Main.class.getName(),
                "serve"));
    command.addAll(List.of(arguments));
    var out = folder.resolve("out");
    var err = folder.resolve("err");
    var builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().putAll(variables);
    return new ServeProcess(
        out, err, builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start());
  }

  /** Of this JVM, or of the loader that a test engine has put over it. */
  private static String classPath() {
    return Main.class.getClassLoader() instanceof URLClassLoader loader
        ? Stream.of(loader.getURLs())
            .map(URL::getPath)
            .collect(Collectors.joining(File.pathSeparator))
        : System.getProperty("java.class.path");
  }

  String out() throws IOException {
    return Files.readString(out);
  }

  String err() throws IOException {
    return Files.readString(err);
  }

  /** The first group of a pattern, once it is in the standard output. */
  String inOut(String pattern) throws Exception {
    return find(out, pattern);
  }

  /** The first group of a pattern, once it is in the log. */
  String inErr(String pattern) throws Exception {
    return find(err, pattern);
  }

  private static String find(Path file, String pattern) throws Exception {
    var compiled = Pattern.compile(pattern);
    Await.until(
        pattern + " in " + file.getFileName(),
        () -> compiled.matcher(Files.readString(file)).find());
    var matcher = compiled.matcher(Files.readString(file));
    assertThat(matcher.find()).isTrue();
    return matcher.group(1);
  }

  void signal(String name) throws Exception {
    assertThat(
            new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor())
        .isZero();
  }

  /** Waits for its end, and gives its code. */
  int ended() throws Exception {
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).as("ended").isTrue();
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}

package dev.dunlin.testing;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * A program outside the JVM that a test uses where it is installed: a Redis, a browser.
 *
 * <pre>{@code
 * Path redis = Component.REDIS.require();
 * }</pre>
 *
 * <p>Where it is missing, {@link #require()} skips the test, and {@code ./dunlin test} counts and
 * names such skips in its summary. If the environment variable {@code DUNLIN_REQUIRE_ALL} is set to
 * anything but {@code 0}, as continuous integration does, the test fails instead. Immutable; any
 * thread may call.
 */
public final class Component {

  /** The environment variable that turns a skip into a failure. */
  static final String REQUIRE_ALL = "DUNLIN_REQUIRE_ALL";

  /** {@code redis-server}, the Redis server, or the program {@code DUNLIN_REDIS_SERVER} names. */
  public static final Component REDIS = chosen("DUNLIN_REDIS_SERVER", "redis-server");

  /** {@code nats-server}, the NATS server, or the program {@code DUNLIN_NATS_SERVER} names. */
  public static final Component NATS = chosen("DUNLIN_NATS_SERVER", "nats-server");

  /** Chromium, to be run headless. */
  public static final Component CHROMIUM =
      executable("chromium", "chromium", "chromium", "chromium-browser", "google-chrome");

  /** Node.js; which packages it can load is the business of the test. */
  public static final Component NODE = executable("node", "nodejs");

  /** {@code npm}, the package client of Node.js. */
  public static final Component NPM = executable("npm", "npm");

  /** A {@code python3} that can import {@code websockets}. */
  public static final Component PYTHON_WEBSOCKETS =
      of(
          "python3 with websockets",
          "Debian package python3-websockets",
          () ->
              Stream.concat(
                      find(System.getenv(), "python3").stream(),
                      // the system's own, behind another one on the path
                      Stream.of(Path.of("/usr/bin/python3")).filter(Files::isExecutable))
                  .filter(python -> succeeds(python.toString(), "-c", "import websockets"))
                  .findFirst());

  /** {@code nginx}, as a proxy in front. */
  public static final Component NGINX = executable("nginx", "nginx");

  /** {@code haproxy}, as a proxy in front. */
  public static final Component HAPROXY = executable("haproxy", "haproxy");

  private static final List<String> SYSTEM_FOLDERS =
      List.of("/usr/local/bin", "/usr/local/sbin", "/usr/sbin", "/opt/homebrew/bin");

  private final String name;
  private final String remedy;
  private final Supplier<Optional<Path>> finder;

  /** Held while packages are installed: file locks are those of the whole process. */
  private static final ReentrantLock INSTALLING = new ReentrantLock();

  private Component(String name, String remedy, Supplier<Optional<Path>> finder) {
    this.name = name;
    this.remedy = remedy;
    this.finder = finder;
  }

  /**
   * A component of your own.
   *
   * @param name what the skip calls it
   * @param remedy how to get it, such as {@code "Debian package redis-server"}
   * @param finder answers where it is, or empty where it is missing; asked at every call
   */
  public static Component of(String name, String remedy, Supplier<Optional<Path>> finder) {
    return new Component(name, remedy, finder);
  }

  private static Component executable(String name, String debianPackage, String... names) {
    return of(
        name,
        "Debian package " + debianPackage,
        () ->
            (names.length == 0 ? Stream.of(name) : Stream.of(names))
                .flatMap(candidate -> find(System.getenv(), candidate).stream())
                .findFirst());
  }

  /** A server, of whatever version an environment variable names: its path. */
  private static Component chosen(String variable, String name) {
    var usual = executable(name, name);
    return of(
        name,
        usual.remedy,
        () -> {
          var path = System.getenv(variable);
          return path == null || path.isEmpty()
              ? usual.find()
              : Optional.of(Path.of(path)).filter(Files::isExecutable);
        });
  }

  /**
   * Installs the packages of Node.js that {@code package-lock.json} in a folder names, unless those
   * are there. Several processes may ask at once: one installs, the others wait.
   *
   * @param folder gets {@code node_modules}, and a file {@code node_modules.lock} with what npm
   *     said
   * @throws IOException if they cannot be fetched
   */
  public static void npmPackages(Path folder) throws IOException, InterruptedException {
    INSTALLING.lock();
    try (var file = FileChannel.open(folder.resolve("node_modules.lock"), CREATE, WRITE);
        var others = file.lock()) {
      var installed = folder.resolve("node_modules/.package-lock.json");
      var wanted = Files.getLastModifiedTime(folder.resolve("package-lock.json"));
      if (others.isValid()
          && (!Files.exists(installed)
              || Files.getLastModifiedTime(installed).compareTo(wanted) < 0)) {
        var log = folder.resolve("node_modules.lock").toFile();
        var install =
            new ProcessBuilder(NPM.require().toString(), "ci", "--no-audit", "--no-fund")
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log)
                .start();
        try {
          if (!install.waitFor(180, TimeUnit.SECONDS) || install.exitValue() != 0) {
            throw new IOException("npm ci in " + folder + " failed: see " + log);
          }
        } finally {
          install.destroyForcibly();
        }
      }
    } finally {
      INSTALLING.unlock();
    }
  }

  /** Where it is installed, or empty. */
  public Optional<Path> find() {
    return finder.get();
  }

  /**
   * Where it is installed.
   *
   * @throws org.opentest4j.TestAbortedException where it is missing: the test is skipped
   * @throws AssertionError where it is missing and {@code DUNLIN_REQUIRE_ALL} is set: the test
   *     fails
   */
  public Path require() {
    return require(System.getenv());
  }

  Path require(Map<String, String> environment) {
    Optional<Path> found = find();
    if (found.isPresent()) {
      return found.get();
    }
    String missing = "missing component: " + name + " (" + remedy + ")";
    String all = environment.getOrDefault(REQUIRE_ALL, "0");
    return all.isEmpty() || all.equals("0")
        ? Assumptions.abort(missing)
        : Assertions.fail(missing + "; " + REQUIRE_ALL + "=" + all + " demands it");
  }

  /** Servers lie in folders for administrators, which are not on everyone's path. */
  static Optional<Path> find(Map<String, String> environment, String executable) {
    String path = environment.getOrDefault("PATH", "");
    return Stream.concat(Stream.of(path.split(File.pathSeparator, -1)), SYSTEM_FOLDERS.stream())
        .filter(folder -> !folder.isEmpty())
        .map(folder -> Path.of(folder, executable))
        .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
        .findFirst();
  }

  private static boolean succeeds(String... command) {
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    } catch (InterruptedException interruption) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for " + command[0], interruption);
    }
  }

  @Override
  public String toString() {
    return name;
  }
}

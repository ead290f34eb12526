package dev.dunlin.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.testing.Component;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the README says to whoever embeds the library: {@code ./dunlin build} in a clone installs it
 * into a local repository, and a project of its own depends on one artifact and the BOM.
 */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a POSIX shell script")
class InstallTest {

  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Path HOME = Path.of(System.getProperty("user.home"), ".m2", "repository");
  private static final Component MAVEN =
      Component.of("Maven", "Debian package maven", () -> onPath("mvn"));

  @TempDir Path folder;

  private static Optional<Path> onPath(String name) {
    return List.of(System.getenv("PATH").split(":")).stream()
        .map(each -> Path.of(each, name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  @Test
  @Tag("figures") // compiles everything
  void aProjectOfItsOwnDependsOnTheInstalledLibraryAndEchoes() throws Exception {
    var maven = MAVEN.require().toString();
    var repository = folder.resolve("repository");
    link(System.getProperty("maven.repo.local", HOME.toString()), repository);
    var clone = folder.resolve("clone");
    copy(ROOT, clone);
    var offline = List.of("-o", "-q", "-Dmaven.repo.local=" + repository);
    run(clone, List.of("./dunlin", "build"), offline);
    assertThat(repository.resolve("dev/dunlin/dunlin-bom")).isDirectory();
    assertThat(repository.resolve("dev/dunlin/dunlin-conformance")).doesNotExist();

    assertThat(repository.resolve("dev/dunlin/dunlin-server"))
        .isDirectoryRecursivelyContaining("glob:**-sources.jar");

    run(clone, List.of("./dunlin", "javadoc"), List.of());
    var documented = clone.resolve("target/javadoc/dev.dunlin.server/dev/dunlin");
    assertThat(documented.resolve("server/Session.html"))
        .isRegularFile()
        .content()
        .doesNotContain("netty");
    assertThat(documented.resolve("server/netty")).doesNotExist();

    var project = folder.resolve("project");
    copy(ROOT.resolve("examples/embedded"), project);
    int port = freePort();
    var source = project.resolve("src/main/java/Echo.java");
    Files.writeString(source, Files.readString(source).replace("8080", Integer.toString(port)));
    run(project, List.of(maven, "compile"), offline);
    var program = start(project, List.of(maven, "exec:java"), offline);
    try {
      try (var client = connected(program, port)) {
        client.send(Frame.text("hello"));
        assertThat(client.next()).isEqualTo(Event.text("hello"));
      }
    } finally {
      program.destroy();
      assertThat(program.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  private RawClient connected(Process program, int port) throws IOException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
    while (true) {
      try {
        return RawClient.open(port, "/echo");
      } catch (IOException notYet) {
        assertThat(program.isAlive() && System.nanoTime() < end).as(said()).isTrue();
        LockSupport.parkNanos(50_000_000);
      }
    }
  }

  private void run(Path where, List<String> command, List<String> options) throws Exception {
    var process = start(where, command, options);
    try {
      assertThat(process.waitFor(15, TimeUnit.MINUTES)).as(said()).isTrue();
      assertThat(process.exitValue()).as(said()).isZero();
    } finally {
      process.destroyForcibly();
    }
  }

  private Process start(Path where, List<String> command, List<String> options) throws IOException {
    var all = new ArrayList<>(command);
    all.addAll(options);
    var builder = new ProcessBuilder(all).directory(where.toFile());
    // the launcher finds a JDK by itself; a project's own Maven needs one that can compile for 21
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().remove("DUNLIN_JAVA_HOME");
    return builder
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("said").toFile())
        .start();
  }

  private String said() throws IOException {
    return Files.readString(folder.resolve("said"));
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** A checkout as it is in its working folder, without what was built there. */
  private static void copy(Path from, Path to) throws IOException {
    walk(from, to, Set.of("target", "node_modules", ".git", ".jqwik-database"), false);
  }

  /**
   * A local repository that holds what the user's does, without anything of ours. Maven writes
   * artifacts once and its notes again and again, so only the former may be the same files.
   */
  private static void link(String from, Path to) throws IOException {
    walk(Path.of(from), to, Set.of("dunlin"), true);
  }

  private static void walk(Path from, Path to, Set<String> leftOut, boolean link)
      throws IOException {
    Files.walkFileTree(
        from,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path each, BasicFileAttributes attributes)
              throws IOException {
            if (leftOut.contains(each.getFileName().toString())) {
              return FileVisitResult.SKIP_SUBTREE;
            }
            Files.createDirectories(to.resolve(from.relativize(each).toString()));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path each, BasicFileAttributes attributes)
              throws IOException {
            var there = to.resolve(from.relativize(each).toString());
            boolean artifact = each.toString().matches(".*\\.(jar|pom|exe)");
            if (link && artifact && Files.getFileStore(each).equals(Files.getFileStore(to))) {
              Files.createLink(there, each);
            } else {
              Files.copy(each, there, StandardCopyOption.COPY_ATTRIBUTES);
            }
            return FileVisitResult.CONTINUE;
          }
        });
  }
}

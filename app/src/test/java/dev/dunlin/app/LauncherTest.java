package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The launcher, run as a process: none of these builds anything. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a POSIX shell script")
class LauncherTest {

  private static final Path LAUNCHER = Path.of("../dunlin").toAbsolutePath().normalize();

  @TempDir Path folder;

  private record Run(int code, String out, String err) {}

  private Run run(Path launcher, Map<String, String> environment, String... args) throws Exception {
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(List.of(args));
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.redirectOutput(out.toFile()).redirectError(err.toFile());
    for (String name : List.of("JAVA_HOME", "DUNLIN_JAVA_HOME", "DUNLIN_JAVA_OPTS")) {
      builder.environment().remove(name);
    }
    builder.environment().putAll(environment);
    Process process = builder.start();
    try {
      assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
      return new Run(process.exitValue(), Files.readString(out), Files.readString(err));
    } finally {
      process.destroyForcibly();
    }
  }

  /** A Java home of the version given whose {@code java} prints its arguments. */
  private Path javaHome(String name, int version) throws IOException {
    Path home = folder.resolve(name);
    Files.createDirectories(home.resolve("bin"));
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + ".0.1\"\n");
    for (String tool : List.of("java", "javac")) {
      Path file = home.resolve("bin").resolve(tool);
      Files.writeString(file, "#!/bin/sh\necho \"" + name + "\"\nprintf '%s\\n' \"$@\"\n");
      assertThat(file.toFile().setExecutable(true)).isTrue();
    }
    return home;
  }

  /** A package as it is handed out: the launcher beside the jars. */
  private Path unpacked(String name) throws IOException {
    Path home = Files.createDirectories(folder.resolve(name));
    Files.createDirectories(home.resolve("lib"));
    return Files.copy(
        LAUNCHER, home.resolve("dunlin"), java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
  }

  @Test
  void helpListsEveryCommandInTheWordsOfTheCommand() throws Exception {
    String help = run(LAUNCHER, Map.of(), "--help").out();
    for (Map.Entry<String, CommandLine> command :
        Main.commandLine(Map.of()).getSubcommands().entrySet()) {
      String summary = command.getValue().getCommandSpec().usageMessage().description()[0];
      assertThat(help.lines().map(String::strip))
          .as("./dunlin --help must list '%s' with its description", command.getKey())
          .anyMatch(line ->
              line.matches(command.getKey() + " +" + java.util.regex.Pattern.quote(summary)));
    }
  }

  @Test
  void javaHomeOfItsOwnThatIsTooOldIsAnErrorWithARemedy() throws Exception {
    Run run = run(LAUNCHER, Map.of("DUNLIN_JAVA_HOME", javaHome("old", 17).toString()), "version");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.out()).isEmpty();
    assertThat(run.err()).contains("Java 17", "needs 21 or later", "unset it");
  }

  @Test
  void javaHomeOfItsOwnWithoutAJavaIsAnErrorWithARemedy() throws Exception {
    Run run = run(LAUNCHER, Map.of("DUNLIN_JAVA_HOME", folder.toString()), "version");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains(folder.toString(), "there is no JDK");
  }

  @Test
  void javaHomeThatIsNewEnoughIsUsedWithItsArguments() throws Exception {
    Run run =
        run(
            unpacked("with space"),
            Map.of("JAVA_HOME", javaHome("jdk 21", 21).toString()),
            "token",
            "a b",
            "");
    assertThat(run.err()).isEmpty();
    assertThat(run.out().lines())
        .startsWith("jdk 21")
        .contains("-XX:+ExitOnOutOfMemoryError", "--enable-native-access=ALL-UNNAMED")
        .doesNotContain("-XX:+UseCompactObjectHeaders")
        .endsWith("dev.dunlin.app.Main", "token", "a b", "");
  }

  @Test
  void compactHeadersAndOwnOptionsArePassedOn() throws Exception {
    Run run =
        run(
            unpacked("package"),
            Map.of(
                "DUNLIN_JAVA_HOME",
                javaHome("jdk25", 25).toString(),
                "DUNLIN_JAVA_OPTS",
                "-Xmx1g -Dx=y"),
            "version");
    assertThat(run.out().lines()).contains("-XX:+UseCompactObjectHeaders", "-Xmx1g", "-Dx=y");
  }

  @Test
  void javaHomeThatIsTooOldIsPassedOverForTheOneOnPath() throws Exception {
    Path newer = javaHome("newer", 24);
    String path = newer.resolve("bin") + ":" + System.getenv("PATH");
    Run run =
        run(
            unpacked("package"),
            Map.of("JAVA_HOME", javaHome("old", 17).toString(), "PATH", path),
            "version");
    assertThat(run.out().lines()).startsWith("newer");
  }

  @Test
  void linkToTheLauncherFindsItsFolder() throws Exception {
    Path launcher = unpacked("far away");
    Path bin = Files.createDirectories(folder.resolve("bin"));
    Path link = Files.createSymbolicLink(bin.resolve("dunlin"), Path.of("../far away/dunlin"));
    Run run = run(link, Map.of("JAVA_HOME", javaHome("jdk", 21).toString()), "version");
    assertThat(run.out())
        .contains("-cp\n" + launcher.getParent().toRealPath().resolve("lib") + "/*\n");
  }

  @Test
  void testSaysWhatDidNotRunAndWhy() throws Exception {
    Path checkout = Files.createDirectories(folder.resolve("checkout"));
    Path launcher =
        Files.copy(
            LAUNCHER, checkout.resolve("dunlin"), java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
    Files.createDirectories(checkout.resolve("app"));
    Files.writeString(checkout.resolve("app/pom.xml"), "<project/>");
    Files.writeString(
        checkout.resolve("report"),
        """
        <testsuite name="A" tests="5" errors="0" skipped="3" failures="1">
          <testcase name="one" classname="A"/>
          <testcase name="two" classname="A"><failure message="no &lt;1&gt;">text</failure></testcase>
          <testcase name="three" classname="A">
            <skipped type="TestAbortedException"><![CDATA[org.opentest4j.TestAbortedException: Assumption failed: no node here
        \tat A.three(A.java:1)]]></skipped>
          </testcase>
          <testcase name="four" classname="A">
            <skipped type="TestAbortedException"><![CDATA[org.opentest4j.TestAbortedException: Assumption failed: no node here]]></skipped>
          </testcase>
          <testcase name="five" classname="A"><skipped message="Redis is missing"/></testcase>
        </testsuite>
        """);
    Path tools = Files.createDirectories(folder.resolve("tools"));
    Path maven = tools.resolve("mvn");
    Files.writeString(
        maven,
        """
        #!/bin/sh
        case $1 in --version) echo Apache Maven 3.9.9; exit 0 ;; esac
        mkdir -p "%1$s/a/target/surefire-reports"
        cp "%1$s/report" "%1$s/a/target/surefire-reports/TEST-A.xml"
        exit 1
        """
            .formatted(checkout));
    assertThat(maven.toFile().setExecutable(true)).isTrue();
    Run run =
        run(
            launcher,
            Map.of(
                "DUNLIN_JAVA_HOME",
                javaHome("jdk", 25).toString(),
                "PATH",
                tools + ":" + System.getenv("PATH")),
            "test");
    assertThat(run.code()).as(run.err()).isEqualTo(1);
    assertThat(run.out())
        .contains(
            "FAILED:\n  A.two\n",
            "SKIPPED, not tested:\n",
            "  2 x no node here (A.three, ...)\n",
            "  1 x Redis is missing (A.five)\n",
            "Tests: 1 passed, 1 failed, 3 skipped\n");
    try (var left = Files.list(folder)) {
      assertThat(left.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("checkout", "jdk", "tools", "out", "err");
    }
  }

  @Test
  void checkoutCommandsAreRefusedInAPackage() throws Exception {
    Run run = run(unpacked("package"), Map.of(), "test");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("'test' needs a source checkout");
  }

  /** A Java home whose {@code java} keeps something where it is told to, then says what it got. */
  private Path learningJava(int version) throws IOException {
    Path home = javaHome("jdk" + version, version);
    Files.writeString(
        home.resolve("bin/java"),
        """
        #!/bin/sh
        for word; do case $word in
          -XX:AOTCacheOutput=* | -XX:ArchiveClassesAtExit=*) echo learned >"${word#*=}" ;;
        esac; done
        printf '%s\\n' "$@"
        """);
    return home;
  }

  @Test
  void whatPrepareHasKeptIsUsedByLaterStartsOfTheSameJava() throws Exception {
    Path launcher = unpacked("package");
    for (var java : Map.of(25, "-XX:AOTCache=", 21, "-XX:SharedArchiveFile=").entrySet()) {
      var environment = Map.of("DUNLIN_JAVA_HOME", learningJava(java.getKey()).toString());
      assertThat(run(launcher, environment, "version").out()).doesNotContain(java.getValue());
      Run prepared = run(launcher, environment, "prepare");
      assertThat(prepared.code()).isZero();
      assertThat(prepared.err()).contains("prepared: later starts with Java " + java.getKey());
      assertThat(run(launcher, environment, "version").out().lines())
          .anyMatch(word ->
              word.startsWith(java.getValue())
                  && Files.exists(Path.of(word.substring(word.indexOf('=') + 1))));
    }
    var another = Map.of("DUNLIN_JAVA_HOME", learningJava(26).toString());
    assertThat(run(launcher, another, "version").out()).doesNotContain("-XX:AOTCache=");
    var files = launcher.getParent().resolve("cache");
    try (var kept = Files.list(files)) {
      assertThat(kept.map(file -> file.getFileName().toString()))
          .as("only the last one, and what was said")
          .hasSize(2)
          .contains("prepare.log");
    }
  }

  @Test
  void prepareThatFailsSaysWhereItsLogIs() throws Exception {
    Path java = javaHome("silent", 25);
    Run run = run(unpacked("package"), Map.of("DUNLIN_JAVA_HOME", java.toString()), "prepare");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("this JVM has kept nothing", "prepare.log");
  }

  @Test
  void launcherIsPlainAscii() throws Exception {
    assertThat(StandardCharsets.US_ASCII.newEncoder().canEncode(Files.readString(LAUNCHER)))
        .isTrue();
  }
}

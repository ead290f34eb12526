package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;

class MainTest {

  private record Run(int code, String out, String err) {}

  private static Run run(CommandLine commandLine, String... args) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code =
        commandLine
            .setOut(new PrintWriter(out, true))
            .setErr(new PrintWriter(err, true))
            .execute(args);
    return new Run(code, out.toString(), err.toString());
  }

  private static Run run(String... args) {
    return run(Main.commandLine(Map.of()), args);
  }

  @Test
  void versionGoesToStandardOutput() {
    Run run = run("version");
    assertThat(run.code).isZero();
    assertThat(run.out).startsWith("Dunlin ").contains("Java " + Runtime.version());
    assertThat(run.err).isEmpty();
  }

  @Test
  void versionIsAnObjectForScripts() {
    assertThat(run("version", "--json").out)
        .startsWith("{\"version\":\"")
        .contains("\"java\":\"" + Runtime.version() + "\"")
        .endsWith("}" + System.lineSeparator());
  }

  @Test
  void everyCommandExplainsItself() {
    for (String name : Main.commandLine(Map.of()).getSubcommands().keySet()) {
      Run run = run(name, "--help");
      assertThat(run.code).isZero();
      assertThat(run.out).contains("Usage: dunlin " + name);
    }
  }

  @Test
  void helpNamesCommandsAndExitCodes() {
    Run run = run("--help");
    assertThat(run.code).isZero();
    assertThat(run.out).contains("version", "Exit codes:", "DUNLIN_LOG");
  }

  @Test
  void misspelledCommandIsAUsageErrorWithASuggestion() {
    Run run = run("versoin");
    assertThat(run.code).isEqualTo(2);
    assertThat(run.out).isEmpty();
    assertThat(run.err).contains("versoin", "version", "--help");
  }

  @Test
  void missingCommandIsAUsageError() {
    Run run = run();
    assertThat(run.code).isEqualTo(2);
    assertThat(run.err).startsWith("dunlin: a command is missing");
  }

  @Test
  void unknownLogLevelIsAUsageErrorThatNamesTheLevels() {
    Run run = run(Main.commandLine(Map.of("DUNLIN_LOG", "loud")), "version");
    assertThat(run.code).isEqualTo(2);
    assertThat(run.err)
        .isEqualTo("dunlin: DUNLIN_LOG is 'loud'; it must be error, warn, info, debug or trace\n");
  }

  @Test
  void verboseLowersTheLevelOfDunlinAndLessThatOfLibraries() {
    assertThat(run("version", "-v").code).isZero();
    assertThat(LoggerFactory.getLogger("dev.dunlin.x").isDebugEnabled()).isTrue();
    assertThat(LoggerFactory.getLogger("io.netty.x").isDebugEnabled()).isFalse();
    assertThat(run("version").code).isZero();
    assertThat(LoggerFactory.getLogger("dev.dunlin.x").isDebugEnabled()).isFalse();
  }

  @Command(name = "fail")
  static final class Failing implements Runnable {
    private final RuntimeException failure;

    Failing(RuntimeException failure) {
      this.failure = failure;
    }

    @Override
    public void run() {
      throw failure;
    }
  }

  private static Run failing(RuntimeException failure, String... args) {
    CommandLine commandLine = Main.commandLine(Map.of());
    commandLine.addSubcommand(new Failing(failure));
    // A handler set on the root reaches only the commands that exist by then.
    commandLine.setExecutionExceptionHandler(commandLine.getExecutionExceptionHandler());
    return run(commandLine, args);
  }

  @Test
  void foreseenFailureIsOneLineAndItsExitCode() {
    Run run =
        failing(CommandFailure.failed("port 8000 is taken: choose another with --port"), "fail");
    assertThat(run.code).isEqualTo(1);
    assertThat(run.err).isEqualTo("dunlin: port 8000 is taken: choose another with --port\n");
  }

  @Test
  void unforeseenFailureKeepsItsTypeAndShowsItsPlaceWhenVerbose() {
    assertThat(failing(new IllegalStateException("odd"), "fail"))
        .isEqualTo(
            new Run(
                1, "", "dunlin: java.lang.IllegalStateException: odd (--verbose prints where)\n"));
    assertThat(failing(new IllegalStateException("odd"), "-v", "fail").err)
        .contains("\tat dev.dunlin");
  }
}

package dev.dunlin.app;

import java.io.PrintWriter;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The program's way in: the tree of commands. A command is a class of its own, listed here and, so
 * that help needs no build, in the launcher; a test compares the two lists.
 *
 * <p>What a command prints for its reader or for a script goes to standard output, everything else
 * to standard error. Exit codes are those of {@link ExitCode}.
 */
@Command(
    name = "dunlin",
    description = {"Dunlin: real-time WebSockets for the JVM.", ""},
    synopsisSubcommandLabel = "COMMAND",
    commandListHeading = "%nCommands:%n",
    footerHeading = "%n",
    footer = {
      "'dunlin COMMAND --help' explains a command.",
      "DUNLIN_LOG sets the log level: error, warn, info (default), debug or trace."
    },
    versionProvider = VersionCommand.class,
    subcommands = {TargetCommand.class, PrepareCommand.class, VersionCommand.class})
public final class Main implements Runnable {

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Explain this command.")
  @SuppressWarnings("UnusedVariable") // read by the command line library
  private boolean help;

  @Option(
      names = {"-v", "--verbose"},
      scope = ScopeType.INHERIT,
      description = "Log at level debug; twice, at level trace. Failures come with a stack trace.")
  private boolean[] verbose = {};

  @Option(names = "--version", versionHelp = true, description = "Print the version.")
  @SuppressWarnings("UnusedVariable") // likewise
  private boolean version;

  private final CommandLine commandLine;

  private Main(Map<String, String> environment) {
    CommandLine.RunLast last = new CommandLine.RunLast();
    commandLine = new CommandLine(this);
    commandLine
        .addSubcommand(new ServeCommand(environment))
        .addSubcommand(new ConfigCommand(environment))
        .addSubcommand(new TokenCommand(environment))
        .addSubcommand(new PublishCommand(environment))
        .addSubcommand(new SubscribeCommand(environment))
        .addSubcommand(new InfoCommand(environment))
        .addSubcommand(new ExplainCommand(environment))
        .addSubcommand(new BenchCommand(environment));
    commandLine
        .setAbbreviatedOptionsAllowed(false)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionStrategy(parsed -> {
          try {
            LogLevel.of(environment, verbose.length).apply();
          } catch (CommandFailure failure) {
            return failed(failure, commandLine);
          }
          return last.execute(parsed);
        })
        .setParameterExceptionHandler((misuse, args) -> misused(misuse))
        .setExecutionExceptionHandler((failure, command, parsed) -> failed(failure, command))
        .getCommandSpec()
        .usageMessage()
        .exitCodeListHeading("%nExit codes:%n")
        .exitCodeList(ExitCode.descriptions());
  }

  /** Runs the command given and ends the JVM with its exit code. */
  public static void main(String[] args) {
    System.exit(commandLine(System.getenv()).execute(args));
  }

  /** The whole tree of commands, ready to execute. */
  static CommandLine commandLine(Map<String, String> environment) {
    return new Main(environment).commandLine;
  }

  /** Whether the log is as the flag says, whatever a configuration says. */
  boolean verbose() {
    return verbose.length > 0;
  }

  @Override
  public void run() {
    throw new ParameterException(commandLine, "a command is missing");
  }

  private static int misused(ParameterException misuse) {
    PrintWriter err = misuse.getCommandLine().getErr();
    err.println("dunlin: " + misuse.getMessage());
    UnmatchedArgumentException.printSuggestions(misuse, err);
    err.println("Try '" + misuse.getCommandLine().getCommandSpec().qualifiedName() + " --help'.");
    return ExitCode.USAGE.code();
  }

  private int failed(Exception failure, CommandLine command) {
    PrintWriter err = command.getErr();
    ExitCode code = ExitCode.FAILED;
    if (failure instanceof CommandFailure expected) {
      err.println("dunlin: " + expected.getMessage());
      code = expected.exitCode();
    } else {
      err.println("dunlin: " + failure + " (--verbose prints where)");
    }
    if (verbose.length > 0) {
      failure.printStackTrace(err);
    }
    return code.code();
  }
}

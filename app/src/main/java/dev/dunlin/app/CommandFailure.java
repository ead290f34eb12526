package dev.dunlin.app;

/**
 * A failure that a command foresaw. Its message is one line for the person at the terminal, naming
 * the setting and the remedy; no stack trace is printed.
 */
final class CommandFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ExitCode exitCode;

  private CommandFailure(ExitCode exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  /** The command could not do what it was asked to do. */
  static CommandFailure failed(String message) {
    return new CommandFailure(ExitCode.FAILED, message);
  }

  /** The arguments, the environment or the configuration are wrong. */
  static CommandFailure misused(String message) {
    return new CommandFailure(ExitCode.USAGE, message);
  }

  ExitCode exitCode() {
    return exitCode;
  }
}

package dev.dunlin.app;

import java.util.LinkedHashMap;
import java.util.Map;

/** How the program ends: what a script may rely on. */
enum ExitCode {
  OK(0, "the command did what it was asked to do"),
  FAILED(1, "it could not: one line on standard error says why"),
  USAGE(2, "the arguments, the environment or the configuration are wrong: nothing was started");

  private final int code;
  private final String description;

  ExitCode(int code, String description) {
    this.code = code;
    this.description = description;
  }

  int code() {
    return code;
  }

  static Map<String, String> descriptions() {
    Map<String, String> descriptions = new LinkedHashMap<>();
    for (ExitCode exit : values()) {
      descriptions.put(" " + exit.code, exit.description);
    }
    return descriptions;
  }
}

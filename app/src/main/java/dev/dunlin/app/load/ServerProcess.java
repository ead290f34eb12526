package dev.dunlin.app.load;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The process under load, seen from outside. Linux only.
 *
 * @param pid which process
 */
public record ServerProcess(long pid) {

  /** Whether this machine tells how much CPU time the process has used. */
  public boolean measurable() {
    return Files.isReadable(Path.of("/proc/" + pid + "/schedstat"));
  }

  /**
   * The user and system time of each of its threads so far, in nanoseconds. (The times of the whole
   * process come in steps of 10 ms, each rounded down.)
   */
  Map<String, Long> threads() throws IOException {
    var times = new HashMap<String, Long>();
    try (var tasks = Files.newDirectoryStream(Path.of("/proc/" + pid + "/task"))) {
      for (var task : tasks) {
        try {
          var run = Files.readString(task.resolve("schedstat")).split(" ", 2)[0];
          times.put(task.getFileName().toString(), Long.parseLong(run));
        } catch (NoSuchFileException ended) {
          // what it did last is not counted
        }
      }
    }
    return times;
  }

  /** The seconds of CPU time used since {@link #threads()} gave {@code before}. */
  double cpuSecondsSince(Map<String, Long> before) throws IOException {
    long used = 0;
    for (var thread : threads().entrySet()) {
      used += thread.getValue() - before.getOrDefault(thread.getKey(), 0L);
    }
    return used / 1e9;
  }
}

package dev.dunlin.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The server under load, seen from outside: where it listens and which process it is. */
record Server(int port, long pid) {

  private static final double TICKS_PER_SECOND = 100;

  /** User and system time of the whole process so far. */
  double cpuSeconds() throws IOException {
    var stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
  }
}

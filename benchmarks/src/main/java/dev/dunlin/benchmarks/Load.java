package dev.dunlin.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * A load generator without any WebSocket library: raw frames over {@code java.nio} on one thread,
 * every byte that comes back compared, the server's CPU time read from {@code /proc}.
 *
 * <pre>
 * java … dev.dunlin.benchmarks.Load SCENARIO PORT PID CONNECTIONS IN_FLIGHT BYTES SECONDS
 * java … dev.dunlin.benchmarks.Load                  the same from lines of standard input
 * </pre>
 *
 * <table>
 * <caption>Scenarios</caption>
 * <tr><td>echo</td><td>closed loop, IN_FLIGHT messages on each connection</td></tr>
 * <tr><td>fan</td><td>CONNECTIONS subscribers; the next IN_FLIGHT messages are published when
 *     everybody has the last</td></tr>
 * <tr><td>deflate-echo, deflate-fan</td><td>the same with permessage-deflate and JSON that
 *     varies</td></tr>
 * <tr><td>rate</td><td>open loop: IN_FLIGHT messages a second to CONNECTIONS subscribers, latency
 *     from the instant at which each was due</td></tr>
 * <tr><td>connect</td><td>handshakes, CONNECTIONS at a time</td></tr>
 * <tr><td>idle, deflate-idle</td><td>CONNECTIONS that have each echoed one message; held until the
 *     next line of standard input</td></tr>
 * </table>
 *
 * <p>Prints one line of {@code name=value}. The figure of merit is {@code per_cpu_second}:
 * messages, deliveries or handshakes per second of server CPU time.
 */
public final class Load {

  private static final int ARGUMENTS = 7;

  private Load() {}

  /** Runs one scenario, or those that standard input names; see the class. */
  public static void main(String[] args) throws IOException {
    var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    if (args.length == ARGUMENTS) {
      run(args, lines);
      return;
    }
    if (args.length != 0) {
      System.err.println("usage: Load [SCENARIO PORT PID CONNECTIONS IN_FLIGHT BYTES SECONDS]");
      System.exit(2);
    }
    for (var line = lines.readLine(); line != null; line = lines.readLine()) {
      try {
        run(line.trim().split(" ", -1), lines);
      } catch (IOException | RuntimeException failure) {
        System.out.println(
            "failed=" + String.valueOf(failure.getMessage()).lines().findFirst().orElse(""));
      }
    }
  }

  private static void run(String[] words, BufferedReader lines) throws IOException {
    if (words.length != ARGUMENTS) {
      throw new IllegalArgumentException("a scenario has " + ARGUMENTS + " words");
    }
    var server = new Server(Integer.parseInt(words[1]), Long.parseLong(words[2]));
    int connections = Integer.parseInt(words[3]);
    int inFlight = Integer.parseInt(words[4]);
    int bytes = Integer.parseInt(words[5]);
    double seconds = Double.parseDouble(words[6]);
    var result =
        switch (words[0]) {
          case "echo" -> new Plain(server, inFlight, bytes).echo(connections, seconds);
          case "fan" -> new Plain(server, inFlight, bytes).fan(connections, seconds);
          case "deflate-echo" -> new Deflated(server, inFlight, bytes).echo(connections, seconds);
          case "deflate-fan" -> new Deflated(server, inFlight, bytes).fan(connections, seconds);
          case "rate" -> new Rate(server, inFlight, bytes).fan(connections, seconds);
          case "connect" -> Opening.connect(server, connections, seconds);
          case "idle" -> Opening.idle(server, connections, bytes, false, lines);
          case "deflate-idle" -> Opening.idle(server, connections, bytes, true, lines);
          default -> throw new IllegalArgumentException("no scenario " + words[0]);
        };
    System.out.println(result);
  }
}

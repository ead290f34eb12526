package dev.dunlin.app.load;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The generator for a script that compares servers: one process for all turns, so that it is
 * compiled. A line of standard input describes a turn in words {@code name=value}, the answer is
 * one line of such words.
 *
 * <table>
 * <caption>Words</caption>
 * <tr><td>what</td><td>{@code load} (the default), {@code handshakes}, or {@code idle}: connections
 *     that have each had one round, held until the next line</td></tr>
 * <tr><td>url, publish</td><td>where to connect, and where the one that publishes to all</td></tr>
 * <tr><td>pid</td><td>the process of the server</td></tr>
 * <tr><td>protocol, connections, fan-out, in-flight, bytes, rate, seconds, compression</td><td>as in
 *     {@link Plan}</td></tr>
 * <tr><td>trust</td><td>a PEM file</td></tr>
 * <tr><td>tokens</td><td>a file with one token on each line</td></tr>
 * </table>
 */
public final class Turns {

  private static final double WARM_UP_SHARE = 0.4;
  private static final double MIN_OPEN_WARM_UP_SECONDS = 0.5;

  private Turns() {}

  /** Answers line by line until standard input ends. */
  public static void main(String[] args) throws IOException, InterruptedException {
    var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (var line = lines.readLine(); line != null; line = lines.readLine()) {
      try {
        System.out.println(turn(words(line), lines));
      } catch (IOException | LoadException | RuntimeException failure) {
        System.out.println(
            "failed=" + String.valueOf(failure.getMessage()).lines().findFirst().orElse(""));
      }
    }
  }

  private static Map<String, String> words(String line) {
    var words = new HashMap<String, String>();
    for (var word : line.trim().split(" ", -1)) {
      int equals = word.indexOf('=');
      if (equals < 0) {
        throw new IllegalArgumentException("'" + word + "' is no word of the kind name=value");
      }
      words.put(word.substring(0, equals), word.substring(equals + 1));
    }
    return words;
  }

  private static String turn(Map<String, String> words, BufferedReader lines)
      throws IOException, LoadException, InterruptedException {
    var server = new ServerProcess(Long.parseLong(required(words, "pid")));
    var plan = plan(words);
    return switch (words.getOrDefault("what", "load")) {
      case "load" -> text(Run.of(plan, Optional.of(server), Progress.NONE));
      case "handshakes" ->
          text(
              new Handshakes(plan.uri(), plan.connections())
                  .measure(server, plan.warmUp(), plan.measured()));
      case "idle" -> idle(plan, lines);
      default -> throw new IllegalArgumentException("what=" + words.get("what") + " is unknown");
    };
  }

  private static String required(Map<String, String> words, String name) {
    var value = words.get(name);
    if (value == null) {
      throw new IllegalArgumentException(name + " is missing");
    }
    return value;
  }

  private static int number(Map<String, String> words, String name, int otherwise) {
    var value = words.get(name);
    return value == null ? otherwise : Integer.parseInt(value);
  }

  private static Plan plan(Map<String, String> words) throws IOException {
    double seconds = Double.parseDouble(words.getOrDefault("seconds", "1"));
    int rate = number(words, "rate", 0);
    double warmUp = seconds * WARM_UP_SHARE;
    if (rate > 0) {
      warmUp = Math.max(warmUp, MIN_OPEN_WARM_UP_SECONDS);
    }
    return new Plan(
        URI.create(required(words, "url")),
        Optional.ofNullable(words.get("publish")).map(URI::create),
        Protocol.valueOf(words.getOrDefault("protocol", "raw").toUpperCase(Locale.ROOT)),
        number(words, "connections", 100),
        number(words, "fan-out", 1),
        rate,
        number(words, "in-flight", 1),
        number(words, "bytes", 128),
        nanos(warmUp),
        nanos(seconds),
        1,
        Boolean.parseBoolean(words.getOrDefault("compression", "false")),
        Optional.ofNullable(words.get("trust")).map(Path::of),
        tokens(words.get("tokens")),
        "bench");
  }

  private static Duration nanos(double seconds) {
    return Duration.ofNanos((long) (seconds * 1e9));
  }

  private static IntFunction<String> tokens(@Nullable String file) throws IOException {
    if (file == null) {
      return connection -> "";
    }
    List<String> tokens = Files.readAllLines(Path.of(file));
    return connection -> tokens.get(connection % tokens.size());
  }

  private static String idle(Plan plan, BufferedReader lines)
      throws IOException, LoadException, InterruptedException {
    try (var run = new Run(plan)) {
      run.open(Progress.NONE);
      run.once();
      System.out.println("open=" + plan.connections());
      var unused = lines.readLine();
    }
    return "closed=" + plan.connections();
  }

  private static String text(Result result) {
    var text = new StringBuilder();
    text.append("messages=")
        .append(result.messages())
        .append(String.format(Locale.ROOT, " per_second=%.0f", result.perSecond()))
        .append(String.format(Locale.ROOT, " cpu_seconds=%.3f", result.cpuSeconds().orElse(0)))
        .append(String.format(Locale.ROOT, " per_cpu_second=%.0f", result.perCpuSecond().orElse(0)))
        .append(
            String.format(
                Locale.ROOT, " cpu_share=%.3f", result.cpuSeconds().orElse(0) / result.seconds()))
        .append(" lost=")
        .append(result.lost());
    if (result.latencies().getTotalCount() > 0) {
      text.append(
              String.format(
                  Locale.ROOT, " p50_us=%d", result.latencies().getValueAtPercentile(50) / 1000))
          .append(
              String.format(
                  Locale.ROOT, " p99_us=%d", result.latencies().getValueAtPercentile(99) / 1000));
    }
    return text.toString();
  }
}

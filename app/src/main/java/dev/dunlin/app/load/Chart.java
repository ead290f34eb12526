package dev.dunlin.app.load;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;

/** A line chart as inline SVG; its colours are the classes {@code s0}, {@code s1} … of the page. */
final class Chart {

  private static final int WIDTH = 860;
  private static final int HEIGHT = 300;
  private static final int LEFT = 78;
  private static final int RIGHT = 84;
  private static final int TOP = 18;
  private static final int BOTTOM = 44;

  private final Axis x;
  private final Axis y;
  private final List<Series> series = new ArrayList<>();

  /** Values from a smallest to a largest, with ticks. */
  private record Axis(
      String title,
      double low,
      double high,
      boolean log,
      List<Double> ticks,
      DoubleFunction<String> words) {

    double share(double value) {
      return log
          ? Math.log(Math.clamp(value, low, high) / low) / Math.log(high / low)
          : (Math.clamp(value, low, high) - low) / (high - low);
    }
  }

  private record Series(String name, List<double[]> points) {}

  private Chart(Axis x, Axis y) {
    this.x = x;
    this.y = y;
  }

  /** From 0 to a round number that has room for {@code largest}. */
  private static Axis linear(String title, double largest, DoubleFunction<String> words) {
    double top = Math.max(largest, 1e-9);
    double power = Math.pow(10, Math.floor(Math.log10(top)));
    double step = power;
    for (double factor : new double[] {0.1, 0.2, 0.5, 1, 2}) {
      if (top / (factor * power) <= 6) {
        step = factor * power;
        break;
      }
    }
    var ticks = new ArrayList<Double>();
    double high = step * Math.ceil(top / step - 1e-9);
    for (int i = 0; i * step <= high * (1 + 1e-9); i++) {
      ticks.add(i * step);
    }
    return new Axis(title, 0, high, false, ticks, words);
  }

  /** Decades, from one that is not above {@code smallest}. */
  private static Axis logarithmic(
      String title, double smallest, double largest, DoubleFunction<String> words) {
    double low = Math.pow(10, Math.floor(Math.log10(smallest) + 1e-9));
    double high = Math.max(low * 10, Math.pow(10, Math.ceil(Math.log10(largest) - 1e-9)));
    var ticks = new ArrayList<Double>();
    for (double tick = low; tick <= high * 1.001; tick *= 10) {
      ticks.add(tick);
    }
    return new Axis(title, low, high, true, ticks, words);
  }

  /** The seconds of a run, which ends at the edge of the chart. */
  private static Axis seconds(double last) {
    var axis = linear("seconds", last, Chart::number);
    axis.ticks().removeIf(tick -> tick > last);
    return new Axis(axis.title(), 0, last, false, axis.ticks(), axis.words());
  }

  /** Something over the seconds of a run, from 0. */
  static Chart overTime(
      String title, double seconds, double largest, DoubleFunction<String> words) {
    return new Chart(seconds(seconds), linear(title, largest, words));
  }

  /** Latencies over the seconds of a run. */
  static Chart latenciesOverTime(double seconds, double smallest, double largest) {
    return new Chart(seconds(seconds), logarithmic("latency", smallest, largest, Chart::time));
  }

  /** Latencies over the share of messages that had no more; {@code nines} is where it ends. */
  static Chart byPercentile(double nines, double smallest, double largest) {
    return new Chart(
        logarithmic("share of messages", 1, Math.pow(10, nines), Chart::percentile),
        logarithmic("latency", smallest, largest, Chart::time));
  }

  /** Adds a line: pairs of x and y, in order. */
  Chart line(String name, List<double[]> points) {
    series.add(new Series(name, points));
    return this;
  }

  private double across(double value) {
    return LEFT + x.share(value) * (WIDTH - LEFT - RIGHT);
  }

  private double up(double value) {
    return HEIGHT - BOTTOM - y.share(value) * (HEIGHT - TOP - BOTTOM);
  }

  /** The picture. */
  String svg(String description) {
    var svg = new StringBuilder();
    svg.append(
        "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">"
            .formatted(WIDTH, HEIGHT, description));
    for (double tick : y.ticks()) {
      line(svg, "g", LEFT, up(tick), WIDTH - RIGHT, up(tick));
      text(svg, "end", LEFT - 8, up(tick) + 4, y.words().apply(tick));
    }
    for (double tick : x.ticks()) {
      line(svg, "g", across(tick), TOP, across(tick), HEIGHT - BOTTOM);
      text(svg, "middle", across(tick), HEIGHT - BOTTOM + 18, x.words().apply(tick));
    }
    text(svg, "middle", (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 6, x.title());
    double lowestLabel = HEIGHT;
    for (int i = 0; i < series.size(); i++) {
      lowestLabel = draw(svg, series.get(i), i, lowestLabel);
    }
    return svg.append("</svg>").toString();
  }

  /** Draws a line with its name at its end, above the names that stand there. */
  private double draw(StringBuilder svg, Series one, int number, double lowestLabel) {
    if (one.points().isEmpty()) {
      return lowestLabel;
    }
    svg.append("<polyline class=\"l s").append(number).append("\" points=\"");
    for (var point : one.points()) {
      svg.append(String.format(Locale.ROOT, "%.1f,%.1f ", across(point[0]), up(point[1])));
    }
    svg.append("\"/>");
    for (var point : one.points()) {
      svg.append(
          String.format(
              Locale.ROOT,
              "<circle class=\"p s%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"5\"><title>%s: %s at %s</title></circle>",
              number,
              across(point[0]),
              up(point[1]),
              one.name(),
              y.words().apply(point[1]),
              x.words().apply(point[0])));
    }
    var last = one.points().getLast();
    double at = Math.min(up(last[1]) + 4, lowestLabel - 15);
    svg.append(
        String.format(
            Locale.ROOT,
            "<text class=\"n s%d\" x=\"%.1f\" y=\"%.1f\">%s</text>",
            number,
            across(last[0]) + 7,
            at,
            one.name()));
    return at;
  }

  private static void line(
      StringBuilder svg, String kind, double x1, double y1, double x2, double y2) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>",
            kind,
            x1,
            y1,
            x2,
            y2));
  }

  private static void text(StringBuilder svg, String anchor, double x, double y, String words) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>",
            x,
            y,
            anchor,
            words));
  }

  /** A number as a person says it. */
  static String number(double value) {
    if (value >= 1e6) {
      return trimmed(value / 1e6) + "M";
    }
    return value >= 10_000 ? trimmed(value / 1e3) + "k" : trimmed(value);
  }

  private static String trimmed(double value) {
    var text =
        String.format(Locale.ROOT, value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : "%.2f", value);
    return text.contains(".") ? text.replaceAll("\\.?0+$", "") : text;
  }

  static String time(long nanos) {
    return time((double) nanos);
  }

  /** Nanoseconds in the unit that fits. */
  static String time(double nanos) {
    if (nanos >= 1e9) {
      return trimmed(nanos / 1e9) + " s";
    }
    return nanos >= 1e6 ? trimmed(nanos / 1e6) + " ms" : trimmed(nanos / 1e3) + " µs";
  }

  /** The share whose complement is one in so many. */
  private static String percentile(double oneIn) {
    return trimmedShare(100 - 100 / oneIn) + " %";
  }

  private static String trimmedShare(double percent) {
    return String.format(Locale.ROOT, "%.5f", percent).replaceAll("\\.?0+$", "");
  }
}

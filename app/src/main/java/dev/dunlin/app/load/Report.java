package dev.dunlin.app.load;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;

/**
 * What a run has measured, for people: a table for a terminal, and a page that needs nothing but
 * itself.
 */
public final class Report {

  /** The percentiles of the tables. */
  public static final List<Double> PERCENTILES = List.of(50.0, 90.0, 99.0, 99.9, 99.99, 100.0);

  private final Map<String, String> settings;
  private final Result result;

  /**
   * A report.
   *
   * @param settings what was asked for, in words, in order
   */
  public Report(Map<String, String> settings, Result result) {
    this.settings = new LinkedHashMap<>(settings);
    this.result = result;
  }

  /** What was measured, in words, in order. */
  private Map<String, String> figures() {
    var figures = new LinkedHashMap<String, String>();
    figures.put("Messages each second", count(result.perSecond()));
    figures.put("Messages", count((double) result.messages()));
    if (result.lost() > 0) {
      figures.put("Not delivered in time", count((double) result.lost()));
    }
    result
        .perCpuSecond()
        .ifPresent(figure -> {
          figures.put("Messages per CPU second of the server", count(figure));
          figures.put(
              "CPU of the server",
              String.format(
                  Locale.ROOT,
                  "%.0f %% of a core",
                  100 * result.cpuSeconds().orElse(0) / result.seconds()));
        });
    figures.put("Connections opened in", String.format(Locale.ROOT, "%.2f s", result.opening()));
    return figures;
  }

  private static String count(double number) {
    return String.format(Locale.ROOT, "%,.0f", number);
  }

  /** What a percentile is called: {@code p99.9}, {@code max}. */
  public static String name(double percentile) {
    return percentile == 100 ? "max" : "p" + trimmed(percentile);
  }

  private static String trimmed(double number) {
    return number == Math.rint(number) ? "%.0f".formatted(number) : Double.toString(number);
  }

  /** The table for a terminal. */
  public String text() {
    var text = new StringBuilder();
    settings.forEach((name, value) -> text.append("  %-40s %s%n".formatted(name, value)));
    text.append(System.lineSeparator());
    figures().forEach((name, value) -> text.append("  %-40s %s%n".formatted(name, value)));
    text.append(System.lineSeparator());
    for (double percentile : PERCENTILES) {
      text.append(
          "  %-40s %s%n"
              .formatted(
                  "Latency " + name(percentile),
                  Chart.time(result.latencies().getValueAtPercentile(percentile))));
    }
    return text.toString();
  }

  /** The page. */
  public String html() {
    return """
    <!doctype html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
    <title>dunlin bench</title>
    <style>
    %s
    </style>
    </head>
    <body>
    <main>
    <h1>dunlin bench</h1>
    <p class="lead">%s</p>
    <section class="tiles">%s</section>
    <section><h2>Latency by share of messages</h2>
    <p>How long it took at most, for this share of all messages: %s.</p>
    %s</section>
    <section><h2>Latency over time</h2>
    <p>The same, of the messages of each second.</p>
    %s</section>
    <section><h2>Throughput over time</h2>
    <p>Messages that arrived, each second.</p>
    %s</section>
    <section class="tables">
    <div><h2>Measured</h2>%s</div>
    <div><h2>Asked for</h2>%s</div>
    </section>
    </main>
    </body>
    </html>
    """
        .formatted(
            STYLE,
            escape(settings.getOrDefault("Load", "")),
            tiles(),
            escape(settings.getOrDefault("Latency", "")),
            byPercentile(),
            latenciesOverTime(),
            throughput(),
            table(measured()),
            table(settings));
  }

  private static final String STYLE =
      """
      :root { color-scheme: light dark; --page: #f6f7f9; --card: #fff; --text: #1c2430; --quiet: #5d6877;
        --grid: #e3e7ec; --s0: #1f5fbf; --s1: #c2570c; --s2: #8a3fae; }
      @media (prefers-color-scheme: dark) { :root { --page: #12161c; --card: #1b2129; --text: #e6eaf0;
        --quiet: #98a4b3; --grid: #2c3540; --s0: #6ea8ff; --s1: #ffa25e; --s2: #d08bf2; } }
      * { box-sizing: border-box; }
      body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
      main { max-width: 960px; margin: 0 auto; padding: 32px 20px 48px; }
      h1 { font-size: 26px; margin: 0; }
      h2 { font-size: 17px; margin: 0 0 4px; }
      p { margin: 0 0 12px; color: var(--quiet); }
      .lead { font-size: 16px; margin: 4px 0 20px; }
      section { background: var(--card); border: 1px solid var(--grid); border-radius: 10px;
        padding: 18px 20px; margin-bottom: 18px; }
      .tiles, .tables { display: grid; gap: 18px; background: none; border: 0; padding: 0; }
      .tiles { grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); }
      .tables { grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); }
      .tiles div, .tables > div { background: var(--card); border: 1px solid var(--grid); border-radius: 10px; padding: 14px 18px; }
      .tiles b { display: block; font-size: 24px; font-variant-numeric: tabular-nums; }
      .tiles span { color: var(--quiet); }
      table { border-collapse: collapse; width: 100%; }
      td { padding: 5px 0; border-top: 1px solid var(--grid); vertical-align: top; overflow-wrap: anywhere; }
      td + td { text-align: right; padding-left: 16px; font-variant-numeric: tabular-nums; }
      svg { width: 100%; height: auto; display: block; overflow: visible; }
      svg text { font: 12px system-ui, sans-serif; fill: var(--quiet); }
      .g { stroke: var(--grid); }
      .l { fill: none; stroke-width: 2; stroke-linejoin: round; }
      .l.s0 { stroke: var(--s0); } .l.s1 { stroke: var(--s1); } .l.s2 { stroke: var(--s2); }
      svg text.n { font-weight: 600; }
      svg .n.s0 { fill: var(--s0); } svg .n.s1 { fill: var(--s1); } svg .n.s2 { fill: var(--s2); }
      .p { fill: transparent; }
      .p.s0:hover { fill: var(--s0); } .p.s1:hover { fill: var(--s1); } .p.s2:hover { fill: var(--s2); }\
      """
          .strip();

  private String tiles() {
    return tile("messages each second", count(result.perSecond()))
        + tile("latency p50", Chart.time(result.latencies().getValueAtPercentile(50)))
        + tile("latency p99", Chart.time(result.latencies().getValueAtPercentile(99)))
        + tile("latency max", Chart.time(result.latencies().getMaxValue()));
  }

  private static String tile(String name, String value) {
    return "<div><b>%s</b><span>%s</span></div>".formatted(escape(value), escape(name));
  }

  private Map<String, String> measured() {
    var all = figures();
    for (double percentile : PERCENTILES) {
      all.put(
          "Latency " + name(percentile),
          Chart.time(result.latencies().getValueAtPercentile(percentile)));
    }
    return all;
  }

  private static String table(Map<String, String> rows) {
    var table = new StringBuilder("<table>");
    rows.forEach((name, value) ->
        table.append("<tr><td>%s</td><td>%s</td></tr>".formatted(escape(name), escape(value))));
    return table.append("</table>").toString();
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  private double smallest() {
    return Math.max(1_000.0, (double) result.latencies().getMinNonZeroValue());
  }

  private double largest() {
    return Math.max(10_000.0, (double) result.latencies().getMaxValue());
  }

  private String byPercentile() {
    Histogram all = result.latencies();
    if (all.getTotalCount() == 0) {
      return "";
    }
    double nines = Math.max(1, Math.ceil(Math.log10((double) all.getTotalCount())));
    var points = new ArrayList<double[]>();
    for (int i = 0; i <= nines * 10; i++) {
      double oneIn = Math.pow(10, i / 10.0);
      points.add(new double[] {oneIn, (double) all.getValueAtPercentile(100 - 100 / oneIn)});
    }
    return Chart.byPercentile(nines, Math.min(smallest(), points.getFirst()[1]), largest())
        .line("latency", points)
        .svg("latency by percentile");
  }

  private String latenciesOverTime() {
    return Chart.latenciesOverTime(result.seconds(), smallest(), largest())
        .line("p50", points(second -> (double) second.p50()))
        .line("p99", points(second -> (double) second.p99()))
        .line("max", points(second -> (double) second.max()))
        .svg("latency over time");
  }

  private String throughput() {
    double most = result.timeline().stream().mapToDouble(Result.Second::perSecond).max().orElse(1);
    return Chart.overTime("messages each second", result.seconds(), most, Chart::number)
        .line("messages", points(Result.Second::perSecond))
        .svg("throughput over time");
  }

  private List<double[]> points(ToDoubleFunction<Result.Second> value) {
    return result.timeline().stream()
        .filter(second -> value.applyAsDouble(second) > 0)
        .map(second -> new double[] {second.at(), value.applyAsDouble(second)})
        .toList();
  }
}

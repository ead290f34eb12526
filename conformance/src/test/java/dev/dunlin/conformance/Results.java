package dev.dunlin.conformance;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The verdicts of a run, and the table made of them. Safe for use by all threads. */
final class Results {

  /** What is judged: a {@link Case} or a {@link HandshakeCase}. */
  interface Subject {

    String id();

    String title();

    /** Where it is written. */
    String clause();

    /** A line of the table: what stands before the first dot. */
    default String family() {
      int dot = id().indexOf('.');
      return dot < 0 ? id() : id().substring(0, dot);
    }
  }

  private final String title;
  private final Map<Subject, Verdict> verdicts = new ConcurrentHashMap<>();

  Results(String title) {
    this.title = title;
  }

  /** Adds a verdict; of several on one case the worst stands. */
  void add(Subject c, Verdict verdict) {
    verdicts.merge(c, verdict, (a, b) -> a.kind().compareTo(b.kind()) >= 0 ? a : b);
  }

  List<String> notOk() {
    return ordered().stream()
        .filter(c -> !verdicts.get(c).ok())
        .map(c -> c + ": " + verdicts.get(c))
        .toList();
  }

  private List<Subject> ordered() {
    var order = new ArrayList<>(verdicts.keySet());
    order.sort(Comparator.comparing(Subject::id, Results::compareIds));
    return order;
  }

  private static int compareIds(String a, String b) {
    var left = a.split("\\.");
    var right = b.split("\\.");
    for (int i = 0; i < Math.min(left.length, right.length); i++) {
      boolean numbers =
          Character.isDigit(left[i].charAt(0)) && Character.isDigit(right[i].charAt(0));
      int order =
          numbers
              ? Integer.compare(Integer.parseInt(left[i]), Integer.parseInt(right[i]))
              : left[i].compareTo(right[i]);
      if (order != 0) {
        return order;
      }
    }
    return Integer.compare(left.length, right.length);
  }

  /** A line for each family with its counts, then every case that is not OK. */
  String table() {
    Map<String, Map<Verdict.Kind, Integer>> families = new LinkedHashMap<>();
    for (var c : ordered()) {
      families
          .computeIfAbsent(c.family(), family -> new EnumMap<>(Verdict.Kind.class))
          .merge(verdicts.get(c).kind(), 1, Integer::sum);
    }
    var out = new StringBuilder("## " + title + "\n\n");
    out.append("| family | cases | OK | INFORMATIONAL | NON-STRICT | FAIL | UNIMPLEMENTED |\n");
    out.append("|---|---|---|---|---|---|---|\n");
    families.forEach((family, counts) -> {
      int all = counts.values().stream().mapToInt(Integer::intValue).sum();
      out.append("| ").append(family).append(" | ").append(all);
      for (var kind : Verdict.Kind.values()) {
        out.append(" | ").append(counts.getOrDefault(kind, 0));
      }
      out.append(" |\n");
    });
    long ok = verdicts.values().stream().filter(it -> it.kind() == Verdict.Kind.OK).count();
    out.append("\nAll: ").append(verdicts.size()).append(" cases, ").append(ok).append(" OK.\n");
    ordered().stream()
        .filter(c -> verdicts.get(c).kind() != Verdict.Kind.OK)
        .forEach(c -> out.append("- ").append(c).append(": ").append(verdicts.get(c)).append('\n'));
    return out.toString();
  }

  /** Writes the table and, case by case, the list to {@code target/conformance}. */
  void write(String name) {
    var folder = Path.of("target", "conformance");
    var list = new StringBuilder("id\tverdict\tclause\ttitle\tdetail\n");
    for (var c : ordered()) {
      var verdict = verdicts.get(c);
      list.append(String.join("\t", c.id(), verdict.kind().name(), c.clause(), c.title()))
          .append('\t')
          .append(verdict.detail())
          .append('\n');
    }
    try {
      Files.createDirectories(folder);
      Files.writeString(folder.resolve(name + ".md"), table());
      Files.writeString(folder.resolve(name + ".tsv"), list);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

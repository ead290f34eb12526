package dev.dunlin.server.internal;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Finds what a path leads to: paths without variables first, then patterns in their order. */
public final class Router<T> {

  /** What a path leads to, with the values of its variables. */
  public record Match<T>(T target, Map<String, String> variables) {}

  private record Pattern<T>(PathPattern pattern, T target) {}

  private final Map<String, T> literals = new HashMap<>();
  private final List<Pattern<T>> patterns = new ArrayList<>();

  /**
   * Adds a route. Not while {@link #match} is in use.
   *
   * @throws IllegalArgumentException if the same path is taken
   */
  public void add(PathPattern pattern, T target) {
    boolean taken =
        pattern.literal()
            ? literals.containsKey(pattern.toString())
            : patterns.stream().anyMatch(p -> p.pattern.toString().equals(pattern.toString()));
    if (taken) {
      throw new IllegalArgumentException("there are two routes for " + pattern);
    }
    if (pattern.literal()) {
      literals.put(pattern.toString(), target);
    } else {
      patterns.add(new Pattern<>(pattern, target));
    }
  }

  /** Everything that is led to. */
  public Collection<T> targets() {
    var targets = new ArrayList<>(literals.values());
    patterns.forEach(pattern -> targets.add(pattern.target));
    return targets;
  }

  /** Whether it leads nowhere. */
  public boolean isEmpty() {
    return literals.isEmpty() && patterns.isEmpty();
  }

  /** The target of a decoded path. */
  public Optional<Match<T>> match(String path) {
    var literal = literals.get(path);
    if (literal != null) {
      return Optional.of(new Match<>(literal, Map.of()));
    }
    for (var candidate : patterns) {
      var variables = candidate.pattern.match(path);
      if (variables != null) {
        return Optional.of(new Match<>(candidate.target, variables));
      }
    }
    return Optional.empty();
  }
}

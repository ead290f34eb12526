package dev.dunlin.centrifuge;

import dev.dunlin.centrifuge.Request.FilterNode;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A subscriber's condition on the tags of publications, checked and compiled. Immutable, for any
 * thread; matching allocates nothing but the numbers it compares.
 */
final class TagsFilter {

  /** How deep a filter may nest. */
  static final int MAX_DEPTH = 16;

  /** How many nodes a filter may have. */
  static final int MAX_NODES = 256;

  /** Deeper ones are not even decoded. */
  static final int MAX_DECODED_DEPTH = 32;

  /** Longer texts and larger exponents are no numbers to us: comparing them costs too much. */
  private static final int MAX_NUMBER_LENGTH = 64;

  private static final int MAX_EXPONENT = 400;

  private final Condition root;

  private TagsFilter(Condition root) {
    this.root = root;
  }

  /**
   * The filter that this tree describes.
   *
   * @throws InvalidFilterException if it describes none; the message is fit for the client
   */
  static TagsFilter compile(FilterNode node) throws InvalidFilterException {
    return new TagsFilter(new Compiler().node(node, 1));
  }

  /** Whether a publication with these tags is for the subscriber. */
  boolean matches(Map<String, String> tags) {
    return root.test(tags);
  }

  /** A tree that is not a filter: error 107 to the client. */
  @SuppressWarnings("serial")
  static final class InvalidFilterException extends Exception {

    InvalidFilterException(String message) {
      super(message, null, false, false);
    }
  }

  private interface Condition {
    boolean test(Map<String, String> tags);
  }

  private interface Comparison {
    boolean test(int order);
  }

  private static final class Compiler {

    private int nodes;

    Condition node(FilterNode node, int depth) throws InvalidFilterException {
      if (depth > MAX_DEPTH) {
        throw invalid("a filter nests deeper than " + MAX_DEPTH + " levels");
      }
      if (++nodes > MAX_NODES) {
        throw invalid("a filter has more than " + MAX_NODES + " nodes");
      }
      return switch (node.op()) {
        case "" -> leaf(node);
        case "and" -> {
          List<Condition> all = children(node, depth);
          yield tags -> {
            for (Condition child : all) {
              if (!child.test(tags)) {
                return false;
              }
            }
            return true;
          };
        }
        case "or" -> {
          List<Condition> any = children(node, depth);
          yield tags -> {
            for (Condition child : any) {
              if (child.test(tags)) {
                return true;
              }
            }
            return false;
          };
        }
        case "not" -> {
          List<Condition> one = children(node, depth);
          if (one.size() != 1) {
            throw invalid("not takes exactly one node");
          }
          Condition child = one.getFirst();
          yield tags -> !child.test(tags);
        }
        default -> throw invalid("unknown filter operator");
      };
    }

    private List<Condition> children(FilterNode node, int depth) throws InvalidFilterException {
      if (node.nodes().isEmpty()) {
        throw invalid(node.op() + " needs at least one node");
      }
      var children = new ArrayList<Condition>(node.nodes().size());
      for (FilterNode child : node.nodes()) {
        children.add(node(child, depth + 1));
      }
      return List.copyOf(children);
    }

    private static Condition leaf(FilterNode node) throws InvalidFilterException {
      String key = node.key();
      String val = node.val();
      if (!node.nodes().isEmpty()) {
        throw invalid("a comparison has no nodes");
      }
      return switch (node.cmp()) {
        case "ex" -> {
          noValue(node);
          yield tags -> tags.containsKey(key);
        }
        case "nex" -> {
          noValue(node);
          yield tags -> !tags.containsKey(key);
        }
        case "in" -> {
          Set<String> vals = values(node);
          yield tags -> vals.contains(tags.getOrDefault(key, ""));
        }
        case "nin" -> {
          Set<String> vals = values(node);
          yield tags -> !vals.contains(tags.getOrDefault(key, ""));
        }
        case "eq" -> {
          oneValue(node);
          yield tags -> val.equals(tags.get(key));
        }
        case "neq" -> {
          oneValue(node);
          yield tags -> !val.equals(tags.get(key));
        }
        case "sw" -> {
          oneValue(node);
          yield tags -> {
            String tag = tags.get(key);
            return tag != null && tag.startsWith(val);
          };
        }
        case "ew" -> {
          oneValue(node);
          yield tags -> {
            String tag = tags.get(key);
            return tag != null && tag.endsWith(val);
          };
        }
        case "ct" -> {
          oneValue(node);
          yield tags -> {
            String tag = tags.get(key);
            return tag != null && tag.contains(val);
          };
        }
        case "lt" -> compared(node, order -> order < 0);
        case "lte" -> compared(node, order -> order <= 0);
        case "gt" -> compared(node, order -> order > 0);
        case "gte" -> compared(node, order -> order >= 0);
        default -> throw invalid("unknown filter comparison");
      };
    }

    private static Condition compared(FilterNode node, Comparison comparison)
        throws InvalidFilterException {
      oneValue(node);
      String key = node.key();
      Optional<BigDecimal> limit = number(node.val());
      if (limit.isEmpty()) {
        return tags -> false;
      }
      BigDecimal value = limit.get();
      return tags -> {
        Optional<BigDecimal> tag = number(tags.get(key));
        return tag.isPresent() && comparison.test(tag.get().compareTo(value));
      };
    }

    private static void noValue(FilterNode node) throws InvalidFilterException {
      if (!node.val().isEmpty() || !node.vals().isEmpty()) {
        throw invalid(node.cmp() + " takes no value");
      }
    }

    private static void oneValue(FilterNode node) throws InvalidFilterException {
      keyed(node);
      if (!node.vals().isEmpty()) {
        throw invalid(node.cmp() + " takes val, not vals");
      }
    }

    private static Set<String> values(FilterNode node) throws InvalidFilterException {
      keyed(node);
      if (!node.val().isEmpty() || node.vals().isEmpty()) {
        throw invalid(node.cmp() + " takes vals, at least one, and no val");
      }
      return Set.copyOf(node.vals());
    }

    private static void keyed(FilterNode node) throws InvalidFilterException {
      if (node.key().isEmpty()) {
        throw invalid(node.cmp() + " needs a key");
      }
    }

    private static InvalidFilterException invalid(String message) {
      return new InvalidFilterException(message);
    }
  }

  /**
   * The exact number that a text spells. Comparison of 1e400 with 1 writes out 400 digits, that of
   * 1e999999999 a billion: exponents have a bound.
   */
  private static Optional<BigDecimal> number(@Nullable String text) {
    if (text == null || text.isEmpty() || text.length() > MAX_NUMBER_LENGTH || !ascii(text)) {
      return Optional.empty();
    }
    try {
      var number = new BigDecimal(text);
      return Math.abs((long) number.scale()) > MAX_EXPONENT
          ? Optional.empty()
          : Optional.of(number);
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** BigDecimal reads the digits of every script; the protocol means those of ASCII. */
  private static boolean ascii(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) >= 0x80) {
        return false;
      }
    }
    return true;
  }
}

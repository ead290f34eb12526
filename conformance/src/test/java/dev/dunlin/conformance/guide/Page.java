package dev.dunlin.conformance.guide;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A page of {@code docs/guide} and its fenced blocks. A comment right above a block says what a
 * test does with it; readers do not see it:
 *
 * <ul>
 *   <li>{@code <!-- file: NAME -->} it is the content of this file
 *   <li>{@code <!-- background: TEXT -->} it runs until the page ends; the next block waits for
 *       this text in its output
 *   <li>{@code <!-- prints: TEXT -->} it runs, and says this
 *   <li>{@code <!-- then: TEXT -->} it runs, and then one of those in the background says this
 *   <li>{@code <!-- config -->} it is a configuration that a server starts with
 *   <li>{@code <!-- sdk: TEXT -->} a program for an SDK that is not everywhere: run where it is,
 *       beside what the page has started, until it has said this
 *   <li>{@code <!-- unchecked: WHY -->} nothing; the page says so too
 * </ul>
 *
 * A shell block without a comment runs and must succeed.
 */
record Page(Path path, List<Block> blocks) {

  /** The pages, beside this module. */
  static final Path GUIDE = Path.of("../docs/guide");

  private static final Pattern DIRECTIVE = Pattern.compile("<!-- ([a-z]+)(?:: (.*?))? -->");
  private static final Pattern FENCE = Pattern.compile("```([a-z]*)");

  /**
   * A fenced block.
   *
   * @param directive what stands above it, empty if nothing does
   * @param argument of the directive
   */
  record Block(int line, String language, String directive, String argument, String text) {}

  static Page read(Path path) throws IOException {
    var lines = Files.readAllLines(path);
    var blocks = new ArrayList<Block>();
    for (int i = 0; i < lines.size(); i++) {
      var fence = FENCE.matcher(lines.get(i));
      if (!fence.matches()) {
        continue;
      }
      var above = DIRECTIVE.matcher(i == 0 ? "" : lines.get(i - 1));
      boolean directed = above.matches();
      int begin = i + 1;
      for (i = begin; !lines.get(i).equals("```"); i++) {}
      blocks.add(
          new Block(
              begin,
              fence.group(1),
              directed ? above.group(1) : "",
              directed && above.group(2) != null ? above.group(2) : "",
              String.join("\n", lines.subList(begin, i)) + "\n"));
    }
    return new Page(path, blocks);
  }

  static List<Page> all() throws IOException {
    try (var files = Files.walk(GUIDE)) {
      var pages = new ArrayList<Page>();
      for (var file : files.filter(path -> path.toString().endsWith(".md")).sorted().toList()) {
        pages.add(read(file));
      }
      return pages;
    }
  }

  @Override
  public String toString() {
    return GUIDE.relativize(path).toString();
  }
}

package dev.dunlin.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Every test that the pages on security name is there under that name. */
class NamedTestsTest {

  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");
  private static final Pattern TEST = Pattern.compile("([A-Z]\\w*Test)(?:\\.(\\w+)(…)?)?");

  /** A test's name is a sentence: no option or type has so many words and no dot. */
  private static final Pattern SENTENCE = Pattern.compile("[a-z]+(?:[A-Z]+[a-z0-9]*){3,}");

  private static final Pattern SCRIPT = Pattern.compile("[\\w-]+\\.test\\.mjs");

  @Test
  void everyTestThatTheSecurityPagesNameExists() throws IOException {
    var sources = sources();
    var unknown = new ArrayList<String>();
    int named = 0;
    try (var pages = Files.list(ROOT.resolve("docs/security"))) {
      for (var page : pages.filter(path -> path.toString().endsWith(".md")).toList()) {
        for (var line : Files.readAllLines(page)) {
          named += check(page.getFileName() + ": ", line, sources, unknown);
        }
      }
    }
    assertThat(unknown).isEmpty();
    assertThat(named).as("names that were looked up").isGreaterThan(120);
  }

  @Test
  void aNameThatIsNotThereIsFound() throws IOException {
    var unknown = new ArrayList<String>();
    var row =
        "| `NoSuchTest` | `NamedTestsTest.noSuchMethod`, `thisMethodIsNotThereEither` |"
            + " `NamedTestsTest.aNameThat…`, `everyTestThatTheSecurityPagesNameExists` |";
    assertThat(check("", row, sources(), unknown)).isEqualTo(5);
    assertThat(unknown)
        .containsExactly("NoSuchTest", "NamedTestsTest.noSuchMethod", "thisMethodIsNotThereEither");
  }

  /** How many names the line has; those that are unknown are added to the list. */
  private static int check(
      String page, String line, Map<String, String> sources, List<String> unknown) {
    int named = 0;
    var inLine = new StringBuilder();
    var codes = CODE.matcher(line);
    while (codes.find()) {
      var code = codes.group(1);
      var test = TEST.matcher(code);
      boolean there = true;
      if (test.matches()) {
        var source = sources.getOrDefault(test.group(1) + ".java", "");
        inLine.append(source);
        var method = test.group(2);
        var end = test.group(3) == null ? "(" : "";
        there = method == null ? !source.isEmpty() : source.contains("void " + method + end);
      } else if (SCRIPT.matcher(code).matches()) {
        there = sources.containsKey(code);
      } else if (SENTENCE.matcher(code).matches() && !inLine.isEmpty()) {
        there = inLine.indexOf("void " + code + "(") >= 0;
      } else {
        continue;
      }
      named++;
      if (!there) {
        unknown.add(page + code);
      }
    }
    return named;
  }

  /** The text of every test by its file's name. */
  private static Map<String, String> sources() throws IOException {
    var sources = new HashMap<String, String>();
    try (var files = Files.walk(ROOT)) {
      var tests =
          files
              .filter(path -> !path.toString().contains("/node_modules/"))
              .filter(path -> path.toString().matches(".*(Test\\.java|\\.test\\.mjs)"))
              .toList();
      for (var path : tests) {
        sources.merge(
            path.getFileName().toString(), Files.readString(path), (one, other) -> one + other);
      }
    }
    return sources;
  }
}

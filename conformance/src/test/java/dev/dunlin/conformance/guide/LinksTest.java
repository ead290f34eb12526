package dev.dunlin.conformance.guide;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Links between the documents lead somewhere: files exist, and headings of those names. */
class LinksTest {

  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern LINK = Pattern.compile("\\[[^\\]\\[]*\\]\\(([^)\\s]+)\\)");
  private static final Pattern SCHEME = Pattern.compile("[a-z]+:.*");

  private static List<Path> documents() throws IOException {
    var found = new ArrayList<Path>();
    try (var top = Files.list(ROOT);
        var docs = Files.walk(ROOT.resolve("docs"));
        var deploy = Files.walk(ROOT.resolve("deploy"));
        var conformance = Files.list(ROOT.resolve("conformance"));
        var benchmarks = Files.walk(ROOT.resolve("benchmarks/results"))) {
      Stream.of(top, docs, deploy, conformance, benchmarks)
          .flatMap(each -> each)
          .filter(path -> path.toString().endsWith(".md"))
          .forEach(found::add);
    }
    return found;
  }

  @Test
  void everyLinkBetweenDocumentsLeadsSomewhere() throws IOException {
    var dead = new ArrayList<String>();
    for (var document : documents()) {
      var link = LINK.matcher(withoutCode(Files.readString(document)));
      while (link.find()) {
        var target = link.group(1);
        if (!SCHEME.matcher(target).matches() && !exists(document, target)) {
          dead.add(ROOT.relativize(document) + " -> " + target);
        }
      }
    }
    assertThat(dead).isEmpty();
  }

  @Test
  void theIndexOfEachFolderNamesEveryPage() throws IOException {
    var missing = new ArrayList<String>();
    for (var folder : List.of("guide", "design", "decisions")) {
      var index = ROOT.resolve("docs").resolve(folder).resolve("README.md");
      var text = Files.readString(index);
      try (var pages = Files.list(index.getParent())) {
        for (var page : pages.map(Path::getFileName).map(Path::toString).sorted().toList()) {
          if (page.endsWith(".md") && !page.equals("README.md") && !text.contains("(" + page)) {
            missing.add("docs/" + folder + "/" + page);
          }
        }
      }
    }
    assertThat(missing).isEmpty();
  }

  private static boolean exists(Path document, String target) throws IOException {
    int hash = target.indexOf('#');
    var path = hash < 0 ? target : target.substring(0, hash);
    var file = path.isEmpty() ? document : document.resolveSibling(path).normalize();
    if (!Files.exists(file)) {
      return false;
    }
    return hash < 0 || anchors(file).contains(target.substring(hash + 1));
  }

  /** What a heading is called in links, as GitHub has it. */
  private static Set<String> anchors(Path file) throws IOException {
    var anchors = new HashSet<String>();
    for (var line : withoutCode(Files.readString(file)).split("\n")) {
      if (line.matches("#{1,6} .*")) {
        anchors.add(
            line.replaceFirst("#+ ", "")
                .strip()
                .toLowerCase(Locale.ROOT)
                .replaceAll("[^\\p{L}\\p{N} _-]", "")
                .replace(' ', '-'));
      }
    }
    return anchors;
  }

  private static String withoutCode(String text) {
    return Pattern.compile("^```.*?^```$", Pattern.MULTILINE | Pattern.DOTALL)
        .matcher(text)
        .replaceAll("");
  }
}

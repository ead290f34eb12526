package dev.dunlin.conformance.guide;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The page of dependencies has a line for each, with the version that is built with. */
class DependenciesPageTest {

  private static final Pattern VERSION =
      Pattern.compile("<([a-z-]+)\\.version>([^<$]+)</\\1\\.version>");

  @Test
  void everyVersionInThePomStandsOnThePage() throws Exception {
    var page = Files.readString(Path.of("../docs/decisions/dependencies.md"));
    var missing = new ArrayList<String>();
    var versions = VERSION.matcher(Files.readString(Path.of("../pom.xml")));
    while (versions.find()) {
      if (!page.contains("| " + versions.group(2)) && !page.contains(", " + versions.group(2))) {
        missing.add(versions.group(1) + " " + versions.group(2));
      }
    }
    assertThat(missing).isEmpty();
  }
}

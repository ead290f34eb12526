package dev.dunlin.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the documents quote is what compiles and runs here. */
class QuotesTest {

  private static final Path ROOT = Path.of("..");

  @Test
  void theReadmeQuotesEcho() throws IOException {
    var echo = source("Echo");
    var quoted = echo.substring(echo.indexOf("class Echo {"));
    assertThat(Files.readString(ROOT.resolve("README.md"))).contains("```java\n" + quoted + "```");
  }

  @Test
  void theProjectOfItsOwnIsWhatTheDocumentsShow() throws IOException {
    var project = Path.of("embedded");
    var echo = source("Echo");
    assertThat(Files.readString(project.resolve("src/main/java/Echo.java")))
        .endsWith("\n\n" + echo.substring(echo.indexOf("class Echo {")));
    var pom = squeezed(Files.readString(project.resolve("pom.xml")));
    for (var page : List.of("README.md", "docs/guide/embed.md")) {
      var xml = Files.readString(ROOT.resolve(page)).split("```xml\n", 2)[1].split("```", 2)[0];
      assertThat(pom).as(page).contains(squeezed(xml));
    }
    var parent = squeezed(Files.readString(ROOT.resolve("pom.xml")));
    var version = parent.substring(parent.indexOf("<version>"), parent.indexOf("</version>"));
    assertThat(pom).contains("<artifactId>dunlin-bom</artifactId>" + version);
  }

  private static String squeezed(String xml) {
    return xml.replaceAll(">\\s+<", "><").strip();
  }

  private static String source(String name) throws IOException {
    return Files.readString(
        Path.of("src", "main", "java", "dev", "dunlin", "examples", name + ".java"));
  }
}

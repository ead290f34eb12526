package dev.dunlin.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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

  private static String source(String name) throws IOException {
    return Files.readString(
        Path.of("src", "main", "java", "dev", "dunlin", "examples", name + ".java"));
  }
}

package dev.dunlin.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

class ComponentTest {

  private static final Component MISSING =
      Component.of("teapot", "Debian package teapot", Optional::empty);

  @Test
  void missingComponentSkipsTheTestAndNamesTheRemedy() {
    assertThatThrownBy(() -> MISSING.require(Map.of()))
        .isInstanceOf(TestAbortedException.class)
        .hasMessageContaining("missing component: teapot (Debian package teapot)");
    assertThatThrownBy(() -> MISSING.require(Map.of("DUNLIN_REQUIRE_ALL", "0")))
        .isInstanceOf(TestAbortedException.class);
  }

  @Test
  void missingComponentFailsTheTestWhereAllAreRequired() {
    assertThatThrownBy(() -> MISSING.require(Map.of("DUNLIN_REQUIRE_ALL", "1")))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("missing component: teapot");
  }

  @Test
  void presentComponentAnswersItsPlace(@TempDir Path folder) {
    assertThat(Component.of("x", "y", () -> Optional.of(folder)).require()).isEqualTo(folder);
  }

  @Test
  void executableIsFoundOnThePathOnlyIfItCanBeExecuted(@TempDir Path folder) throws Exception {
    Path tool = Files.createFile(folder.resolve("dunlin-test-tool"));
    Map<String, String> environment = Map.of("PATH", "/nonexistent:" + folder);
    assertThat(Component.find(environment, "dunlin-test-tool")).isEmpty();
    assertThat(tool.toFile().setExecutable(true)).isTrue();
    assertThat(Component.find(environment, "dunlin-test-tool")).contains(tool);
  }
}

package dev.dunlin.server.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PathPatternTest {

  @Test
  void aVariableTakesOneSegment() {
    var pattern = PathPattern.parse("/chat/{room}/{user}");
    assertThat(pattern.match("/chat/a/b")).isEqualTo(Map.of("room", "a", "user", "b"));
    assertThat(pattern.match("/chat/a")).isNull();
    assertThat(pattern.match("/chat/a/b/")).isNull();
    assertThat(pattern.match("/chat//b")).isNull();
    assertThat(pattern.match("/Chat/a/b")).isNull();
  }

  @Test
  void theRestTakesEverything() {
    var pattern = PathPattern.parse("/files/{path...}");
    assertThat(pattern.match("/files/a/b//c")).isEqualTo(Map.of("path", "a/b//c"));
    assertThat(pattern.match("/files/")).isEqualTo(Map.of("path", ""));
    assertThat(pattern.match("/files")).isNull();
    assertThat(PathPattern.parse("/{all...}").match("/")).isEqualTo(Map.of("all", ""));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "chat", "/{}", "/{a", "/a}b", "/{a}/{a}", "/{a...}/b", "/x{a}"})
  void whatIsNoPatternIsRefused(String text) {
    assertThatThrownBy(() -> PathPattern.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }
}

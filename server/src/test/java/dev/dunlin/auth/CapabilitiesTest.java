package dev.dunlin.auth;

import static dev.dunlin.auth.Capabilities.Operation.HISTORY;
import static dev.dunlin.auth.Capabilities.Operation.PRESENCE;
import static dev.dunlin.auth.Capabilities.Operation.PUBLISH;
import static dev.dunlin.auth.Capabilities.Operation.SUBSCRIBE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CapabilitiesTest {

  private static final Capabilities CAPS =
      Capabilities.of(
          "{\"caps\":[{\"channels\":[\"news\",\"a*\"],\"allow\":[\"sub\",\"hst\"]},"
              + "{\"channels\":[\"chat:*\"],\"match\":\"wildcard\",\"allow\":[\"sub\",\"pub\"]}]}");

  @Test
  void anEntryGrantsWhatItNamesAndNothingElse() {
    assertThat(CAPS.allow(SUBSCRIBE, "news")).isTrue();
    assertThat(CAPS.allow(HISTORY, "news")).isTrue();
    assertThat(CAPS.allow(PUBLISH, "news")).isFalse();
    assertThat(CAPS.allow(PRESENCE, "news")).isFalse();
    assertThat(CAPS.allow(PUBLISH, "chat:1")).isTrue();
    assertThat(CAPS.allow(HISTORY, "chat:1")).isFalse();
  }

  @Test
  void aStarIsAStarUnlessTheEntrySaysWildcard() {
    assertThat(CAPS.allow(SUBSCRIBE, "a*")).isTrue();
    assertThat(CAPS.allow(SUBSCRIBE, "abc")).isFalse();
  }

  @Test
  void theReasonNamesTheEntry() {
    assertThat(CAPS.explain(PUBLISH, "chat:1"))
        .isEqualTo(new Decision(true, "caps[1] allows pub on \"chat:*\""));
    assertThat(CAPS.explain(PUBLISH, "news").because())
        .isEqualTo("no entry of caps allows pub on this channel");
    assertThat(Capabilities.none().explain(SUBSCRIBE, "news").because())
        .isEqualTo("the token has no capabilities");
    assertThat(Capabilities.of("{}").allow(SUBSCRIBE, "news")).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "chat:*, chat:, true",
    "chat:*, chat:a:b, true",
    "chat:*, chat, false",
    "chat:*, xchat:a, false",
    "*, anything, true",
    "*, $private, false",
    "$*, $private, true",
    "chat:*, 'chat:#42', false",
    "'chat:#*', 'chat:#42', true",
    "a*b*c, aXbYc, true",
    "a*b*c, abcb, false",
    "a**, a, true",
    "*end, the end, true",
    "*end, ends, false",
  })
  void aWildcardReachesAsFarAsWritten(String pattern, String channel, boolean reaches) {
    var caps =
        Capabilities.of(
            "{\"caps\":[{\"channels\":[\""
                + pattern
                + "\"],\"match\":\"wildcard\",\"allow\":[\"sub\"]}]}");
    assertThat(caps.allow(SUBSCRIBE, channel)).isEqualTo(reaches);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "\"sub\"",
        "null",
        "[7]",
        "[{}]",
        "[{\"channels\":[\"a\"]}]",
        "[{\"channels\":\"a\",\"allow\":[\"sub\"]}]",
        "[{\"channels\":[\"a\"],\"allow\":[\"all\"]}]",
        "[{\"channels\":[\"a\"],\"allow\":[\"sub\"],\"match\":\"regex\"}]",
        "[{\"channels\":[\"a\"],\"allow\":[\"sub\"],\"match\":null}]",
        "[{\"channels\":[\"a\"],\"allow\":[\"sub\"],\"deny\":[\"pub\"]}]",
        "[{\"channels\":[1],\"allow\":[\"sub\"]}]"
      })
  void aClaimThatIsNotUnderstoodGrantsNothing(String caps) {
    assertThatExceptionOfType(AuthenticationException.class)
        .isThrownBy(() -> Capabilities.of("{\"caps\":" + caps + "}"));
  }
}

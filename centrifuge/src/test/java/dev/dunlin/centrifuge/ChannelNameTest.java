package dev.dunlin.centrifuge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChannelNameTest {

  @ParameterizedTest
  @CsvSource({
    "lobby, '', lobby, false, false",
    "chat:lobby, chat, lobby, false, false",
    "$chat:lobby, chat, lobby, true, false",
    "$lobby, '', lobby, true, false",
    "chat:a:b, chat, a:b, false, false",
    "'dialog#42,43', '', 'dialog#42,43', false, true",
    "chat:dialog#42, chat, dialog#42, false, true",
    "chat:#42, chat, #42, false, true",
    "':x', '', x, false, false",
    "'', '', '', false, false",
  })
  void aNameSplitsIntoItsParts(
      String name, String namespace, String rest, boolean isPrivate, boolean limited) {
    ChannelName channel = ChannelName.of(name);
    assertThat(channel.namespace()).isEqualTo(namespace);
    assertThat(channel.rest()).isEqualTo(rest);
    assertThat(channel.isPrivate()).isEqualTo(isPrivate);
    assertThat(channel.userLimited()).isEqualTo(limited);
    assertThat(channel.value()).isEqualTo(name);
  }

  @Test
  void aUserLimitedChannelIsForTheUsersAfterItsLastSign() {
    assertThat(ChannelName.of("dialog#42,43").users()).containsExactly("42", "43");
    assertThat(ChannelName.of("dialog#42,43").allows("43")).isTrue();
    assertThat(ChannelName.of("dialog#42,43").allows("4")).isFalse();
    assertThat(ChannelName.of("a#1#2").allows("1")).isFalse();
    assertThat(ChannelName.of("a#1#2").allows("2")).isTrue();
    assertThat(ChannelName.of("a").allows("a")).isFalse();
    assertThat(ChannelName.of("a#").allows("")).isFalse();
    assertThat(ChannelName.of("a#,").allows("")).isFalse();
  }

  @Test
  void thePersonalChannelNamesItsUser() {
    assertThat(ChannelName.personal("", "42").value()).isEqualTo("#42");
    assertThat(ChannelName.personal("user", "42").value()).isEqualTo("user:#42");
    assertThat(ChannelName.personal("user", "42").allows("42")).isTrue();
  }

  @Test
  void aNameHas255AsciiCharactersAtMost() {
    assertThat(ChannelName.of("x".repeat(255)).valid()).isTrue();
    assertThat(ChannelName.of("x".repeat(256)).valid()).isFalse();
    assertThat(ChannelName.of("").valid()).isFalse();
    assertThat(ChannelName.of("ж").valid()).isFalse();
    assertThat(ChannelName.of("ж".repeat(128)).withinLimit()).isFalse();
  }

  @Test
  void optionsAreThoseOfTheNamespace() {
    NamespaceOptions chat = NamespaceOptions.builder().presence(true).build();
    var namespaces = new Namespaces(NamespaceOptions.defaults(), Map.of("chat", chat));
    assertThat(namespaces.options(ChannelName.of("chat:a"))).contains(chat);
    assertThat(namespaces.options(ChannelName.of("$chat:a"))).contains(chat);
    assertThat(namespaces.options(ChannelName.of("a"))).contains(NamespaceOptions.defaults());
    assertThat(namespaces.options(ChannelName.of("other:a"))).isEmpty();
    assertThat(namespaces.options(ChannelName.of(":a"))).isEmpty();
    assertThat(namespaces.options(ChannelName.of("$:a"))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "", "a b", "ab:", "жж", "ab\n"})
  void aNamespaceIsNamedByItsRule(String name) {
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            new Namespaces(NamespaceOptions.defaults(), Map.of(name, NamespaceOptions.defaults())));
  }

  @Test
  void aPatternStandsInForTheAsciiRule() {
    NamespaceOptions any = NamespaceOptions.defaults();
    NamespaceOptions letters =
        NamespaceOptions.builder().channelRegex(Pattern.compile("^[а-я]+$")).build();
    assertThat(Namespaces.admits(any, ChannelName.of("ns:lobby"))).isTrue();
    assertThat(Namespaces.admits(any, ChannelName.of("ns:зал"))).isFalse();
    assertThat(Namespaces.admits(letters, ChannelName.of("ns:зал"))).isTrue();
    assertThat(Namespaces.admits(letters, ChannelName.of("ns:lobby"))).isFalse();
    assertThat(Namespaces.admits(letters, ChannelName.of("ns:" + "а".repeat(130)))).isFalse();
  }

  @Test
  void optionsThatContradictEachOtherAreRefused() {
    var builder = NamespaceOptions.builder();
    assertThatIllegalArgumentException().isThrownBy(() -> builder.historySize(10).build());
    builder.historyTtl(Duration.ofMinutes(1)).forceRecovery(true);
    assertThat(builder.build().history()).isTrue();
    assertThat(builder.build().toBuilder().build()).isEqualTo(builder.build());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> NamespaceOptions.builder().forceRecovery(true).build());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> NamespaceOptions.builder().allowedDeltaTypes(Set.of("vcdiff")).build());
  }
}

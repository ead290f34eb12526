package dev.dunlin.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OriginPolicyTest {

  private static final OriginPolicy LISTED =
      OriginPolicy.sameOrigin()
          .allow("https://app.example")
          .allow("https://*.wild.example")
          .allow("http://localhost:*")
          .allow("capacitor://localhost");

  @ParameterizedTest
  @CsvSource({
    "https://chat.example, true",
    "https://chat.example:443, true",
    "HTTPS://CHAT.EXAMPLE, true",
    "http://chat.example, false",
    "http://chat.example:443, false",
    "https://chat.example:8443, false",
    "https://chat.example., false",
    "https://chat.example/, false",
    "https://chat.example/path, false",
    "https://chat.example?x, false",
    "https://chat.example#x, false",
    "https://chat.example@evil.example, false",
    "https://evil.example@chat.example, false",
    "https://chat.example.evil.example, false",
    "https://evilchat.example, false",
    "https://chat.example%2eevil.example, false",
    "https://ch%61t.example, false",
    "https://xn--cht-8na.example, false",
    "https://châť.example, false",
    "https://a.chat.example, false",
    "https://example, false",
    "https://chat.example:, false",
    "https://chat.example:0443, false",
    "https://chat.example:99999, false",
    "https://chat.example:443:443, false",
    "https:chat.example, false",
    "https:///chat.example, false",
    "//chat.example, false",
    "chat.example, false",
    "null, false",
    "NULL, false",
    "'', false",
    "*, false",
    "https://*, false",
    "file://, false",
    "'https://chat.example https://evil.example', false",
    "'https://chat.example, https://evil.example', false",
    "' https://chat.example', false",
    "wss://chat.example, false",
    "chrome-extension://chat.example, false",
    "https://[::1], false",
    "https://127.0.0.1, false",
  })
  void sameOriginIsEqualInSchemeHostAndPort(String origin, boolean allowed) {
    assertThat(check(OriginPolicy.sameOrigin(), origin, true, "chat.example")).isEqualTo(allowed);
  }

  @ParameterizedTest
  @CsvSource({
    "https://app.example, true",
    "https://app.example:443, true",
    "http://app.example, false",
    "https://www.app.example, false",
    "https://app.example.evil.example, false",
    "https://a.wild.example, true",
    "https://a.b.wild.example, true",
    "https://wild.example, false",
    "https://.wild.example, false",
    "https://evilwild.example, false",
    "http://a.wild.example, false",
    "https://a.wild.example:8443, false",
    "http://localhost, true",
    "http://localhost:5173, true",
    "https://localhost:5173, false",
    "http://localhost.evil.example:5173, false",
    "capacitor://localhost, true",
    "capacitor://localhost:80, false",
    "https://chat.example, true",
    "null, false",
  })
  void listedOriginsAreAllowedAsWritten(String origin, boolean allowed) {
    assertThat(check(LISTED, origin, true, "chat.example")).isEqualTo(allowed);
  }

  @Test
  void noOriginIsAllowedOnlyWithoutCookies() {
    var policy = OriginPolicy.sameOrigin();
    assertThat(policy.check(List.of(), true, "chat.example", false).allowed()).isTrue();
    assertThat(policy.check(List.of(), true, "chat.example", true).allowed()).isFalse();
  }

  @Test
  void twoOriginsAreRefusedEvenWhereAnyIsAllowed() {
    var two = List.of("https://chat.example", "https://chat.example");
    assertThat(OriginPolicy.sameOrigin().check(two, true, "chat.example", false).allowed())
        .isFalse();
    assertThat(OriginPolicy.anyOrigin().check(two, true, "chat.example", false).allowed())
        .isFalse();
    assertThat(check(OriginPolicy.anyOrigin(), "null", true, "chat.example")).isTrue();
  }

  @Test
  void plainHttpHasItsOwnScheme() {
    assertThat(check(OriginPolicy.sameOrigin(), "http://a:8080", false, "a:8080")).isTrue();
    assertThat(check(OriginPolicy.sameOrigin(), "http://a", false, "a:80")).isTrue();
    assertThat(check(OriginPolicy.sameOrigin(), "https://a", false, "a")).isFalse();
    assertThat(check(OriginPolicy.sameOrigin(), "http://[::1]:80", false, "[::1]")).isTrue();
  }

  @Test
  void aStrangeHostHeaderMatchesNothing() {
    assertThat(check(OriginPolicy.sameOrigin(), "https://a", true, "a/b")).isFalse();
    assertThat(check(OriginPolicy.sameOrigin(), "https://a", true, "")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*",
        "https://*",
        "app.example",
        "https://app.example/",
        "https://a*.example",
        "https://a.*.example",
        "*://app.example",
        "null",
        "",
        "https://app.example:70000"
      })
  void wildcardsStandOnlyWhereTheyAreUnderstood(String origin) {
    assertThatIllegalArgumentException().isThrownBy(() -> OriginPolicy.sameOrigin().allow(origin));
  }

  private static boolean check(OriginPolicy policy, String origin, boolean secure, String host) {
    return policy.check(List.of(origin), secure, host, true).allowed();
  }
}

package dev.dunlin.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class OriginRuleTest {

  private static final String[] PATHS = {"/chat", "/%63hat", "/%63%68%61%74", "/c%68at?x=/chat"};

  private static UpgradeRequest request(boolean secure, String path, String host, String origin) {
    var text =
        Heads.upgradeOf("GET " + path + " HTTP/1.1", "-Host", "Host: " + host, "Origin: " + origin);
    return secure ? Heads.secureRequest(text) : Heads.request(text);
  }

  private static void assertOrigin(boolean passes, boolean secure, String host, String origin) {
    for (var path : PATHS) {
      assertThat(OriginRule.sameOrigin().test(request(secure, path, host, origin)))
          .as("%s from %s on %s", path, origin, host)
          .isEqualTo(passes);
    }
  }

  @Test
  void sameSchemeHostAndPortPass() {
    assertOrigin(true, false, "example.com", "http://example.com");
    assertOrigin(true, false, "example.com", "http://example.com:80");
    assertOrigin(true, false, "example.com:80", "http://example.com");
    assertOrigin(true, false, "Example.COM", "http://example.com");
    assertOrigin(true, false, "example.com:8080", "http://example.com:8080");
    assertOrigin(true, true, "example.com", "https://example.com");
    assertOrigin(true, true, "example.com:443", "https://example.com");
    assertOrigin(true, true, "[::1]:8443", "https://[::1]:8443");
    assertOrigin(true, true, "[::1]", "https://[::1]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "NULL",
        "",
        "example.com",
        "//example.com",
        "https://example.com",
        "http://example.com:8080",
        "http://example.com:443",
        "http://example.co",
        "http://example.com.evil.test",
        "http://evil.test/example.com",
        "http://evil.test?example.com",
        "http://evil.test#example.com",
        "http://evilexample.com",
        "http://sub.example.com",
        "http://example.com.",
        "http://example.com/",
        "http://example.com@evil.test",
        "http://user@example.com",
        "http://example.com:80@evil.test",
        "http://example.com\\evil.test",
        "http://example%2ecom",
        "http://example.com:",
        "http://example.com:80:80",
        "http://example.com http://evil.test",
        "http://example.com, http://evil.test",
        "http:example.com",
        "http:/example.com",
        "http:///example.com",
        "ws://example.com",
        "wss://example.com",
        "file://",
        "file://example.com",
        "chrome-extension://example.com",
        "http://[::1]",
        "http://127.0.0.1",
        "http://",
        "javascript:example.com",
        "http://*.example.com",
        "*",
      })
  void anyOtherOriginIsRefused(String origin) {
    assertOrigin(false, false, "example.com", origin);
  }

  @Test
  void missingOriginPassesOnlyWithoutCookies() {
    assertThat(OriginRule.sameOrigin().test(Heads.request(Heads.upgrade()))).isTrue();
    assertThat(OriginRule.sameOrigin().test(Heads.request(Heads.upgrade("Cookie: a=b")))).isFalse();
    assertThat(OriginRule.allow("https://a").test(Heads.request(Heads.upgrade("Cookie: a=b"))))
        .isFalse();
  }

  @Test
  void twoOriginsAreRefused() {
    var request =
        Heads.request(
            Heads.upgrade(
                "Origin: http://server.example.com", "Origin: http://server.example.com"));
    assertThat(OriginRule.sameOrigin().test(request)).isFalse();
  }

  @Test
  void listAllowsMoreOriginsWhole() {
    var rule = OriginRule.allow("https://App.example.com", "http://localhost:3000");
    assertThat(rule.test(request(false, "/", "a", "https://app.example.com"))).isTrue();
    assertThat(rule.test(request(false, "/", "a", "https://app.example.com:443"))).isTrue();
    assertThat(rule.test(request(false, "/", "a", "http://localhost:3000"))).isTrue();
    assertThat(rule.test(request(false, "/", "a", "http://a"))).isTrue();
    assertThat(rule.test(request(false, "/", "a", "http://app.example.com"))).isFalse();
    assertThat(rule.test(request(false, "/", "a", "http://localhost"))).isFalse();
    assertThat(rule.test(request(false, "/", "a", "null"))).isFalse();
  }

  @Test
  void whatIsNoOriginCannotBeAllowed() {
    for (var origin : new String[] {"null", "*", "example.com", "https://a/", "https://*.a", ""}) {
      assertThatThrownBy(() -> OriginRule.allow(origin))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void anyLetsEverybodyIn() {
    assertThat(OriginRule.any().test(request(false, "/", "a", "null"))).isTrue();
  }

  @Test
  void requestWithoutHostHasNoOriginOfItsOwn() {
    var request = Heads.request(Heads.head("GET / HTTP/1.0", "Origin: http://"));
    assertThat(OriginRule.sameOrigin().test(request)).isFalse();
    var named = Heads.request(Heads.head("GET / HTTP/1.0", "Origin: http://a"));
    assertThat(OriginRule.sameOrigin().test(named)).isFalse();
  }
}

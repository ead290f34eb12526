package dev.dunlin.auth;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.StringLength;

/** Whatever comes in, the answer is an identity that was granted or a refusal. */
class AuthPropertiesTest {

  private static final Jwt JWT = Jwt.hs256(Tokens.SECRET_32);
  private static final String GOOD = Tokens.hs256(Tokens.CLAIMS);

  @Property(tries = 300)
  void aTokenWithOneCharacterChangedIsRefused(
      @ForAll @IntRange(max = 200) int position, @ForAll char replacement) {
    int at = position % GOOD.length();
    var changed = GOOD.substring(0, at) + replacement + GOOD.substring(at + 1);
    assertThat(accepted(changed)).isEqualTo(changed.equals(GOOD));
  }

  @Property(tries = 300)
  void anyTextIsRefusedWithoutAnyOtherException(@ForAll @StringLength(max = 300) String text) {
    assertThat(accepted(text)).isFalse();
    assertThat(accepted(Tokens.encode(text) + "." + Tokens.encode(text) + ".AAAA")).isFalse();
  }

  @Property(tries = 300)
  void anySignedClaimsAreAcceptedOrRefused(@ForAll @StringLength(max = 200) String text) {
    assertThat(accepted(Tokens.hs256(text + "x"))).isFalse();
  }

  @Property(tries = 300)
  void base64UrlHasOneSpellingPerValue(@ForAll @StringLength(max = 40) String text) {
    var decoded = Base64Url.decode(text, 0, text.length());
    if (decoded != null) {
      assertThat(Base64Url.encode(decoded)).isEqualTo(text);
    }
  }

  @Property(tries = 300)
  void everyValueHasABase64UrlSpelling(@ForAll byte[] bytes) {
    var text = Base64Url.encode(bytes);
    assertThat(Base64Url.decode(text, 0, text.length())).isEqualTo(bytes);
  }

  @Property(tries = 300)
  void everyTextSurvivesAJsonString(@ForAll @StringLength(max = 50) String text) throws Exception {
    var clean = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    var escaped = new StringBuilder("{\"x\":\"");
    for (char c : clean.toCharArray()) {
      escaped.append("\\u%04x".formatted((int) c));
    }
    assertThat(Json.object(escaped + "\"}", 1).text("x")).isEqualTo(clean);
  }

  @Property(tries = 300)
  void noOriginMakesThePolicyFail(@ForAll @StringLength(max = 40) String origin) {
    var policy = OriginPolicy.sameOrigin();
    var decision = policy.check(java.util.List.of(origin), true, "chat.example", true);
    assertThat(decision.allowed())
        .isEqualTo(
            origin.equalsIgnoreCase("https://chat.example")
                || origin.equalsIgnoreCase("https://chat.example:443"));
  }

  private static boolean accepted(String token) {
    try {
      JWT.verify(token, Tokens.NOW);
      return true;
    } catch (AuthenticationException refusal) {
      return false;
    }
  }
}

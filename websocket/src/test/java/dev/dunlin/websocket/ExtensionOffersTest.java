package dev.dunlin.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.websocket.ExtensionOffers.Offer;
import dev.dunlin.websocket.ExtensionOffers.Parameter;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ExtensionOffersTest {

  private static List<Offer> parse(String... lines) {
    var offers = ExtensionOffers.parse(List.of(lines));
    assertThat(offers).isNotNull();
    return offers.offers();
  }

  private static Offer offer(String name, Parameter... parameters) {
    return new Offer(name, List.of(parameters));
  }

  @Test
  void examplesOfTheRfcAreRead() {
    // RFC 6455, 9.1
    assertThat(parse("foo", "bar; baz=2"))
        .containsExactly(offer("foo"), offer("bar", new Parameter("baz", "2")))
        .isEqualTo(parse("foo, bar; baz=2"));
    assertThat(parse("deflate-stream")).containsExactly(offer("deflate-stream"));
    assertThat(parse("mux; max-channels=4; flow-control, deflate-stream"))
        .containsExactly(
            offer("mux", new Parameter("max-channels", "4"), new Parameter("flow-control", null)),
            offer("deflate-stream"));
    assertThat(parse("private-extension")).containsExactly(offer("private-extension"));
  }

  @Test
  void valueMayBeAQuotedToken() {
    assertThat(parse("a; b=\"10\"; c=\"x\\y\"; d = \"\\z\" , e"))
        .containsExactly(
            offer("a", new Parameter("b", "10"), new Parameter("c", "xy"), new Parameter("d", "z")),
            offer("e"));
  }

  @Test
  void whiteSpaceAndEmptyElementsAreSkipped() {
    assertThat(parse("", " ", ",", " , a ;\tb = c ,, d ,", ",,e"))
        .containsExactly(offer("a", new Parameter("b", "c")), offer("d"), offer("e"));
    assertThat(parse()).isEmpty();
  }

  @Test
  void repeatedParametersAreKept() {
    assertThat(parse("a; b; b=1"))
        .containsExactly(offer("a", new Parameter("b", null), new Parameter("b", "1")));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "=;;,",
        ";",
        "a;",
        "a;;b",
        "a; ;b",
        "a b",
        "a; b c",
        "a; b=",
        "a; b=,",
        "a; b==c",
        "a; =c",
        "a; b=c d",
        "a=b",
        "a; b=\"",
        "a; b=\"c",
        "a; b=\"\"",
        "a; b=\"c d\"",
        "a; b=\"c,d\"",
        "a; b=\"\\",
        "a; b=\"\\\"\"",
        "a; b=\"c\"d",
        "\"a\"",
        "a/b",
        "a; b/c",
        "a; b=c/d",
        "(a)",
        "a, (",
        "a; b=\"é\"",
        "é",
        "a,;"
      })
  void brokenGrammarIsNoList(String line) {
    assertThat(ExtensionOffers.parse(List.of(line))).isNull();
    assertThat(ExtensionOffers.parse(List.of("good", line))).isNull();
    assertThat(ExtensionOffers.parse(List.of(line, "good"))).isNull();
  }

  @Test
  void stepsGrowWithTheLengthAndNoFaster() {
    int length = 64 * 1024;
    for (var piece :
        List.of(",", " ", ";", "a", "a,", "a;", "a;b,", "a;b=\"c\",", "\"", "a;b=\"", "\\", "=")) {
      var line = piece.repeat(length / piece.length());
      var parser = new ExtensionOffers.Parser();
      parser.line(line);
      assertThat(parser.steps()).as(piece).isLessThanOrEqualTo(line.length());
    }
    var parser = new ExtensionOffers.Parser();
    assertThat(parser.line(",".repeat(length))).isTrue();
    assertThat(parser.steps()).isEqualTo(length);
  }
}

package dev.dunlin.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DeflateNegotiationTest {

  private static final Compression TAKEOVER = Compression.takeover();
  private static final Compression SHARED = Compression.shared();

  private static String answer(Compression ours, String... offers) {
    var parsed = ExtensionOffers.parse(List.of(offers));
    assertThat(parsed).isNotNull();
    var agreed = DeflateNegotiation.answer(parsed, ours);
    if (agreed == null) {
      return "";
    }
    assertThat(agreed.headerValue()).startsWith("permessage-deflate");
    return agreed.headerValue().substring("permessage-deflate".length());
  }

  private static DeflateParameters parameters(Compression ours, String offer) {
    var parsed = ExtensionOffers.parse(List.of(offer));
    assertThat(parsed).isNotNull();
    var agreed = DeflateNegotiation.answer(parsed, ours);
    assertThat(agreed).isNotNull();
    return agreed.parameters();
  }

  @Test
  void plainOfferIsAnsweredByOurMode() {
    assertThat(DeflateNegotiation.answer(new ExtensionOffers(List.of()), TAKEOVER)).isNull();
    assertThat(parameters(TAKEOVER, "permessage-deflate"))
        .isEqualTo(new DeflateParameters(false, false, 15, 15));
    assertThat(parameters(SHARED, "permessage-deflate"))
        .isEqualTo(new DeflateParameters(true, true, 15, 15));
    assertThat(answer(TAKEOVER, "permessage-deflate")).isEmpty();
    assertThat(answer(SHARED, "permessage-deflate"))
        .isEqualTo("; server_no_context_takeover; client_no_context_takeover");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "client_max_window_bits=7",
        "client_max_window_bits=16",
        "client_max_window_bits=010",
        "client_max_window_bits=08",
        "client_max_window_bits=0",
        "client_max_window_bits=x",
        "client_max_window_bits=1x",
        "client_max_window_bits=-9",
        "client_max_window_bits=100",
        "client_max_window_bits=99999999999999999999",
        "server_max_window_bits",
        "server_max_window_bits=7",
        "server_max_window_bits=16",
        "server_max_window_bits=010",
        "server_max_window_bits=x",
        "server_no_context_takeover=1",
        "server_no_context_takeover=true",
        "client_no_context_takeover=1",
        "server_no_context_takeover; server_no_context_takeover",
        "client_no_context_takeover; client_no_context_takeover",
        "server_max_window_bits=10; server_max_window_bits=10",
        "client_max_window_bits; client_max_window_bits=10",
        "foo",
        "foo=bar",
        "Server_No_Context_Takeover",
        "__proto__",
        "server_max_window_bits=\"16\"",
      })
  void offerThatCannotBeHonouredIsDeclinedAndTheNextTaken(String bad) {
    for (var ours : List.of(SHARED, TAKEOVER)) {
      var parsed = ExtensionOffers.parse(List.of("permessage-deflate; " + bad));
      assertThat(parsed).isNotNull();
      assertThat(DeflateNegotiation.answer(parsed, ours)).isNull();
    }
    assertThat(
            answer(
                TAKEOVER,
                "permessage-deflate; " + bad + ", permessage-deflate; server_max_window_bits=11"))
        .isEqualTo("; server_max_window_bits=11");
    assertThat(
            answer(
                TAKEOVER,
                "permessage-deflate; " + bad,
                "permessage-deflate; server_max_window_bits=11"))
        .isEqualTo("; server_max_window_bits=11");
  }

  @Test
  void emptyValueBreaksTheGrammarOfTheHeader() {
    assertThat(ExtensionOffers.parse(List.of("permessage-deflate; client_max_window_bits=")))
        .isNull();
    assertThat(ExtensionOffers.parse(List.of("permessage-deflate; client_max_window_bits=\"\"")))
        .isNull();
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 9, 10, 11, 12, 13, 14, 15})
  void serverWindowIsAnsweredAndHonoured(int bits) {
    for (var value : List.of("" + bits, "\"" + bits + "\"", "\"\\" + bits + "\"")) {
      var offer = "permessage-deflate; server_max_window_bits=" + value;
      assertThat(answer(TAKEOVER, offer)).isEqualTo("; server_max_window_bits=" + bits);
      assertThat(parameters(TAKEOVER, offer).serverMaxWindowBits()).isEqualTo(bits);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 9, 10, 11, 12, 13, 14, 15})
  void clientWindowIsAtMostWhatWasOffered(int bits) {
    var offer = "permessage-deflate; client_max_window_bits=" + bits;
    assertThat(answer(TAKEOVER, offer))
        .isEqualTo(bits == 15 ? "" : "; client_max_window_bits=" + bits);
    assertThat(parameters(TAKEOVER, offer).clientMaxWindowBits()).isEqualTo(bits);
    assertThat(parameters(TAKEOVER.windowBits(15, 10), offer).clientMaxWindowBits())
        .isEqualTo(Math.min(10, bits));
  }

  @Test
  void clientWindowIsNeverNamedUnlessOffered() {
    var ours = TAKEOVER.windowBits(12, 9);
    assertThat(answer(ours, "permessage-deflate")).isEqualTo("; server_max_window_bits=12");
    assertThat(parameters(ours, "permessage-deflate").clientMaxWindowBits()).isEqualTo(15);
    assertThat(answer(ours, "permessage-deflate; client_max_window_bits"))
        .isEqualTo("; server_max_window_bits=12; client_max_window_bits=9");
    assertThat(answer(TAKEOVER, "permessage-deflate; client_max_window_bits")).isEmpty();
  }

  @Test
  void smallerOfBothServerWindowsIsAnswered() {
    var ours = TAKEOVER.windowBits(12, 15);
    assertThat(answer(ours, "permessage-deflate; server_max_window_bits=15"))
        .isEqualTo("; server_max_window_bits=12");
    assertThat(answer(ours, "permessage-deflate; server_max_window_bits=9"))
        .isEqualTo("; server_max_window_bits=9");
  }

  @Test
  void noContextTakeoverIsAnsweredWhenOffered() {
    assertThat(answer(TAKEOVER, "permessage-deflate; server_no_context_takeover"))
        .isEqualTo("; server_no_context_takeover");
    assertThat(answer(TAKEOVER, "permessage-deflate; client_no_context_takeover"))
        .isEqualTo("; client_no_context_takeover");
  }

  @ParameterizedTest
  @CsvSource({
    "'', ''",
    "'; server_no_context_takeover', '; server_no_context_takeover'",
    "'; server_max_window_bits=9', '; server_max_window_bits=9'",
    "'; server_max_window_bits=15', '; server_max_window_bits=15'",
    "'; server_no_context_takeover; server_max_window_bits=9',"
        + " '; server_no_context_takeover; server_max_window_bits=9'",
    "'; server_no_context_takeover; server_max_window_bits=15',"
        + " '; server_no_context_takeover; server_max_window_bits=15'",
  })
  void familiesOfThePublicSuiteAreAnswered(String offered, String answered) {
    var common = "; client_no_context_takeover; client_max_window_bits";
    var answer = answer(TAKEOVER, "permessage-deflate" + common + offered);
    assertThat(answer.replace("; client_no_context_takeover", "")).isEqualTo(answered);
    assertThat(answer).contains("; client_no_context_takeover");
    var three =
        answer(
            TAKEOVER,
            "permessage-deflate; server_no_context_takeover; server_max_window_bits=9"
                + ", permessage-deflate; server_no_context_takeover, permessage-deflate");
    assertThat(three).isEqualTo("; server_no_context_takeover; server_max_window_bits=9");
  }

  @Test
  void nameIsComparedExactly() {
    assertThat(
            DeflateNegotiation.answer(
                ExtensionOffers.parse(List.of("permessage-deflat, Permessage-Deflate, foo")),
                TAKEOVER))
        .isNull();
  }

  @Test
  void parametersRenderThemselves() {
    assertThat(new DeflateParameters(false, false, 15, 15).headerValue())
        .isEqualTo("permessage-deflate");
    assertThat(new DeflateParameters(true, true, 8, 14).headerValue())
        .isEqualTo(
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover;"
                + " server_max_window_bits=8; client_max_window_bits=14");
  }

  @Test
  void impossibleSettingsAreRejected() {
    for (int bits : new int[] {-1, 0, 7, 16}) {
      assertThatThrownBy(() -> new DeflateParameters(true, true, bits, 15))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> new DeflateParameters(true, true, 15, bits))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> SHARED.windowBits(bits, 15))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> SHARED.windowBits(15, bits))
          .isInstanceOf(IllegalArgumentException.class);
    }
    for (int level : new int[] {-1, 0, 10}) {
      assertThatThrownBy(() -> SHARED.level(level)).isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> SHARED.thresholdBytes(-1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void defaultsAreAsDocumented() {
    assertThat(Compression.shared())
        .isEqualTo(new Compression(Compression.Mode.SHARED, 1, 128, 15, 15));
    assertThat(Compression.off().mode()).isEqualTo(Compression.Mode.OFF);
    assertThat(Compression.takeover().level(9).thresholdBytes(0).windowBits(8, 9))
        .isEqualTo(new Compression(Compression.Mode.TAKEOVER, 9, 0, 8, 9));
  }
}

package dev.dunlin.centrifuge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.channels.Publication;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTextTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0",
        "-0",
        "1.5E+3",
        "\"\"",
        "\"\\u00e9\"",
        "[]",
        "[ ]",
        "{}",
        "{ }",
        " [1, {\"a\":[]}]\n",
        "{\"a\":{\"b\":null},\"c\":[true,false]}",
        "\"жё😀\""
      })
  void jsonIsValid(String text) {
    assertThat(JsonText.valid(text.getBytes(UTF_8))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "01",
        "1.",
        ".5",
        "+1",
        "1e",
        "-",
        "tru",
        "truex",
        "nul",
        "\"",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\n\"",
        "[",
        "]",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{",
        "}",
        "{1:2}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\":1 \"b\":2}",
        "[}",
        "{]",
        "[1}",
        "1 2",
        "'a'",
        "NaN"
      })
  void whatIsNotJsonIsNotValid(String text) {
    assertThat(JsonText.valid(text.getBytes(UTF_8))).isFalse();
  }

  @Test
  void formattingNewlinesAreStrippedAndEscapedOnesKept() {
    assertThat(JsonText.embeddable(text("{\n \"a\": \"x\\ny\"\n}\n")))
        .contains(text("{ \"a\": \"x\\ny\"}"));
    ByteBuffer compact = text("{\"a\":1}");
    assertThat(JsonText.embeddable(compact).orElseThrow()).isSameAs(compact);
    assertThat(JsonText.embeddable(text("not json"))).isEmpty();
  }

  @Test
  void aPublicationIsCheckedOnce() {
    var publication = Publication.of("a", "[1,\n2]".getBytes(UTF_8)).build();
    var first = JsonText.embeddable(publication).orElseThrow();
    assertThat(first).isEqualTo(text("[1,2]"));
    assertThat(JsonText.embeddable(publication).orElseThrow()).isSameAs(first);
  }

  @Test
  void textIsQuotedCharacterByCharacter() {
    assertThat(JsonText.quoted("a\"\\\n\u0001ж😀".getBytes(UTF_8)))
        .isEqualTo(text("\"a\\\"\\\\\\n\\u0001ж😀\""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "80",
        "c080",
        "c1bf",
        "c2",
        "e08080",
        "e09fbf",
        "eda080",
        "edbfbf",
        "e282",
        "f08080af",
        "f48fbf",
        "f4908080",
        "f5808080",
        "ff",
        "6161616161616161c2",
        "61616161616161c3"
      })
  void malformedUtf8IsFound(String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    assertThat(Utf8.valid(bytes)).isFalse();
    assertThat(JsonText.valid(quoted(bytes))).isFalse();
  }

  @Test
  void everyCharacterIsWellFormed() {
    for (int c = 0; c <= Character.MAX_CODE_POINT; c++) {
      if (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE) {
        assertThat(Utf8.valid(Character.toString(c).getBytes(UTF_8))).isTrue();
      }
    }
  }

  private static byte[] quoted(byte[] bytes) {
    byte[] quoted = new byte[bytes.length + 2];
    quoted[0] = '"';
    System.arraycopy(bytes, 0, quoted, 1, bytes.length);
    quoted[quoted.length - 1] = '"';
    return quoted;
  }

  private static ByteBuffer text(String text) {
    return ByteBuffer.wrap(text.getBytes(UTF_8));
  }
}

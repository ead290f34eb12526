package dev.dunlin.centrifuge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FossilDeltaTest {

  @Test
  void thePatchIsTheTextThatTheFormatDemands() {
    byte[] source = "The quick brown fox jumps over the lazy dog, twice.".getBytes(UTF_8);
    byte[] target = "The quick brown fox jumps over the lazy cat, twice.".getBytes(UTF_8);
    assertThat(new String(FossilDelta.create(source, target), UTF_8))
        .startsWith("o\nd@0,")
        .contains(":cat, twice.")
        .endsWith(";");
    assertThat(new String(FossilDelta.create(new byte[0], new byte[0]), UTF_8)).isEqualTo("0\n0;");
    assertThat(FossilDelta.checksum("abc".getBytes(UTF_8))).isEqualTo(0x61626300L);
    assertThat(new String(FossilDelta.create(new byte[0], "abc".getBytes(UTF_8)), UTF_8))
        .isEqualTo("3\n3:abc1XObC0;");
  }

  @Test
  void aBlockThatMovedIsCopied() {
    var random = new Random(7);
    byte[] a = new byte[500];
    byte[] b = new byte[500];
    random.nextBytes(a);
    random.nextBytes(b);
    byte[] patch = FossilDelta.create(joined(a, b), joined(b, a));
    assertThat(patch.length).isLessThan(60);
    assertThat(FossilDelta.apply(joined(a, b), patch)).isEqualTo(joined(b, a));
  }

  @Test
  void aPatchForAnotherSourceIsNoticed() {
    byte[] source = "0123456789".repeat(20).getBytes(UTF_8);
    byte[] target = ("0123456789".repeat(20) + "x").getBytes(UTF_8);
    byte[] patch = FossilDelta.create(source, target);
    byte[] other = source.clone();
    other[50] ^= 1;
    assertThatIllegalArgumentException().isThrownBy(() -> FossilDelta.apply(other, patch));
  }

  @Test
  void aPatchThatDeclaresMoreThanItMakesTakesNoMemory() {
    for (String patch :
        new String[] {
          "1~~~~~\n0;",
          "zzzzzzzz\n0;",
          "",
          "3",
          "3\n",
          "3\n5:abc",
          "3\n3@0,",
          "3\n3?0,0;",
          "~\n~:a0;"
        }) {
      assertThatIllegalArgumentException()
          .as(patch)
          .isThrownBy(() -> FossilDelta.apply(new byte[0], patch.getBytes(UTF_8)));
    }
  }

  @Test
  void aChangedLetterInCyrillicIsNeverCutInHalf() {
    String text = "Съешь же ещё этих мягких французских булок, да выпей чаю. ".repeat(4);
    byte[] source = text.getBytes(UTF_8);
    for (int i = 0; i < text.length(); i++) {
      for (char letter : new char[] {'ж', 'р', 'ю', 'a', '日'}) {
        byte[] target = (text.substring(0, i) + letter + text.substring(i + 1)).getBytes(UTF_8);
        byte[] patch = FossilDelta.createCharacterSafe(source, target);
        assertThat(Utf8.valid(patch)).isTrue();
        assertThat(FossilDelta.apply(source, patch)).isEqualTo(target);
        assertThat(patch.length).isLessThan(target.length / 2);
      }
    }
  }

  @Test
  void repetitiveInputTakesLinearTime() {
    byte[] zeros = new byte[1 << 20];
    byte[] almost = zeros.clone();
    for (int i = 0; i < almost.length; i += 15) {
      almost[i] = 1;
    }
    assertThat(FossilDelta.apply(zeros, FossilDelta.create(zeros, almost))).isEqualTo(almost);
    assertThat(FossilDelta.apply(almost, FossilDelta.create(almost, zeros))).isEqualTo(zeros);
  }

  private static byte[] joined(byte[] a, byte[] b) {
    byte[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }
}

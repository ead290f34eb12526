package dev.dunlin.centrifuge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class FossilDeltaProperties {

  @Property(tries = 500)
  void applyingAPatchGivesTheTarget(@ForAll byte[] source, @ForAll byte[] target) {
    assertThat(FossilDelta.apply(source, FossilDelta.create(source, target))).isEqualTo(target);
  }

  @Property(tries = 500)
  void applyingAPatchOfAnEditedTextGivesIt(
      @ForAll long seed, @ForAll @IntRange(max = 12) int edits) {
    String source = text(new Random(seed), 400);
    String target = edited(source, new Random(seed + 1), edits);
    byte[] from = source.getBytes(UTF_8);
    byte[] to = target.getBytes(UTF_8);
    assertThat(FossilDelta.apply(from, FossilDelta.create(from, to))).isEqualTo(to);
    byte[] safe = FossilDelta.createCharacterSafe(from, to);
    assertThat(FossilDelta.apply(from, safe)).isEqualTo(to);
    assertThat(Utf8.valid(safe)).isTrue();
    // As a JSON string and back, the way it travels.
    assertThat(new String(safe, UTF_8).getBytes(UTF_8)).isEqualTo(safe);
  }

  @Property(tries = 1000)
  void whateverAPatchSaysItEndsOrderly(@ForAll @Size(max = 60) byte[] patch, @ForAll long seed) {
    byte[] source = text(new Random(seed), 50).getBytes(UTF_8);
    byte[] good = FossilDelta.create(source, patch);
    for (byte[] bad : new byte[][] {patch, mutated(good, new Random(seed))}) {
      try {
        FossilDelta.apply(source, bad);
      } catch (IllegalArgumentException refused) {
        assertThat(refused).hasMessageNotContaining("null");
      }
    }
  }

  private static byte[] mutated(byte[] bytes, Random random) {
    byte[] copy = bytes.clone();
    copy[random.nextInt(copy.length)] = (byte) random.nextInt(256);
    return copy;
  }

  /** Words of a few letters each, most of them Cyrillic. */
  private static String text(Random random, int words) {
    var text = new StringBuilder();
    int[] firsts = {'а', 'а', 'а', 'a', '日', 0x1f600};
    for (int word = 0; word < words; word++) {
      int first = firsts[random.nextInt(firsts.length)];
      for (int i = 1 + random.nextInt(6); i > 0; i--) {
        text.appendCodePoint(first + random.nextInt(26));
      }
      text.append(' ');
    }
    return text.toString();
  }

  private static String edited(String text, Random random, int edits) {
    int[] letters = text.codePoints().toArray();
    for (int i = 0; i < edits; i++) {
      letters[random.nextInt(letters.length)] = random.nextBoolean() ? 'я' : 'ё';
    }
    var edited = new StringBuilder(new String(letters, 0, letters.length));
    if (random.nextBoolean()) {
      int cut = edited.offsetByCodePoints(0, random.nextInt(letters.length));
      String tail = edited.substring(cut);
      edited.setLength(cut);
      edited.insert(0, tail).append("конец");
    }
    return edited.toString();
  }
}

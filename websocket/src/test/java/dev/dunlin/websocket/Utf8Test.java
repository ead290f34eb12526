package dev.dunlin.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Utf8Test {

  @Test
  void allCodePointsAreAcceptedAndAllSurrogatesRefused() {
    var bytes = ByteBuffer.allocate(4);
    for (int c = 0; c <= 0x10ffff; c++) {
      bytes.clear();
      if (c < 0x80) {
        bytes.put((byte) c);
      } else if (c < 0x800) {
        bytes.put((byte) (0xc0 | c >> 6)).put(tail(c));
      } else if (c < 0x10000) {
        bytes.put((byte) (0xe0 | c >> 12)).put(tail(c >> 6)).put(tail(c));
      } else {
        bytes.put((byte) (0xf0 | c >> 18)).put(tail(c >> 12)).put(tail(c >> 6)).put(tail(c));
      }
      boolean surrogate = c >= 0xd800 && c <= 0xdfff;
      if (Utf8.valid(bytes, 0, bytes.position()) == surrogate) {
        fail("code point %x", c);
      }
    }
  }

  private static byte tail(int bits) {
    return (byte) (0x80 | bits & 0x3f);
  }

  @Test
  void everySequenceOfUpToThreeOctetsIsJudgedAsTheJdkDoes() throws Exception {
    // lead octets of every kind, with every following octet
    for (int first = 0; first < 256; first++) {
      for (int second = 0; second < 256; second++) {
        judgedLikeTheJdk(new byte[] {(byte) first, (byte) second});
        for (int third : new int[] {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff}) {
          judgedLikeTheJdk(new byte[] {(byte) first, (byte) second, (byte) third});
          judgedLikeTheJdk(new byte[] {(byte) first, (byte) second, (byte) third, (byte) 0x80});
        }
      }
    }
  }

  private static void judgedLikeTheJdk(byte[] bytes) {
    boolean jdk;
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      jdk = true;
    } catch (CharacterCodingException invalid) {
      jdk = false;
    }
    if (Utf8.valid(ByteBuffer.wrap(bytes), 0, bytes.length) != jdk) {
      fail("%s: the JDK says %s", HexFormat.of().formatHex(bytes), jdk);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 8, 9, 30, 31, 32, 33, 63, 64, 100})
  void theFirstOctetThatIsWrongIsFoundWhereverItStands(int at) {
    var bytes = new byte[101];
    Arrays.fill(bytes, (byte) 'a');
    bytes[at] = (byte) 0xff;
    assertThat(Utf8.check(Utf8.ACCEPT, ByteBuffer.wrap(bytes), 0, at)).isEqualTo(Utf8.ACCEPT);
    assertThat(Utf8.check(Utf8.ACCEPT, ByteBuffer.wrap(bytes), 0, at + 1)).isEqualTo(Utf8.REJECT);
    assertThat(Utf8.valid(ByteBuffer.wrap(bytes), 0, 101)).isFalse();
  }

  @Test
  void theVerdictIsTheSameForEveryCut() {
    var bytes =
        ByteBuffer.wrap(HexFormat.of().parseHex("cebae1bdb9cf83cebcceb5" + "f0a0808061626364"));
    for (int cut = 0; cut <= bytes.capacity(); cut++) {
      int state = Utf8.check(Utf8.ACCEPT, bytes, 0, cut);
      assertThat(Utf8.check(state, bytes, cut, bytes.capacity())).isEqualTo(Utf8.ACCEPT);
    }
  }

  @Test
  void rejectionIsFinal() {
    var bytes = ByteBuffer.wrap(new byte[] {'a'});
    assertThat(Utf8.check(Utf8.REJECT, bytes, 0, 1)).isEqualTo(Utf8.REJECT);
  }
}

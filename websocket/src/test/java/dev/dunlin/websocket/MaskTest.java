package dev.dunlin.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;

class MaskTest {

  private static final int KEY = 0x81a3c5e7;

  /** RFC 6455, 5.3, to the letter. */
  private static byte[] masked(byte[] octets, int phase) {
    var result = new byte[octets.length];
    for (int i = 0; i < octets.length; i++) {
      result[i] = (byte) (octets[i] ^ KEY >>> (24 - 8 * ((i + phase) & 3)));
    }
    return result;
  }

  private static byte[] ascii(int size) {
    var octets = new byte[size];
    for (int i = 0; i < size; i++) {
      octets[i] = (byte) (' ' + i % 90);
    }
    return octets;
  }

  private static List<ByteBuffer> buffers(int size) {
    return List.of(
        ByteBuffer.allocate(size),
        ByteBuffer.allocateDirect(size),
        ByteBuffer.allocateDirect(size).order(ByteOrder.LITTLE_ENDIAN));
  }

  @Test
  void everySizePhaseAndAlignmentIsMaskedToTheLetter() {
    for (int size = 0; size < 75; size++) {
      var octets = ascii(size);
      for (int phase = 0; phase < 4; phase++) {
        for (int at = 0; at < 9; at++) {
          for (var buffer : buffers(at + size + 1)) {
            buffer.put(at, masked(octets, phase));
            boolean ascii = Mask.apply(buffer, at, size, KEY, phase);
            var result = new byte[size];
            buffer.get(at, result);
            assertThat(result).isEqualTo(octets);
            assertThat(ascii).isTrue();
            assertThat(buffer.get(at + size)).isZero();
          }
        }
      }
    }
  }

  @Test
  void oneHighBitAnywhereIsSeen() {
    int size = 41;
    for (int place = 0; place < size; place++) {
      var octets = ascii(size);
      octets[place] = (byte) 0x80;
      for (var buffer : buffers(size)) {
        buffer.put(0, masked(octets, 0));
        assertThat(Mask.apply(buffer, 0, size, KEY, 0)).isFalse();
      }
    }
  }
}

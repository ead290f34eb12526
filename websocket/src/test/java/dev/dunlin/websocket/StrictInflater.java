package dev.dunlin.websocket;

import java.util.Arrays;

/**
 * A plain reading of RFC 1951 that insists on the agreed window: a distance beyond it, or beyond
 * what the peer was sent, fails. Slow and short.
 */
final class StrictInflater {

  private static final int[] LENGTH_BASE = {
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
    163, 195, 227, 258
  };
  private static final int[] LENGTH_EXTRA = {
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0
  };
  private static final int[] CODE_LENGTH_ORDER = {
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15
  };

  private final int window;
  private final boolean takesOver;

  /** All that was ever sent; a message may refer to what is from {@link #visible} on. */
  private byte[] out = new byte[1 << 16];

  private int size;
  private int visible;
  private int farthest;

  private byte[] in = {};
  private int bit;

  StrictInflater(int windowBits, boolean takesOver) {
    this.window = 1 << windowBits;
    this.takesOver = takesOver;
  }

  /** The largest distance seen. */
  int farthest() {
    return farthest;
  }

  byte[] inflate(byte[] payload) {
    in = Arrays.copyOf(payload, payload.length + 4);
    in[payload.length + 2] = -1;
    in[payload.length + 3] = -1;
    bit = 0;
    int begin = size;
    if (!takesOver) {
      visible = size;
    }
    while (bit < in.length * 8) {
      block();
    }
    require(bit == in.length * 8, "the message does not end with a block");
    return Arrays.copyOfRange(out, begin, size);
  }

  private void block() {
    require(bits(1) == 0, "a final block");
    switch (bits(2)) {
      case 0 -> stored();
      case 1 -> {
        var literals = new int[288];
        Arrays.fill(literals, 0, 144, 8);
        Arrays.fill(literals, 144, 256, 9);
        Arrays.fill(literals, 256, 280, 7);
        Arrays.fill(literals, 280, 288, 8);
        var distances = new int[30];
        Arrays.fill(distances, 5);
        compressed(new Code(literals), new Code(distances));
      }
      case 2 -> dynamic();
      default -> throw new AssertionError("block type 3");
    }
  }

  private void stored() {
    bit = (bit + 7) & ~7;
    int length = bits(16);
    require(length == (~bits(16) & 0xffff), "LEN and NLEN do not match");
    for (int i = 0; i < length; i++) {
      emit(bits(8));
    }
  }

  private void dynamic() {
    int literals = bits(5) + 257;
    int distances = bits(5) + 1;
    int codes = bits(4) + 4;
    var lengths = new int[19];
    for (int i = 0; i < codes; i++) {
      lengths[CODE_LENGTH_ORDER[i]] = bits(3);
    }
    var code = new Code(lengths);
    var all = new int[literals + distances];
    for (int i = 0; i < all.length; ) {
      int symbol = code.read();
      int repeat =
          switch (symbol) {
            case 16 -> 3 + bits(2);
            case 17 -> 3 + bits(3);
            case 18 -> 11 + bits(7);
            default -> 1;
          };
      int value = symbol == 16 ? all[i - 1] : symbol < 16 ? symbol : 0;
      Arrays.fill(all, i, i + repeat, value);
      i += repeat;
    }
    compressed(
        new Code(Arrays.copyOf(all, literals)),
        new Code(Arrays.copyOfRange(all, literals, all.length)));
  }

  private void compressed(Code literals, Code distances) {
    while (true) {
      int symbol = literals.read();
      if (symbol == 256) {
        return;
      }
      if (symbol < 256) {
        emit(symbol);
        continue;
      }
      int length = LENGTH_BASE[symbol - 257] + bits(LENGTH_EXTRA[symbol - 257]);
      int code = distances.read();
      int extra = code < 4 ? 0 : code / 2 - 1;
      int distance = 1 + (code < 4 ? code : (2 + (code & 1) << extra) + bits(extra));
      require(distance <= window, "distance " + distance + " is beyond the window " + window);
      require(distance <= size - visible, "distance " + distance + " is before the start");
      farthest = Math.max(farthest, distance);
      for (int i = 0; i < length; i++) {
        emit(out[size - distance]);
      }
    }
  }

  private void emit(int octet) {
    if (size == out.length) {
      out = Arrays.copyOf(out, 2 * size);
    }
    out[size++] = (byte) octet;
  }

  private int bits(int count) {
    int value = 0;
    for (int i = 0; i < count; i++, bit++) {
      require(bit < in.length * 8, "the message ends inside a block");
      value |= (in[bit >> 3] >> (bit & 7) & 1) << i;
    }
    return value;
  }

  private static void require(boolean claim, String otherwise) {
    if (!claim) {
      throw new AssertionError(otherwise);
    }
  }

  /** A canonical Huffman code (RFC 1951, 3.2.2). */
  private final class Code {
    private final int[] counts = new int[16];
    private final int[] symbols;

    Code(int[] lengths) {
      var next = new int[17];
      for (int length : lengths) {
        counts[length]++;
      }
      counts[0] = 0;
      for (int length = 1; length < 16; length++) {
        next[length + 1] = next[length] + counts[length];
      }
      symbols = new int[lengths.length];
      for (int symbol = 0; symbol < lengths.length; symbol++) {
        if (lengths[symbol] > 0) {
          symbols[next[lengths[symbol]]++] = symbol;
        }
      }
    }

    int read() {
      int code = 0;
      int first = 0;
      int index = 0;
      for (int length = 1; length < 16; length++) {
        code = code << 1 | bits(1);
        if (code - first < counts[length]) {
          return symbols[index + code - first];
        }
        index += counts[length];
        first = first + counts[length] << 1;
      }
      throw new AssertionError("no such code");
    }
  }
}

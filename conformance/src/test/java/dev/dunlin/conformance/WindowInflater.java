package dev.dunlin.conformance;

import java.util.Arrays;

/**
 * An inflater of the suite's own (RFC 1951) that holds a peer to the window it agreed to.
 *
 * <p>The JDK's always takes 32 KiB and so cannot find out a server that promised less: this one
 * fails on a distance beyond the window, or beyond the message where no context is taken over.
 * Written for clearness, not for speed.
 */
final class WindowInflater {

  private static final int[] LENGTH_BASE = {
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
    163, 195, 227, 258
  };
  private static final int[] LENGTH_EXTRA = {
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0
  };
  private static final int[] DISTANCE_BASE = {
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
    3073, 4097, 6145, 8193, 12289, 16385, 24577
  };
  private static final int[] DISTANCE_EXTRA = {
    0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13
  };
  private static final int[] CODE_LENGTH_ORDER = {
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15
  };
  private static final byte[] TAIL = {0, 0, (byte) 0xff, (byte) 0xff};
  private static final int MAX_CODE_BITS = 15;
  private static final int FAST_BITS = 10;

  private static final Code FIXED_LITERALS = fixedLiterals();
  private static final Code FIXED_DISTANCES = fixedDistances();

  private final int window;
  private final boolean takeover;
  private final boolean forgiving;

  private byte[] in = TAIL;
  private int at;
  private int bits;
  private int bitCount;
  private byte[] out = new byte[1 << 16];
  private int size;
  private int begin;

  /** Whether the last block was stored and empty, as the tail is. */
  private boolean emptyBlock;

  /**
   * An inflater for one connection.
   *
   * @param windowBits 8 to 15, as agreed
   * @param takeover whether a message may refer to earlier ones
   */
  WindowInflater(int windowBits, boolean takeover) {
    this(windowBits, takeover, false);
  }

  private WindowInflater(int windowBits, boolean takeover, boolean forgiving) {
    this.window = 1 << windowBits;
    this.takeover = takeover;
    this.forgiving = forgiving;
  }

  /**
   * An inflater that forgives, as the engine does, a sender that ends in a block with BFINAL and
   * leaves out the octet for the empty block after it.
   */
  static WindowInflater forgiving() {
    return new WindowInflater(15, false, true);
  }

  /**
   * Inflates a message as it stood in its frames, the tail stripped (RFC 7692, 7.2.2).
   *
   * @throws IllegalStateException if it is not valid, with the reason
   */
  byte[] message(byte[] compressed) {
    in = Arrays.copyOf(compressed, compressed.length + TAIL.length);
    System.arraycopy(TAIL, 0, in, compressed.length, TAIL.length);
    at = 0;
    bits = 0;
    bitCount = 0;
    int kept = takeover ? Math.min(size, 1 << 15) : 0;
    System.arraycopy(out, size - kept, out, 0, kept);
    size = kept;
    begin = kept;
    while (at - bitCount / 8 < in.length) {
      boolean last = block();
      if (last && forgiving && at == compressed.length) {
        return Arrays.copyOfRange(out, begin, size);
      }
    }
    if (!emptyBlock) {
      throw new IllegalStateException("deflate: the data ends inside a block");
    }
    return Arrays.copyOfRange(out, begin, size);
  }

  /** Whether the last {@link #message} failed only in the tail, where senders are forgiven. */
  boolean failedInTheTail() {
    return at - bitCount / 8 > in.length - TAIL.length;
  }

  /** Inflates a block and says if it had BFINAL set. */
  private boolean block() {
    boolean last = bits(1) == 1;
    emptyBlock = false;
    switch (bits(2)) {
      case 0 -> stored();
      case 1 -> codes(FIXED_LITERALS, FIXED_DISTANCES);
      case 2 -> dynamic();
      default -> throw new IllegalStateException("deflate: a block of the reserved type");
    }
    if (last) {
      align();
    }
    return last;
  }

  private static Code fixedLiterals() {
    var lengths = new int[288];
    Arrays.fill(lengths, 0, 144, 8);
    Arrays.fill(lengths, 144, 256, 9);
    Arrays.fill(lengths, 256, 280, 7);
    Arrays.fill(lengths, 280, 288, 8);
    return new Code(lengths, 0, 288);
  }

  private static Code fixedDistances() {
    var lengths = new int[30];
    Arrays.fill(lengths, 5);
    return new Code(lengths, 0, 30);
  }

  /** Skips to the next octet; octets that were only looked at are given back. */
  private void align() {
    at -= bitCount / 8;
    bits = 0;
    bitCount = 0;
  }

  private void stored() {
    align();
    if (in.length - at < 4) {
      throw new IllegalStateException("deflate: a stored block without its length");
    }
    int length = (in[at] & 0xff) | (in[at + 1] & 0xff) << 8;
    int check = (in[at + 2] & 0xff) | (in[at + 3] & 0xff) << 8;
    if ((length ^ check) != 0xffff) {
      throw new IllegalStateException("deflate: a stored block whose lengths differ");
    }
    emptyBlock = length == 0;
    at += 4;
    if (in.length - at < length) {
      throw new IllegalStateException("deflate: a stored block that ends early");
    }
    room(length);
    System.arraycopy(in, at, out, size, length);
    size += length;
    at += length;
  }

  private void dynamic() {
    int literals = bits(5) + 257;
    int distances = bits(5) + 1;
    int orders = bits(4) + 4;
    if (literals > 286 || distances > 30) {
      throw new IllegalStateException("deflate: too many codes");
    }
    var lengths = new int[320];
    for (int i = 0; i < orders; i++) {
      lengths[CODE_LENGTH_ORDER[i]] = bits(3);
    }
    var code = new Code(lengths, 0, 19);
    if (code.left != 0) {
      throw new IllegalStateException("deflate: an incomplete code of code lengths");
    }
    Arrays.fill(lengths, 0);
    int[] all = new int[literals + distances];
    int index = 0;
    while (index < all.length) {
      int symbol = decode(code);
      if (symbol < 16) {
        all[index++] = symbol;
        continue;
      }
      if (symbol == 16 && index == 0) {
        throw new IllegalStateException("deflate: nothing to repeat");
      }
      int value = symbol == 16 ? all[index - 1] : 0;
      int repeat = symbol == 16 ? 3 + bits(2) : symbol == 17 ? 3 + bits(3) : 11 + bits(7);
      if (index + repeat > all.length) {
        throw new IllegalStateException("deflate: too many lengths");
      }
      Arrays.fill(all, index, index + repeat, value);
      index += repeat;
    }
    if (all[256] == 0) {
      throw new IllegalStateException("deflate: no end-of-block code");
    }
    var literal = new Code(all, 0, literals);
    var distance = new Code(all, literals, distances);
    // an incomplete code is allowed only where it is a single symbol of one bit
    if ((literal.left != 0 && literals != literal.count[0] + literal.count[1])
        || (distance.left != 0 && distances != distance.count[0] + distance.count[1])) {
      throw new IllegalStateException("deflate: an incomplete code");
    }
    codes(literal, distance);
  }

  private void codes(Code literals, Code distances) {
    while (true) {
      int symbol = decode(literals);
      if (symbol == 256) {
        return;
      }
      if (symbol < 256) {
        room(1);
        out[size++] = (byte) symbol;
        continue;
      }
      int index = symbol - 257;
      if (index >= LENGTH_BASE.length) {
        throw new IllegalStateException("deflate: a length code out of range");
      }
      int length = LENGTH_BASE[index] + bits(LENGTH_EXTRA[index]);
      int code = decode(distances);
      if (code >= DISTANCE_BASE.length) {
        throw new IllegalStateException("deflate: a distance code out of range");
      }
      int distance = DISTANCE_BASE[code] + bits(DISTANCE_EXTRA[code]);
      if (distance > size) {
        throw new IllegalStateException(
            "deflate: a distance before the start, or into a context not taken over");
      }
      if (distance > window) {
        throw new IllegalStateException(
            "deflate: distance " + distance + " is beyond the agreed window of " + window);
      }
      room(length);
      for (int i = 0; i < length; i++, size++) {
        out[size] = out[size - distance];
      }
    }
  }

  private int bits(int count) {
    while (bitCount < count) {
      if (at == in.length) {
        throw new IllegalStateException("deflate: the data ends early");
      }
      bits |= (in[at++] & 0xff) << bitCount;
      bitCount += 8;
    }
    int value = bits & ((1 << count) - 1);
    bits >>>= count;
    bitCount -= count;
    return value;
  }

  private int decode(Code code) {
    while (bitCount <= 16 && at < in.length) {
      bits |= (in[at++] & 0xff) << bitCount;
      bitCount += 8;
    }
    int known = code.fast[bits & (1 << FAST_BITS) - 1];
    int length = known & 15;
    if (known == 0 || length > bitCount) {
      return slowly(code);
    }
    bits >>>= length;
    bitCount -= length;
    return known >> 4;
  }

  private int slowly(Code code) {
    int value = 0;
    int first = 0;
    int index = 0;
    for (int length = 1; length <= MAX_CODE_BITS; length++) {
      value |= bits(1);
      int count = code.count[length];
      if (value - count < first) {
        return code.symbol[index + value - first];
      }
      index += count;
      first = (first + count) << 1;
      value <<= 1;
    }
    throw new IllegalStateException("deflate: no such code");
  }

  private void room(int more) {
    if (out.length - size < more) {
      out = Arrays.copyOf(out, Math.max(out.length * 2, size + more));
    }
  }

  /** A canonical Huffman code: how many codes of each length, and the symbols in order. */
  private static final class Code {
    final int[] count = new int[MAX_CODE_BITS + 1];
    final int[] symbol;
    final int left;

    /** By the next bits: symbol and code length of short codes, 0 for the others. */
    final int[] fast = new int[1 << FAST_BITS];

    Code(int[] lengths, int from, int symbols) {
      symbol = new int[symbols];
      for (int i = 0; i < symbols; i++) {
        count[lengths[from + i]]++;
      }
      int open = 1;
      for (int length = 1; length <= MAX_CODE_BITS; length++) {
        open = (open << 1) - count[length];
        if (open < 0) {
          throw new IllegalStateException("deflate: an over-subscribed code");
        }
      }
      left = count[0] == symbols ? 0 : open;
      var offset = new int[MAX_CODE_BITS + 2];
      for (int length = 1; length <= MAX_CODE_BITS; length++) {
        offset[length + 1] = offset[length] + count[length];
      }
      for (int i = 0; i < symbols; i++) {
        if (lengths[from + i] != 0) {
          symbol[offset[lengths[from + i]]++] = i;
        }
      }
      int code = 0;
      int index = 0;
      for (int length = 1; length <= FAST_BITS; length++) {
        code <<= 1;
        for (int i = 0; i < count[length]; i++, code++) {
          int entry = symbol[index++] << 4 | length;
          int reversed = Integer.reverse(code) >>> 32 - length;
          for (int at = reversed; at < fast.length; at += 1 << length) {
            fast[at] = entry;
          }
        }
      }
    }
  }
}

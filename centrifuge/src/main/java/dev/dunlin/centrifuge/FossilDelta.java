package dev.dunlin.centrifuge;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Patches between two byte strings in the Fossil format: what a subscriber gets instead of a
 * publication that resembles the one before.
 *
 * <p>A patch is {@code <target size>\n}, then copies {@code <size>@<offset>,} out of the source and
 * inserts {@code <size>:<bytes>}, then {@code <checksum>;}. Numbers are written in base 64 with the
 * digits {@code 0-9A-Z_a-z~}, most significant first.
 *
 * <p>Matching: the source is cut into blocks of {@value #BLOCK} bytes, each entered into a hash
 * table under its rolling hash. The target is scanned with the same hash; where a block matches,
 * the match is extended in both directions, and the one that saves most becomes a copy. Chains are
 * followed for {@value #MAX_CHAIN} blocks at most, so that repetitive input costs linear time.
 *
 * <p>In the character-safe form every copy and insert begins and ends between characters, since a
 * patch for a JSON connection travels as a string, and half a character in a string is lost.
 */
final class FossilDelta {

  private static final int BLOCK = 16;
  private static final int MAX_CHAIN = 64;
  private static final byte[] DIGITS =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz~"
          .getBytes(StandardCharsets.US_ASCII);
  private static final int[] VALUES = values();

  private FossilDelta() {}

  /** The patch that makes the target out of the source. */
  static byte[] create(byte[] source, byte[] target) {
    return new Creation(source, target, false).run();
  }

  /**
   * The patch that makes the target out of the source, itself well-formed UTF-8. Both must be
   * well-formed UTF-8; where the source is not, the caller sends the target in full.
   */
  static byte[] createCharacterSafe(byte[] source, byte[] target) {
    return new Creation(source, target, true).run();
  }

  /**
   * The target that the patch makes out of the source.
   *
   * @throws IllegalArgumentException if the patch is malformed or for another source
   */
  static byte[] apply(byte[] source, byte[] delta) {
    var in = new Reader(delta);
    long size = in.number();
    in.expect('\n');
    // Before anything is allocated: what the patch says it makes must be what its parts make.
    if (size > in.targetSize(source.length)) {
      throw new IllegalArgumentException("the patch declares more than it makes");
    }
    byte[] target = new byte[(int) size];
    int at = 0;
    while (true) {
      long number = in.number();
      byte operator = in.next();
      switch (operator) {
        case '@' -> {
          long offset = in.number();
          in.expect(',');
          if (number > target.length - at || offset + number > source.length) {
            throw new IllegalArgumentException("a copy reaches beyond the source or the target");
          }
          System.arraycopy(source, (int) offset, target, at, (int) number);
          at += (int) number;
        }
        case ':' -> {
          if (number > target.length - at) {
            throw new IllegalArgumentException("an insert reaches beyond the target");
          }
          in.bytes(target, at, (int) number);
          at += (int) number;
        }
        case ';' -> {
          if (at != target.length || number != checksum(target)) {
            throw new IllegalArgumentException("the patch is for another source");
          }
          return target;
        }
        default -> throw new IllegalArgumentException("unknown operator in a patch");
      }
    }
  }

  /** The sum of the big-endian words of 32 bits, zero-padded, modulo 2^32. */
  static long checksum(byte[] bytes) {
    long sum = 0;
    int i = 0;
    for (; i + 4 <= bytes.length; i += 4) {
      sum +=
          (bytes[i] & 0xffL) << 24
              | (bytes[i + 1] & 0xff) << 16
              | (bytes[i + 2] & 0xff) << 8
              | (bytes[i + 3] & 0xff);
    }
    for (int shift = 24; i < bytes.length; i++, shift -= 8) {
      sum += (bytes[i] & 0xffL) << shift;
    }
    return sum & 0xffff_ffffL;
  }

  private static int[] values() {
    int[] values = new int[128];
    Arrays.fill(values, -1);
    for (int i = 0; i < DIGITS.length; i++) {
      values[DIGITS[i]] = i;
    }
    return values;
  }

  /** One patch in the making. */
  private static final class Creation {

    private final byte[] source;
    private final byte[] target;
    private final boolean characterSafe;
    private final Writer out;

    // The best match at the present place of the target.
    private int matchSize;
    private int matchSource;
    private int matchTarget;

    Creation(byte[] source, byte[] target, boolean characterSafe) {
      this.source = source;
      this.target = target;
      this.characterSafe = characterSafe;
      out = new Writer(Math.min(target.length, 512) + 32);
    }

    byte[] run() {
      out.number(target.length);
      out.octet('\n');
      int done = source.length < BLOCK || target.length < BLOCK ? 0 : matches();
      insert(done, target.length);
      out.number(checksum(target));
      out.octet(';');
      return out.toByteArray();
    }

    /** Writes copies and what lies between them; answers how much of the target is written. */
    private int matches() {
      int blocks = source.length / BLOCK;
      int mask = Integer.highestOneBit(Math.max(blocks, 8)) * 2 - 1;
      int[] first = new int[mask + 1]; // block number + 1 by hash; 0 is none
      int[] following = new int[blocks + 1];
      for (int block = blocks - 1; block >= 0; block--) {
        int slot = slot(Rolling.of(source, block * BLOCK), mask);
        following[block + 1] = first[slot];
        first[slot] = block + 1;
      }
      int done = 0; // everything before is written
      int at = 0;
      int hash = Rolling.of(target, 0);
      while (true) {
        matchSize = 0;
        int block = first[slot(hash, mask)];
        for (int tries = MAX_CHAIN; block != 0 && tries > 0; tries--) {
          extend((block - 1) * BLOCK, at, done);
          block = following[block];
        }
        if (matchSize > 0) {
          insert(done, matchTarget);
          out.number(matchSize);
          out.octet('@');
          out.number(matchSource);
          out.octet(',');
          done = matchTarget + matchSize;
          at = done;
          if (at + BLOCK > target.length) {
            return done;
          }
          hash = Rolling.of(target, at);
        } else {
          if (at + BLOCK >= target.length) {
            return done;
          }
          hash = Rolling.next(hash, target[at], target[at + BLOCK]);
          at++;
        }
      }
    }

    /** Takes the match around these two places as the best one, if it is and it pays. */
    private void extend(int sourceAt, int targetAt, int done) {
      int after = Arrays.mismatch(source, sourceAt, source.length, target, targetAt, target.length);
      int size = after < 0 ? source.length - sourceAt : after;
      int before = 0;
      int most = Math.min(sourceAt, targetAt - done);
      while (before < most && source[sourceAt - before - 1] == target[targetAt - before - 1]) {
        before++;
      }
      int from = sourceAt - before;
      int to = targetAt - before;
      size += before;
      if (characterSafe) {
        // Both sides have the same bytes inside; only the ends may cut a character.
        while (size > 0 && Utf8.continuation(target[to])) {
          from++;
          to++;
          size--;
        }
        while (size > 0 && (cuts(target, to + size) || cuts(source, from + size))) {
          size--;
        }
      }
      int cost = digits(size) + digits(from) + 2 + (to > done ? digits(to - done) + 1 : 0);
      if (size > matchSize && size > cost) {
        matchSize = size;
        matchSource = from;
        matchTarget = to;
      }
    }

    private static boolean cuts(byte[] text, int at) {
      return at < text.length && Utf8.continuation(text[at]);
    }

    private void insert(int from, int to) {
      if (to > from) {
        out.number(to - from);
        out.octet(':');
        out.bytes(target, from, to - from);
      }
    }

    private static int slot(int hash, int mask) {
      return (hash * 0x9e3779b9 >>> 7) & mask;
    }
  }

  /** The hash of {@value #BLOCK} bytes, which moves on by a byte in constant time. */
  private static final class Rolling {

    private static final int FACTOR = 0x01000193;
    private static final int LAST = power();

    private Rolling() {}

    static int of(byte[] bytes, int from) {
      int hash = 0;
      for (int i = 0; i < BLOCK; i++) {
        hash = hash * FACTOR + bytes[from + i];
      }
      return hash;
    }

    static int next(int hash, byte leaving, byte entering) {
      return (hash - leaving * LAST) * FACTOR + entering;
    }

    private static int power() {
      int power = 1;
      for (int i = 1; i < BLOCK; i++) {
        power *= FACTOR;
      }
      return power;
    }
  }

  private static int digits(long number) {
    int digits = 1;
    for (long rest = number >>> 6; rest != 0; rest >>>= 6) {
      digits++;
    }
    return digits;
  }

  private static final class Writer {

    private byte[] bytes;
    private int size;

    Writer(int expectedSize) {
      bytes = new byte[expectedSize];
    }

    void octet(char octet) {
      reserve(1);
      bytes[size++] = (byte) octet;
    }

    void number(long number) {
      int digits = digits(number);
      reserve(digits);
      for (int shift = (digits - 1) * 6; shift >= 0; shift -= 6) {
        bytes[size++] = DIGITS[(int) (number >>> shift) & 63];
      }
    }

    void bytes(byte[] from, int offset, int length) {
      reserve(length);
      System.arraycopy(from, offset, bytes, size, length);
      size += length;
    }

    byte[] toByteArray() {
      return Arrays.copyOf(bytes, size);
    }

    private void reserve(int more) {
      if (bytes.length - size < more) {
        bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, size + more));
      }
    }
  }

  private static final class Reader {

    private final byte[] bytes;
    private int at;

    Reader(byte[] bytes) {
      this.bytes = bytes;
    }

    byte next() {
      if (at == bytes.length) {
        throw new IllegalArgumentException("a patch ends too early");
      }
      return bytes[at++];
    }

    void expect(char octet) {
      if (next() != octet) {
        throw new IllegalArgumentException("malformed patch");
      }
    }

    /** A number below 2^32. */
    long number() {
      long number = 0;
      int from = at;
      while (at < bytes.length && bytes[at] >= 0 && VALUES[bytes[at]] >= 0) {
        number = number << 6 | VALUES[bytes[at++]];
        if (number > 0xffff_ffffL) {
          throw new IllegalArgumentException("a number in a patch is too large");
        }
      }
      if (at == from) {
        throw new IllegalArgumentException("a number is missing in a patch");
      }
      return number;
    }

    void bytes(byte[] to, int offset, int length) {
      if (length > bytes.length - at) {
        throw new IllegalArgumentException("a patch ends too early");
      }
      System.arraycopy(bytes, at, to, offset, length);
      at += length;
    }

    /** What the rest of the patch makes; the reader stays where it is. */
    long targetSize(int sourceSize) {
      int start = at;
      long size = 0;
      while (true) {
        long number = number();
        byte operator = next();
        if (operator == ';') {
          at = start;
          return size;
        }
        if (operator == '@') {
          number();
          expect(',');
          if (number > sourceSize) {
            throw new IllegalArgumentException("a copy reaches beyond the source");
          }
        } else if (operator == ':') {
          if (number > bytes.length - at) {
            throw new IllegalArgumentException("a patch ends too early");
          }
          at += (int) number;
        } else {
          throw new IllegalArgumentException("unknown operator in a patch");
        }
        size += number;
        if (size > Integer.MAX_VALUE - 8) {
          throw new IllegalArgumentException("a patch makes more than an array holds");
        }
      }
    }
  }
}

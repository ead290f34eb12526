package dev.dunlin.conformance;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The ways in which the bytes of a case are cut into reads, beyond those it prescribes.
 *
 * <p>Up to 4 KiB: every two-way split, and one byte at a time. Up to 128 KiB: a two-way split at
 * each of 16 positions on either side of every header and at each of 1,000 seeded positions. Above
 * that, and for the costly cases (1,000 compressed messages, bombs), the same positions all in one
 * run.
 */
final class Cuts {

  private static final int EVERY_SPLIT_UP_TO = 4 << 10;
  private static final int SINGLY_UP_TO = 128 << 10;
  private static final int SEEDED = 1000;
  private static final int AROUND_HEADER = 16;

  private Cuts() {}

  /** The further ways to cut a case. */
  static List<BitSet> of(Case c, Agreed agreed) {
    int size = 0;
    var positions = new BitSet();
    for (var step : c.script().apply(agreed)) {
      if (step instanceof Step.Send send) {
        aroundHeaders(send.bytes(), size, positions);
        size += send.bytes().length;
      }
    }
    var ways = new ArrayList<BitSet>();
    if (!c.costly() && size <= EVERY_SPLIT_UP_TO) {
      var all = new BitSet();
      all.set(1, size);
      all.stream().forEach(at -> ways.add(single(at)));
      ways.add(all);
      return ways;
    }
    var random = new SplittableRandom(c.id().hashCode());
    for (int i = 0; i < SEEDED; i++) {
      positions.set(1 + random.nextInt(size - 1));
    }
    if (!c.costly() && size <= SINGLY_UP_TO && positions.cardinality() <= 2 * SEEDED) {
      positions.stream().forEach(at -> ways.add(single(at)));
    }
    ways.add(positions);
    return ways;
  }

  private static BitSet single(int at) {
    var cuts = new BitSet();
    cuts.set(at);
    return cuts;
  }

  /** Walks the client's frames as long as their lengths make sense. */
  private static void aroundHeaders(byte[] bytes, int offset, BitSet positions) {
    long at = 0;
    while (at >= 0 && at + 2 <= bytes.length) {
      int start = (int) at;
      positions.set(Math.max(1, offset + start - AROUND_HEADER), offset + start + AROUND_HEADER);
      int mask = bytes[start + 1] < 0 ? 4 : 0;
      long length = bytes[start + 1] & 0x7f;
      int octets = length < 126 ? 0 : length == 126 ? 2 : 8;
      if (start + 2 + octets > bytes.length) {
        return;
      }
      if (octets > 0) {
        length = 0;
        for (int i = 0; i < octets; i++) {
          length = length << 8 | bytes[start + 2 + i] & 0xff;
        }
      }
      if (length < 0) {
        return;
      }
      at += 2L + octets + mask + length;
    }
  }
}

package dev.dunlin.conformance;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Families 9 and 10: large messages, many fragments, many round trips. */
final class SizeCases {

  private static final String CLAUSE = "RFC 6455, 5.2";
  private static final int KIB = 1 << 10;
  private static final int MIB = 1 << 20;

  private SizeCases() {}

  static List<Case> all() {
    var cases = new ArrayList<Case>();
    for (boolean text : new boolean[] {true, false}) {
      int shift = text ? 0 : 1;
      var kind = text ? "text" : "binary";
      int[] sizes = {64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, 16 * MIB};
      for (int i = 0; i < sizes.length; i++) {
        int size = sizes[i];
        cases.add(
            lazy(
                "9." + (1 + shift) + "." + (i + 1),
                kind + " of " + size + " bytes in one frame",
                () -> echo(text, payload(text, size), 0, 0)));
      }
      int[] fragments = {64, 256, KIB, 4 * KIB, 16 * KIB, 64 * KIB, 256 * KIB, MIB, 4 * MIB};
      for (int i = 0; i < fragments.length; i++) {
        int fragment = fragments[i];
        cases.add(
            lazy(
                "9." + (3 + shift) + "." + (i + 1),
                kind + " of 4 MiB in fragments of " + fragment,
                () -> echo(text, payload(text, 4 * MIB), fragment, 0)));
      }
      int[] pieces = {64, 128, 256, 512, 1024, 2048};
      for (int i = 0; i < pieces.length; i++) {
        int piece = pieces[i];
        cases.add(
            lazy(
                "9." + (5 + shift) + "." + (i + 1),
                kind + " of 1 MiB, written in pieces of " + piece,
                () -> echo(text, payload(text, MIB), 0, piece)));
      }
      int[] trips = {0, 16, 64, 256, 1024, 4096};
      for (int i = 0; i < trips.length; i++) {
        int size = trips[i];
        cases.add(
            lazy(
                "9." + (7 + shift) + "." + (i + 1),
                "1000 round trips of " + kind + " of " + size + " bytes",
                () -> roundTrips(text, size)));
      }
    }
    cases.add(
        lazy(
            "10.1.1",
            "text of 65536 bytes in frames of at most 1300",
            () -> echo(true, payload(true, 65_536), 1300, 0)));
    return cases;
  }

  private static Case lazy(String id, String title, Supplier<List<Step>> script) {
    return new Case(
        id, title, CLAUSE, Optional.empty(), agreed -> script.get(), Ending.clean(1000));
  }

  private static byte[] payload(boolean text, int size) {
    return text ? FramingCases.ascii(size) : FramingCases.repeated(0xfe, size);
  }

  private static Step legalEnd() {
    return new Step.Send(Frame.close(1000).bytes(), 0);
  }

  /** A size of fragments that divides the message leaves an empty last one, as in the original. */
  private static List<Step> echo(boolean text, byte[] payload, int fragment, int piece) {
    var steps = new ArrayList<Step>();
    for (var frame : fragments(Frame.of(text ? Frame.TEXT : Frame.BINARY, payload), fragment)) {
      steps.add(new Step.Send(frame.bytes(), piece));
    }
    steps.add(new Step.Expect(List.of(new Event.Message(text, payload))));
    steps.add(legalEnd());
    return steps;
  }

  /** Cuts a frame into fragments, 0 for none; reserved bits stay on the first. */
  static List<Frame> fragments(Frame frame, int fragment) {
    var payload = frame.payload();
    if (fragment == 0) {
      return List.of(frame);
    }
    var frames = new ArrayList<Frame>();
    int from = 0;
    boolean last;
    do {
      int to = Math.min(payload.length, from + fragment);
      last = to - from < fragment;
      var part = Arrays.copyOfRange(payload, from, to);
      var next =
          from == 0
              ? Frame.of(frame.opcode(), part).rsv(frame.rsv())
              : Frame.of(Frame.CONTINUATION, part);
      frames.add(last ? next : next.open());
      from = to;
    } while (!last);
    return frames;
  }

  private static List<Step> roundTrips(boolean text, int size) {
    var payload = payload(text, size);
    var frame = Frame.of(text ? Frame.TEXT : Frame.BINARY, payload).bytes();
    var send = new Step.Send(frame, 0);
    var expect = new Step.Expect(List.of(new Event.Message(text, payload)));
    var steps = new ArrayList<Step>();
    for (int i = 0; i < 1000; i++) {
      steps.add(send);
      steps.add(expect);
    }
    steps.add(legalEnd());
    return steps;
  }
}

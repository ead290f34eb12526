package dev.dunlin.conformance;

import static dev.dunlin.conformance.Frame.continuation;
import static dev.dunlin.conformance.Frame.ping;
import static dev.dunlin.conformance.Frame.text;
import static dev.dunlin.conformance.Utf8Cases.hex;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What RFC 7692 requires of compressed data (D) beyond the standard suite. */
final class DeflateCases {

  static final String OFFER = "permessage-deflate; client_max_window_bits";

  /** "Hello" as in RFC 7692, 7.2.3. */
  static final byte[] HELLO = hex("f248cdc9c90700");

  private static final String CLAUSE = "RFC 7692, 7.2";

  private DeflateCases() {}

  static List<Case> all() {
    var cases = new ArrayList<Case>();
    samples(cases);
    reservedBits(cases);
    broken(cases);
    bombs(cases);
    return cases;
  }

  private static Case.Builder of(String id, String title, String clause) {
    return Case.of(id, title, clause).offer(OFFER);
  }

  private static Frame compressed(byte[] bytes) {
    return text(bytes).rsv(4);
  }

  private static void samples(List<Case> cases) {
    var hello = Event.text("Hello");
    cases.add(
        of("D.1.1", "a block with fixed codes", "RFC 7692, 7.2.3.1")
            .send(compressed(HELLO))
            .expect(hello)
            .legalEnd());
    cases.add(
        new Case(
            "D.1.2",
            "the same message again, by the window where it is kept",
            "RFC 7692, 7.2.3.2",
            Optional.of(OFFER),
            agreed ->
                List.of(
                    new Step.Send(compressed(HELLO).bytes(), 0),
                    new Step.Send(
                        compressed(agreed.clientTakeover() ? hex("f200110000") : HELLO).bytes(), 0),
                    new Step.Expect(List.of(hello, hello)),
                    new Step.Send(Frame.close(1000).bytes(), 0)),
            Ending.clean(1000)));
    var blocks =
        new String[][] {
          {"a stored block", "000500faff48656c6c6f00"},
          {"a block with BFINAL", "f348cdc9c9070000"},
          {"two blocks", "f24805000000ffffcac9c90700"}
        };
    for (int i = 0; i < blocks.length; i++) {
      cases.add(
          of("D.1." + (i + 3), blocks[i][0], "RFC 7692, 7.2.3." + (i + 3))
              .send(compressed(hex(blocks[i][1])), compressed(hex(blocks[i][1])))
              .expect(hello, hello)
              .legalEnd());
    }
    cases.add(
        of("D.1.6", "an empty message", "RFC 7692, 7.2.3.6")
            .send(compressed(hex("00")))
            .expect(Event.text(""))
            .legalEnd());
    cases.add(
        of("D.1.7", "a compressed message without a single octet", CLAUSE)
            .send(compressed(new byte[0]))
            .expect(Event.text(""))
            .legalEnd());
    cases.add(
        of("D.1.8", "an empty last fragment", CLAUSE)
            .send(compressed(HELLO).open(), continuation(new byte[0]))
            .expect(hello)
            .legalEnd());
    cases.add(
        of("D.1.9", "plain and compressed messages in turn", "RFC 7692, 6")
            .send(text("a"), compressed(HELLO), text("b"), compressed(HELLO))
            .expect(Event.text("a"), hello, Event.text("b"), hello)
            .legalEnd());
    cases.add(
        of("D.1.10", "BFINAL on the empty block at the end", "RFC 7692, 7.2.1")
            .send(compressed(hex("000500faff48656c6c6f01")))
            .expect(hello)
            .legalEnd());
    cases.add(
        of("D.1.11", "a block after one with BFINAL", "RFC 7692, 7.2.1")
            .send(compressed(hex("f348cdc9c90700f248cdc9c90700")))
            .expect(Event.text("HelloHello"))
            .legalEnd());
    for (int cut = 0; cut <= HELLO.length; cut++) {
      cases.add(
          of("D.2." + (cut + 1), "cut after octet " + cut + ", a ping between", "RFC 7692, 6.1")
              .send(
                  compressed(Arrays.copyOf(HELLO, cut)).open(),
                  ping("between"),
                  continuation(Arrays.copyOfRange(HELLO, cut, HELLO.length)))
              .expect(Event.pong("between"), hello)
              .legalEnd());
    }
    var single = new ArrayList<Frame>();
    for (int i = 0; i < HELLO.length; i++) {
      var octet = new byte[] {HELLO[i]};
      var frame = i == 0 ? compressed(octet) : continuation(octet);
      single.add(i == HELLO.length - 1 ? frame : frame.open());
    }
    cases.add(
        of("D.2." + (HELLO.length + 2), "a fragment per octet", "RFC 7692, 6.1")
            .send(single.toArray(Frame[]::new))
            .expect(hello)
            .legalEnd());
  }

  private static void reservedBits(List<Case> cases) {
    var clause = "RFC 7692, 6";
    var half = compressed(Arrays.copyOf(HELLO, 3)).open();
    var rest = continuation(Arrays.copyOfRange(HELLO, 3, HELLO.length));
    cases.add(
        of("D.3.1", "RSV1 on a continuation of a compressed message", clause)
            .send(half, rest.rsv(4))
            .fails(1002));
    cases.add(
        of("D.3.2", "RSV1 on a continuation of a plain message", clause)
            .send(text("a").open(), continuation(HELLO).rsv(4))
            .fails(1002));
    cases.add(of("D.3.3", "RSV1 on a ping", clause).send(ping("a").rsv(4)).fails(1002));
    cases.add(of("D.3.4", "RSV1 on a pong", clause).send(Frame.pong("a").rsv(4)).fails(1002));
    cases.add(of("D.3.5", "RSV1 on a close", clause).send(Frame.close(1000).rsv(4)).fails(1002));
    int[] others = {1, 2, 3, 5, 6, 7};
    for (int i = 0; i < others.length; i++) {
      cases.add(
          of("D.3." + (i + 6), "reserved bits " + others[i] + " on a text", clause)
              .send(text(HELLO).rsv(others[i]))
              .fails(1002));
    }
    cases.add(
        Case.of("D.3.12", "RSV1 where nothing was agreed", clause)
            .send(compressed(HELLO))
            .fails(1002));
  }

  private static void broken(List<Case> cases) {
    var broken =
        new String[][] {
          {"a block of the reserved type", "06"},
          {"garbage", "ffffffff"},
          {"a distance before the start", "02000200"},
          {"a stored block whose lengths differ", "000500000048656c6c6f00"},
          {"data that ends inside a block", "f248cdc9"},
          {"a stored block that ends early", "000500faff4865"}
        };
    for (int i = 0; i < broken.length; i++) {
      cases.add(
          of("D.4." + (i + 1), broken[i][0], CLAUSE)
              .send(compressed(hex(broken[i][1])))
              .fails(1007, 1002));
    }
    var octets = hex("48c3a9eda08021");
    try (var deflater = new WindowDeflater(15, false)) {
      var bytes = deflater.message(octets);
      cases.add(
          of("D.5.1", "compressed text that is not UTF-8", "RFC 7692, 6.2")
              .send(compressed(bytes))
              .fails(1007));
      for (int cut = 1; cut < bytes.length; cut++) {
        cases.add(
            of("D.5." + (cut + 1), "the same, cut after octet " + cut, "RFC 7692, 6.2")
                .send(
                    compressed(Arrays.copyOf(bytes, cut)).open(),
                    continuation(Arrays.copyOfRange(bytes, cut, bytes.length)))
                .fails(1007));
      }
    }
  }

  private static void bombs(List<Case> cases) {
    cases.add(bomb("D.6.1", "a bomb of 100 MiB in one frame", 0));
    cases.add(bomb("D.6.2", "a bomb of 100 MiB in frames of 4096", 4096));
  }

  private static Case bomb(String id, String title, int fragment) {
    return new Case(
        id,
        title,
        "RFC 7692, 8",
        Optional.of(OFFER),
        agreed -> {
          try (var deflater = new WindowDeflater(15, false)) {
            var frame = Frame.binary(deflater.message(new byte[100 << 20])).rsv(4);
            var frames = SizeCases.fragments(frame, fragment).toArray(Frame[]::new);
            return List.of(new Step.Send(Frame.join(frames), 0));
          }
        },
        Ending.fails(1009));
  }
}

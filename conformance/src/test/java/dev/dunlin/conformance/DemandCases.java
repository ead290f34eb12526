package dev.dunlin.conformance;

import static dev.dunlin.conformance.Frame.binary;
import static dev.dunlin.conformance.Frame.close;
import static dev.dunlin.conformance.Frame.continuation;
import static dev.dunlin.conformance.Frame.ping;
import static dev.dunlin.conformance.Frame.pong;
import static dev.dunlin.conformance.Frame.text;
import static dev.dunlin.conformance.FramingCases.ascii;

import dev.dunlin.conformance.Frame.Form;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What RFC 6455 requires of framing (F), closing (C) and text (U) beyond the standard suite. */
final class DemandCases {

  private static final String FRAMING = "RFC 6455, 5.2";

  private DemandCases() {}

  static List<Case> all() {
    var cases = new ArrayList<Case>();
    masking(cases);
    lengths(cases);
    floods(cases);
    order(cases);
    closing(cases);
    texts(cases);
    return cases;
  }

  private static void masking(List<Case> cases) {
    var hello = ascii(5);
    Map<String, Frame> unmasked = new TreeMap<>();
    unmasked.put("text", text(hello).unmasked());
    unmasked.put("binary", binary(hello).unmasked());
    unmasked.put("ping", ping(hello).unmasked());
    unmasked.put("pong", pong("pong").unmasked());
    unmasked.put("close", close(1000).unmasked());
    int number = 1;
    for (var entry : unmasked.entrySet()) {
      cases.add(
          Case.of("F.1." + number++, "unmasked " + entry.getKey(), "RFC 6455, 5.1")
              .send(entry.getValue())
              .fails(1002));
    }
    cases.add(
        Case.of("F.1." + number, "unmasked continuation", "RFC 6455, 5.1")
            .send(text(hello).open(), continuation(hello).unmasked())
            .fails(1002));
    cases.add(
        Case.of("F.2.1", "a mask key of zero", "RFC 6455, 5.3")
            .send(text(hello).key(0))
            .expect(Event.text(hello))
            .legalEnd());
    var frames = new Frame[32];
    var echoes = new Event[32];
    for (int i = 0; i < frames.length; i++) {
      frames[i] = binary(ascii(i)).key(0x01020304 * (i + 1) ^ i << 27);
      echoes[i] = Event.binary(ascii(i));
    }
    cases.add(
        Case.of("F.2.2", "a key of its own for each of 32 frames", "RFC 6455, 5.3")
            .send(frames)
            .expect(echoes)
            .legalEnd());
    for (int size = 0; size < 10; size++) {
      cases.add(
          Case.of("F.2." + (3 + size), "payload of " + size + " octets, unaligned", "RFC 6455, 5.3")
              .sendOctets(ping("x"), text(ascii(size)), text(ascii(size)))
              .expect(Event.pong("x"), Event.text(ascii(size)), Event.text(ascii(size)))
              .legalEnd());
    }
    cases.add(
        Case.of("F.2.13", "a 16-bit length and a 64-bit length, a write per octet", FRAMING)
            .sendOctets(text(ascii(126)))
            .sendPieces(1, Arrays.copyOf(binary(ascii(65_536)).bytes(), 30))
            .sendBytes(Arrays.copyOfRange(binary(ascii(65_536)).bytes(), 30, 65_536 + 14))
            .expect(Event.text(ascii(126)), Event.binary(ascii(65_536)))
            .legalEnd());
  }

  private static void lengths(List<Case> cases) {
    cases.add(
        Case.of("F.3.1", "a 16-bit length of 2", FRAMING)
            .send(text("ab").form(Form.BITS_16))
            .fails(1002));
    cases.add(
        Case.of("F.3.2", "a 16-bit length of 125", FRAMING)
            .send(text(ascii(125)).form(Form.BITS_16))
            .fails(1002));
    cases.add(
        Case.of("F.3.3", "a 64-bit length of 2", FRAMING)
            .send(text("ab").form(Form.BITS_64))
            .fails(1002));
    cases.add(
        Case.of("F.3.4", "a 64-bit length of 65535", FRAMING)
            .send(binary(ascii(65_535)).form(Form.BITS_64))
            .fails(1002));
    var key = 0x12345678;
    cases.add(
        Case.of("F.4.1", "a length with its top bit set, header alone", FRAMING)
            .sendBytes(Frame.header(true, 0, 2, Long.MIN_VALUE, true, key, Form.BITS_64))
            .failedByNow()
            .fails(1002));
    cases.add(
        Case.of("F.4.2", "a length of 2^64-1, header alone", FRAMING)
            .sendBytes(Frame.header(true, 0, 1, -1, true, key, Form.BITS_64))
            .failedByNow()
            .fails(1002));
    cases.add(
        Case.of("F.4.3", "a length of 2^62, header alone", "RFC 6455, 7.4.1")
            .sendBytes(Frame.header(true, 0, 2, 1L << 62, true, key, Form.BITS_64))
            .failedByNow()
            .fails(1009));
    cases.add(
        Case.of("F.4.4", "fragments whose sum would be 2^62, header alone", "RFC 6455, 7.4.1")
            .send(binary(ascii(100)).open())
            .sendBytes(Frame.header(true, 0, 0, 1L << 62, true, key, Form.BITS_64))
            .failedByNow()
            .fails(1009));
    for (int opcode : new int[] {3, 8, 9, 10, 15}) {
      cases.add(
          Case.of("F.4." + (opcode + 2), "opcode " + opcode + " of 2^63-1 octets", "RFC 6455, 5.5")
              .sendBytes(Frame.header(true, 0, opcode, Long.MAX_VALUE, true, key, Form.BITS_64))
              .failedByNow()
              .fails(1002));
    }
  }

  private static void floods(List<Case> cases) {
    for (int size = 0; size <= 1; size++) {
      var payload = ascii(size);
      var first = text(payload).open().bytes();
      var next = continuation(payload).open().bytes();
      cases.add(
          new Case(
              "F.5." + (size + 1),
              "endless fragments of " + size + " octets",
              "RFC 6455, 10.4",
              Optional.empty(),
              agreed -> {
                var thousand = new byte[1000 * next.length];
                for (int i = 0; i < 1000; i++) {
                  System.arraycopy(next, 0, thousand, i * next.length, next.length);
                }
                var steps = new ArrayList<Step>();
                steps.add(new Step.Send(first, 0));
                for (int i = 0; i < 200; i++) {
                  steps.add(new Step.Send(thousand, 0));
                }
                return steps;
              },
              Ending.fails(1008, 1009)));
    }
  }

  private static void order(List<Case> cases) {
    cases.add(
        Case.of("F.6.1", "binary inside a fragmented text", "RFC 6455, 5.4")
            .send(text("a").open(), binary(ascii(1)))
            .fails(1002));
    cases.add(
        Case.of("F.6.2", "text inside a fragmented binary", "RFC 6455, 5.4")
            .send(binary(ascii(1)).open(), text("a"))
            .fails(1002));
    cases.add(
        Case.of("F.6.3", "a continuation after a finished message", "RFC 6455, 5.4")
            .send(text("a").open(), continuation("b"), continuation("c"))
            .expect(Event.text("ab"))
            .fails(1002));
    cases.add(
        Case.of("F.7.1", "a control frame between every two fragments", "RFC 6455, 5.4")
            .send(
                text("a").open(),
                ping("1"),
                continuation("b").open(),
                pong("2"),
                continuation("c").open(),
                ping("3"),
                continuation("d"))
            .expect(Event.pong("1"), Event.pong("3"), Event.text("abcd"))
            .legalEnd());
    cases.add(
        new Case(
            "F.7.2",
            "a ping while a large echo is being written",
            "RFC 6455, 5.5.2",
            Optional.empty(),
            agreed -> {
              var large = ascii(8 << 20);
              return List.of(
                  new Step.Send(binary(large).bytes(), 0),
                  new Step.Send(ping("now").bytes(), 0),
                  new Step.ExpectInAnyOrder(List.of(Event.binary(large), Event.pong("now"))),
                  new Step.Send(close(1000).bytes(), 0));
            },
            Ending.clean(1000)));
  }

  private static void closing(List<Case> cases) {
    var clause = "RFC 6455, 7.4";
    for (int code : new int[] {1012, 1013, 1014}) {
      cases.add(
          Case.of("C.1." + (code - 1011), "close " + code, clause)
              .send(close(code))
              .ends(Ending.clean(code, 1000)));
    }
    cases.add(Case.of("C.1.4", "close 1015", clause).send(close(1015)).fails(1002));
    cases.add(
        Case.of("C.2.1", "an error, then more frames: one close frame", "RFC 6455, 7.1.7")
            .send(text("a").rsv(2), text("b"), ping("c"), close(1000))
            .fails(1002));
    cases.add(
        Case.of("C.2.2", "close inside a fragmented binary", "RFC 6455, 5.5.1")
            .send(binary(ascii(9)).open(), close(1001))
            .ends(Ending.clean(1000, 1001)));
    cases.add(
        Case.of("C.2.3", "a reason of 123 octets in characters of three", "RFC 6455, 5.5.1")
            .send(close(3000, "\u20ac".repeat(41)))
            .ends(Ending.clean(1000, 3000)));
    cases.add(
        Case.of("C.2.4", "a reason that ends inside a character", "RFC 6455, 5.5.1")
            .send(close(1000, Utf8Cases.hex("61e282")))
            .fails(1002, 1007));
    cases.add(
        new Case(
            "C.3.1",
            "close while a large echo is being written",
            "RFC 6455, 5.5.1",
            Optional.empty(),
            agreed -> {
              var large = ascii(8 << 20);
              return List.of(
                  new Step.Send(binary(large).bytes(), 0),
                  new Step.Send(close(1000).bytes(), 0),
                  new Step.Expect(List.of(Event.binary(large))));
            },
            Ending.clean(1000)));
  }

  private static void texts(List<Case> cases) {
    cases.add(
        new Case(
            "U.1.1",
            "a thousand messages without waiting for an echo",
            "RFC 6455, 5.4",
            Optional.empty(),
            agreed -> {
              var frames = new Frame[1000];
              var echoes = new ArrayList<Event>();
              for (int i = 0; i < frames.length; i++) {
                var payload = ascii(i % 300);
                frames[i] = i % 2 == 0 ? text(payload) : binary(payload);
                echoes.add(new Event.Message(i % 2 == 0, payload));
              }
              return List.of(
                  new Step.Send(Frame.join(frames), 0),
                  new Step.Expect(echoes),
                  new Step.Send(close(1000).bytes(), 0));
            },
            Ending.clean(1000)));
    cases.add(
        Case.of("U.1.2", "text that ends inside a character", "RFC 6455, 8.1")
            .send(text(Utf8Cases.hex("61e282")))
            .fails(1007));
    cases.add(
        Case.of("U.1.3", "a fragmented text that ends inside a character", "RFC 6455, 8.1")
            .send(text(Utf8Cases.hex("61e2")).open(), continuation(Utf8Cases.hex("82")))
            .fails(1007));
    cases.add(
        Case.of("U.1.4", "binary that is not UTF-8", "RFC 6455, 5.6")
            .send(binary(Utf8Cases.hex("ff80c0")))
            .expect(Event.binary(Utf8Cases.hex("ff80c0")))
            .legalEnd());
  }
}

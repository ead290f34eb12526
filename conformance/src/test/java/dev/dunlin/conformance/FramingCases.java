package dev.dunlin.conformance;

import static dev.dunlin.conformance.Frame.continuation;
import static dev.dunlin.conformance.Frame.ping;
import static dev.dunlin.conformance.Frame.pong;
import static dev.dunlin.conformance.Frame.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Families 1 to 5: framing, pings, reserved bits, reserved opcodes, fragmentation. */
final class FramingCases {

  private static final int[] SIZES = {0, 125, 126, 127, 128, 65_535, 65_536};

  private FramingCases() {}

  static List<Case> all() {
    var cases = new ArrayList<Case>();
    framing(cases);
    pings(cases);
    reservedBits(cases);
    reservedOpcodes(cases);
    fragmentation(cases);
    return cases;
  }

  /** Printable ASCII that differs from position to position. */
  static byte[] ascii(int size) {
    var bytes = new byte[size];
    for (int i = 0; i < size; i++) {
      bytes[i] = (byte) (' ' + (i + i / 95) % 95);
    }
    return bytes;
  }

  static byte[] repeated(int octet, int size) {
    var bytes = new byte[size];
    Arrays.fill(bytes, (byte) octet);
    return bytes;
  }

  private static void framing(List<Case> cases) {
    for (boolean isText : new boolean[] {true, false}) {
      var family = isText ? "1.1." : "1.2.";
      var kind = isText ? "text" : "binary";
      int number = 1;
      for (int size : SIZES) {
        var payload = isText ? ascii(size) : repeated(0xfe, size);
        cases.add(
            Case.of(family + number++, kind + " of " + size + " bytes", "RFC 6455, 5.2")
                .send(isText ? text(payload) : Frame.binary(payload))
                .expect(new Event.Message(isText, payload))
                .legalEnd());
      }
      var payload = isText ? ascii(65_536) : repeated(0xfe, 65_536);
      cases.add(
          Case.of(family + 8, kind + " of 65536 bytes in pieces of 997", "RFC 6455, 5.2")
              .sendPieces(997, Frame.of(isText ? Frame.TEXT : Frame.BINARY, payload).bytes())
              .expect(new Event.Message(isText, payload))
              .legalEnd());
    }
  }

  private static void pings(List<Case> cases) {
    var clause = "RFC 6455, 5.5.2";
    var octets = new byte[] {0, -1, -2, -3, -4, -5, 0, -1};
    var most = repeated(0xfe, 125);
    cases.add(
        Case.of("2.1", "empty ping", clause).send(ping("")).expect(Event.pong("")).legalEnd());
    cases.add(
        Case.of("2.2", "ping with text", clause)
            .send(ping("Hello, world!"))
            .expect(Event.pong("Hello, world!"))
            .legalEnd());
    cases.add(
        Case.of("2.3", "ping with octets that are not UTF-8", clause)
            .send(ping(octets))
            .expect(Event.pong(octets))
            .legalEnd());
    cases.add(
        Case.of("2.4", "ping of 125 bytes", clause)
            .send(ping(most))
            .expect(Event.pong(most))
            .legalEnd());
    cases.add(
        Case.of("2.5", "ping of 126 bytes", "RFC 6455, 5.5")
            .send(ping(repeated(0xfe, 126)))
            .fails(1002));
    cases.add(
        Case.of("2.6", "ping of 125 bytes, a write per octet", clause)
            .sendOctets(ping(most))
            .expect(Event.pong(most))
            .legalEnd());
    cases.add(
        Case.of("2.7", "unsolicited empty pong", "RFC 6455, 5.5.3").send(pong("")).legalEnd());
    cases.add(
        Case.of("2.8", "unsolicited pong with payload", "RFC 6455, 5.5.3")
            .send(pong("unsolicited"))
            .legalEnd());
    cases.add(
        Case.of("2.9", "unsolicited pong, then ping", "RFC 6455, 5.5.3")
            .send(pong("unsolicited"), ping("ping"))
            .expect(Event.pong("ping"))
            .legalEnd());
    var pings = new Frame[10];
    var pongs = new Event[10];
    for (int i = 0; i < 10; i++) {
      pings[i] = ping("payload-" + i);
      pongs[i] = Event.pong("payload-" + i);
    }
    cases.add(Case.of("2.10", "ten pings at once", clause).send(pings).expect(pongs).legalEnd());
    cases.add(
        Case.of("2.11", "ten pings, a write per octet", clause)
            .sendOctets(pings)
            .expect(pongs)
            .legalEnd());
  }

  private static void reservedBits(List<Case> cases) {
    var clause = "RFC 6455, 5.2";
    var small = "small payload";
    cases.add(
        Case.of("3.1", "text with reserved bits 1", clause).send(text(small).rsv(1)).fails(1002));
    int[] bits = {2, 3, 4};
    for (var split : Case.Split.values()) {
      int rsv = bits[split.ordinal()];
      cases.add(
          Case.of(
                  "3." + rsv,
                  "text, text with reserved bits " + rsv + ", ping; " + split.words(),
                  clause)
              .send(split, text(small), text(small).rsv(rsv), ping(""))
              .expect(Event.text(small))
              .fails(1002));
    }
    cases.add(
        Case.of("3.5", "binary with reserved bits 5", clause)
            .send(Frame.binary(repeated(0xfe, 8)).rsv(5))
            .fails(1002));
    cases.add(
        Case.of("3.6", "binary with reserved bits 6", clause)
            .send(Frame.binary(repeated(0xfe, 8)).rsv(6))
            .fails(1002));
    cases.add(
        Case.of("3.7", "close with reserved bits 7", clause)
            .send(Frame.close(1000).rsv(7))
            .fails(1002));
  }

  private static void reservedOpcodes(List<Case> cases) {
    var clause = "RFC 6455, 5.2";
    for (int group = 1; group <= 2; group++) {
      int first = group == 1 ? 3 : 11;
      for (int i = 0; i < 5; i++) {
        int opcode = first + i;
        var payload = i == 0 || i == 2 ? new byte[0] : ascii(16);
        var bad = Frame.of(opcode, payload);
        var title = "opcode " + opcode + (payload.length == 0 ? ", empty" : ", with payload");
        var id = "4." + group + "." + (i + 1);
        if (i < 2) {
          cases.add(Case.of(id, title, clause).send(bad).fails(1002));
        } else {
          var split = i < 4 ? Case.Split.ONE_WRITE : Case.Split.OCTETS;
          cases.add(
              Case.of(id, "text, " + title + ", ping; " + split.words(), clause)
                  .send(split, text("Hello, world!"), bad, ping(""))
                  .expect(Event.text("Hello, world!"))
                  .fails(1002));
        }
      }
    }
  }

  private static void fragmentation(List<Case> cases) {
    var clause = "RFC 6455, 5.4";
    var t = text("fragment1").open();
    var c = continuation("fragment2");
    var whole = Event.text("fragment1fragment2");
    cases.add(
        Case.of("5.1", "fragmented ping", "RFC 6455, 5.5")
            .send(ping("fragment1").open(), c)
            .fails(1002));
    cases.add(
        Case.of("5.2", "fragmented pong", "RFC 6455, 5.5")
            .send(pong("fragment1").open(), c)
            .fails(1002));
    for (var split : Case.Split.values()) {
      int i = split.ordinal();
      var how = "; " + split.words();
      cases.add(
          Case.of("5." + (3 + i), "text in two fragments" + how, clause)
              .send(split, t, c)
              .expect(whole)
              .legalEnd());
      cases.add(
          Case.of("5." + (6 + i), "ping between two fragments" + how, clause)
              .send(split, t, ping("ping payload"), c)
              .expect(Event.pong("ping payload"), whole)
              .legalEnd());
      cases.add(
          Case.of("5." + (9 + i), "last continuation of nothing, then text" + how, clause)
              .send(split, continuation("nothing"), text("Hello, world!"))
              .fails(1002));
      cases.add(
          Case.of("5." + (12 + i), "continuation of nothing, then text" + how, clause)
              .send(split, continuation("nothing").open(), text("Hello, world!"))
              .fails(1002));
    }
    cases.add(
        Case.of("5.15", "two fragments, then a continuation of nothing, then text", clause)
            .send(t, c, continuation("fragment3").open(), text("fragment4"))
            .expect(whole)
            .fails(1002));
    for (int i = 16; i <= 17; i++) {
      var nothing = continuation("fragment1");
      var bad = i == 16 ? nothing.open() : nothing;
      var t2 = text("fragment2").open();
      var c2 = continuation("fragment3");
      cases.add(
          Case.of("5." + i, "twice: a continuation of nothing, then two fragments", clause)
              .send(bad, t2, c2, bad, t2, c2)
              .fails(1002));
    }
    cases.add(
        Case.of("5.18", "text inside a fragmented text", clause)
            .send(t, text("fragment2"))
            .fails(1002));
    for (var split : List.of(Case.Split.ONE_WRITE, Case.Split.PER_FRAME)) {
      int number = 19 + split.ordinal();
      cases.add(
          Case.of("5." + number, "five fragments with two pings; " + split.words(), clause)
              .send(split, t, continuation("fragment2").open(), ping("ping a"))
              .expect(Event.pong("ping a"))
              .pause()
              .send(
                  split,
                  continuation("fragment3").open(),
                  continuation("fragment4").open(),
                  ping("ping b"),
                  continuation("fragment5"))
              .expect(
                  Event.pong("ping b"), Event.text("fragment1fragment2fragment3fragment4fragment5"))
              .legalEnd());
    }
  }
}

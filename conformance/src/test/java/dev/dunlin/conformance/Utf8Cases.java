package dev.dunlin.conformance;

import static dev.dunlin.conformance.Frame.continuation;
import static dev.dunlin.conformance.Frame.text;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Family 6: UTF-8 in text messages (RFC 6455, 8.1; RFC 3629). */
final class Utf8Cases {

  private static final String CLAUSE = "RFC 6455, 8.1";
  private static final byte[] KOSME = hex("cebae1bdb9cf83cebcceb5");

  private Utf8Cases() {}

  static byte[] hex(String digits) {
    return HexFormat.of().parseHex(digits);
  }

  static List<Case> all() {
    var cases = new ArrayList<Case>();
    fragments(cases);
    failFast(cases);
    sequences()
        .forEach((id, octets) -> {
          boolean valid = FrameReader.utf8(octets);
          var title = (valid ? "valid " : "invalid ") + HexFormat.of().formatHex(octets);
          var begun = Case.of(id, title, CLAUSE).send(text(octets));
          cases.add(valid ? begun.expect(Event.text(octets)).legalEnd() : begun.fails(1007));
        });
    return cases;
  }

  private static void fragments(List<Case> cases) {
    var empty = new byte[0];
    cases.add(
        Case.of("6.1.1", "empty text", CLAUSE).send(text("")).expect(Event.text("")).legalEnd());
    cases.add(
        Case.of("6.1.2", "three empty fragments", CLAUSE)
            .send(text("").open(), continuation(empty).open(), continuation(empty))
            .expect(Event.text(""))
            .legalEnd());
    cases.add(
        Case.of("6.1.3", "empty, data, empty", CLAUSE)
            .send(text("").open(), continuation("middle").open(), continuation(empty))
            .expect(Event.text("middle"))
            .legalEnd());
    var hello = "Hello-µ@ßöäüàá-UTF-8!!".getBytes(StandardCharsets.UTF_8);
    cases.add(
        Case.of("6.2.1", "valid text in one frame", CLAUSE)
            .send(text(hello))
            .expect(Event.text(hello))
            .legalEnd());
    cases.add(
        Case.of("6.2.2", "valid text in two fragments, cut between characters", CLAUSE)
            .send(
                text(Arrays.copyOf(hello, 12)).open(),
                continuation(Arrays.copyOfRange(hello, 12, hello.length)))
            .expect(Event.text(hello))
            .legalEnd());
    cases.add(
        Case.of("6.2.3", "valid text in fragments of one octet", CLAUSE)
            .send(octets(hello))
            .expect(Event.text(hello))
            .legalEnd());
    cases.add(
        Case.of("6.2.4", "other valid text in fragments of one octet", CLAUSE)
            .send(octets(KOSME))
            .expect(Event.text(KOSME))
            .legalEnd());
    var surrogate = hex("cebae1bdb9cf83cebcceb5eda080656469746564");
    cases.add(
        Case.of("6.3.1", "a surrogate in one frame", CLAUSE).send(text(surrogate)).fails(1007));
    cases.add(
        Case.of("6.3.2", "a surrogate in fragments of one octet", CLAUSE)
            .send(octets(surrogate))
            .fails(1007));
  }

  /** One text message as fragments of an octet each. */
  static Frame[] octets(byte[] bytes) {
    var frames = new Frame[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      var octet = new byte[] {bytes[i]};
      var frame = i == 0 ? text(octet) : continuation(octet);
      frames[i] = i == bytes.length - 1 ? frame : frame.open();
    }
    return frames;
  }

  private static void failFast(List<Case> cases) {
    var beyond = hex("f4908080");
    var edited = "edited".getBytes(StandardCharsets.UTF_8);
    cases.add(
        Case.of("6.4.1", "fails with the frame that holds the bad character", CLAUSE)
            .send(text(KOSME).open())
            .pause()
            .send(continuation(beyond).open())
            .failedByNow()
            .send(continuation(edited))
            .fails(1007));
    cases.add(
        Case.of("6.4.2", "fails with the frame that holds the bad octet", CLAUSE)
            .send(text(hex("cebae1bdb9cf83cebcceb5f4")).open())
            .pause()
            .send(continuation(hex("90")).open())
            .failedByNow()
            .send(continuation(hex("8080656469746564")))
            .fails(1007));
    var whole = text(hex("cebae1bdb9cf83cebcceb5f4908080656469746564")).bytes();
    int payload = whole.length - KOSME.length - beyond.length - edited.length;
    for (int number = 3; number <= 4; number++) {
      int first = payload + KOSME.length + (number == 3 ? 0 : 1);
      int second = number == 3 ? first + beyond.length : first + 1;
      cases.add(
          Case.of(
                  "6.4." + number,
                  "fails inside a frame, with the bad " + (number == 3 ? "character" : "octet"),
                  CLAUSE)
              .sendBytes(Arrays.copyOf(whole, first))
              .pause()
              .sendBytes(Arrays.copyOfRange(whole, first, second))
              .failedByNow()
              .sendBytes(Arrays.copyOfRange(whole, second, whole.length))
              .fails(1007));
    }
  }

  /** The octets of families 6.5 to 6.23, by case number. */
  static Map<String, byte[]> sequences() {
    var all = new LinkedHashMap<String, byte[]>();
    add(all, "6.5", utf8("hello$world"), utf8("hello\u00a2world"), utf8("hello\u20acworld"));
    add(all, "6.5", utf8("hello\ud852\udf62world"), KOSME);
    for (int i = 1; i <= KOSME.length; i++) {
      add(all, "6.6", Arrays.copyOf(KOSME, i));
    }
    addHex(all, "6.7", "00 c280 e0a080 f0908080");
    addHex(all, "6.8", "f888808080 fc8480808080");
    addHex(all, "6.9", "7f dfbf efbfbf f48fbfbf");
    addHex(all, "6.10", "f7bfbfbf fbbfbfbfbf fdbfbfbfbfbf");
    addHex(all, "6.11", "ed9fbf ee8080 efbfbd f48fbfbf f4908080");
    addHex(all, "6.12", "80 bf 80bf 80bf80 80bf80bf 80bf80bf80 80bf80bf80bf");
    add(all, "6.12", range(0x80, 0xbe, false));
    add(all, "6.13", range(0xc0, 0xde, true), range(0xe0, 0xee, true), range(0xf0, 0xf6, true));
    add(all, "6.13", range(0xf8, 0xfa, true), range(0xfc, 0xfc, true));
    var truncated = "c0 e080 f08080 f8808080 fc80808080 df efbf f7bfbf fbbfbfbf fdbfbfbfbf";
    addHex(all, "6.14", truncated);
    addHex(all, "6.15", truncated.replace(" ", ""));
    addHex(all, "6.16", "fe ff fefeffff");
    addHex(all, "6.17", "c0af e080af f08080af f8808080af fc80808080af");
    addHex(all, "6.18", "c1bf e09fbf f08fbfbf f887bfbfbf fc83bfbfbfbf");
    addHex(all, "6.19", "c080 e08080 f0808080 f880808080 fc8080808080");
    addHex(all, "6.20", "eda080 edadbf edae80 edafbf edb080 edbe80 edbfbf");
    for (var high : List.of("eda080", "edadbf", "edae80", "edafbf")) {
      addHex(all, "6.21", high + "edb080 " + high + "edbfbf");
    }
    for (int plane = 0; plane <= 16; plane++) {
      add(all, "6.22", character(plane << 16 | 0xfffe), character(plane << 16 | 0xffff));
    }
    for (int point = 0xfff9; point <= 0xffff; point++) {
      add(all, "6.23", character(point));
    }
    return all;
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] character(int point) {
    return utf8(Character.toString(point));
  }

  private static byte[] range(int first, int last, boolean spaced) {
    var digits = new StringBuilder();
    IntStream.rangeClosed(first, last)
        .forEach(octet -> digits.append("%02x%s".formatted(octet, spaced ? "20" : "")));
    return hex(digits.toString());
  }

  private static void addHex(Map<String, byte[]> all, String family, String sequences) {
    for (var digits : sequences.split(" ")) {
      add(all, family, hex(digits));
    }
  }

  private static void add(Map<String, byte[]> all, String family, byte[]... sequences) {
    for (var octets : sequences) {
      long number = all.keySet().stream().filter(id -> id.startsWith(family + ".")).count() + 1;
      all.put(family + "." + number, octets);
    }
  }
}

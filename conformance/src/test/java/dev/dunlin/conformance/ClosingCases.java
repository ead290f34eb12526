package dev.dunlin.conformance;

import static dev.dunlin.conformance.Frame.close;
import static dev.dunlin.conformance.Frame.continuation;
import static dev.dunlin.conformance.Frame.ping;
import static dev.dunlin.conformance.Frame.text;
import static dev.dunlin.conformance.FramingCases.ascii;

import java.util.ArrayList;
import java.util.List;

/** Family 7: the close handshake (RFC 6455, 5.5.1 and 7). */
final class ClosingCases {

  private static final String CLAUSE = "RFC 6455, 5.5.1";
  private static final int[] VALID = {
    1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999
  };
  private static final int[] INVALID = {0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999};

  private ClosingCases() {}

  static List<Case> all() {
    var cases = new ArrayList<Case>();
    var hello = "Hello World!";
    var clean = Ending.clean(1000);
    cases.add(
        Case.of("7.1.1", "text, then close", CLAUSE)
            .send(text(hello))
            .expect(Event.text(hello))
            .legalEnd());
    cases.add(Case.of("7.1.2", "two closes", CLAUSE).send(close(1000), close(1000)).ends(clean));
    cases.add(Case.of("7.1.3", "close, then ping", CLAUSE).send(close(1000), ping("")).ends(clean));
    cases.add(
        Case.of("7.1.4", "close, then text", CLAUSE).send(close(1000), text(hello)).ends(clean));
    cases.add(
        Case.of("7.1.5", "close inside a fragmented text", CLAUSE)
            .send(text("fragment1").open(), close(1000), continuation("fragment2"))
            .ends(clean));
    var large = ascii(256 << 10);
    cases.add(
        Case.of("7.1.6", "large text, small text, close, ping in one write", CLAUSE)
            .send(text(large), text(hello), close(1000), ping(""))
            .expect(Event.text(large), Event.text(hello))
            .ends(clean));
    cases.add(
        Case.of("7.3.1", "close without payload", CLAUSE)
            .send(close())
            .ends(Ending.clean(1000, Event.NO_CODE)));
    cases.add(
        Case.of("7.3.2", "close with one octet", CLAUSE)
            .send(Frame.of(Frame.CLOSE, ascii(1)))
            .fails(1002));
    cases.add(Case.of("7.3.3", "close with a code", CLAUSE).legalEnd());
    cases.add(Case.of("7.3.4", "close with a reason", CLAUSE).send(close(1000, hello)).ends(clean));
    cases.add(
        Case.of("7.3.5", "close with a reason of 123 octets", CLAUSE)
            .send(close(1000, ascii(123)))
            .ends(clean));
    cases.add(
        Case.of("7.3.6", "close with a payload of 126 octets", "RFC 6455, 5.5")
            .send(close(1000, ascii(124)))
            .fails(1002));
    cases.add(
        Case.of("7.5.1", "close with a reason that is not UTF-8", CLAUSE)
            .send(close(1000, Utf8Cases.hex("cebae1bdb9cf83cebcceb5eda080656469746564")))
            .fails(1002, 1007));
    for (int i = 0; i < VALID.length; i++) {
      var codes = VALID[i] == 1000 ? clean : Ending.clean(1000, VALID[i]);
      cases.add(
          Case.of("7.7." + (i + 1), "close " + VALID[i], "RFC 6455, 7.4")
              .send(close(VALID[i]))
              .ends(codes));
    }
    for (int i = 0; i < INVALID.length; i++) {
      cases.add(
          Case.of("7.9." + (i + 1), "close " + INVALID[i], "RFC 6455, 7.4")
              .send(close(INVALID[i]))
              .fails(1002));
    }
    cases.add(Case.of("7.13.1", "close 5000", "RFC 6455, 7.4.2").send(close(5000)).fails(1002));
    cases.add(Case.of("7.13.2", "close 65535", "RFC 6455, 7.4.2").send(close(65535)).fails(1002));
    return cases;
  }
}

package dev.dunlin.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.websocket.Compression;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Every first two octets that matter, against a model of RFC 6455, 5.2 to 5.5, and RFC 7692, 6: 16
 * opcodes, FIN, what is open, the reserved bits, masked or not, compression agreed or not.
 */
class FrameTableTest {

  private enum Open {
    NOTHING,
    TEXT,
    BINARY
  }

  /** One row: a frame in a state. */
  private record Row(int opcode, boolean fin, Open open, int rsv, boolean masked, boolean deflate) {

    boolean control() {
      return opcode >= 8;
    }

    boolean begins() {
      return opcode == Frame.TEXT || opcode == Frame.BINARY;
    }

    boolean legal() {
      boolean known = opcode <= 2 || (opcode >= 8 && opcode <= 10);
      boolean reserved = rsv == 0 || (rsv == 4 && deflate && begins());
      boolean whole = fin || !control();
      boolean inOrder = control() || begins() == (open == Open.NOTHING);
      return known && reserved && whole && inOrder && masked;
    }

    Case toCase() {
      var c = Case.of("F.0", toString(), "RFC 6455, 5.2");
      if (deflate) {
        c.offer(DeflateCases.OFFER);
      }
      switch (open) {
        case NOTHING -> {}
        case TEXT -> c.send(Frame.text("Hel").open());
        case BINARY -> c.send(Frame.binary("Hel".getBytes()).open());
      }
      byte[] payload =
          rsv == 4 ? DeflateCases.HELLO : opcode == Frame.CLOSE ? new byte[0] : "lo".getBytes();
      var frame = new Frame(fin, rsv, opcode, payload, masked, 0x01020304, Frame.Form.SHORTEST);
      c.send(frame);
      if (!legal()) {
        return c.fails(1002);
      }
      if (opcode == Frame.CLOSE) {
        return c.ends(Ending.clean(Event.NO_CODE));
      }
      if (opcode == Frame.PING) {
        c.expect(Event.pong("lo"));
      }
      if (control() && open != Open.NOTHING || !fin) {
        c.send(Frame.continuation(fin || rsv == 0 ? "!" : ""));
      }
      var text = rsv == 4 ? "Hello" : (open == Open.NOTHING ? "" : "Hel") + (control() ? "" : "lo");
      boolean more = (control() && open != Open.NOTHING || !fin) && rsv == 0;
      boolean isText = open == Open.TEXT || (open == Open.NOTHING && opcode == Frame.TEXT);
      if (!control() || open != Open.NOTHING) {
        c.expect(new Event.Message(isText, (text + (more ? "!" : "")).getBytes()));
      }
      return c.legalEnd();
    }
  }

  private static List<Row> rows() {
    var rows = new ArrayList<Row>();
    for (int bits = 0; bits < 1 << 10; bits++) {
      for (var open : Open.values()) {
        rows.add(
            new Row(
                bits & 15,
                (bits & 16) != 0,
                open,
                bits >> 5 & 7,
                (bits & 256) != 0,
                (bits & 512) != 0));
      }
    }
    return rows;
  }

  @Test
  void everyFirstTwoOctetsAreJudgedAsTheModelSays() throws Exception {
    var wrong = new ArrayList<String>();
    try (var engine = new MemoryEngine(MemoryPeer.RAISED, Compression.shared())) {
      for (var row : rows()) {
        var c = row.toCase();
        check(engine, c, new BitSet(), wrong);
        for (var cuts : Cuts.of(c, Agreed.NOTHING)) {
          check(engine, c, cuts, wrong);
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  private static void check(MemoryEngine engine, Case c, BitSet cuts, List<String> wrong)
      throws Exception {
    try (var peer = engine.openAgreed(c.offer())) {
      var verdict = Runner.run(c, peer, cuts);
      if (!verdict.ok() && wrong.size() < 20) {
        wrong.add(c.title() + " cut at " + cuts + ": " + verdict);
      }
    }
  }

  @Test
  void everyCloseCodeIsJudgedAsTheRegistrySays() throws Exception {
    var wrong = new ArrayList<String>();
    for (int code = 0; code <= 65_535; code++) {
      boolean valid =
          (code >= 1000 && code <= 1003)
              || (code >= 1007 && code <= 1014)
              || (code >= 3000 && code <= 4999);
      var c =
          Case.of("C.0", "close " + code, "RFC 6455, 7.4")
              .send(Frame.close(code))
              .ends(valid ? Ending.clean(code) : Ending.fails(1002));
      try (var peer = MemoryPeer.plain(MemoryPeer.RAISED)) {
        var verdict = Runner.run(c, peer);
        if (!verdict.ok() && wrong.size() < 20) {
          wrong.add(c.title() + ": " + verdict);
        }
      }
    }
    assertThat(wrong).isEmpty();
  }
}

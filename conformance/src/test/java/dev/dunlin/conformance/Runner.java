package dev.dunlin.conformance;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Plays a case to a {@link Peer} and judges what comes back.
 *
 * <p>Strict: the exact events in order, one close frame with an allowed code, then the end of the
 * TCP connection, by the server, within the peer's patience.
 */
final class Runner {

  private final Case c;
  private final Peer peer;
  private final Iterable<Step> steps;
  private final BitSet cuts;
  private final FrameReader reader;
  private final List<Event> expected = new ArrayList<>();
  private final List<Event> seen = new ArrayList<>();
  private Peer.State state = Peer.State.QUIET;
  private String late = "";
  private int position;

  private Runner(Case c, Peer peer, BitSet cuts) {
    this.c = c;
    this.peer = peer;
    this.steps = c.script().apply(peer.agreed());
    this.cuts = cuts;
    this.reader = peer.agreed().reader();
  }

  static Verdict run(Case c, Peer peer) throws InterruptedException {
    return run(c, peer, new BitSet());
  }

  /**
   * Plays the case with further cuts.
   *
   * @param cuts the positions, among all the octets that the case sends, before which a write ends
   */
  static Verdict run(Case c, Peer peer, BitSet cuts) throws InterruptedException {
    if (c.offer().isPresent() && !peer.agreed().deflate()) {
      return new Verdict(Verdict.Kind.UNIMPLEMENTED, "permessage-deflate was declined");
    }
    return new Runner(c, peer, cuts).play();
  }

  private Verdict play() throws InterruptedException {
    for (var step : steps) {
      switch (step) {
        case Step.Send send -> send(send);
        case Step.Expect expect -> {
          expected.addAll(expect.events());
          while (seen.size() < expected.size() && more(Peer.Patience.LONG)) {}
          if (!begins()) {
            return end();
          }
        }
        case Step.ExpectInAnyOrder expect -> {
          int from = expected.size();
          int to = from + expect.events().size();
          while (seen.size() < to && more(Peer.Patience.LONG)) {}
          var came = seen.size() < to ? List.<Event>of() : seen.subList(from, to);
          expected.addAll(came.containsAll(expect.events()) ? came : expect.events());
          if (!begins()) {
            return end();
          }
        }
        case Step.Pause pause -> {
          peer.pause();
          while (more(Peer.Patience.LEAST)) {}
          if (over() || !seen.equals(expected)) {
            return Verdict.fail("during a pause: " + story());
          }
        }
        case Step.FailedByNow now -> {
          while (!ending() && more(Peer.Patience.SHORT)) {}
          if (ending()) {
            return end();
          }
          late = "failed only after more had been sent";
        }
      }
    }
    return end();
  }

  private void send(Step.Send send) throws InterruptedException {
    var bytes = send.bytes();
    int from = 0;
    while (from < bytes.length) {
      int to =
          send.pieceBytes() == 0 ? bytes.length : Math.min(bytes.length, from + send.pieceBytes());
      int cut = cuts.nextSetBit(position + from + 1);
      if (cut >= 0 && cut - position < to) {
        to = cut - position;
      }
      peer.send(bytes, from, to - from);
      from = to;
    }
    position += bytes.length;
  }

  /** Takes in more of what the server did; false if there is nothing more for now. */
  private boolean more(Peer.Patience patience) throws InterruptedException {
    if (over()) {
      return false;
    }
    state = peer.receive(reader, patience);
    Event event;
    while ((event = reader.events().poll()) != null) {
      seen.add(event);
    }
    return state == Peer.State.DATA;
  }

  /** Whether what was expected came first; what follows it is judged at the end. */
  private boolean begins() {
    return seen.size() >= expected.size() && seen.subList(0, expected.size()).equals(expected);
  }

  private boolean over() {
    return state == Peer.State.ENDED || state == Peer.State.RESET;
  }

  private boolean ending() {
    return over() || seen.stream().anyMatch(Event.Close.class::isInstance);
  }

  private Verdict end() throws InterruptedException {
    while (more(Peer.Patience.LONG)) {}
    if (!over()) {
      return Verdict.fail("the server does not close the TCP connection after " + story());
    }
    int last = seen.size() - 1;
    boolean closed = last >= 0 && seen.get(last) instanceof Event.Close;
    var before = closed ? seen.subList(0, last) : seen;
    if (!before.equals(expected)) {
      boolean lost =
          (!c.ending().clean() || c.informational())
              && before.size() < expected.size()
              && before.equals(expected.subList(0, before.size()));
      if (!lost) {
        return misfit();
      }
      return c.informational()
          ? new Verdict(Verdict.Kind.INFORMATIONAL, "left unanswered: " + story())
          : Verdict.nonStrict("lost what came before the error: " + story());
    }
    if (!closed) {
      return c.ending().clean()
          ? Verdict.fail("no close frame: " + story())
          : Verdict.nonStrict("dropped without a close frame: " + story());
    }
    var close = (Event.Close) seen.get(last);
    if (!c.ending().codes().contains(close.code())) {
      return Verdict.fail(c.ending() + " expected, but " + close);
    }
    if (state == Peer.State.RESET && c.ending().clean()) {
      return Verdict.nonStrict("reset instead of an orderly end");
    }
    return late.isEmpty() ? Verdict.OK : Verdict.nonStrict(late);
  }

  private Verdict misfit() {
    return Verdict.fail("expected " + brief(expected) + ", " + c.ending() + ", but " + story());
  }

  private String story() {
    return brief(seen) + " then " + state;
  }

  private static String brief(List<Event> events) {
    return events.size() <= 12
        ? events.toString()
        : events.size() + " events, the last " + events.subList(events.size() - 4, events.size());
  }
}

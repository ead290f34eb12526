package dev.dunlin.conformance;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * One case of the suite: what is sent, what must happen and how it must end.
 *
 * <p>Numbers with dots are the public ones of the field's standard suite; letters are our own: F
 * framing, C closing, D compressed data, U text, each a demand of the RFCs that the standard suite
 * does not check.
 *
 * @param clause where it is written
 * @param offer what the client offers in {@code Sec-WebSocket-Extensions}
 * @param script the steps, made when the case runs (some are large) from what was agreed
 */
record Case(
    String id,
    String title,
    String clause,
    Optional<String> offer,
    Function<Agreed, Iterable<Step>> script,
    Ending ending)
    implements Results.Subject {

  static Builder of(String id, String title, String clause) {
    return new Builder(id, title, clause);
  }

  /** Whether a run takes so long that splits are tried in one run, not one by one. */
  boolean costly() {
    return id.startsWith("12.") || id.startsWith("13.") || id.startsWith("D.6.");
  }

  /**
   * Whether it only finds out if messages are answered before a close that follows them at once: a
   * server may leave them unanswered (RFC 6455, 5.5.1).
   */
  boolean informational() {
    return id.equals("7.1.6") || id.equals("C.3.1");
  }

  @Override
  public String toString() {
    return id + " " + title;
  }

  /** Collects the steps of a case in order. */
  static final class Builder {
    private final String id;
    private final String title;
    private final String clause;
    private Optional<String> offer = Optional.empty();
    private final List<Step> steps = new ArrayList<>();

    private Builder(String id, String title, String clause) {
      this.id = id;
      this.title = title;
      this.clause = clause;
    }

    Builder offer(String value) {
      offer = Optional.of(value);
      return this;
    }

    /** All frames in one write. */
    Builder send(Frame... frames) {
      return sendBytes(Frame.join(frames));
    }

    /** A write per frame. */
    Builder sendEach(Frame... frames) {
      for (var frame : frames) {
        send(frame);
      }
      return this;
    }

    /** A write per octet. */
    Builder sendOctets(Frame... frames) {
      return sendPieces(1, Frame.join(frames));
    }

    /** The frames in one of the three ways. */
    Builder send(Split split, Frame... frames) {
      return switch (split) {
        case ONE_WRITE -> send(frames);
        case PER_FRAME -> sendEach(frames);
        case OCTETS -> sendOctets(frames);
      };
    }

    Builder sendBytes(byte[] bytes) {
      return sendPieces(0, bytes);
    }

    Builder sendPieces(int pieceBytes, byte[] bytes) {
      steps.add(new Step.Send(bytes, pieceBytes));
      return this;
    }

    Builder expect(Event... events) {
      steps.add(new Step.Expect(List.of(events)));
      return this;
    }

    Builder pause() {
      steps.add(new Step.Pause());
      return this;
    }

    Builder failedByNow() {
      steps.add(new Step.FailedByNow());
      return this;
    }

    /** The client closes with 1000; the server answers and closes TCP. */
    Case legalEnd() {
      return send(Frame.close(1000)).ends(Ending.clean(1000));
    }

    Case fails(Integer... codes) {
      return ends(Ending.fails(codes));
    }

    Case ends(Ending ending) {
      var all = List.copyOf(steps);
      return new Case(id, title, clause, offer, agreed -> all, ending);
    }
  }

  /** How the octets of several frames reach the socket. */
  enum Split {
    ONE_WRITE,
    PER_FRAME,
    OCTETS;

    String words() {
      return switch (this) {
        case ONE_WRITE -> "one write";
        case PER_FRAME -> "a write per frame";
        case OCTETS -> "a write per octet";
      };
    }
  }
}

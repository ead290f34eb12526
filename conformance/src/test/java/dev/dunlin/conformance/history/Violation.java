package dev.dunlin.conformance.history;

/** A promise that was not kept. */
record Violation(Invariant invariant, String what) {

  /** What must hold whatever fails. */
  enum Invariant {
    /** I1: no message is invented. */
    NOTHING_INVENTED,
    /** I2: a place in a stream and a message belong together, for all who see them. */
    ONE_PLACE_ONE_MESSAGE,
    /** I3: a client's offsets step by exactly one, across recoveries too. */
    NO_STEP_MISSED,
    /** I4: what was acknowledged reaches every continuous subscription, and recovery is true. */
    NO_SILENT_GAP,
    /** I5: what was acknowledged before another was begun has the smaller offset. */
    ORDER_OF_ACKNOWLEDGEMENT,
    /** I6: what has no known outcome appears once or never. */
    AT_MOST_ONCE,
    /** I7: offsets begin anew under a new epoch alone, and no epoch comes back. */
    EPOCHS_ARE_NEW,
    /** I8: in the end presence is who is there, and the history is what was acknowledged. */
    TRUE_IN_THE_END,
    /** I9: a live publication arrives in time. */
    IN_TIME
  }

  @Override
  public String toString() {
    return invariant + ": " + what;
  }
}

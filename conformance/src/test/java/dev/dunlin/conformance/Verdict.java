package dev.dunlin.conformance;

/**
 * The outcome of a case.
 *
 * @param detail what happened instead; empty for OK
 */
record Verdict(Kind kind, String detail) {

  enum Kind {
    /** Exactly as required. */
    OK,
    /** What happened to messages before a close that followed them at once: both are right. */
    INFORMATIONAL,
    /** Allowed by the RFC, but later or lazier than it could be. */
    NON_STRICT,
    FAIL,
    /** The server declined the extension that the case is about. */
    UNIMPLEMENTED
  }

  static final Verdict OK = new Verdict(Kind.OK, "");

  static Verdict fail(String detail) {
    return new Verdict(Kind.FAIL, detail);
  }

  static Verdict nonStrict(String detail) {
    return new Verdict(Kind.NON_STRICT, detail);
  }

  /** Whether nothing is to be wished for. */
  boolean ok() {
    return kind == Kind.OK || kind == Kind.INFORMATIONAL;
  }

  @Override
  public String toString() {
    return detail.isEmpty() ? kind.toString() : kind + ": " + detail;
  }
}

package dev.dunlin.centrifuge;

/** Which rule decides whether a client may do something with a channel, and how it decides. */
public enum Ruling {
  /** The channel's namespace does not exist. */
  UNKNOWN_NAMESPACE(Outcome.REFUSED, "the channel's namespace does not exist"),
  /** Channels of the namespace are named otherwise. */
  NAME_NOT_ALLOWED(Outcome.REFUSED, "channels of the namespace are named otherwise"),
  /** A private channel needs a subscription token. */
  TOKEN_NEEDED(Outcome.REFUSED, "a private channel ($) needs a subscription token"),
  /** The channel's name lists its users, and this is one. */
  NAMED_IN_CHANNEL(Outcome.ALLOWED, "the channel's name (#) lists the user"),
  /** The channel's name lists its users, and this is none. */
  NOT_NAMED_IN_CHANNEL(Outcome.REFUSED, "the channel's name (#) does not list the user"),
  /** The namespace does not have the feature. */
  NOT_AVAILABLE(Outcome.REFUSED, "the namespace does not have the feature"),
  /** The token's capabilities grant it. */
  CAPABILITY(Outcome.ALLOWED, "the token's capabilities (caps) grant it"),
  /** The application decides. */
  BACK_END(Outcome.ASKED, "the back end is asked, and decides"),
  /** The namespace's options allow it. */
  OPTION(Outcome.ALLOWED, "the namespace's options allow it"),
  /** Nothing allows it. */
  NOTHING(Outcome.REFUSED, "neither capabilities nor the namespace's options allow it");

  /** How a rule decides. */
  public enum Outcome {
    /** It may be done. */
    ALLOWED,
    /** It may not. */
    REFUSED,
    /** It depends on the answer of the application. */
    ASKED
  }

  private final Outcome outcome;
  private final String because;

  Ruling(Outcome outcome, String because) {
    this.outcome = outcome;
    this.because = because;
  }

  /** How it decides. */
  public Outcome outcome() {
    return outcome;
  }

  /** The rule in words. */
  public String because() {
    return because;
  }
}

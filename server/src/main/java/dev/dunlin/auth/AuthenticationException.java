package dev.dunlin.auth;

import java.util.concurrent.CompletionException;

/**
 * Credentials that were not accepted.
 *
 * <p>{@link #getMessage()} is the answer for the peer: it depends on the {@link Reason} alone, so
 * every token that is wrong, for whatever reason, gets one and the same answer. {@link #detail()}
 * says what was wrong, for the log of the server; it is a fixed sentence and never contains any
 * part of what the peer presented. There is no stack trace: refusing a peer is normal.
 */
public final class AuthenticationException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** Why credentials were not accepted, as far as a peer may know. */
  public enum Reason {
    /** Nothing was presented in any of the ways accepted. */
    MISSING("credentials required"),
    /** What was presented is not genuine, not meant for us, or not understood. */
    INVALID("credentials not accepted"),
    /** A genuine token or certificate whose time is over: a fresh one may do. */
    EXPIRED("credentials expired"),
    /** A genuine token or certificate whose time has not come. */
    NOT_YET_VALID("credentials not valid yet"),
    /** Genuine, but withdrawn. */
    REVOKED("credentials revoked"),
    /** It could not be decided now, for example because an issuer's keys are out of reach. */
    TEMPORARILY_UNAVAILABLE("authentication temporarily unavailable");

    private final String answer;

    Reason(String answer) {
      this.answer = answer;
    }
  }

  private final Reason reason;
  private final String detail;

  /**
   * A refusal.
   *
   * @param detail what was wrong, for the log; must not contain anything the peer presented
   */
  public AuthenticationException(Reason reason, String detail) {
    super(reason.answer, null, false, false);
    this.reason = reason;
    this.detail = detail;
  }

  static AuthenticationException invalid(String detail) {
    return new AuthenticationException(Reason.INVALID, detail);
  }

  /**
   * The refusal inside what a failed stage reports: unwraps {@link CompletionException}; anything
   * that is not a refusal becomes {@link Reason#TEMPORARILY_UNAVAILABLE}, because a failure of ours
   * never lets anyone in and is not the peer's fault.
   */
  public static AuthenticationException of(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof AuthenticationException refusal) {
      return refusal;
    }
    return new AuthenticationException(
        Reason.TEMPORARILY_UNAVAILABLE, "failed with " + cause.getClass().getName());
  }

  /** Why, as far as the peer may know. */
  public Reason reason() {
    return reason;
  }

  /** What exactly was wrong, for the log of the server only. */
  public String detail() {
    return detail;
  }
}

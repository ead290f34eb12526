package dev.dunlin.centrifuge;

/**
 * Why the server ended a subscription, as told in an unsubscribe push. From 2500 on, clients
 * subscribe again by themselves; below, the end is final.
 *
 * @param value 2000 to 2999
 * @param reason told to the client with the code
 */
public record UnsubscribeCode(int value, String reason) {

  /** 2000: the server ended the subscription for good. */
  public static final UnsubscribeCode SERVER = new UnsubscribeCode(2000, "server unsubscribe");

  /** 2500: a gap in the stream, or another stream; the client subscribes again and recovers. */
  public static final UnsubscribeCode INSUFFICIENT_STATE =
      new UnsubscribeCode(2500, "insufficient state");

  /** 2501: the subscription's time was over and nobody refreshed it. */
  public static final UnsubscribeCode EXPIRED = new UnsubscribeCode(2501, "subscription expired");

  /** 2502: the client drops the subscription's token and cached state, then subscribes again. */
  public static final UnsubscribeCode STATE_INVALIDATED =
      new UnsubscribeCode(2502, "state invalidated");

  public UnsubscribeCode {
    if (value < 2000 || value > 2999) {
      throw new IllegalArgumentException("unsubscribe code " + value + " is not in 2000 to 2999");
    }
  }

  /** An application's own code: 2100 to 2499 final, 2600 to 2999 resubscribing. */
  public static UnsubscribeCode custom(int value, String reason) {
    if (value < 2100 || (value >= 2500 && value < 2600)) {
      throw new IllegalArgumentException(
          "unsubscribe code " + value + " is not in 2100 to 2499 or 2600 to 2999");
    }
    return new UnsubscribeCode(value, reason);
  }

  /** Whether clients subscribe again by themselves. */
  public boolean resubscribes() {
    return value >= 2500;
  }
}

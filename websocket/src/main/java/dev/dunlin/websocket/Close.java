package dev.dunlin.websocket;

/**
 * A close frame (RFC 6455, 5.5.1), received or sent.
 *
 * @param code the status code; {@link CloseCode#NO_STATUS} stands for a frame without one
 * @param reason the reason, at most 123 bytes of UTF-8, empty if there is none
 */
public record Close(CloseCode code, String reason) implements Control {

  /** A close without code and reason. */
  public static final Close EMPTY = new Close(CloseCode.NO_STATUS, "");

  /** A close with a code and no reason. */
  public static Close of(CloseCode code) {
    return new Close(code, "");
  }
}

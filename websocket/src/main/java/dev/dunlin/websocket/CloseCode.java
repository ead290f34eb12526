package dev.dunlin.websocket;

/**
 * A status code of a close frame (RFC 6455, 7.4, and the IANA registry that continues it).
 *
 * @param value 0 to 65535 as on the wire
 */
public record CloseCode(int value) {

  /** 1000: the purpose of the connection is fulfilled. */
  public static final CloseCode NORMAL = new CloseCode(1000);

  /** 1001: the server goes down, or the browser leaves the page. */
  public static final CloseCode GOING_AWAY = new CloseCode(1001);

  /** 1002: the peer broke the protocol. */
  public static final CloseCode PROTOCOL_ERROR = new CloseCode(1002);

  /** 1003: a kind of data that the endpoint does not accept. */
  public static final CloseCode UNSUPPORTED_DATA = new CloseCode(1003);

  /** 1005: there was a close frame without a code. Never sent. */
  public static final CloseCode NO_STATUS = new CloseCode(1005);

  /** 1006: the connection ended without a close frame. Never sent. */
  public static final CloseCode ABNORMAL = new CloseCode(1006);

  /** 1007: data that is not what its type says, such as text that is not UTF-8. */
  public static final CloseCode INVALID_DATA = new CloseCode(1007);

  /** 1008: against the endpoint's policy. */
  public static final CloseCode POLICY_VIOLATION = new CloseCode(1008);

  /** 1009: a message over the limit. */
  public static final CloseCode TOO_BIG = new CloseCode(1009);

  /** 1010: the client wanted an extension that the server did not agree to. */
  public static final CloseCode MANDATORY_EXTENSION = new CloseCode(1010);

  /** 1011: the endpoint failed. */
  public static final CloseCode INTERNAL_ERROR = new CloseCode(1011);

  /** 1012: the service restarts. */
  public static final CloseCode SERVICE_RESTART = new CloseCode(1012);

  /** 1013: try again later; the endpoint is overloaded. */
  public static final CloseCode TRY_AGAIN_LATER = new CloseCode(1013);

  /** 1014: a gateway received an invalid response. */
  public static final CloseCode BAD_GATEWAY = new CloseCode(1014);

  /** 1015: the TLS handshake failed. Never sent. */
  public static final CloseCode TLS_HANDSHAKE = new CloseCode(1015);

  /**
   * A code of this value, whether or not a frame may carry it.
   *
   * @throws IllegalArgumentException if it is not within 0 to 65535
   */
  public CloseCode {
    if (value < 0 || value > 65535) {
      throw new IllegalArgumentException("close code " + value + " is not within 0 to 65535");
    }
  }

  /** The code with this value. */
  public static CloseCode of(int value) {
    return new CloseCode(value);
  }

  /**
   * Whether the code may stand in a close frame: 1000 to 1003, 1007 to 1014, 3000 to 4999 (RFC
   * 6455, 7.4; 1012 to 1014 by the IANA registry).
   */
  public boolean sendable() {
    return (value >= 1000 && value <= 1003)
        || (value >= 1007 && value <= 1014)
        || (value >= 3000 && value <= 4999);
  }

  @Override
  public String toString() {
    return Integer.toString(value);
  }
}

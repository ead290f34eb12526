package dev.dunlin.centrifuge;

import java.util.Objects;

/**
 * Why a command failed, as told in its reply.
 *
 * @param code 100 to 399 the protocol's, 400 to 1999 the application's
 * @param message told to the client with the code
 * @param temporary whether clients try again by themselves
 */
public record ErrorCode(int code, String message, boolean temporary) {

  /** 100: the server failed; clients try again. */
  public static final ErrorCode INTERNAL = new ErrorCode(100, "internal server error", true);

  /** 101: the connection is not authenticated. */
  public static final ErrorCode UNAUTHORIZED = new ErrorCode(101, "unauthorized", false);

  /** 102: the channel's namespace does not exist. */
  public static final ErrorCode UNKNOWN_CHANNEL = new ErrorCode(102, "unknown channel", false);

  /** 103: not allowed to this client. */
  public static final ErrorCode PERMISSION_DENIED = new ErrorCode(103, "permission denied", false);

  /** 104: no such remote procedure. */
  public static final ErrorCode METHOD_NOT_FOUND = new ErrorCode(104, "method not found", false);

  /** 105: the connection is subscribed to the channel already. */
  public static final ErrorCode ALREADY_SUBSCRIBED =
      new ErrorCode(105, "already subscribed", false);

  /** 106: over a limit, such as that on the channels of a connection. */
  public static final ErrorCode LIMIT_EXCEEDED = new ErrorCode(106, "limit exceeded", false);

  /** 107: the request makes no sense. */
  public static final ErrorCode BAD_REQUEST = new ErrorCode(107, "bad request", false);

  /** 108: the feature is off for the channel, or not there at all. */
  public static final ErrorCode NOT_AVAILABLE = new ErrorCode(108, "not available", false);

  /** 109: the token's time is over; clients fetch a new one and try again. */
  public static final ErrorCode TOKEN_EXPIRED = new ErrorCode(109, "token expired", false);

  /** 110: the connection's or subscription's time is over. */
  public static final ErrorCode EXPIRED = new ErrorCode(110, "expired", false);

  /** 111: too many requests; clients try again later. */
  public static final ErrorCode TOO_MANY_REQUESTS = new ErrorCode(111, "too many requests", true);

  /** 112: what came after that position is not there any more. */
  public static final ErrorCode UNRECOVERABLE_POSITION =
      new ErrorCode(112, "unrecoverable position", false);

  /** 113: the connection pages through the channel already; clients try again. */
  public static final ErrorCode CONCURRENT_PAGINATION =
      new ErrorCode(113, "concurrent pagination", true);

  public ErrorCode {
    Objects.requireNonNull(message, "message");
    // Codes below 100 belong to the SDKs.
    if (code < 100 || code > 1999) {
      throw new IllegalArgumentException("error code " + code + " is not in 100 to 1999");
    }
  }

  /** An application's own error: codes 400 to 1999. */
  public static ErrorCode custom(int code, String message, boolean temporary) {
    if (code < 400) {
      throw new IllegalArgumentException("error code " + code + " is not in 400 to 1999");
    }
    return new ErrorCode(code, message, temporary);
  }
}

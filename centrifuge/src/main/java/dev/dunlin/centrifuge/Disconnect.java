package dev.dunlin.centrifuge;

import java.nio.charset.StandardCharsets;

/**
 * Why the server ends a connection: the code and the reason of its close frame. Clients connect
 * again after 3000 to 3499, 4000 to 4499 and from 5000 on, and stay away after 3500 to 3999 and
 * 4500 to 4999.
 *
 * @param code 3000 to 4999
 * @param reason not empty and no JSON value, since clients would misread either; at most 123 bytes
 *     of UTF-8 (RFC 6455, 5.5.1)
 */
public record Disconnect(int code, String reason) {

  /** 3000: the connection is dropped; the one code that goes without a close frame. */
  public static final Disconnect CONNECTION_CLOSED = new Disconnect(3000, "connection closed");

  /** 3001: the server goes down. */
  public static final Disconnect SHUTDOWN = new Disconnect(3001, "shutdown");

  /** 3004: the server failed. */
  public static final Disconnect INTERNAL_ERROR = new Disconnect(3004, "internal server error");

  /** 3005: the connection's time was over and nobody refreshed it. */
  public static final Disconnect CONNECTION_EXPIRED = new Disconnect(3005, "connection expired");

  /** 3006: the time of a server-side subscription was over and nobody refreshed it. */
  public static final Disconnect SUBSCRIPTION_EXPIRED =
      new Disconnect(3006, "subscription expired");

  /** 3008: the client reads more slowly than its channels speak. */
  public static final Disconnect SLOW = new Disconnect(3008, "slow");

  /** 3009: writing to the connection failed. */
  public static final Disconnect WRITE_ERROR = new Disconnect(3009, "write error");

  /** 3010: a gap in a stream, or server-side subscriptions that changed. */
  public static final Disconnect INSUFFICIENT_STATE = new Disconnect(3010, "insufficient state");

  /** 3011: the server wants the client to connect anew. */
  public static final Disconnect FORCE_RECONNECT = new Disconnect(3011, "force reconnect");

  /** 3012: a ping was not answered in time. */
  public static final Disconnect NO_PONG = new Disconnect(3012, "no pong");

  /** 3013: too many requests. */
  public static final Disconnect TOO_MANY_REQUESTS = new Disconnect(3013, "too many requests");

  /** 3014: the client drops its token and all cached state, then connects again. */
  public static final Disconnect STATE_INVALIDATED = new Disconnect(3014, "state invalidated");

  /** 3500: a token that is forged, malformed or somebody else's. */
  public static final Disconnect INVALID_TOKEN = new Disconnect(3500, "invalid token");

  /** 3501: against the protocol. */
  public static final Disconnect BAD_REQUEST = new Disconnect(3501, "bad request");

  /** 3502: no connect command in time. */
  public static final Disconnect STALE = new Disconnect(3502, "stale");

  /** 3503: the server wants the client to stay away. */
  public static final Disconnect FORCE_DISCONNECT = new Disconnect(3503, "force disconnect");

  /** 3504: too many connections. */
  public static final Disconnect CONNECTION_LIMIT = new Disconnect(3504, "connection limit");

  /** 3505: too many server-side subscriptions. */
  public static final Disconnect CHANNEL_LIMIT = new Disconnect(3505, "channel limit");

  /** 3506: a payload that the connection's encoding cannot carry. */
  public static final Disconnect INAPPROPRIATE_PROTOCOL =
      new Disconnect(3506, "inappropriate protocol");

  /** 3507: not allowed. */
  public static final Disconnect PERMISSION_DENIED = new Disconnect(3507, "permission denied");

  /** 3508: the feature is not there. */
  public static final Disconnect NOT_AVAILABLE = new Disconnect(3508, "not available");

  /** 3509: too many errors. */
  public static final Disconnect TOO_MANY_ERRORS = new Disconnect(3509, "too many errors");

  private static final int MAX_REASON_BYTES = 123;

  public Disconnect {
    if (code < 3000 || code > 4999) {
      throw new IllegalArgumentException("disconnect code " + code + " is not in 3000 to 4999");
    }
    byte[] bytes = reason.getBytes(StandardCharsets.UTF_8);
    if (bytes.length == 0 || bytes.length > MAX_REASON_BYTES) {
      throw new IllegalArgumentException(
          "a disconnect reason has 1 to " + MAX_REASON_BYTES + " bytes, not " + bytes.length);
    }
    // The JavaScript SDK reads a reason that is JSON, even 42, as advice of an older protocol.
    if (JsonText.end(bytes, 0, bytes.length, 63) == bytes.length || JsonText.valid(bytes)) {
      throw new IllegalArgumentException("a disconnect reason must not be a JSON value: " + reason);
    }
  }

  /** An application's own disconnect: 4000 to 4499 reconnecting, 4500 to 4999 terminal. */
  public static Disconnect custom(int code, String reason) {
    if (code < 4000) {
      throw new IllegalArgumentException("disconnect code " + code + " is not in 4000 to 4999");
    }
    return new Disconnect(code, reason);
  }

  /** Whether clients connect again by themselves. */
  public boolean reconnects() {
    return code < 3500 || (code >= 4000 && code < 4500);
  }
}

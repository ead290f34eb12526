package dev.dunlin.websocket;

/**
 * The head of a server's answer (RFC 9112, 4).
 *
 * @param status 100 to 999
 * @param reason the server's words after the status, possibly none
 * @param headers the header fields
 */
public record ResponseHead(int status, String reason, Headers headers) {

  /** The status and the headers' names; no value, which may be a secret. */
  @Override
  public String toString() {
    return "ResponseHead[" + status + ", " + headers + "]";
  }
}

package dev.dunlin.websocket;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/**
 * A request refused before the upgrade: an HTTP response with a status, headers and one line of
 * plain text. The connection ends after it: the response says so, since what follows a bad head
 * cannot be trusted to be the next request.
 *
 * @param status 400 to 599
 * @param headers header fields beside Content-Type, Content-Length and Connection
 * @param reason one line for the developer at the other end; never a secret, never the peer's own
 *     words
 */
public record Refusal(int status, Headers headers, String reason)
    implements Handshake.Answer, RequestHead.Outcome {

  private static final List<String> OWN_HEADERS =
      List.of("Content-Type", "Content-Length", "Transfer-Encoding", "Connection");

  public Refusal {
    if (status < 400 || status > 599) {
      throw new IllegalArgumentException("status " + status + " refuses nothing: use 400 to 599");
    }
    for (var own : OWN_HEADERS) {
      if (headers.has(own)) {
        throw new IllegalArgumentException(own + " is the refusal's own header");
      }
    }
    if (reason.indexOf('\n') >= 0 || reason.indexOf('\r') >= 0) {
      throw new IllegalArgumentException("the reason for a refusal is one line");
    }
  }

  /** A refusal without further headers. */
  public static Refusal of(int status, String reason) {
    return new Refusal(status, Headers.none(), reason);
  }

  /** 503 with {@code Retry-After}, rounded up to whole seconds. */
  public static Refusal busy(Duration retryAfter) {
    long seconds = Math.max(0, retryAfter.plusNanos(999_999_999).toSeconds());
    return of(503, "the server is busy: try again later")
        .header("Retry-After", Long.toString(seconds));
  }

  /**
   * This refusal and one more header line.
   *
   * @throws IllegalArgumentException if it cannot be written
   */
  public Refusal header(String name, String value) {
    return new Refusal(status, headers.with(name, value), reason);
  }

  /** The whole response, read-only. */
  public ByteBuffer bytes() {
    var body = (reason + "\n").getBytes(StandardCharsets.UTF_8);
    var head = new StringBuilder(256);
    head.append("HTTP/1.1 ").append(status).append(' ').append(phrase(status)).append("\r\n");
    headers.appendTo(head);
    head.append("Content-Type: text/plain; charset=utf-8\r\nContent-Length: ")
        .append(body.length)
        // RFC 9110, 7.8: who names Upgrade names it in Connection too
        .append("\r\nConnection: close")
        .append(headers.has("Upgrade") ? ", Upgrade\r\n\r\n" : "\r\n\r\n");
    var start = head.toString().getBytes(StandardCharsets.ISO_8859_1);
    return ByteBuffer.allocate(start.length + body.length)
        .put(start)
        .put(body)
        .flip()
        .asReadOnlyBuffer();
  }

  private static String phrase(int status) {
    return switch (status) {
      case 400 -> "Bad Request";
      case 401 -> "Unauthorized";
      case 403 -> "Forbidden";
      case 404 -> "Not Found";
      case 405 -> "Method Not Allowed";
      case 408 -> "Request Timeout";
      case 413 -> "Content Too Large";
      case 414 -> "URI Too Long";
      case 426 -> "Upgrade Required";
      case 429 -> "Too Many Requests";
      case 431 -> "Request Header Fields Too Large";
      case 500 -> "Internal Server Error";
      case 501 -> "Not Implemented";
      case 503 -> "Service Unavailable";
      case 505 -> "HTTP Version Not Supported";
      default -> status < 500 ? "Refused" : "Failed"; // RFC 9112, 4: the phrase carries no meaning
    };
  }
}

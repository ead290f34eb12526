package dev.dunlin.server;

import dev.dunlin.websocket.Headers;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * An answer to a plain HTTP request: a body that is there, or one that is written over time.
 * Immutable.
 */
public final class HttpResponse {

  private final int status;
  private final Headers headers;
  private final byte[] body;
  private final Optional<Consumer<HttpStream>> stream;

  private HttpResponse(
      int status, Headers headers, byte[] body, Optional<Consumer<HttpStream>> stream) {
    if (status < 200 || status > 599) {
      throw new IllegalArgumentException("status " + status + " is not within 200 to 599");
    }
    this.status = status;
    this.headers = headers;
    this.body = body;
    this.stream = stream;
  }

  /** An answer without a body. */
  public static HttpResponse of(int status) {
    return new HttpResponse(status, Headers.none(), new byte[0], Optional.empty());
  }

  /** An answer of plain text. */
  public static HttpResponse text(int status, String text) {
    return of(status, "text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
  }

  /** An answer of bytes of some type. */
  public static HttpResponse of(int status, String contentType, byte[] body) {
    return new HttpResponse(
        status, Headers.none().with("Content-Type", contentType), body.clone(), Optional.empty());
  }

  /**
   * An answer whose body is written over time, such as server-sent events.
   *
   * @param begin called once on a virtual thread when the head has been sent; the stream stays open
   *     after it returns, until it is closed
   */
  public static HttpResponse stream(int status, String contentType, Consumer<HttpStream> begin) {
    return new HttpResponse(
        status, Headers.none().with("Content-Type", contentType), new byte[0], Optional.of(begin));
  }

  /**
   * This answer with one more header line.
   *
   * @throws IllegalArgumentException if it cannot be written
   */
  public HttpResponse header(String name, String value) {
    return new HttpResponse(status, headers.with(name, value), body, stream);
  }

  /** 200 to 599. */
  public int status() {
    return status;
  }

  /** The header fields beside those that the transport adds. */
  public Headers headers() {
    return headers;
  }

  /** A copy of the body; empty for a stream. */
  public byte[] body() {
    return body.clone();
  }

  /** What writes the body over time. */
  public Optional<Consumer<HttpStream>> stream() {
    return stream;
  }
}

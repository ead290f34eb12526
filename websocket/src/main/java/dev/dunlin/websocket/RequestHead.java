package dev.dunlin.websocket;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The head of an HTTP/1.1 request as it arrives: fed piece by piece, in time linear in its octets
 * however they are cut (RFC 9112).
 *
 * <p>Strict where leniency lets two programs read one request differently: only CRLF ends a line,
 * no folding, no space before a colon, no control characters, one well-formed {@code Host}, one
 * meaning of the body's length, one reading of the path ({@link UpgradeRequest#path()}). Not thread
 * safe. One head per object.
 */
public final class RequestHead {

  /** How far the head has come. */
  public sealed interface Outcome permits NeedMore, Complete, Refusal {}

  /** The head has not ended yet. */
  public record NeedMore() implements Outcome {}

  /**
   * The head has ended; octets after it were left in the buffer.
   *
   * @param request the request, for WebSocket or plain HTTP: {@link UpgradeRequest#isUpgrade()}
   */
  public record Complete(UpgradeRequest request) implements Outcome {}

  private static final NeedMore NEED_MORE = new NeedMore();

  private final HeadReader reader;
  private final boolean secure;
  private @Nullable RequestLine line;
  private @Nullable Outcome outcome;

  private RequestHead(Limits limits, boolean secure) {
    this.reader =
        new HeadReader(
            this::startLine,
            limits.maxRequestLineBytes(),
            limits.maxHeadBytes(),
            limits.maxHeaders());
    this.secure = secure;
  }

  /**
   * A head about to arrive.
   *
   * @param limits {@link Limits#maxRequestLineBytes()} (beyond it 414), {@link
   *     Limits#maxHeadBytes()} and {@link Limits#maxHeaders()} (beyond them 431)
   * @param secure whether it arrives over TLS, for the origin rule
   */
  public static RequestHead expect(Limits limits, boolean secure) {
    return new RequestHead(limits, secure);
  }

  /**
   * A head that something else has taken apart, such as an HTTP codec on a kept-alive connection:
   * judged by the same rules, so that every request on a connection has the same path. Limits are
   * the codec's business.
   *
   * @param minorVersion 1 for HTTP/1.1, 0 for HTTP/1.0
   * @return {@link Complete} or {@link Refusal}
   */
  public static Outcome of(
      String method, String target, int minorVersion, Headers headers, boolean secure) {
    var text = method + " " + target + " HTTP/1." + minorVersion;
    return switch (RequestLine.parse(text)) {
      case RequestLine.Bad bad -> bad.refusal();
      case RequestLine.Good good -> {
        var head = new StringBuilder(256).append(text).append("\r\n");
        headers.appendTo(head);
        var bytes = head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
        yield complete(good.line(), headers, ByteBuffer.wrap(bytes).asReadOnlyBuffer(), secure);
      }
    };
  }

  /**
   * Takes octets up to and including the blank line, or up to the first that breaks the head or a
   * limit; leaves the rest. Never throws for what a peer sent. After {@link Complete} or a {@link
   * Refusal} it takes nothing and gives the same outcome again.
   */
  public Outcome feed(ByteBuffer bytes) {
    if (outcome != null) {
      return outcome;
    }
    reader.feed(bytes);
    var refusal = reader.refusal();
    if (refusal != null) {
      outcome = refusal;
    } else if (reader.complete() && line != null) {
      outcome = complete(line, reader.headers(), reader.bytes(), secure);
    } else {
      return NEED_MORE;
    }
    return outcome;
  }

  private @Nullable Refusal startLine(String text) {
    var parsed = RequestLine.parse(text);
    return switch (parsed) {
      case RequestLine.Good good -> {
        line = good.line();
        yield null;
      }
      case RequestLine.Bad bad -> bad.refusal();
    };
  }

  private static Outcome complete(
      RequestLine line, Headers headers, ByteBuffer bytes, boolean secure) {
    var broken = HeadRules.check(line, headers);
    return broken != null ? broken : new Complete(new UpgradeRequest(line, headers, bytes, secure));
  }

  long examined() {
    return reader.examined();
  }
}

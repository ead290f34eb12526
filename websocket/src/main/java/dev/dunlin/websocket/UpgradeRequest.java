package dev.dunlin.websocket;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A request as handshake, router, authentication and application see it: all the same, decoded
 * once. Immutable. Made by {@link RequestHead}; it may also be plain HTTP ({@link #isUpgrade()}).
 */
public final class UpgradeRequest {

  private final RequestLine line;
  private final Headers headers;
  private final ByteBuffer bytes;
  private final boolean secure;

  UpgradeRequest(RequestLine line, Headers headers, ByteBuffer bytes, boolean secure) {
    this.line = line;
    this.headers = headers;
    this.bytes = bytes;
    this.secure = secure;
  }

  /** The method, in the case it came in: methods are case-sensitive. */
  public String method() {
    return line.method();
  }

  /** The target as it came, undecoded; it may hold a secret, such as a token in the query. */
  public String target() {
    return line.target();
  }

  /**
   * The path, percent-decoded once and otherwise as it came: what routes are matched against.
   *
   * <p>It begins with a slash (or is {@code *} for a server-wide OPTIONS) and has one meaning: a
   * request with a malformed escape, invalid UTF-8, a control character, a backslash, an encoded
   * slash or a {@code .} or {@code ..} segment has been refused with 400. Empty segments are kept.
   */
  public String path() {
    return line.resource().path();
  }

  /** The first query parameter of this name, decoded ({@code +} is a space). */
  public Optional<String> query(String name) {
    return line.resource().query().stream()
        .filter(parameter -> parameter.getKey().equals(name))
        .map(Map.Entry::getValue)
        .findFirst();
  }

  /** All query parameters of this name, decoded, in their order. */
  public List<String> queryAll(String name) {
    return line.resource().query().stream()
        .filter(parameter -> parameter.getKey().equals(name))
        .map(Map.Entry::getValue)
        .toList();
  }

  /** The header fields. */
  public Headers headers() {
    return headers;
  }

  /** 1 for HTTP/1.1, 0 for HTTP/1.0. */
  public int minorVersion() {
    return line.minorVersion();
  }

  /**
   * The host and, where named, the port the client asked for, in lower case. Empty only for
   * HTTP/1.0.
   */
  public Optional<String> host() {
    return headers.first("Host").map(host -> host.toLowerCase(Locale.ROOT));
  }

  /** The {@code Origin} header as it came: what a browser says about the page it shows. */
  public Optional<String> origin() {
    return headers.first("Origin");
  }

  /** Whether the request presents cookies, which a browser adds for any page that asks. */
  public boolean hasCookies() {
    return headers.has("Cookie");
  }

  /** Whether the request came over TLS. */
  public boolean secure() {
    return secure;
  }

  /**
   * The subprotocols offered, in the client's order, each once. Empty if there are none or the
   * header is malformed, which {@link Handshake} refuses.
   */
  public List<String> subprotocols() {
    var offered = headers.list("Sec-WebSocket-Protocol");
    return offered.isEmpty() || hasMalformedSubprotocols()
        ? List.of()
        : offered.stream().distinct().toList();
  }

  boolean hasMalformedSubprotocols() {
    for (var name : headers.list("Sec-WebSocket-Protocol")) {
      if (!Syntax.isToken(name)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether the client wants WebSocket, properly asked for or not: it names {@code websocket} in
   * {@code Upgrade} or sends a {@code Sec-WebSocket-Key}. Otherwise the request is plain HTTP.
   */
  public boolean isUpgrade() {
    return headers.lists("Upgrade", "websocket") || headers.has("Sec-WebSocket-Key");
  }

  /** The head as it came, blank line included: to replay it to an HTTP codec. Read-only. */
  public ByteBuffer bytes() {
    return bytes.duplicate();
  }

  /** Method and path; no query and no header value, which may be secrets. */
  @Override
  public String toString() {
    return "UpgradeRequest[" + method() + " " + path() + "]";
  }
}

package dev.dunlin.server;

import dev.dunlin.websocket.Headers;
import dev.dunlin.websocket.UpgradeRequest;
import java.net.SocketAddress;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A plain HTTP request with its whole body. Immutable. */
public final class HttpRequest {

  private final UpgradeRequest head;
  private final Map<String, String> variables;
  private final byte[] body;
  private final SocketAddress remoteAddress;
  private final List<X509Certificate> certificates;

  /** For the library and for tests of handlers. */
  public HttpRequest(
      UpgradeRequest head,
      Map<String, String> variables,
      byte[] body,
      SocketAddress remoteAddress,
      List<X509Certificate> certificates) {
    this.head = head;
    this.variables = Map.copyOf(variables);
    this.body = body.clone();
    this.remoteAddress = remoteAddress;
    this.certificates = List.copyOf(certificates);
  }

  /** The method, in the case it came in. */
  public String method() {
    return head.method();
  }

  /** The path, percent-decoded once: what routes are matched against. */
  public String path() {
    return head.path();
  }

  /**
   * The value of a variable in the route's path.
   *
   * @throws IllegalArgumentException if the route has no such variable
   */
  public String path(String variable) {
    var value = variables.get(variable);
    if (value == null) {
      throw new IllegalArgumentException("the route has no path variable " + variable);
    }
    return value;
  }

  /** The first query parameter of this name, decoded. */
  public Optional<String> query(String name) {
    return head.query(name);
  }

  /** The header fields. */
  public Headers headers() {
    return head.headers();
  }

  /** A copy of the body; at most {@link dev.dunlin.websocket.Limits#maxRequestBodyBytes()}. */
  public byte[] body() {
    return body.clone();
  }

  /** The peer's address. */
  public SocketAddress remoteAddress() {
    return remoteAddress;
  }

  /** The certificate chain that TLS has verified; empty without mTLS. */
  public List<X509Certificate> certificates() {
    return certificates;
  }

  /** Whether the request came over TLS. */
  public boolean secure() {
    return head.secure();
  }

  /** Method and path; no query, header or body, which may be secrets. */
  @Override
  public String toString() {
    return "HttpRequest[" + method() + " " + path() + "]";
  }
}

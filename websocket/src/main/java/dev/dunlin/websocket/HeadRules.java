package dev.dunlin.websocket;

import org.jspecify.annotations.Nullable;

/**
 * What the fields of a request must say about host and body before anyone acts on it: two programs
 * that read them differently are a way to smuggle requests (RFC 9112, 3.2, 6.1, 6.3, 11.2).
 */
final class HeadRules {

  private HeadRules() {}

  /** The refusal, or null if the fields are in order. */
  static @Nullable Refusal check(RequestLine line, Headers headers) {
    var host = host(line, headers);
    return host != null ? Refusal.of(400, host) : body(line, headers);
  }

  private static @Nullable String host(RequestLine line, Headers headers) {
    int count = headers.count("Host");
    if (count == 0) {
      return line.minorVersion() == 0 ? null : "the Host header is missing";
    }
    if (count > 1) {
      return "there is more than one Host header";
    }
    var host = headers.first("Host").orElse("");
    if (!Authority.valid(host)) {
      return "the Host header is malformed";
    }
    return line.authority().isEmpty() || line.authority().equalsIgnoreCase(host)
        ? null
        : "the target and the Host header name different hosts";
  }

  private static @Nullable Refusal body(RequestLine line, Headers headers) {
    int lengths = headers.count("Content-Length");
    if (lengths > 1) {
      return Refusal.of(400, "there is more than one Content-Length header");
    }
    if (lengths == 1 && Syntax.digits(headers.first("Content-Length").orElse(""), 18) < 0) {
      return Refusal.of(400, "the Content-Length header is not a number");
    }
    if (!headers.has("Transfer-Encoding")) {
      return null;
    }
    if (lengths > 0) {
      return Refusal.of(400, "Content-Length and Transfer-Encoding contradict each other");
    }
    if (line.minorVersion() == 0) {
      return Refusal.of(400, "HTTP/1.0 has no Transfer-Encoding");
    }
    var codings = headers.all("Transfer-Encoding");
    return codings.size() == 1 && codings.get(0).equalsIgnoreCase("chunked")
        ? null
        : Refusal.of(501, "the only Transfer-Encoding understood is chunked");
  }
}

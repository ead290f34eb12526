package dev.dunlin.websocket;

/**
 * An extension that a handshake agreed on (RFC 6455, 9). There is one: {@link PerMessageDeflate}.
 */
public sealed interface Extension permits PerMessageDeflate {

  /** The extension's entry in the answer's {@code Sec-WebSocket-Extensions} header. */
  String headerValue();

  /** Releases native memory that belongs to this connection alone. Idempotent. */
  void close();
}

package dev.dunlin.websocket;

/**
 * One message of a WebSocket connection, as RFC 6455 knows them: text, binary, ping, pong or close.
 *
 * <p>Sealed, and final in this form: a {@code switch} over it needs no {@code default}.
 *
 * <pre>{@code
 * switch (message) {
 *   case Text text -> session.send(text);
 *   case Binary binary -> session.send(binary);
 *   case Control control -> { }          // pings and closes are already answered
 * }
 * }</pre>
 */
public sealed interface Message permits Data, Control {}

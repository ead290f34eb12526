package dev.dunlin.websocket;

/**
 * A control message: {@link Ping}, {@link Pong} or {@link Close}.
 *
 * <p>A handler may watch them; it need not do anything: the connection has already answered.
 */
public sealed interface Control extends Message permits Ping, Pong, Close {}

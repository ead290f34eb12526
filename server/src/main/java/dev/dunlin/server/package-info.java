/**
 * The embeddable WebSocket server and client: routes, endpoints, sessions.
 *
 * <p>A first program needs {@link dev.dunlin.server.WebSocketServer} and {@link
 * dev.dunlin.server.Session} with the messages {@link dev.dunlin.websocket.Text}, {@link
 * dev.dunlin.websocket.Binary} and {@link dev.dunlin.websocket.Control}. One that goes into service
 * also reads {@link dev.dunlin.server.Route}, {@link dev.dunlin.server.Endpoint}, {@link
 * dev.dunlin.server.Handler}, {@link dev.dunlin.server.Tls}, {@link dev.dunlin.websocket.Limits},
 * {@link dev.dunlin.websocket.CloseCode}, {@link dev.dunlin.websocket.Closed} and {@link
 * dev.dunlin.websocket.Prepared}: thirteen types.
 *
 * <p>The advanced ones, each for its purpose: {@link dev.dunlin.server.Codec} with {@link
 * dev.dunlin.server.TypedSession} (values instead of messages), {@link
 * dev.dunlin.server.StreamHandler} with {@link dev.dunlin.server.IncomingStream} and {@link
 * dev.dunlin.server.OutgoingStream} (messages too large to hold), {@link
 * dev.dunlin.server.Overflow} (slow peers), {@link dev.dunlin.server.Dispatch} (handlers on the
 * event loop), {@link dev.dunlin.server.Listener} and {@link dev.dunlin.server.Transport} (several
 * doors), {@link dev.dunlin.server.Proxies} (a proxy in front), {@link
 * dev.dunlin.server.HttpHandler} (HTTP on the same port), {@link
 * dev.dunlin.server.ServerStatistics} and {@link dev.dunlin.server.WebSocketClient}.
 */
@NullMarked
package dev.dunlin.server;

import org.jspecify.annotations.NullMarked;

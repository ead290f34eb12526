/**
 * RFC 6455 and RFC 7692 as a state machine: bytes in, messages out.
 *
 * <p>Programs use {@link dev.dunlin.websocket.Message} and its kinds, {@link
 * dev.dunlin.websocket.CloseCode}, {@link dev.dunlin.websocket.Closed}, {@link
 * dev.dunlin.websocket.Limits} and {@link dev.dunlin.websocket.Prepared}. The rest is the advanced
 * part, for those who bring a transport of their own.
 */
@NullMarked
package dev.dunlin.websocket;

import org.jspecify.annotations.NullMarked;

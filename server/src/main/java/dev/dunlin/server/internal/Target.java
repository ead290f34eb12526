package dev.dunlin.server.internal;

import dev.dunlin.websocket.Compression;
import dev.dunlin.websocket.Handshake;

/**
 * What a WebSocket route leads to.
 *
 * @param handshake answers upgrades
 * @param compression the setting inside the handshake
 */
public record Target(Terms terms, Handshake handshake, Compression compression) {}

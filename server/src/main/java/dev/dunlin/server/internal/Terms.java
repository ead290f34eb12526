package dev.dunlin.server.internal;

import dev.dunlin.server.Dispatch;
import dev.dunlin.server.Endpoint;
import dev.dunlin.server.Overflow;
import dev.dunlin.websocket.Limits;

/** What all conversations of a route have in common. */
public record Terms(Endpoint endpoint, Dispatch dispatch, Limits limits, Overflow overflow) {}

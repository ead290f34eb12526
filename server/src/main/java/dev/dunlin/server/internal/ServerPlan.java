package dev.dunlin.server.internal;

import dev.dunlin.server.Transport;
import dev.dunlin.websocket.Limits;
import java.util.List;

/** All that a transport needs to know to start a server. */
public record ServerPlan(
    List<ListenerPlan> listeners, Limits limits, Transport transport, int loops) {}

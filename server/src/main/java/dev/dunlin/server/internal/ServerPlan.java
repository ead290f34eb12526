package dev.dunlin.server.internal;

import dev.dunlin.server.Transport;
import dev.dunlin.websocket.Limits;
import java.util.List;

/**
 * All that a transport needs to know to start a server.
 *
 * @param budget what its outgoing queues may hold in all
 */
public record ServerPlan(
    List<ListenerPlan> listeners, Limits limits, Budget budget, Transport transport, int loops) {}

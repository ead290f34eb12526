package dev.dunlin.server.internal;

import dev.dunlin.server.Dispatch;
import dev.dunlin.server.Endpoint;
import dev.dunlin.server.Overflow;
import dev.dunlin.websocket.Limits;

/**
 * What all conversations of a route have in common.
 *
 * @param budget what the server's outgoing queues may hold in all
 */
public record Terms(
    Endpoint endpoint, Dispatch dispatch, Limits limits, Overflow overflow, Budget budget) {

  /** With a budget of its own. */
  public Terms(Endpoint endpoint, Dispatch dispatch, Limits limits, Overflow overflow) {
    this(endpoint, dispatch, limits, overflow, Budget.ofHeap());
  }
}

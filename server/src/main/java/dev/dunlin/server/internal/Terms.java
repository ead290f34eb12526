package dev.dunlin.server.internal;

import dev.dunlin.server.Dispatch;
import dev.dunlin.server.Endpoint;
import dev.dunlin.server.Overflow;
import dev.dunlin.websocket.Close;
import dev.dunlin.websocket.CloseCode;
import dev.dunlin.websocket.Limits;

/**
 * What all conversations of a route have in common.
 *
 * @param budget what the server's outgoing queues may hold in all
 * @param farewell how a server that goes down closes them
 * @param admittance who may come, and for how long
 * @param strangers whether their peers are not known until {@link
 *     dev.dunlin.server.Session#identified()}
 */
public record Terms(
    Endpoint endpoint,
    Dispatch dispatch,
    Limits limits,
    Overflow overflow,
    Budget budget,
    Close farewell,
    Admittance admittance,
    boolean strangers) {

  /** How a server that goes down parts from a session, unless the route says otherwise. */
  public static final Close GOING_AWAY = new Close(CloseCode.GOING_AWAY, "the server goes down");

  /** The same with other limits. */
  Terms within(Limits other) {
    return new Terms(endpoint, dispatch, other, overflow, budget, farewell, admittance, strangers);
  }

  /** With the usual farewell, for peers that are known or never will be. */
  public Terms(
      Endpoint endpoint, Dispatch dispatch, Limits limits, Overflow overflow, Budget budget) {
    this(endpoint, dispatch, limits, overflow, budget, GOING_AWAY, Admittance.EVERYBODY, false);
  }
}

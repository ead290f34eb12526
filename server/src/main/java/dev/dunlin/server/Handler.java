package dev.dunlin.server;

import dev.dunlin.websocket.Message;

/**
 * What is done with the messages of one session: called for one at a time, in the order of the
 * wire, never twice at once.
 */
@FunctionalInterface
public interface Handler {

  /**
   * Handles one message. Pings and closes have been answered already.
   *
   * <p>On a virtual-thread route the message owns its bytes and the method may block; on an inline
   * route it runs on the event loop, must not block, and a data message is a view that ends when
   * the method returns ({@link dev.dunlin.websocket.Data#copy()} keeps it).
   *
   * <p>What the peer sent before it closed is handled first, also where it ended the transport
   * without a close frame (then {@link dev.dunlin.websocket.Closed} has 1006). Only a peer that
   * resets the transport while this handler lags behind loses what was not read by then.
   *
   * @throws Exception any exception or error closes the session with 1011 and is logged once; the
   *     peer never sees its text. A {@link SessionClosedException} just ends the work where this
   *     session has closed; that of another session is a failure like any other, which {@link
   *     Session#trySend} does not have.
   */
  void onMessage(Message message) throws Exception;
}

package dev.dunlin.server;

/**
 * What is done with the messages of one session that are too large to hold: each is read while it
 * arrives. Runs on a virtual thread, for one message at a time.
 *
 * @see Endpoint#streaming
 */
@FunctionalInterface
public interface StreamHandler {

  /**
   * Reads one message. What is left unread when the method returns is skipped.
   *
   * @throws Exception closes the session with 1011; see {@link Handler#onMessage}
   */
  void onMessage(IncomingStream message) throws Exception;
}

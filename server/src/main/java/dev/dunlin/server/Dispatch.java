package dev.dunlin.server;

/** Where a route's handlers run. */
public enum Dispatch {
  /** On a virtual thread, one at a time per session: handlers may block. The default. */
  VIRTUAL,
  /**
   * On the event loop, in the middle of reading: fastest, and every connection of the loop waits
   * for the handler. Messages are views of the receive buffer.
   */
  INLINE
}

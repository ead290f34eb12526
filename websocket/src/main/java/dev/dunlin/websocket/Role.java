package dev.dunlin.websocket;

/**
 * Which end of a connection this is (RFC 6455, 5.1): clients mask what they send, servers do not.
 */
public enum Role {
  /** Accepts connections; sends unmasked frames, receives masked ones. */
  SERVER,
  /** Opens connections; sends masked frames, receives unmasked ones. */
  CLIENT
}

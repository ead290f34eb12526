package dev.dunlin.server.internal;

/** What a connection of a server has become: a {@link Conversation}, or something else as yet. */
public sealed interface Occupant permits Conversation, Occupant.Nobody {

  /** A connection that is no WebSocket connection. */
  Occupant NOBODY = new Nobody();

  /** The type of {@link #NOBODY}. */
  final class Nobody implements Occupant {
    private Nobody() {}
  }
}

package dev.dunlin.server;

import dev.dunlin.websocket.Prepared;

/** A session of a {@linkplain Endpoint#typed typed} endpoint: sends values. */
public final class TypedSession<T> {

  private final Session session;
  private final Codec<T> codec;

  TypedSession(Session session, Codec<T> codec) {
    this.session = session;
    this.codec = codec;
  }

  /** The session underneath. */
  public Session session() {
    return session;
  }

  /** Sends a value; the contract of {@link Session#send(dev.dunlin.websocket.Data)}. */
  public void send(T value) {
    session.send(codec.encode(value));
  }

  /** Sends a value; the contract of {@link Session#trySend(dev.dunlin.websocket.Data)}. */
  public boolean trySend(T value) {
    return session.trySend(codec.encode(value));
  }

  /** A value made ready once for any number of sessions. */
  public Prepared prepare(T value) {
    return Prepared.of(codec.encode(value));
  }
}

package dev.dunlin.server;

import dev.dunlin.auth.AuthenticationException;
import dev.dunlin.auth.SignedMessages.Refused;
import dev.dunlin.auth.SignedMessages.Refused.Fault;
import dev.dunlin.auth.SignedMessages.Signer;
import dev.dunlin.auth.SignedMessages.Verifier;
import dev.dunlin.websocket.Binary;
import dev.dunlin.websocket.CloseCode;
import dev.dunlin.websocket.Control;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Message;
import dev.dunlin.websocket.Text;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;

/**
 * A session of a {@linkplain Endpoint#signed signed} endpoint: signs what is sent, where both ends
 * share a secret. May be used from any thread.
 */
public final class SignedSession {

  private final Session session;
  private final Signing signing;
  private final String connection;
  private final Optional<Verifier> verifier;
  private final Optional<Signer> signer;

  /** Numbers leave in their order: held over signing and offering, neither of which waits. */
  private final ReentrantLock order = new ReentrantLock();

  private SignedSession(
      Session session,
      Signing signing,
      String connection,
      Optional<Verifier> verifier,
      Optional<Signer> signer) {
    this.session = session;
    this.signing = signing;
    this.connection = connection;
    this.verifier = verifier;
    this.signer = signer;
  }

  /** Tells the peer what its connection is called, and hands on what it has signed. */
  static Handler open(Session session, Signing signing, Function<SignedSession, Handler> open) {
    var connection = UUID.randomUUID().toString();
    Signing.Ends ends;
    try {
      ends = signing.ends(session, connection);
    } catch (AuthenticationException unusable) {
      ends = new Signing.Ends("EdDSA", Optional.empty(), Optional.empty());
    }
    var signed = new SignedSession(session, signing, connection, ends.in(), ends.out());
    session.send(
        Text.of("{\"connection\":\"%s\",\"alg\":\"%s\"}".formatted(connection, ends.algorithm())));
    var handler = open.apply(signed);
    return message -> signed.take(message, handler);
  }

  private void take(Message message, Handler handler) throws Exception {
    switch (message) {
      case Control control -> handler.onMessage(control);
      case Data data -> {
        byte[] opened;
        try {
          opened = verifier.orElseThrow(() -> new Refused(Fault.NO_KEY)).open(data.toByteArray());
        } catch (Refused refused) {
          signing.counted(refused.fault());
          if (!signing.keepsOpen()) {
            session.close(CloseCode.POLICY_VIOLATION, "signature: " + refused.fault().text());
          }
          return;
        }
        signing.counted();
        handler.onMessage(
            switch (data) {
              case Text text -> Text.of(opened);
              case Binary binary -> Binary.of(opened);
            });
      }
    }
  }

  /** The session underneath. What is sent there is not signed. */
  public Session session() {
    return session;
  }

  /** What the connection is called in signatures: made here, unguessable, told in the greeting. */
  public String connection() {
    return connection;
  }

  /**
   * Offers a message, signed where both ends share a secret, and answers at once; the contract of
   * {@link Session#trySend(Data)}. One that is dropped leaves a hole in the numbers, so that the
   * peer notices.
   */
  public boolean trySend(Data message) {
    if (signer.isEmpty()) {
      return session.trySend(message);
    }
    order.lock();
    try {
      var sealed = signer.get().seal(message.toByteArray());
      return session.trySend(
          switch (message) {
            case Text text -> Text.of(sealed);
            case Binary binary -> Binary.of(sealed);
          });
    } finally {
      order.unlock();
    }
  }
}

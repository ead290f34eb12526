package dev.dunlin.server;

import dev.dunlin.server.internal.StreamEndpoint;
import dev.dunlin.server.internal.TypedHandler;
import java.util.function.Function;

/**
 * What a route leads to: for every connection it opens a conversation.
 *
 * <p>{@code session -> message -> …}: the outer lambda runs once per connection, after the
 * handshake; what it captures is the state of that connection. It runs where the route's handlers
 * run ({@link Dispatch}).
 */
@FunctionalInterface
public interface Endpoint {

  /**
   * Opens the conversation with a new session.
   *
   * @return the handler of the session's messages
   * @throws Exception closes the session with 1011; logged once, never shown to the peer
   */
  Handler open(Session session) throws Exception;

  /**
   * The route as this endpoint needs it: asked once, when the server is built. An endpoint that
   * speaks a protocol names its subprotocols and its way of dispatch here.
   */
  default Route configure(Route route) {
    return route;
  }

  /**
   * An endpoint whose messages are values of a type. A message that does not decode closes the
   * session with the code of the {@link Codec.Undecodable} and leaves one log line.
   *
   * @param open opens a conversation: gets the session, gives the action for each value
   */
  static <T> Endpoint typed(Codec<T> codec, Function<TypedSession<T>, ValueHandler<T>> open) {
    return session -> {
      var typed = new TypedSession<>(session, codec);
      return new TypedHandler<>(typed, codec, open.apply(typed));
    };
  }

  /**
   * An endpoint whose peers sign what they send ({@link dev.dunlin.auth.SignedMessages}): each
   * message is a signature, a line feed and the message proper, which is what the handler gets. A
   * message that is not right is not handed on; what else happens, and which keys count, says the
   * {@link Signing}.
   *
   * <p>The server speaks first: a text message <code>{"connection":"…","alg":"HS256"}</code> names
   * the connection, which the key is derived for and every signature names. Whether a message is
   * text or binary is not signed.
   *
   * @param open opens a conversation: sends through the signed session, handles what was verified
   */
  static Endpoint signed(Signing signing, Function<SignedSession, Handler> open) {
    return session -> SignedSession.open(session, signing, open);
  }

  /**
   * An endpoint for messages too large to hold: each is read as a stream while it arrives. Handlers
   * run on virtual threads whatever the route says, compression is not agreed, and reading from the
   * socket stops while 64 KiB are unread. {@link dev.dunlin.websocket.Limits#maxMessageBytes()}
   * bounds a message's total.
   */
  static Endpoint streaming(Function<Session, StreamHandler> open) {
    return new StreamEndpoint(open);
  }

  /** What is done with each value of a {@linkplain #typed typed} endpoint. */
  @FunctionalInterface
  interface ValueHandler<T> {
    /**
     * Handles one value; the same contract as {@link Handler#onMessage}.
     *
     * @throws Exception closes the session with 1011
     */
    void onValue(T value) throws Exception;
  }
}

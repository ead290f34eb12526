package dev.dunlin.centrifuge;

import java.net.SocketAddress;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * One connection of the channel protocol, as hooks and the application see it. May be used from any
 * thread; what it is asked to do happens on the connection's own event loop.
 */
public interface Client {

  /** The connection's id: unguessable, unique for its life. */
  String id();

  /** The user's id; empty for an anonymous user, and before the connect command has passed. */
  String user();

  /** The SDK's name as it gave it, at most 16 characters. */
  String name();

  /** The SDK's version as it gave it, at most 64 characters. */
  String version();

  /** {@code "json"} or {@code "protobuf"}. */
  String protocol();

  /** The other end of the socket, which may be a proxy. */
  SocketAddress remoteAddress();

  /** What the token or a hook keeps about the connection, never told to clients; JSON or empty. */
  String meta();

  /**
   * What was kept of its request ({@link CentrifugeEndpoint#keepHeaders}), by lower-case name: the
   * headers of the upgrade and, where the upgrade had none of that name, those that the connect
   * command brought. They may hold secrets.
   */
  Map<String, String> headers();

  /** When the connection ends unless it is refreshed. */
  Optional<Instant> expiresAt();

  /** The channels it is subscribed to at this moment. */
  Set<String> channels();

  /** Bytes that wait because the client reads slowly. */
  long queuedBytes();

  /** Closes the connection. */
  void disconnect(Disconnect disconnect);

  /** Sends a message outside of any channel; JSON for a JSON connection. */
  void send(byte[] data);

  /**
   * Adds a server-side subscription. Completes when it delivers; fails with a {@link Rejection} if
   * it cannot be had.
   */
  CompletionStage<Void> subscribe(String channel, SubscribeOptions options);

  /** Ends a subscription, of either side; the client is told why. */
  CompletionStage<Void> unsubscribe(String channel, UnsubscribeCode code);

  /** Moves the end of the connection; empty means that it has none. */
  default void refresh(Optional<Instant> expiresAt) {
    refresh(expiresAt, Optional.empty());
  }

  /**
   * Moves the end of the connection, and changes what other clients see of it.
   *
   * @param expiresAt empty means that it has no end
   * @param info empty leaves it as it is; presence shows it from the next renewal on
   */
  void refresh(Optional<Instant> expiresAt, Optional<byte[]> info);
}

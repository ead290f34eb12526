package dev.dunlin.centrifuge;

import dev.dunlin.server.Session;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A client as hooks and the application see it, from any thread: what they ask for becomes tasks of
 * the connection's lane.
 */
final class ConnectedClient implements Client {

  private final ClientHandler handler;
  private final ClientSession state;
  private final Session session;

  ConnectedClient(ClientHandler handler, ClientSession state, Session session) {
    this.handler = handler;
    this.state = state;
    this.session = session;
  }

  @Override
  public String id() {
    return state.id;
  }

  @Override
  public String user() {
    return state.user;
  }

  @Override
  public String name() {
    return state.name;
  }

  @Override
  public String version() {
    return state.version;
  }

  @Override
  public String protocol() {
    return state.json ? "json" : "protobuf";
  }

  @Override
  public SocketAddress remoteAddress() {
    return session.remoteAddress();
  }

  @Override
  public String meta() {
    return state.meta;
  }

  @Override
  public Map<String, String> headers() {
    return state.headers;
  }

  @Override
  public Optional<Instant> expiresAt() {
    return state.expiresAt;
  }

  @Override
  public Set<String> channels() {
    return handler.subscriptions().channels();
  }

  @Override
  public long queuedBytes() {
    return session.queuedBytes();
  }

  @Override
  public void disconnect(Disconnect disconnect) {
    session.lane().execute(() -> handler.end(disconnect));
  }

  @Override
  public void send(byte[] data) {
    // a copy of its own, since the caller may go on to use its array
    var owned = ByteBuffer.wrap(data.clone());
    session
        .lane()
        .execute(() -> {
          try {
            handler.push(new Push.Message(handler.payload(owned)));
          } catch (Rejection notJson) {
            handler.end(Disconnect.INAPPROPRIATE_PROTOCOL);
          }
        });
  }

  @Override
  public CompletionStage<Void> subscribe(String channel, SubscribeOptions options) {
    return CompletableFuture.supplyAsync(
            () -> handler.subscriptions().add(channel, options), session.lane())
        .thenCompose(stage -> stage);
  }

  @Override
  public CompletionStage<Void> unsubscribe(String channel, UnsubscribeCode code) {
    return CompletableFuture.runAsync(
        () -> {
          var subscription = state.subscriptions.get(channel);
          if (subscription == null) {
            return;
          }
          if (subscription.live()) {
            handler.subscriptions().unsubscribe(subscription, code);
          } else {
            subscription.unwanted = code; // it is being added: the client hears of both in order
          }
        },
        session.lane());
  }

  @Override
  public void refresh(Optional<Instant> expiresAt, Optional<byte[]> info) {
    var owned = info.map(byte[]::clone);
    session
        .lane()
        .execute(() -> {
          owned.ifPresent(bytes -> state.info = bytes);
          handler.deadlines().endConnection(expiresAt);
        });
  }

  @Override
  public String toString() {
    return "Client[" + state.id + ", user=" + state.user + "]";
  }
}

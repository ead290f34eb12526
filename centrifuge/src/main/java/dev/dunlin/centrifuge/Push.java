package dev.dunlin.centrifuge;

import dev.dunlin.channels.ClientInfo;
import java.nio.ByteBuffer;
import java.util.Map;

/** What the server tells a client unasked. */
sealed interface Push {

  /**
   * Names a channel in a push: by number where the two sides agreed on one, by name otherwise.
   *
   * @param id 0 for none
   * @param name empty when the number stands for it
   */
  record Channel(long id, String name) {

    static Channel named(String name) {
      return new Channel(0, name);
    }

    static Channel numbered(long id) {
      return new Channel(id, "");
    }
  }

  /** A publication. */
  record Pub(Channel channel, WirePublication publication) implements Push {}

  /** A client joined the channel. */
  record Join(Channel channel, ClientInfo info) implements Push {}

  /** A client left the channel. */
  record Leave(Channel channel, ClientInfo info) implements Push {}

  /** The server ended the subscription; always names the channel. */
  record Unsubscribe(String channel, UnsubscribeCode code) implements Push {}

  /** The server added a subscription. */
  record Subscribe(
      String channel,
      boolean recoverable,
      String epoch,
      long offset,
      boolean positioned,
      ByteBuffer data)
      implements Push {}

  /** A message to this client alone. */
  record Message(ByteBuffer data) implements Push {}

  /** The first push of a unidirectional transport. */
  record Connect(
      String client,
      String version,
      ByteBuffer data,
      Map<String, Result.SubscribeResult> subs,
      boolean expires,
      long ttl,
      long ping,
      boolean pong,
      String session,
      String node,
      long time)
      implements Push {

    @Override
    public String toString() {
      return "Connect[client=" + client + ", subs=" + subs.keySet() + "]";
    }
  }

  /** The end of an emulated or unidirectional connection. */
  record Disconnected(Disconnect disconnect) implements Push {}

  /** The server refreshed the connection; told on unidirectional transports. */
  record Refresh(boolean expires, long ttl) implements Push {}
}

package dev.dunlin.centrifuge;

import dev.dunlin.channels.ClientInfo;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

/**
 * What a carried-out command answers, one record per kind, with the protocol's fields. Payloads for
 * a JSON connection are JSON values without raw newlines ({@link JsonText}).
 */
sealed interface Result {

  /**
   * The connection is established.
   *
   * @param ttl seconds until the client must refresh, where {@code expires}
   * @param ping seconds between the server's pings
   * @param session a secret, sent on emulated and unidirectional transports alone
   * @param time milliseconds since 1970; 0 for none
   */
  record ConnectResult(
      String client,
      String version,
      boolean expires,
      long ttl,
      ByteBuffer data,
      Map<String, SubscribeResult> subs,
      long ping,
      boolean pong,
      String session,
      String node,
      long time,
      long flag)
      implements Result {

    @Override
    public String toString() {
      return "ConnectResult[client=" + client + ", subs=" + subs.keySet() + "]";
    }
  }

  /**
   * The subscription is established, or one page of its state is here.
   *
   * @param offset the top of the stream; after a recovery the offset that was asked for
   * @param id the channel's numeric id; 0 for none
   */
  record SubscribeResult(
      boolean expires,
      long ttl,
      boolean recoverable,
      String epoch,
      List<WirePublication> publications,
      boolean recovered,
      long offset,
      boolean positioned,
      ByteBuffer data,
      boolean wasRecovering,
      boolean delta,
      long id,
      int type,
      int phase,
      String cursor,
      List<WirePublication> state,
      long publishDebounce)
      implements Result {

    /** Starts one with nothing set. */
    static SubscribeResultBuilder builder() {
      return new SubscribeResultBuilder();
    }
  }

  /** The subscription is gone. */
  record UnsubscribeResult() implements Result {}

  /** The broker has the publication. */
  record PublishResult() implements Result {}

  /** The clients in a channel, by connection id. */
  record PresenceResult(Map<String, ClientInfo> presence) implements Result {}

  /** The number of clients and of distinct users in a channel. */
  record PresenceStatsResult(long numClients, long numUsers) implements Result {}

  /** A part of a channel's history and the stream's position. */
  record HistoryResult(List<WirePublication> publications, String epoch, long offset)
      implements Result {}

  /** The application's answer. */
  record RpcResult(ByteBuffer data) implements Result {}

  /** The connection lives on. */
  record RefreshResult(String client, String version, boolean expires, long ttl)
      implements Result {}

  /** The subscription lives on. */
  record SubRefreshResult(boolean expires, long ttl, List<WirePublication> items)
      implements Result {}
}

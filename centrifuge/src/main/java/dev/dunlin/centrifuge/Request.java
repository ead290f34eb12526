package dev.dunlin.centrifuge;

import dev.dunlin.channels.StreamPosition;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a client asks for, one record per kind, with the protocol's fields. Absent fields have their
 * zero value. Payloads are the bytes as they came: in JSON any value, checked to be well-formed and
 * without raw newlines; their buffers own their bytes and are never moved. Texts of these records
 * leave tokens out.
 */
sealed interface Request {

  /** Bit 1 of {@link SubscribeRequest#flag}: the client understands numeric channel ids. */
  long FLAG_COMPACTION = 1;

  /** Bit 2 of {@link SubscribeRequest#flag}: error 112 rather than {@code recovered: false}. */
  long FLAG_REJECT_UNRECOVERED = 2;

  /** The first request of a connection. */
  record ConnectRequest(
      String token,
      ByteBuffer data,
      Map<String, SubscribeRequest> subs,
      String name,
      String version,
      Map<String, String> headers,
      long flag,
      String dict,
      String profile)
      implements Request {

    @Override
    public String toString() {
      return "ConnectRequest[name=" + name + ", version=" + version + "]";
    }
  }

  /** A subscription, new or resumed; inside a connect request its channel is the map's key. */
  record SubscribeRequest(
      String channel,
      String token,
      boolean recover,
      String epoch,
      long offset,
      ByteBuffer data,
      boolean positioned,
      boolean recoverable,
      boolean joinLeave,
      String delta,
      Optional<FilterNode> tf,
      long flag,
      int type,
      int phase,
      String cursor,
      int limit,
      boolean asc)
      implements Request {

    /** Whether the client understands numeric channel ids. */
    boolean compaction() {
      return (flag & FLAG_COMPACTION) != 0;
    }

    /** Whether the client wants an error rather than an unrecovered subscription. */
    boolean rejectUnrecovered() {
      return (flag & FLAG_REJECT_UNRECOVERED) != 0;
    }

    @Override
    public String toString() {
      return "SubscribeRequest[channel=" + channel + "]";
    }
  }

  /** The end of a subscription. */
  record UnsubscribeRequest(String channel) implements Request {}

  /** A publication by a client. */
  record PublishRequest(String channel, ByteBuffer data, int type, String key, boolean removed)
      implements Request {}

  /** Who is in a channel. */
  record PresenceRequest(String channel) implements Request {}

  /** How many are in a channel. */
  record PresenceStatsRequest(String channel) implements Request {}

  /**
   * A part of a channel's history.
   *
   * @param limit 0 for the position alone, -1 for all
   */
  record HistoryRequest(String channel, int limit, Optional<StreamPosition> since, boolean reverse)
      implements Request {}

  /** A message to the application, without an answer. */
  record SendRequest(ByteBuffer data) implements Request {}

  /** A call of the application. */
  record RpcRequest(ByteBuffer data, String method) implements Request {}

  /** A new token for the connection. */
  record RefreshRequest(String token) implements Request {

    @Override
    public String toString() {
      return "RefreshRequest[]";
    }
  }

  /** A new token for a subscription, or keys to track. */
  record SubRefreshRequest(
      String channel, String token, int type, List<TrackBatch> track, List<String> untrack)
      implements Request {

    @Override
    public String toString() {
      return "SubRefreshRequest[channel=" + channel + "]";
    }
  }

  /** Keys that a signature allows to track. */
  record TrackBatch(String signature, List<KeyedItem> items) {

    @Override
    public String toString() {
      return "TrackBatch[items=" + items.size() + "]";
    }
  }

  /** A key and the version of it that the client has. */
  record KeyedItem(String key, long version) {}

  /** A node of a tags filter as it came; {@link TagsFilter} checks it. */
  record FilterNode(
      String op, String key, String cmp, String val, List<String> vals, List<FilterNode> nodes) {}
}

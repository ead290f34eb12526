package dev.dunlin.centrifuge;

import dev.dunlin.centrifuge.Request.ConnectRequest;
import dev.dunlin.centrifuge.Request.FilterNode;
import dev.dunlin.centrifuge.Request.HistoryRequest;
import dev.dunlin.centrifuge.Request.KeyedItem;
import dev.dunlin.centrifuge.Request.PresenceRequest;
import dev.dunlin.centrifuge.Request.PresenceStatsRequest;
import dev.dunlin.centrifuge.Request.PublishRequest;
import dev.dunlin.centrifuge.Request.RefreshRequest;
import dev.dunlin.centrifuge.Request.RpcRequest;
import dev.dunlin.centrifuge.Request.SendRequest;
import dev.dunlin.centrifuge.Request.SubRefreshRequest;
import dev.dunlin.centrifuge.Request.SubscribeRequest;
import dev.dunlin.centrifuge.Request.TrackBatch;
import dev.dunlin.centrifuge.Request.UnsubscribeRequest;
import dev.dunlin.channels.StreamPosition;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Requests out of JSON. Keys come in any order; of a repeated key the last one counts. */
final class JsonRequests {

  private JsonRequests() {}

  static Command command(JsonReader in) throws BadCommandException {
    long id = 0;
    // Where a command names several requests, the first in the protocol's order counts.
    var requests = new @Nullable Request[16];
    for (String name = in.next(); name != null; name = in.next()) {
      switch (name) {
        case "id" -> id = in.number(0, Command.MAX_ID);
        case "connect" -> requests[4] = in.enterObject() ? connect(in) : null;
        case "subscribe" -> requests[5] = in.enterObject() ? subscribe(in) : null;
        case "unsubscribe" ->
            requests[6] = in.enterObject() ? new UnsubscribeRequest(channel(in)) : null;
        case "publish" -> requests[7] = in.enterObject() ? publish(in) : null;
        case "presence" -> requests[8] = in.enterObject() ? new PresenceRequest(channel(in)) : null;
        case "presence_stats" ->
            requests[9] = in.enterObject() ? new PresenceStatsRequest(channel(in)) : null;
        case "history" -> requests[10] = in.enterObject() ? history(in) : null;
        case "send" -> requests[12] = in.enterObject() ? send(in) : null;
        case "rpc" -> requests[13] = in.enterObject() ? rpc(in) : null;
        case "refresh" -> requests[14] = in.enterObject() ? refresh(in) : null;
        case "sub_refresh" -> requests[15] = in.enterObject() ? subRefresh(in) : null;
        default -> in.skip();
      }
    }
    for (Request request : requests) {
      if (request != null) {
        return Command.of(id, request);
      }
    }
    return Command.of(id, null);
  }

  static ConnectRequest connect(JsonReader in) throws BadCommandException {
    String token = "";
    ByteBuffer data = Codec.NOTHING;
    Map<String, SubscribeRequest> subs = Map.of();
    String clientName = "";
    String version = "";
    Map<String, String> headers = Map.of();
    long flag = 0;
    String dict = "";
    String profile = "";
    for (String name = in.next(); name != null; name = in.next()) {
      switch (name) {
        case "token" -> token = in.string();
        case "data" -> data = in.payload();
        case "subs" -> subs = subs(in);
        case "name" -> clientName = in.string();
        case "version" -> version = in.string();
        case "headers" -> headers = in.stringMap();
        case "flag" -> flag = in.int64();
        case "dict" -> dict = in.string();
        case "profile" -> profile = in.string();
        default -> in.skip();
      }
    }
    return new ConnectRequest(token, data, subs, clientName, version, headers, flag, dict, profile);
  }

  private static Map<String, SubscribeRequest> subs(JsonReader in) throws BadCommandException {
    var subs = new LinkedHashMap<String, SubscribeRequest>();
    if (in.enterObject()) {
      for (String channel = in.next(); channel != null; channel = in.next()) {
        if (!in.enterObject()) {
          throw new BadCommandException("a subscription is null");
        }
        subs.put(channel, subscribe(in));
      }
    }
    return subs;
  }

  private static SubscribeRequest subscribe(JsonReader in) throws BadCommandException {
    String channel = "";
    String token = "";
    boolean recover = false;
    String epoch = "";
    long offset = 0;
    ByteBuffer data = Codec.NOTHING;
    boolean positioned = false;
    boolean recoverable = false;
    boolean joinLeave = false;
    String delta = "";
    FilterNode tf = null;
    long flag = 0;
    int type = 0;
    int phase = 0;
    String cursor = "";
    int limit = 0;
    boolean asc = false;
    for (String name = in.next(); name != null; name = in.next()) {
      switch (name) {
        case "channel" -> channel = in.string();
        case "token" -> token = in.string();
        case "recover" -> recover = in.bool();
        case "epoch" -> epoch = in.string();
        case "offset" -> offset = in.uint64();
        case "data" -> data = in.payload();
        case "positioned" -> positioned = in.bool();
        case "recoverable" -> recoverable = in.bool();
        case "join_leave" -> joinLeave = in.bool();
        case "delta" -> delta = in.string();
        case "tf" -> tf = in.enterObject() ? filter(in, 1) : null;
        case "flag" -> flag = in.int64();
        case "type" -> type = in.int32();
        case "phase" -> phase = in.int32();
        case "cursor" -> cursor = in.string();
        case "limit" -> limit = in.int32();
        case "asc" -> asc = in.bool();
        default -> in.skip();
      }
    }
    return new SubscribeRequest(
        channel,
        token,
        recover,
        epoch,
        offset,
        data,
        positioned,
        recoverable,
        joinLeave,
        delta,
        Optional.ofNullable(tf),
        flag,
        type,
        phase,
        cursor,
        limit,
        asc);
  }

  private static FilterNode filter(JsonReader in, int depth) throws BadCommandException {
    if (depth > TagsFilter.MAX_DECODED_DEPTH) {
      throw new BadCommandException("a tags filter nests too deep");
    }
    String op = "";
    String key = "";
    String cmp = "";
    String val = "";
    List<String> vals = List.of();
    List<FilterNode> nodes = List.of();
    for (String name = in.next(); name != null; name = in.next()) {
      switch (name) {
        case "op" -> op = in.string();
        case "key" -> key = in.string();
        case "cmp" -> cmp = in.string();
        case "val" -> val = in.string();
        case "vals" -> vals = in.strings();
        case "nodes" -> nodes = filters(in, depth + 1);
        default -> in.skip();
      }
    }
    return new FilterNode(op, key, cmp, val, vals, nodes);
  }

  private static List<FilterNode> filters(JsonReader in, int depth) throws BadCommandException {
    var nodes = new ArrayList<FilterNode>();
    if (in.enterArray()) {
      while (in.nextElement()) {
        if (!in.enterObject()) {
          throw new BadCommandException("a tags filter is null");
        }
        nodes.add(filter(in, depth));
      }
    }
    return List.copyOf(nodes);
  }

  /** The one field of the requests that name a channel and nothing else. */
  private static String channel(JsonReader in) throws BadCommandException {
    String channel = "";
    for (String name = in.next(); name != null; name = in.next()) {
      if (name.equals("channel")) {
        channel = in.string();
      } else {
        in.skip();
      }
    }
    return channel;
  }

  private static PublishRequest publish(JsonReader in) throws BadCommandException {
    String channel = "";
    ByteBuffer data = Codec.NOTHING;
    int type = 0;
    String key = "";
    boolean removed = false;
    for (String name = in.next(); name != null; name = in.next()) {
      switch (name) {
        case "channel" -> channel = in.string();
        case "data" -> data = in.payload();
        case "type" -> type = in.int32();
        case "key" -> key = in.string();
        case "removed" -> removed = in.bool();
        default -> in.skip();
      }
    }
    return new PublishRequest(channel, data, type, key, removed);
  }

  private static HistoryRequest history(JsonReader in) throws BadCommandException {
    String channel = "";
    int limit = 0;
    StreamPosition since = null;
    boolean reverse = false;
    for (String name = in.next(); name != null; name = in.next()) {
      switch (name) {
        case "channel" -> channel = in.string();
        case "limit" -> limit = in.int32();
        case "since" -> since = in.enterObject() ? position(in) : null;
        case "reverse" -> reverse = in.bool();
        default -> in.skip();
      }
    }
    return new HistoryRequest(channel, limit, Optional.ofNullable(since), reverse);
  }

  private static StreamPosition position(JsonReader in) throws BadCommandException {
    long offset = 0;
    String epoch = "";
    for (String name = in.next(); name != null; name = in.next()) {
      switch (name) {
        case "offset" -> offset = in.uint64();
        case "epoch" -> epoch = in.string();
        default -> in.skip();
      }
    }
    return new StreamPosition(offset, epoch);
  }

  private static SendRequest send(JsonReader in) throws BadCommandException {
    ByteBuffer data = Codec.NOTHING;
    for (String name = in.next(); name != null; name = in.next()) {
      if (name.equals("data")) {
        data = in.payload();
      } else {
        in.skip();
      }
    }
    return new SendRequest(data);
  }

  private static RpcRequest rpc(JsonReader in) throws BadCommandException {
    ByteBuffer data = Codec.NOTHING;
    String method = "";
    for (String name = in.next(); name != null; name = in.next()) {
      switch (name) {
        case "data" -> data = in.payload();
        case "method" -> method = in.string();
        default -> in.skip();
      }
    }
    return new RpcRequest(data, method);
  }

  private static RefreshRequest refresh(JsonReader in) throws BadCommandException {
    String token = "";
    for (String name = in.next(); name != null; name = in.next()) {
      if (name.equals("token")) {
        token = in.string();
      } else {
        in.skip();
      }
    }
    return new RefreshRequest(token);
  }

  private static SubRefreshRequest subRefresh(JsonReader in) throws BadCommandException {
    String channel = "";
    String token = "";
    int type = 0;
    List<TrackBatch> track = List.of();
    List<String> untrack = List.of();
    for (String name = in.next(); name != null; name = in.next()) {
      switch (name) {
        case "channel" -> channel = in.string();
        case "token" -> token = in.string();
        case "type" -> type = in.int32();
        case "track" -> track = batches(in);
        case "untrack" -> untrack = in.strings();
        default -> in.skip();
      }
    }
    return new SubRefreshRequest(channel, token, type, track, untrack);
  }

  private static List<TrackBatch> batches(JsonReader in) throws BadCommandException {
    var batches = new ArrayList<TrackBatch>();
    if (in.enterArray()) {
      while (in.nextElement()) {
        if (!in.enterObject()) {
          throw new BadCommandException("a batch is null");
        }
        String signature = "";
        List<KeyedItem> items = List.of();
        for (String name = in.next(); name != null; name = in.next()) {
          switch (name) {
            case "signature" -> signature = in.string();
            case "items" -> items = items(in);
            default -> in.skip();
          }
        }
        batches.add(new TrackBatch(signature, items));
      }
    }
    return List.copyOf(batches);
  }

  private static List<KeyedItem> items(JsonReader in) throws BadCommandException {
    var items = new ArrayList<KeyedItem>();
    if (in.enterArray()) {
      while (in.nextElement()) {
        if (!in.enterObject()) {
          throw new BadCommandException("an item is null");
        }
        String key = "";
        long version = 0;
        for (String name = in.next(); name != null; name = in.next()) {
          switch (name) {
            case "key" -> key = in.string();
            case "version" -> version = in.uint64();
            default -> in.skip();
          }
        }
        items.add(new KeyedItem(key, version));
      }
    }
    return List.copyOf(items);
  }
}

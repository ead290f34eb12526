package dev.dunlin.centrifuge;

import dev.dunlin.centrifuge.Result.ConnectResult;
import dev.dunlin.centrifuge.Result.HistoryResult;
import dev.dunlin.centrifuge.Result.PresenceResult;
import dev.dunlin.centrifuge.Result.PresenceStatsResult;
import dev.dunlin.centrifuge.Result.PublishResult;
import dev.dunlin.centrifuge.Result.RefreshResult;
import dev.dunlin.centrifuge.Result.RpcResult;
import dev.dunlin.centrifuge.Result.SubRefreshResult;
import dev.dunlin.centrifuge.Result.SubscribeResult;
import dev.dunlin.centrifuge.Result.UnsubscribeResult;
import dev.dunlin.channels.ClientInfo;
import java.util.List;
import java.util.Map;

/** Replies and pushes into JSON. Zero values are left out; an empty result is still there. */
final class JsonReplies {

  private static final int USUAL_SIZE = 256;

  private JsonReplies() {}

  static byte[] encode(Reply reply) {
    var out =
        new JsonWriter(
            reply instanceof Reply.Success success && success.result() instanceof PublishResult
                ? "{\"id\":,\"publish\":{}}".length() + JsonWriter.digits(reply.id())
                : USUAL_SIZE);
    out.open();
    out.field("id", reply.id());
    switch (reply) {
      case Reply.Success success -> result(out, success.result());
      case Reply.Failure failure -> {
        out.name("error");
        out.open();
        out.field("code", failure.code());
        out.field("message", failure.message());
        out.field("temporary", failure.temporary());
        out.close();
      }
    }
    out.close();
    return out.toByteArray();
  }

  static byte[] encode(Push push) {
    var out = new JsonWriter(size(push));
    out.open();
    out.name("push");
    push(out, push);
    out.close();
    return out.toByteArray();
  }

  /** The exact size of a publication that has nothing but data and an offset, the usual case. */
  private static int size(Push push) {
    if (!(push instanceof Push.Pub pub)) {
      return USUAL_SIZE;
    }
    Push.Channel channel = pub.channel();
    long offset = pub.publication().offset();
    boolean delta = pub.publication().delta();
    int data = pub.publication().data().remaining();
    return "{\"push\":{,\"pub\":{}}}".length()
        + (channel.id() == 0 ? 0 : "\"id\":".length() + JsonWriter.digits(channel.id()))
        + (channel.name().isEmpty() ? 0 : "\"channel\":\"\"".length() + channel.name().length())
        + (data == 0 ? 0 : "\"data\":".length() + data)
        + (offset == 0 ? 0 : ",\"offset\":".length() + JsonWriter.digits(offset))
        + (delta ? ",\"delta\":true".length() : 0);
  }

  private static void result(JsonWriter out, Result result) {
    switch (result) {
      case ConnectResult connect -> {
        out.name("connect");
        connect(out, connect);
      }
      case SubscribeResult subscribe -> {
        out.name("subscribe");
        subscribe(out, subscribe);
      }
      case UnsubscribeResult unsubscribe -> empty(out, "unsubscribe");
      case PublishResult publish -> empty(out, "publish");
      case PresenceResult presence -> {
        out.name("presence");
        out.open();
        presence(out, presence.presence());
        out.close();
      }
      case PresenceStatsResult stats -> {
        out.name("presence_stats");
        out.open();
        out.field("num_clients", stats.numClients());
        out.field("num_users", stats.numUsers());
        out.close();
      }
      case HistoryResult history -> {
        out.name("history");
        out.open();
        publications(out, "publications", history.publications());
        out.field("epoch", history.epoch());
        out.field("offset", history.offset());
        out.close();
      }
      case RpcResult rpc -> {
        out.name("rpc");
        out.open();
        out.field("data", rpc.data());
        out.close();
      }
      case RefreshResult refresh -> {
        out.name("refresh");
        out.open();
        out.field("client", refresh.client());
        out.field("version", refresh.version());
        out.field("expires", refresh.expires());
        out.field("ttl", refresh.ttl());
        out.close();
      }
      case SubRefreshResult refresh -> {
        out.name("sub_refresh");
        out.open();
        out.field("expires", refresh.expires());
        out.field("ttl", refresh.ttl());
        publications(out, "items", refresh.items());
        out.close();
      }
    }
  }

  private static void empty(JsonWriter out, String name) {
    out.name(name);
    out.open();
    out.close();
  }

  private static void connect(JsonWriter out, ConnectResult connect) {
    out.open();
    out.field("client", connect.client());
    out.field("version", connect.version());
    out.field("expires", connect.expires());
    out.field("ttl", connect.ttl());
    out.field("data", connect.data());
    subs(out, connect.subs());
    out.field("ping", connect.ping());
    out.field("pong", connect.pong());
    out.field("session", connect.session());
    out.field("node", connect.node());
    out.field("time", connect.time());
    out.field("flag", connect.flag());
    out.close();
  }

  private static void subs(JsonWriter out, Map<String, SubscribeResult> subs) {
    if (!subs.isEmpty()) {
      out.name("subs");
      out.open();
      subs.forEach((channel, result) -> {
        out.anyName(channel);
        subscribe(out, result);
      });
      out.close();
    }
  }

  private static void subscribe(JsonWriter out, SubscribeResult result) {
    out.open();
    out.field("expires", result.expires());
    out.field("ttl", result.ttl());
    out.field("recoverable", result.recoverable());
    out.field("epoch", result.epoch());
    publications(out, "publications", result.publications());
    out.field("recovered", result.recovered());
    out.field("offset", result.offset());
    out.field("positioned", result.positioned());
    out.field("data", result.data());
    out.field("was_recovering", result.wasRecovering());
    out.field("delta", result.delta());
    out.field("id", result.id());
    out.field("type", result.type());
    out.field("phase", result.phase());
    out.field("cursor", result.cursor());
    publications(out, "state", result.state());
    out.field("publish_debounce", result.publishDebounce());
    out.close();
  }

  private static void presence(JsonWriter out, Map<String, ClientInfo> presence) {
    if (!presence.isEmpty()) {
      out.name("presence");
      out.open();
      presence.forEach((client, info) -> {
        out.anyName(client);
        info(out, info);
      });
      out.close();
    }
  }

  private static void info(JsonWriter out, ClientInfo info) {
    out.open();
    out.field("user", info.user());
    out.field("client", info.client());
    // Binary information, known to the channel's Protobuf clients, has no form in JSON.
    out.field("conn_info", JsonText.embeddable(info.connInfo()).orElse(Codec.NOTHING));
    out.field("chan_info", JsonText.embeddable(info.chanInfo()).orElse(Codec.NOTHING));
    out.close();
  }

  private static void publications(JsonWriter out, String name, List<WirePublication> list) {
    if (!list.isEmpty()) {
      out.name(name);
      out.openArray();
      for (WirePublication publication : list) {
        out.element();
        publication(out, publication);
      }
      out.closeArray();
    }
  }

  private static void publication(JsonWriter out, WirePublication publication) {
    out.open();
    out.field("data", publication.data());
    publication
        .info()
        .ifPresent(info -> {
          out.name("info");
          info(out, info);
        });
    out.field("offset", publication.offset());
    if (!publication.tags().isEmpty()) {
      out.name("tags");
      out.open();
      publication
          .tags()
          .forEach((key, value) -> {
            out.anyName(key);
            out.string(value);
          });
      out.close();
    }
    out.field("delta", publication.delta());
    out.field("time", publication.time());
    out.field("channel", publication.channel());
    out.field("key", publication.key());
    out.field("removed", publication.removed());
    out.field("score", publication.score());
    out.field("epoch", publication.epoch());
    out.field("version", publication.version());
    out.close();
  }

  private static void push(JsonWriter out, Push push) {
    out.open();
    switch (push) {
      case Push.Pub pub -> {
        channel(out, pub.channel());
        out.name("pub");
        publication(out, pub.publication());
      }
      case Push.Join join -> {
        channel(out, join.channel());
        out.name("join");
        infoOf(out, join.info());
      }
      case Push.Leave leave -> {
        channel(out, leave.channel());
        out.name("leave");
        infoOf(out, leave.info());
      }
      case Push.Unsubscribe unsubscribe -> {
        out.field("channel", unsubscribe.channel());
        out.name("unsubscribe");
        out.open();
        out.field("code", unsubscribe.code().value());
        out.field("reason", unsubscribe.code().reason());
        out.close();
      }
      case Push.Message message -> {
        out.name("message");
        out.open();
        out.field("data", message.data());
        out.close();
      }
      case Push.Subscribe subscribe -> {
        out.field("channel", subscribe.channel());
        out.name("subscribe");
        out.open();
        out.field("recoverable", subscribe.recoverable());
        out.field("epoch", subscribe.epoch());
        out.field("offset", subscribe.offset());
        out.field("positioned", subscribe.positioned());
        out.field("data", subscribe.data());
        out.close();
      }
      case Push.Connect connect -> {
        out.name("connect");
        connect(out, connect);
      }
      case Push.Disconnected disconnected -> {
        out.name("disconnect");
        out.open();
        out.field("code", disconnected.disconnect().code());
        out.field("reason", disconnected.disconnect().reason());
        out.close();
      }
      case Push.Refresh refresh -> {
        out.name("refresh");
        out.open();
        out.field("expires", refresh.expires());
        out.field("ttl", refresh.ttl());
        out.close();
      }
    }
    out.close();
  }

  private static void channel(JsonWriter out, Push.Channel channel) {
    out.field("id", channel.id());
    out.field("channel", channel.name());
  }

  private static void infoOf(JsonWriter out, ClientInfo info) {
    out.open();
    out.name("info");
    info(out, info);
    out.close();
  }

  private static void connect(JsonWriter out, Push.Connect connect) {
    out.open();
    out.field("client", connect.client());
    out.field("version", connect.version());
    out.field("data", connect.data());
    subs(out, connect.subs());
    out.field("expires", connect.expires());
    out.field("ttl", connect.ttl());
    out.field("ping", connect.ping());
    out.field("pong", connect.pong());
    out.field("session", connect.session());
    out.field("node", connect.node());
    out.field("time", connect.time());
    out.close();
  }
}

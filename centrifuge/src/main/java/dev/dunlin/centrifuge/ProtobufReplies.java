package dev.dunlin.centrifuge;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import com.google.protobuf.UnsafeByteOperations;
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
import dev.dunlin.centrifuge.wire.Connect;
import dev.dunlin.centrifuge.wire.Join;
import dev.dunlin.centrifuge.wire.Leave;
import dev.dunlin.centrifuge.wire.Message;
import dev.dunlin.centrifuge.wire.Publication;
import dev.dunlin.centrifuge.wire.Refresh;
import dev.dunlin.centrifuge.wire.Subscribe;
import dev.dunlin.centrifuge.wire.Unsubscribe;
import dev.dunlin.channels.ClientInfo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Replies and pushes into Protobuf, each behind its length. Rare messages go through the generated
 * classes; a publication with nothing but data and a place in the stream, and the reply to a
 * publish, which make up the traffic, are written without them.
 */
final class ProtobufReplies {

  private static final int REPLY_PUSH = dev.dunlin.centrifuge.wire.Reply.PUSH_FIELD_NUMBER;
  private static final int REPLY_PUBLISH = dev.dunlin.centrifuge.wire.Reply.PUBLISH_FIELD_NUMBER;
  private static final int REPLY_ID = dev.dunlin.centrifuge.wire.Reply.ID_FIELD_NUMBER;
  private static final int PUSH_ID = dev.dunlin.centrifuge.wire.Push.ID_FIELD_NUMBER;
  private static final int PUSH_CHANNEL = dev.dunlin.centrifuge.wire.Push.CHANNEL_FIELD_NUMBER;
  private static final int PUSH_PUB = dev.dunlin.centrifuge.wire.Push.PUB_FIELD_NUMBER;
  private static final int WIRE_TYPE_BYTES = 2;

  private ProtobufReplies() {}

  static byte[] encode(Reply reply) throws IOException {
    if (reply instanceof Reply.Success success && success.result() instanceof PublishResult) {
      return publishReply((int) reply.id());
    }
    var out = dev.dunlin.centrifuge.wire.Reply.newBuilder().setId((int) reply.id());
    switch (reply) {
      case Reply.Success success -> result(out, success.result());
      case Reply.Failure failure ->
          out.setError(
              dev.dunlin.centrifuge.wire.Error.newBuilder()
                  .setCode(failure.code())
                  .setMessage(failure.message())
                  .setTemporary(failure.temporary()));
    }
    return delimited(out.build());
  }

  static byte[] encode(Push push) throws IOException {
    if (push instanceof Push.Pub pub && plain(pub.publication())) {
      return pub(pub.channel(), pub.publication());
    }
    return delimited(dev.dunlin.centrifuge.wire.Reply.newBuilder().setPush(push(push)).build());
  }

  private static byte[] publishReply(int id) throws IOException {
    int size =
        (id == 0 ? 0 : CodedOutputStream.computeUInt32Size(REPLY_ID, id))
            + CodedOutputStream.computeTagSize(REPLY_PUBLISH)
            + 1;
    byte[] bytes = new byte[CodedOutputStream.computeUInt32SizeNoTag(size) + size];
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.writeUInt32NoTag(size);
    if (id != 0) {
      out.writeUInt32(REPLY_ID, id);
    }
    out.writeTag(REPLY_PUBLISH, WIRE_TYPE_BYTES);
    out.writeUInt32NoTag(0);
    out.checkNoSpaceLeft();
    return bytes;
  }

  private static boolean plain(WirePublication publication) {
    return publication.info().isEmpty()
        && publication.tags().isEmpty()
        && publication.time() == 0
        && publication.channel().isEmpty()
        && publication.key().isEmpty()
        && !publication.removed()
        && publication.score() == 0
        && publication.epoch().isEmpty()
        && publication.version() == 0;
  }

  private static byte[] pub(Push.Channel channel, WirePublication publication) throws IOException {
    int length = publication.data().remaining();
    long offset = publication.offset();
    int pubSize =
        (length == 0 ? 0 : bytesSize(Publication.DATA_FIELD_NUMBER, length))
            + (offset == 0
                ? 0
                : CodedOutputStream.computeUInt64Size(Publication.OFFSET_FIELD_NUMBER, offset))
            + (publication.delta()
                ? CodedOutputStream.computeBoolSize(Publication.DELTA_FIELD_NUMBER, true)
                : 0);
    int pushSize =
        (channel.id() == 0 ? 0 : CodedOutputStream.computeInt64Size(PUSH_ID, channel.id()))
            + (channel.name().isEmpty()
                ? 0
                : CodedOutputStream.computeStringSize(PUSH_CHANNEL, channel.name()))
            + bytesSize(PUSH_PUB, pubSize);
    int size = bytesSize(REPLY_PUSH, pushSize);
    byte[] bytes = new byte[CodedOutputStream.computeUInt32SizeNoTag(size) + size];
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.writeUInt32NoTag(size);
    open(out, REPLY_PUSH, pushSize);
    if (channel.id() != 0) {
      out.writeInt64(PUSH_ID, channel.id());
    }
    if (!channel.name().isEmpty()) {
      out.writeString(PUSH_CHANNEL, channel.name());
    }
    open(out, PUSH_PUB, pubSize);
    if (length > 0) {
      open(out, Publication.DATA_FIELD_NUMBER, length);
      out.writeRawBytes(publication.data().duplicate());
    }
    if (offset != 0) {
      out.writeUInt64(Publication.OFFSET_FIELD_NUMBER, offset);
    }
    if (publication.delta()) {
      out.writeBool(Publication.DELTA_FIELD_NUMBER, true);
    }
    out.checkNoSpaceLeft();
    return bytes;
  }

  /** What a length-delimited field takes. */
  private static int bytesSize(int field, int length) {
    return CodedOutputStream.computeTagSize(field)
        + CodedOutputStream.computeUInt32SizeNoTag(length)
        + length;
  }

  private static void open(CodedOutputStream out, int field, int length) throws IOException {
    out.writeTag(field, WIRE_TYPE_BYTES);
    out.writeUInt32NoTag(length);
  }

  private static byte[] delimited(MessageLite message) throws IOException {
    int size = message.getSerializedSize();
    byte[] bytes = new byte[CodedOutputStream.computeUInt32SizeNoTag(size) + size];
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.writeUInt32NoTag(size);
    message.writeTo(out);
    out.checkNoSpaceLeft();
    return bytes;
  }

  private static void result(dev.dunlin.centrifuge.wire.Reply.Builder out, Result result) {
    switch (result) {
      case ConnectResult connect -> out.setConnect(connect(connect));
      case SubscribeResult subscribe -> out.setSubscribe(subscribe(subscribe));
      case UnsubscribeResult unsubscribe ->
          out.setUnsubscribe(dev.dunlin.centrifuge.wire.UnsubscribeResult.getDefaultInstance());
      case PublishResult publish ->
          out.setPublish(dev.dunlin.centrifuge.wire.PublishResult.getDefaultInstance());
      case PresenceResult presence -> {
        var wire = dev.dunlin.centrifuge.wire.PresenceResult.newBuilder();
        presence.presence().forEach((client, info) -> wire.putPresence(client, info(info)));
        out.setPresence(wire);
      }
      case PresenceStatsResult stats ->
          out.setPresenceStats(
              dev.dunlin.centrifuge.wire.PresenceStatsResult.newBuilder()
                  .setNumClients((int) stats.numClients())
                  .setNumUsers((int) stats.numUsers()));
      case HistoryResult history ->
          out.setHistory(
              dev.dunlin.centrifuge.wire.HistoryResult.newBuilder()
                  .addAllPublications(publications(history.publications()))
                  .setEpoch(history.epoch())
                  .setOffset(history.offset()));
      case RpcResult rpc ->
          out.setRpc(dev.dunlin.centrifuge.wire.RPCResult.newBuilder().setData(bytes(rpc.data())));
      case RefreshResult refresh ->
          out.setRefresh(
              dev.dunlin.centrifuge.wire.RefreshResult.newBuilder()
                  .setClient(refresh.client())
                  .setVersion(refresh.version())
                  .setExpires(refresh.expires())
                  .setTtl((int) refresh.ttl()));
      case SubRefreshResult refresh ->
          out.setSubRefresh(
              dev.dunlin.centrifuge.wire.SubRefreshResult.newBuilder()
                  .setExpires(refresh.expires())
                  .setTtl((int) refresh.ttl())
                  .addAllItems(publications(refresh.items())));
    }
  }

  private static dev.dunlin.centrifuge.wire.ConnectResult connect(ConnectResult connect) {
    return dev.dunlin.centrifuge.wire.ConnectResult.newBuilder()
        .setClient(connect.client())
        .setVersion(connect.version())
        .setExpires(connect.expires())
        .setTtl((int) connect.ttl())
        .setData(bytes(connect.data()))
        .putAllSubs(subs(connect.subs()))
        .setPing((int) connect.ping())
        .setPong(connect.pong())
        .setSession(connect.session())
        .setNode(connect.node())
        .setTime(connect.time())
        .setFlag(connect.flag())
        .build();
  }

  private static Map<String, dev.dunlin.centrifuge.wire.SubscribeResult> subs(
      Map<String, SubscribeResult> subs) {
    var wire = new LinkedHashMap<String, dev.dunlin.centrifuge.wire.SubscribeResult>();
    subs.forEach((channel, result) -> wire.put(channel, subscribe(result)));
    return wire;
  }

  private static dev.dunlin.centrifuge.wire.SubscribeResult subscribe(SubscribeResult result) {
    return dev.dunlin.centrifuge.wire.SubscribeResult.newBuilder()
        .setExpires(result.expires())
        .setTtl((int) result.ttl())
        .setRecoverable(result.recoverable())
        .setEpoch(result.epoch())
        .addAllPublications(publications(result.publications()))
        .setRecovered(result.recovered())
        .setOffset(result.offset())
        .setPositioned(result.positioned())
        .setData(bytes(result.data()))
        .setWasRecovering(result.wasRecovering())
        .setDelta(result.delta())
        .setId(result.id())
        .setType(result.type())
        .setPhase(result.phase())
        .setCursor(result.cursor())
        .addAllState(publications(result.state()))
        .setPublishDebounce((int) result.publishDebounce())
        .build();
  }

  private static List<Publication> publications(List<WirePublication> list) {
    var wire = new ArrayList<Publication>(list.size());
    for (WirePublication publication : list) {
      wire.add(publication(publication));
    }
    return wire;
  }

  private static Publication publication(WirePublication publication) {
    var wire =
        Publication.newBuilder()
            .setData(bytes(publication.data()))
            .setOffset(publication.offset())
            .putAllTags(publication.tags())
            .setDelta(publication.delta())
            .setTime(publication.time())
            .setChannel(publication.channel())
            .setKey(publication.key())
            .setRemoved(publication.removed())
            .setScore(publication.score())
            .setEpoch(publication.epoch())
            .setVersion(publication.version());
    publication.info().ifPresent(info -> wire.setInfo(info(info)));
    return wire.build();
  }

  private static dev.dunlin.centrifuge.wire.ClientInfo info(ClientInfo info) {
    return dev.dunlin.centrifuge.wire.ClientInfo.newBuilder()
        .setUser(info.user())
        .setClient(info.client())
        .setConnInfo(bytes(info.connInfo()))
        .setChanInfo(bytes(info.chanInfo()))
        .build();
  }

  private static dev.dunlin.centrifuge.wire.Push push(Push push) {
    var wire = dev.dunlin.centrifuge.wire.Push.newBuilder();
    switch (push) {
      case Push.Pub pub -> channel(wire, pub.channel()).setPub(publication(pub.publication()));
      case Push.Join join ->
          channel(wire, join.channel()).setJoin(Join.newBuilder().setInfo(info(join.info())));
      case Push.Leave leave ->
          channel(wire, leave.channel()).setLeave(Leave.newBuilder().setInfo(info(leave.info())));
      case Push.Unsubscribe unsubscribe ->
          wire.setChannel(unsubscribe.channel())
              .setUnsubscribe(
                  Unsubscribe.newBuilder()
                      .setCode(unsubscribe.code().value())
                      .setReason(unsubscribe.code().reason()));
      case Push.Subscribe subscribe ->
          wire.setChannel(subscribe.channel())
              .setSubscribe(
                  Subscribe.newBuilder()
                      .setRecoverable(subscribe.recoverable())
                      .setEpoch(subscribe.epoch())
                      .setOffset(subscribe.offset())
                      .setPositioned(subscribe.positioned())
                      .setData(bytes(subscribe.data())));
      case Push.Message message ->
          wire.setMessage(Message.newBuilder().setData(bytes(message.data())));
      case Push.Connect connect -> wire.setConnect(connect(connect));
      case Push.Disconnected disconnected ->
          wire.setDisconnect(
              dev.dunlin.centrifuge.wire.Disconnect.newBuilder()
                  .setCode(disconnected.disconnect().code())
                  .setReason(disconnected.disconnect().reason()));
      case Push.Refresh refresh ->
          wire.setRefresh(
              Refresh.newBuilder().setExpires(refresh.expires()).setTtl((int) refresh.ttl()));
    }
    return wire.build();
  }

  private static dev.dunlin.centrifuge.wire.Push.Builder channel(
      dev.dunlin.centrifuge.wire.Push.Builder wire, Push.Channel channel) {
    return wire.setId(channel.id()).setChannel(channel.name());
  }

  private static Connect connect(Push.Connect connect) {
    return Connect.newBuilder()
        .setClient(connect.client())
        .setVersion(connect.version())
        .setData(bytes(connect.data()))
        .putAllSubs(subs(connect.subs()))
        .setExpires(connect.expires())
        .setTtl((int) connect.ttl())
        .setPing((int) connect.ping())
        .setPong(connect.pong())
        .setSession(connect.session())
        .setNode(connect.node())
        .setTime(connect.time())
        .build();
  }

  /** The buffers of payloads are never written to or moved. */
  private static ByteString bytes(ByteBuffer payload) {
    return UnsafeByteOperations.unsafeWrap(payload);
  }
}

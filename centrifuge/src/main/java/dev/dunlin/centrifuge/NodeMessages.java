package dev.dunlin.centrifuge;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.dunlin.auth.Revocation;
import dev.dunlin.centrifuge.wire.NodeChannels;
import dev.dunlin.centrifuge.wire.NodeDisconnect;
import dev.dunlin.centrifuge.wire.NodeIssuedBefore;
import dev.dunlin.centrifuge.wire.NodeMessage;
import dev.dunlin.centrifuge.wire.NodePosition;
import dev.dunlin.centrifuge.wire.NodeQuestion;
import dev.dunlin.centrifuge.wire.NodeRefresh;
import dev.dunlin.centrifuge.wire.NodeReply;
import dev.dunlin.centrifuge.wire.NodeRequest;
import dev.dunlin.centrifuge.wire.NodeRevocation;
import dev.dunlin.centrifuge.wire.NodeStatus;
import dev.dunlin.centrifuge.wire.NodeSubscribe;
import dev.dunlin.centrifuge.wire.NodeTarget;
import dev.dunlin.centrifuge.wire.NodeTime;
import dev.dunlin.centrifuge.wire.NodeUnsubscribe;
import dev.dunlin.channels.StreamPosition;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Between what nodes tell each other and its bytes: {@code node.proto} read and written. */
final class NodeMessages {

  /** Of messages that are sent, and the newest that are understood. */
  static final int VERSION = 1;

  /** Well below what brokers take in one message: NATS takes 1 MiB. */
  private static final int MOST_BYTES = 256 << 10;

  private NodeMessages() {}

  /** The message; empty if it is too new. Malformed bytes are the sender's fault. */
  static Optional<NodeMessage> read(byte[] bytes) throws InvalidProtocolBufferException {
    var message = NodeMessage.parseFrom(bytes);
    return message.getVersion() > VERSION ? Optional.empty() : Optional.of(message);
  }

  private static NodeMessage.Builder from(String uid) {
    return NodeMessage.newBuilder().setVersion(VERSION).setFrom(uid);
  }

  // ---- who is there

  static byte[] status(NodeInfo info, String to, boolean hello) {
    return from(info.uid())
        .setTo(to)
        .setHello(hello)
        .setStatus(
            NodeStatus.newBuilder()
                .setName(info.name())
                .setVersion(info.version())
                .setUptimeSeconds(info.uptime().toSeconds())
                .setClients(info.clients())
                .setUsers(info.users())
                .setChannels(info.channels())
                .setSubscriptions(info.subscriptions())
                .putAllFacts(info.facts()))
        .build()
        .toByteArray();
  }

  static NodeInfo info(String uid, NodeStatus status) {
    return new NodeInfo(
        uid,
        status.getName(),
        status.getVersion(),
        Duration.ofSeconds(status.getUptimeSeconds()),
        status.getClients(),
        status.getUsers(),
        status.getChannels(),
        status.getSubscriptions(),
        Map.copyOf(status.getFactsMap()));
  }

  static byte[] goodbye(String uid) {
    return from(uid).setGoodbye(true).build().toByteArray();
  }

  // ---- calls

  static byte[] request(String uid, long call, NodeCall what) {
    var request = NodeRequest.newBuilder().setCall(call);
    switch (what) {
      case NodeCall.Disconnect disconnect ->
          request.setDisconnect(
              NodeDisconnect.newBuilder()
                  .setTarget(target(disconnect.target()))
                  .addAllKeep(disconnect.keep())
                  .setCode(disconnect.disconnect().code())
                  .setReason(disconnect.disconnect().reason()));
      case NodeCall.Unsubscribe unsubscribe ->
          request.setUnsubscribe(
              NodeUnsubscribe.newBuilder()
                  .setTarget(target(unsubscribe.target()))
                  .setChannel(unsubscribe.channel()));
      case NodeCall.Subscribe subscribe -> request.setSubscribe(subscribe(subscribe));
      case NodeCall.Refresh refresh -> {
        var fields = NodeRefresh.newBuilder().setTarget(target(refresh.target()));
        refresh.expiresAt().ifPresent(end -> fields.setExpiresAt(time(end)));
        refresh.info().ifPresent(info -> fields.setInfo(ByteString.copyFrom(info)));
        request.setRefresh(fields);
      }
      case NodeCall.Revoke revoke -> request.setRevoke(revocation(revoke.revocation()));
      case NodeCall.Channels channels ->
          request.setChannels(NodeChannels.newBuilder().setPattern(channels.pattern()));
    }
    return from(uid).setRequest(request).build().toByteArray();
  }

  static byte[] question(String uid, long call, String topic, byte[] body) {
    var question = NodeQuestion.newBuilder().setTopic(topic).setBody(ByteString.copyFrom(body));
    return from(uid)
        .setRequest(NodeRequest.newBuilder().setCall(call).setQuestion(question))
        .build()
        .toByteArray();
  }

  static byte[] answer(String uid, String to, long call, Optional<byte[]> body) {
    var reply = NodeReply.newBuilder().setCall(call);
    body.ifPresent(bytes -> reply.setBody(ByteString.copyFrom(bytes)));
    return reply(uid, to, reply, false);
  }

  private static NodeSubscribe subscribe(NodeCall.Subscribe call) {
    var options = call.options();
    var fields =
        NodeSubscribe.newBuilder()
            .setTarget(target(call.target()))
            .setChannel(call.channel())
            .setInfo(ByteString.copyFrom(options.info()))
            .setData(ByteString.copyFrom(options.data()));
    options.expiresAt().ifPresent(end -> fields.setExpiresAt(time(end)));
    var override = options.override();
    override.presence().ifPresent(fields::setPresence);
    override.joinLeave().ifPresent(fields::setJoinLeave);
    override.forcePushJoinLeave().ifPresent(fields::setForcePushJoinLeave);
    override.forcePositioning().ifPresent(fields::setForcePositioning);
    override.forceRecovery().ifPresent(fields::setForceRecovery);
    options
        .recoverSince()
        .ifPresent(since ->
            fields.setRecoverSince(
                NodePosition.newBuilder().setOffset(since.offset()).setEpoch(since.epoch())));
    return fields.build();
  }

  /**
   * What is asked for; empty if it is something that this version does not know.
   *
   * @throws IllegalArgumentException if it makes no sense
   */
  static Optional<NodeCall> call(NodeRequest request) {
    return switch (request.getWhatCase()) {
      case DISCONNECT -> {
        var fields = request.getDisconnect();
        yield Optional.of(
            new NodeCall.Disconnect(
                target(fields.getTarget()),
                Set.copyOf(fields.getKeepList()),
                new Disconnect(fields.getCode(), fields.getReason())));
      }
      case UNSUBSCRIBE ->
          Optional.of(
              new NodeCall.Unsubscribe(
                  target(request.getUnsubscribe().getTarget()),
                  request.getUnsubscribe().getChannel()));
      case SUBSCRIBE -> Optional.of(subscribe(request.getSubscribe()));
      case REFRESH -> {
        var fields = request.getRefresh();
        yield Optional.of(
            new NodeCall.Refresh(
                target(fields.getTarget()),
                given(fields.hasExpiresAt(), fields.getExpiresAt()).map(NodeMessages::instant),
                given(fields.hasInfo(), fields.getInfo()).map(ByteString::toByteArray)));
      }
      case REVOKE -> revocation(request.getRevoke()).map(NodeCall.Revoke::new);
      case CHANNELS -> Optional.of(new NodeCall.Channels(request.getChannels().getPattern()));
      case QUESTION, WHAT_NOT_SET -> Optional.empty(); // questions are no calls
    };
  }

  private static NodeCall subscribe(NodeSubscribe fields) {
    return new NodeCall.Subscribe(
        target(fields.getTarget()),
        fields.getChannel(),
        new SubscribeOptions(
            fields.getInfo().toByteArray(),
            fields.getData().toByteArray(),
            given(fields.hasExpiresAt(), fields.getExpiresAt()).map(NodeMessages::instant),
            new SubscribeOptions.Override(
                given(fields.hasPresence(), fields.getPresence()),
                given(fields.hasJoinLeave(), fields.getJoinLeave()),
                given(fields.hasForcePushJoinLeave(), fields.getForcePushJoinLeave()),
                given(fields.hasForcePositioning(), fields.getForcePositioning()),
                given(fields.hasForceRecovery(), fields.getForceRecovery())),
            given(fields.hasRecoverSince(), fields.getRecoverSince())
                .map(since -> new StreamPosition(since.getOffset(), since.getEpoch()))));
  }

  private static <T> Optional<T> given(boolean present, T value) {
    return present ? Optional.of(value) : Optional.empty();
  }

  private static NodeTarget target(ServerApi.Target target) {
    return NodeTarget.newBuilder()
        .setUser(target.user())
        .setClient(target.client().orElse(""))
        .setSession(target.session().orElse(""))
        .build();
  }

  private static ServerApi.Target target(NodeTarget target) {
    return new ServerApi.Target(
        target.getUser(),
        given(!target.getClient().isEmpty(), target.getClient()),
        given(!target.getSession().isEmpty(), target.getSession()));
  }

  private static NodeTime time(Instant instant) {
    return NodeTime.newBuilder()
        .setSeconds(instant.getEpochSecond())
        .setNanos(instant.getNano())
        .build();
  }

  private static Instant instant(NodeTime time) {
    try {
      return Instant.ofEpochSecond(time.getSeconds(), time.getNanos());
    } catch (java.time.DateTimeException beyond) {
      throw new IllegalArgumentException("a time beyond all times", beyond);
    }
  }

  // ---- replies

  /** The messages of one answer, each of a size that brokers take. */
  static List<byte[]> replies(String uid, String to, long call, Map<String, Integer> channels) {
    var replies = new ArrayList<byte[]>();
    var part = new HashMap<String, Integer>();
    int bytes = 0;
    for (var channel : channels.entrySet()) {
      bytes += 3 * channel.getKey().length() + 16;
      if (bytes > MOST_BYTES) {
        replies.add(
            reply(uid, to, NodeReply.newBuilder().setCall(call).putAllChannels(part), true));
        part.clear();
        bytes = 3 * channel.getKey().length() + 16;
      }
      part.put(channel.getKey(), channel.getValue());
    }
    replies.add(reply(uid, to, NodeReply.newBuilder().setCall(call).putAllChannels(part), false));
    return replies;
  }

  static byte[] failure(String uid, String to, long call, ErrorCode error) {
    return reply(
        uid,
        to,
        NodeReply.newBuilder()
            .setCall(call)
            .setError(error.code())
            .setMessage(error.message())
            .setTemporary(error.temporary()),
        false);
  }

  private static byte[] reply(String uid, String to, NodeReply.Builder reply, boolean more) {
    return from(uid).setTo(to).setReply(reply.setMore(more)).build().toByteArray();
  }

  /** Why the other node did not do it; empty if it did. */
  static Optional<ErrorCode> error(NodeReply reply) {
    return reply.getError() == 0
        ? Optional.empty()
        : Optional.of(new ErrorCode(reply.getError(), reply.getMessage(), reply.getTemporary()));
  }

  // ---- revocations

  static byte[] revocations(String uid, String to, List<Revocation> revocations) {
    var message = from(uid).setTo(to);
    revocations.forEach(each -> message.addRevocations(revocation(each)));
    return message.build().toByteArray();
  }

  private static NodeRevocation revocation(Revocation revocation) {
    var fields = NodeRevocation.newBuilder().setUntil(time(revocation.until()));
    switch (revocation) {
      case Revocation.OfUser ofUser -> fields.setUser(ofUser.user());
      case Revocation.OfToken ofToken -> fields.setToken(ofToken.tokenId());
      case Revocation.IssuedBefore before -> {
        var issued = NodeIssuedBefore.newBuilder().setInstant(time(before.instant()));
        before.user().ifPresent(issued::setUser);
        fields.setIssuedBefore(issued);
      }
    }
    return fields.build();
  }

  /** The revocation; empty if it is of a kind that this version does not know. */
  static Optional<Revocation> revocation(NodeRevocation fields) {
    var until = instant(fields.getUntil());
    return switch (fields.getWhatCase()) {
      case USER -> Optional.of(new Revocation.OfUser(fields.getUser(), until));
      case TOKEN -> Optional.of(new Revocation.OfToken(fields.getToken(), until));
      case ISSUED_BEFORE -> {
        var issued = fields.getIssuedBefore();
        yield Optional.of(
            new Revocation.IssuedBefore(
                given(issued.hasUser(), issued.getUser()), instant(issued.getInstant()), until));
      }
      case WHAT_NOT_SET -> Optional.empty();
    };
  }
}

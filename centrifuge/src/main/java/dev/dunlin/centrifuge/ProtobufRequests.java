package dev.dunlin.centrifuge;

import com.google.protobuf.ByteString;
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

/** Requests out of the generated Protobuf messages. */
final class ProtobufRequests {

  private ProtobufRequests() {}

  static Command command(dev.dunlin.centrifuge.wire.Command command) throws BadCommandException {
    return Command.of(Integer.toUnsignedLong(command.getId()), request(command));
  }

  /** The first request that is there, in the protocol's order. */
  private static @Nullable Request request(dev.dunlin.centrifuge.wire.Command command)
      throws BadCommandException {
    if (command.hasConnect()) {
      return connect(command.getConnect());
    }
    if (command.hasSubscribe()) {
      return subscribe(command.getSubscribe());
    }
    if (command.hasUnsubscribe()) {
      return new UnsubscribeRequest(command.getUnsubscribe().getChannel());
    }
    if (command.hasPublish()) {
      var publish = command.getPublish();
      return new PublishRequest(
          publish.getChannel(),
          payload(publish.getData()),
          publish.getType(),
          publish.getKey(),
          publish.getRemoved());
    }
    if (command.hasPresence()) {
      return new PresenceRequest(command.getPresence().getChannel());
    }
    if (command.hasPresenceStats()) {
      return new PresenceStatsRequest(command.getPresenceStats().getChannel());
    }
    if (command.hasHistory()) {
      var history = command.getHistory();
      return new HistoryRequest(
          history.getChannel(),
          history.getLimit(),
          history.hasSince() ? Optional.of(position(history.getSince())) : Optional.empty(),
          history.getReverse());
    }
    if (command.hasSend()) {
      return new SendRequest(payload(command.getSend().getData()));
    }
    if (command.hasRpc()) {
      return new RpcRequest(payload(command.getRpc().getData()), command.getRpc().getMethod());
    }
    if (command.hasRefresh()) {
      return new RefreshRequest(command.getRefresh().getToken());
    }
    if (command.hasSubRefresh()) {
      return subRefresh(command.getSubRefresh());
    }
    return null;
  }

  private static ConnectRequest connect(dev.dunlin.centrifuge.wire.ConnectRequest connect)
      throws BadCommandException {
    var subs = new LinkedHashMap<String, SubscribeRequest>();
    for (Map.Entry<String, dev.dunlin.centrifuge.wire.SubscribeRequest> sub :
        connect.getSubsMap().entrySet()) {
      subs.put(sub.getKey(), subscribe(sub.getValue()));
    }
    return new ConnectRequest(
        connect.getToken(),
        payload(connect.getData()),
        subs,
        connect.getName(),
        connect.getVersion(),
        connect.getHeadersMap(),
        connect.getFlag(),
        connect.getDict(),
        connect.getProfile());
  }

  private static SubscribeRequest subscribe(dev.dunlin.centrifuge.wire.SubscribeRequest subscribe)
      throws BadCommandException {
    return new SubscribeRequest(
        subscribe.getChannel(),
        subscribe.getToken(),
        subscribe.getRecover(),
        subscribe.getEpoch(),
        positive(subscribe.getOffset()),
        payload(subscribe.getData()),
        subscribe.getPositioned(),
        subscribe.getRecoverable(),
        subscribe.getJoinLeave(),
        subscribe.getDelta(),
        subscribe.hasTf() ? Optional.of(filter(subscribe.getTf())) : Optional.empty(),
        subscribe.getFlag(),
        subscribe.getType(),
        subscribe.getPhase(),
        subscribe.getCursor(),
        subscribe.getLimit(),
        subscribe.getAsc());
  }

  /** The parser's recursion limit bounds the depth. */
  private static FilterNode filter(dev.dunlin.centrifuge.wire.FilterNode node) {
    var nodes = new ArrayList<FilterNode>(node.getNodesCount());
    for (dev.dunlin.centrifuge.wire.FilterNode child : node.getNodesList()) {
      nodes.add(filter(child));
    }
    return new FilterNode(
        node.getOp(),
        node.getKey(),
        node.getCmp(),
        node.getVal(),
        List.copyOf(node.getValsList()),
        List.copyOf(nodes));
  }

  private static StreamPosition position(dev.dunlin.centrifuge.wire.StreamPosition position)
      throws BadCommandException {
    return new StreamPosition(positive(position.getOffset()), position.getEpoch());
  }

  private static SubRefreshRequest subRefresh(dev.dunlin.centrifuge.wire.SubRefreshRequest refresh)
      throws BadCommandException {
    var track = new ArrayList<TrackBatch>(refresh.getTrackCount());
    for (dev.dunlin.centrifuge.wire.TrackBatch batch : refresh.getTrackList()) {
      var items = new ArrayList<KeyedItem>(batch.getItemsCount());
      for (dev.dunlin.centrifuge.wire.KeyedItem item : batch.getItemsList()) {
        items.add(new KeyedItem(item.getKey(), positive(item.getVersion())));
      }
      track.add(new TrackBatch(batch.getSignature(), List.copyOf(items)));
    }
    return new SubRefreshRequest(
        refresh.getChannel(),
        refresh.getToken(),
        refresh.getType(),
        List.copyOf(track),
        List.copyOf(refresh.getUntrackList()));
  }

  /** An offset or a version; those beyond 2^63 - 1 have never been issued. */
  private static long positive(long unsigned) throws BadCommandException {
    if (unsigned < 0) {
      throw new BadCommandException("a number is out of its range");
    }
    return unsigned;
  }

  static ByteBuffer payload(ByteString bytes) {
    return bytes.isEmpty() ? Codec.NOTHING : ByteBuffer.wrap(bytes.toByteArray());
  }
}

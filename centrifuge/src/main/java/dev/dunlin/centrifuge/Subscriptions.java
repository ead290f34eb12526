package dev.dunlin.centrifuge;

import dev.dunlin.channels.ClientInfo;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The subscriptions of one client, of both sides: what they count for, and how each of them ends.
 * Confined to the connection's lane, except for {@link #channels}. How one begins is {@link
 * Subscribing}.
 */
final class Subscriptions {

  private final Node node;
  private final ClientHandler client;
  private final ClientSession state;

  /** What its address is counted under; null if it is not. */
  private final @Nullable Object address;

  /** How many of them count for the user and the address. */
  private int counted;

  private volatile Set<String> channels = Set.of();

  Subscriptions(Node node, ClientHandler client, @Nullable Object address) {
    this.node = node;
    this.client = client;
    this.state = client.state();
    this.address = address;
  }

  /** Whether the client gets what is published there. */
  boolean live(String channel) {
    var subscription = state.subscriptions.get(channel);
    return subscription != null && subscription.live();
  }

  /** What other clients see of this one, in general or in a channel. */
  ClientInfo info(@Nullable ChannelSubscription subscription) {
    var info = ClientInfo.of(state.user, state.id).withConnInfo(state.info);
    return subscription == null ? info : info.withChanInfo(subscription.info);
  }

  /** Whether there may be one more subscription; if so it counts until it is dropped. */
  boolean countsOneMore() {
    return switch (node.guard().subscribe(address, state.user)) {
      case REFUSED -> false;
      case UNCOUNTED -> true;
      case COUNTED -> {
        counted++;
        yield true;
      }
    };
  }

  /** A subscription was added. */
  void entered(String channel) {
    channels = Set.copyOf(state.subscriptions.keySet());
    node.occupancy().entered(channel, node.hooks().occupied());
  }

  /** Adds a server-side subscription to a client that is connected. */
  CompletionStage<Void> add(String channel, SubscribeOptions options) {
    if (!state.connected() || state.subscriptions.containsKey(channel)) {
      return CompletableFuture.completedStage(null);
    }
    if (state.subscriptions.size() >= node.options().channelLimit()) {
      client.end(Disconnect.CHANNEL_LIMIT);
      return CompletableFuture.failedStage(Rejection.disconnect(Disconnect.CHANNEL_LIMIT));
    }
    var asked =
        options
            .recoverSince()
            .map(Subscribing.Asked::recovering)
            .orElseGet(Subscribing.Asked::nothing);
    return Subscribing.start(node, client, channel, node.rules(channel), options, asked, true)
        .thenAcceptAsync(
            answer -> {
              var result = (Result.SubscribeResult) answer.result();
              client.push(
                  new Push.Subscribe(
                      channel,
                      result.recoverable(),
                      result.epoch(),
                      result.offset(),
                      result.positioned(),
                      result.data()));
              for (var missed : result.publications()) {
                client.push(new Push.Pub(Push.Channel.named(channel), missed), channel);
              }
              answer.afterReply().run();
            },
            client::resume); // at once: nothing ends the subscription before its push
  }

  /** The channels, for any thread. */
  Set<String> channels() {
    return channels;
  }

  /** The client is gone: so are all of them. */
  void dropAll() {
    for (var subscription : List.copyOf(state.subscriptions.values())) {
      drop(subscription.channel(), subscription);
    }
  }

  /** Ends the subscription to a channel, if there is one. */
  void drop(String channel) {
    var subscription = state.subscriptions.get(channel);
    if (subscription != null) {
      drop(channel, subscription);
    }
  }

  /** Ends a subscription: no publications, no presence, and the others are told. */
  void drop(String channel, ChannelSubscription subscription) {
    if (subscription.ended()) {
      return;
    }
    boolean joined = subscription.live();
    subscription.end();
    state.subscriptions.remove(channel, subscription);
    if (counted > state.subscriptions.size()) { // those from before the limit do not count
      counted--;
      node.guard().unsubscribe(address, state.user);
    }
    channels = Set.copyOf(state.subscriptions.keySet());
    if (subscription.number() > 0) {
      node.numbers().release(channel);
    }
    var agreement = subscription.agreement();
    if (agreement.presence()) {
      client.log("presence", node.hub().presence().remove(channel, info(subscription)));
    }
    if (agreement.joinLeave() && joined) {
      client.log("leave", node.hub().publishLeave(channel, info(subscription)));
    }
    node.occupancy().left(channel, node.hooks().vacated());
  }

  /** A subscription has lost its place in the stream: the client comes back and recovers. */
  void insufficient(ChannelSubscription subscription) {
    node.counters().insufficient.increment();
    if (subscription.agreement().serverSide() || !subscription.live()) {
      client.end(Disconnect.INSUFFICIENT_STATE);
    } else {
      unsubscribe(subscription, UnsubscribeCode.INSUFFICIENT_STATE);
    }
  }

  /** A subscription's time is over. */
  void expired(ChannelSubscription subscription) {
    if (subscription.agreement().serverSide()) {
      client.end(Disconnect.SUBSCRIPTION_EXPIRED);
    } else {
      unsubscribe(subscription, UnsubscribeCode.EXPIRED);
    }
  }

  /** Ends a subscription and tells the client why. */
  void unsubscribe(ChannelSubscription subscription, UnsubscribeCode code) {
    drop(subscription.channel(), subscription);
    client.push(new Push.Unsubscribe(subscription.channel(), code));
  }
}

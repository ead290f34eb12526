package dev.dunlin.centrifuge;

import dev.dunlin.centrifuge.ChannelSubscription.Agreement;
import dev.dunlin.channels.HistoryQuery;
import dev.dunlin.channels.Recovery;
import dev.dunlin.channels.StreamPosition;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * How a subscription comes to be once it is allowed, whichever side wanted it: listen first, then
 * read the stream, merge the two, answer, and only then let live publications through. So nothing
 * is lost between and nothing comes twice.
 */
final class Subscribing {

  /** What a client, or the server on its behalf, asks for beside the channel. */
  record Asked(
      boolean recover,
      StreamPosition since,
      boolean positioned,
      boolean recoverable,
      boolean joinLeave,
      boolean delta,
      @Nullable TagsFilter filter,
      boolean compaction,
      boolean rejectUnrecovered) {

    static Asked nothing() {
      return new Asked(false, StreamPosition.START, false, false, false, false, null, false, false);
    }

    /** Recovery from a position, as a server-side subscription brings it. */
    static Asked recovering(StreamPosition since) {
      return new Asked(true, since, true, true, false, false, null, false, false);
    }
  }

  private final Node node;
  private final ClientHandler client;
  private final String channel;
  private final NamespaceOptions rules;
  private final SubscribeOptions options;
  private final Asked asked;
  private final ChannelSubscription subscription;
  private final boolean recovering;

  private Subscribing(
      Node node,
      ClientHandler client,
      String channel,
      NamespaceOptions rules,
      SubscribeOptions options,
      Asked asked,
      boolean serverSide) {
    this.node = node;
    this.client = client;
    this.channel = channel;
    this.rules = rules;
    this.options = options;
    this.asked = asked;
    var state = client.state();
    boolean mayRead = Permissions.history(rules, state, channel, true);
    boolean recoverable =
        rules.history()
            && (options.override().forceRecovery().orElse(rules.forceRecovery())
                || (asked.recoverable() && (rules.allowRecovery() || mayRead))
                || (asked.recover() && (rules.allowRecovery() || mayRead)));
    boolean positioned =
        recoverable
            || (rules.history()
                && (options.override().forcePositioning().orElse(rules.forcePositioning())
                    || (asked.positioned() && (rules.allowPositioning() || mayRead))));
    boolean cache = rules.forceRecoveryMode() == NamespaceOptions.RecoveryMode.CACHE;
    this.recovering = recoverable && (asked.recover() || (cache && rules.autoCacheRecover()));
    boolean delta =
        asked.delta() && positioned && rules.allowedDeltaTypes().contains(NamespaceOptions.FOSSIL);
    var agreement =
        new Agreement(
            serverSide,
            positioned,
            recoverable,
            options.override().presence().orElse(rules.presence()),
            options.override().joinLeave().orElse(rules.joinLeave()),
            options.override().forcePushJoinLeave().orElse(rules.forcePushJoinLeave())
                || (asked.joinLeave()
                    && rules.joinLeave()
                    && Permissions.presence(rules, state, channel, true)),
            delta,
            asked.filter(),
            // docs/decisions/channel-numbers.md: the JavaScript SDK misses them over Protobuf
            asked.compaction() && node.options().compaction() && state.json,
            rules.slowSubscribers(),
            rules.forbidCompression());
    long number = agreement.compaction() ? node.numbers().acquire(channel) : 0;
    this.subscription =
        new ChannelSubscription(client, channel, agreement, recovery(positioned, cache), number);
    subscription.info = options.info();
    subscription.metaTtl = rules.historyMetaTtl();
  }

  private @Nullable Recovery recovery(boolean positioned, boolean cache) {
    if (!positioned) {
      return null;
    }
    if (!recovering) {
      return Recovery.atTop();
    }
    return cache
        ? Recovery.latest(asked.since())
        : Recovery.since(asked.since(), node.options().recoveryLimit());
  }

  /**
   * Adds the subscription. Called on the lane, and so is what it returns completed; the answer's
   * result is a {@link Result.SubscribeResult}.
   */
  static CompletionStage<Answer> start(
      Node node,
      ClientHandler client,
      String channel,
      NamespaceOptions rules,
      SubscribeOptions options,
      Asked asked,
      boolean serverSide) {
    if (client.state().stage == ClientSession.Stage.ENDED) {
      // it left while somebody was asked: nobody would end the subscription
      return CompletableFuture.failedStage(Rejection.disconnect(Disconnect.CONNECTION_CLOSED));
    }
    if (client.state().subscriptions.containsKey(channel)) {
      // the other side was quicker while somebody was asked: nobody would end the one of the two
      return CompletableFuture.failedStage(Rejection.error(ErrorCode.ALREADY_SUBSCRIBED));
    }
    if (!client.subscriptions().countsOneMore()) {
      if (serverSide) {
        client.end(Disconnect.CHANNEL_LIMIT);
      }
      return CompletableFuture.failedStage(
          serverSide
              ? Rejection.disconnect(Disconnect.CHANNEL_LIMIT)
              : Rejection.error(ErrorCode.LIMIT_EXCEEDED));
    }
    return new Subscribing(node, client, channel, rules, options, asked, serverSide).start();
  }

  private CompletionStage<Answer> start() {
    client.state().subscriptions.put(channel, subscription);
    var listening = node.hub().subscribe(channel, client.lane(rules.batchMaxDelay()), subscription);
    subscription.subscription(listening);
    client.subscriptions().entered(channel);
    return listening
        .active()
        .thenCompose(active -> addPresence())
        .thenCompose(present -> read())
        .handleAsync(
            (history, failure) -> {
              if (failure != null || subscription.ended()) {
                removePresence();
                client.subscriptions().drop(channel, subscription);
                return CompletableFuture.<Answer>failedStage(
                    failure != null ? failure : Rejection.error(ErrorCode.INTERNAL));
              }
              try {
                return CompletableFuture.completedStage(answer(history));
              } catch (RuntimeException refused) {
                client.subscriptions().drop(channel, subscription);
                return CompletableFuture.<Answer>failedStage(refused);
              }
            },
            client::resume)
        .thenCompose(stage -> stage);
  }

  private CompletionStage<?> addPresence() {
    if (!subscription.agreement().presence()) {
      return CompletableFuture.completedStage(null);
    }
    return node.hub()
        .presence()
        .add(channel, client.subscriptions().info(subscription), node.options().presenceTtl());
  }

  /** Who was dropped meanwhile may have been removed before it was added. */
  private void removePresence() {
    if (subscription.ended()
        && subscription.agreement().presence()
        && !client.state().subscriptions.containsKey(channel)) {
      client.log(
          "presence",
          node.hub().presence().remove(channel, client.subscriptions().info(subscription)));
    }
  }

  private CompletionStage<Optional<dev.dunlin.channels.History>> read() {
    var recovery = subscription.recovery();
    if (recovery == null) {
      return CompletableFuture.completedStage(Optional.empty());
    }
    HistoryQuery query = recovery.query(subscription.metaTtl);
    return node.hub().recover(channel, query).thenApply(Optional::of);
  }

  private Answer answer(Optional<dev.dunlin.channels.History> history) {
    var result =
        Result.SubscribeResult.builder()
            .id(subscription.number())
            .delta(subscription.agreement().delta());
    if (options.data().length > 0) {
      result.data(client.payload(ByteBuffer.wrap(options.data())));
    }
    expiry(result);
    List<dev.dunlin.channels.Publication> live = List.of();
    var recovery = subscription.recovery();
    if (recovery != null && history.isPresent()) {
      var resumed = recovery.resume(history.get());
      if (resumed.insufficient()) {
        throw Rejection.disconnect(Disconnect.INSUFFICIENT_STATE);
      }
      live = resumed.live();
      var missed = resumed.recovered() ? recovered(resumed) : List.<WirePublication>of();
      boolean recovered = resumed.recovered() && fits(missed);
      result.positioned(
          recovered == resumed.recovered() ? resumed.position() : recovery.position(),
          subscription.agreement().recoverable());
      if (recovering) {
        (recovered ? node.counters().recovered : node.counters().unrecovered).increment();
        if (!recovered && asked.rejectUnrecovered()) {
          throw Rejection.error(ErrorCode.UNRECOVERABLE_POSITION);
        }
        result.recovery(recovered, recovered ? missed : List.of());
        if (recovered) {
          subscription.patchable();
        }
      }
      subscription.checkAt = node.positionCheckAfter(channel, client.now());
    }
    var caughtUp = live;
    return new Answer(result.build(), () -> goLive(caughtUp));
  }

  /** More than the client's queue can take is as good as lost; a single one is tried. */
  private boolean fits(List<WirePublication> missed) {
    long bytes = 0;
    for (var publication : missed) {
      bytes += publication.data().remaining();
    }
    return missed.size() <= 1 || bytes <= client.answerBytes();
  }

  private List<WirePublication> recovered(Recovery.Resumed resumed) {
    var publications = new ArrayList<WirePublication>();
    var filter = subscription.agreement().filter();
    for (var publication : resumed.publications()) {
      if (filter == null || filter.matches(publication.tags())) {
        publications.add(
            Publications.recovered(publication, subscription.full())
                .orElseThrow(() -> Rejection.disconnect(Disconnect.INAPPROPRIATE_PROTOCOL)));
      }
    }
    return publications;
  }

  private void expiry(SubscribeResultBuilder result) {
    options
        .expiresAt()
        .ifPresent(end -> {
          var left = Duration.between(node.clock().instant(), end);
          if (left.isNegative() || left.isZero()) {
            throw Rejection.error(ErrorCode.EXPIRED);
          }
          subscription.clientRefreshes = node.hooks().subRefresh(channel).isEmpty();
          subscription.expireBy = client.deadlines().after(left);
          if (subscription.clientRefreshes) {
            subscription.expireBy += node.options().expiryGrace().toNanos();
            result.expires(Deadlines.seconds(left));
          }
        });
  }

  private void goLive(List<dev.dunlin.channels.Publication> caughtUp) {
    if (subscription.ended()) {
      return; // nobody would tell the others that it left
    }
    if (subscription.agreement().joinLeave()) {
      client.log(
          "join", node.hub().publishJoin(channel, client.subscriptions().info(subscription)));
    }
    subscription.goLive(caughtUp);
    client.deadlines().arm();
    var unwanted = subscription.unwanted;
    if (unwanted != null && subscription.live()) {
      client.subscriptions().unsubscribe(subscription, unwanted);
    }
  }
}

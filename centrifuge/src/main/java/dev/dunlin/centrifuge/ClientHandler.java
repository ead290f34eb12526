package dev.dunlin.centrifuge;

import dev.dunlin.auth.Credentials;
import dev.dunlin.auth.Identity;
import dev.dunlin.centrifuge.ClientSession.Stage;
import dev.dunlin.channels.ClientInfo;
import dev.dunlin.server.Handler;
import dev.dunlin.server.Session;
import dev.dunlin.websocket.CloseCode;
import dev.dunlin.websocket.Closed;
import dev.dunlin.websocket.Control;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Message;
import dev.dunlin.websocket.Prepared;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves one client: takes its commands one after the other, answers, pushes, and watches its
 * deadlines. Confined to the connection's lane, except for what {@link Client} says.
 */
final class ClientHandler implements Handler, Client {

  private static final Logger log = LoggerFactory.getLogger(CentrifugeEndpoint.class);

  /** Commands that wait for the one under way; beyond it the socket is not read. */
  private static final int MAX_WAITING = 64;

  /** How long a client whose connect was refused may take to leave. */
  private static final long LEAVE_NANOS = 5_000_000_000L;

  private static final long MINUTE_NANOS = 60_000_000_000L;
  private static final long NEVER = Long.MAX_VALUE;

  private final Node node;
  private final Session session;
  private final ClientSession state;
  private final boolean nativePings;
  private final ArrayDeque<Command> waiting = new ArrayDeque<>();
  private boolean busy;
  private boolean draining;
  private boolean paused;
  private long timerAt = NEVER;
  private Session.@Nullable Timer timer;
  private volatile Set<String> channels = Set.of();

  ClientHandler(Node node, Session session, ClientSession state, boolean nativePings) {
    this.node = node;
    this.session = session;
    this.state = state;
    this.nativePings = nativePings;
    state.staleBy = now() + node.options().stale().toNanos();
    arm();
  }

  // ---- commands

  @Override
  public void onMessage(Message message) {
    switch (message) {
      case Data data -> frame(data);
      case Control control -> {}
    }
  }

  private void frame(Data data) {
    if (state.stage == Stage.REFUSED || state.stage == Stage.ENDED) {
      return;
    }
    List<Command> commands;
    try {
      commands = state.codec.decode(data.bytes());
    } catch (BadCommandException bad) {
      log.debug("client {}: {}", state.id, bad.getMessage());
      end(Disconnect.BAD_REQUEST);
      return;
    }
    waiting.addAll(commands);
    drain();
  }

  private void drain() {
    if (draining) {
      return;
    }
    draining = true;
    while (!busy && !waiting.isEmpty() && state.stage != Stage.ENDED) {
      if (state.stage == Stage.REFUSED) {
        waiting.clear();
      } else {
        command(waiting.removeFirst());
      }
    }
    draining = false;
    if (!paused && waiting.size() >= MAX_WAITING) {
      paused = true;
      session.pauseReading();
    } else if (paused && waiting.size() < MAX_WAITING) {
      paused = false;
      session.resumeReading();
    }
  }

  private void command(Command command) {
    switch (command) {
      case Command.Pong pong -> pong();
      case Command.Call call -> call(call);
    }
  }

  private void pong() {
    if (state.pongBy == NEVER) {
      end(Disconnect.BAD_REQUEST); // nobody asked
    } else {
      state.pongBy = NEVER;
    }
  }

  private void call(Command.Call call) {
    boolean connects = call.request() instanceof Request.ConnectRequest;
    if (connects != (state.stage == Stage.NEW)) {
      end(Disconnect.BAD_REQUEST);
      return;
    }
    if (connects) {
      state.stage = Stage.CONNECTING;
    }
    CompletionStage<?> outcome;
    try {
      outcome = run(call.request());
    } catch (Throwable refusal) {
      outcome = CompletableFuture.failedStage(refusal);
    }
    var future = outcome.toCompletableFuture();
    if (future.isDone()) {
      finish(call, future);
      return;
    }
    busy = true;
    outcome.whenCompleteAsync(
        (answer, failure) -> {
          busy = false;
          finish(call, future);
          drain();
        },
        session.lane());
  }

  private CompletionStage<?> run(Request request) {
    return switch (request) {
      case Request.ConnectRequest connect -> ConnectCommand.run(node, this, connect);
      case Request.SubscribeRequest subscribe -> SubscribeCommand.run(node, this, subscribe);
      case Request.UnsubscribeRequest unsubscribe -> UnsubscribeCommand.run(this, unsubscribe);
      case Request.PublishRequest publish -> PublishCommand.run(node, this, publish);
      case Request.PresenceRequest presence -> PresenceCommand.run(node, this, presence);
      case Request.PresenceStatsRequest stats -> PresenceCommand.stats(node, this, stats);
      case Request.HistoryRequest history -> HistoryCommand.run(node, this, history);
      case Request.RpcRequest rpc -> RpcCommand.run(node, this, rpc);
      case Request.SendRequest send -> SendCommand.run(node, this, send);
      case Request.RefreshRequest refresh -> RefreshCommand.run(node, this, refresh);
      case Request.SubRefreshRequest refresh -> SubRefreshCommand.run(node, this, refresh);
    };
  }

  private void finish(Command.Call call, CompletableFuture<?> outcome) {
    if (state.stage == Stage.ENDED) {
      return;
    }
    Object answer;
    try {
      answer = outcome.join();
    } catch (RuntimeException failure) {
      refuse(call, failure);
      return;
    }
    if (answer instanceof Answer success) {
      reply(new Reply.Success(call.id(), success.result()));
      success.afterReply().run();
    }
  }

  private void refuse(Command.Call call, Throwable failure) {
    var refused = rejection(failure);
    if (refused.isEmpty()) {
      log.warn("client {}: a command failed", state.id, cause(failure));
    }
    var disconnect = refused.flatMap(Rejection::disconnect);
    if (disconnect.isPresent()) {
      end(disconnect.get());
      return;
    }
    var error = refused.flatMap(Rejection::error).orElse(ErrorCode.INTERNAL);
    if (!(call.request() instanceof Request.SendRequest)) {
      reply(Reply.Failure.of(call.id(), error));
    }
    if (state.stage == Stage.CONNECTING) {
      state.stage = Stage.REFUSED;
      state.staleBy = now() + LEAVE_NANOS;
      arm();
    } else {
      countError();
    }
  }

  private void countError() {
    if (now() - state.errorMinute > MINUTE_NANOS) {
      state.errorMinute = now();
      state.errors = 0;
    }
    if (++state.errors > node.options().errorLimit()) {
      end(Disconnect.TOO_MANY_ERRORS);
    }
  }

  /** The rejection inside a failure, if that is what it is. */
  static Optional<Rejection> rejection(Throwable failure) {
    return cause(failure) instanceof Rejection refused ? Optional.of(refused) : Optional.empty();
  }

  private static Throwable cause(Throwable failure) {
    var cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  // ---- what goes out

  private void reply(Reply reply) {
    write(state.codec.encode(reply));
  }

  void push(Push push) {
    write(state.codec.encode(push));
  }

  private void write(byte[] encoded) {
    if (state.stage != Stage.ENDED) {
      var unused = session.trySend(Publications.message(encoded, state.json));
    }
  }

  /** Sends what all subscribers share; empty is something that a JSON client cannot take. */
  void publish(Optional<Prepared> prepared) {
    if (state.stage == Stage.ENDED) {
      return;
    }
    if (prepared.isPresent()) {
      var unused = session.trySend(prepared.get());
    } else {
      end(Disconnect.INAPPROPRIATE_PROTOCOL);
    }
  }

  /** Bytes of the application as this client's encoding can carry them. */
  ByteBuffer payload(ByteBuffer data) {
    if (!state.json) {
      return data;
    }
    return JsonText.embeddable(data)
        .orElseThrow(() -> Rejection.disconnect(Disconnect.INAPPROPRIATE_PROTOCOL));
  }

  // ---- the connection

  ClientSession state() {
    return state;
  }

  Executor lane() {
    return session.lane();
  }

  long now() {
    return session.nanoTime();
  }

  Identity identity() {
    return session.identity();
  }

  boolean nativePings() {
    return nativePings;
  }

  Credentials credentials(String token) {
    return Credentials.builder()
        .token(Credentials.Way.MESSAGE, token)
        .certificates(session.identity().certificates())
        .build();
  }

  /** The connect reply is queued. */
  void connected() {
    state.stage = Stage.CONNECTED;
    state.staleBy = NEVER;
    var options = node.options();
    long interval = options.ping().toNanos();
    // the first after half an interval or more, so that a mass reconnect does not ping as one
    state.pingAt = now() + interval / 2 + ThreadLocalRandom.current().nextLong(interval / 2 + 1);
    state.presenceAt = now() + options.presenceRefresh().toNanos();
    node.clients().add(this);
    arm();
  }

  /** Closes the connection; nothing more is taken or sent. */
  void end(Disconnect disconnect) {
    if (state.stage == Stage.ENDED) {
      return;
    }
    leave();
    if (disconnect.equals(Disconnect.CONNECTION_CLOSED)) {
      session.abort(disconnect.reason());
    } else {
      session.close(CloseCode.of(disconnect.code()), disconnect.reason());
    }
  }

  /** The session is over, whoever ended it. */
  void closed(Closed closed) {
    boolean known = state.connected() || !state.user.isEmpty();
    leave();
    if (known) {
      node.hooks()
          .disconnect()
          .ifPresent(hook ->
              log(
                  "disconnect",
                  Node.ask(
                      event -> {
                        hook.accept(this, closed);
                        return true;
                      },
                      closed)));
    }
  }

  private void leave() {
    if (state.stage == Stage.ENDED) {
      return;
    }
    boolean registered = state.connected();
    state.stage = Stage.ENDED;
    waiting.clear();
    if (timer != null) {
      timer.cancel();
    }
    for (var subscription : List.copyOf(state.subscriptions.values())) {
      drop(subscription.channel(), subscription);
    }
    if (registered) {
      node.clients().remove(this);
    }
  }

  // ---- subscriptions

  boolean subscribed(String channel) {
    var subscription = state.subscriptions.get(channel);
    return subscription != null && subscription.live();
  }

  /** What other clients see of this one, in general or in a channel. */
  ClientInfo info(@Nullable ChannelSubscription subscription) {
    var info = ClientInfo.of(state.user, state.id).withConnInfo(state.info);
    return subscription == null ? info : info.withChanInfo(subscription.info);
  }

  void occupied(String channel) {
    channels = Set.copyOf(state.subscriptions.keySet());
    if (node.hub().subscribers(channel) == 1) {
      node.hooks().occupied().ifPresent(hook -> tell("occupied", hook, channel));
    }
  }

  private void tell(String what, java.util.function.Consumer<String> hook, String channel) {
    log(
        what,
        Node.ask(
            event -> {
              hook.accept(event);
              return true;
            },
            channel));
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
    channels = Set.copyOf(state.subscriptions.keySet());
    if (subscription.number() > 0) {
      node.numbers().release(channel);
    }
    var agreement = subscription.agreement();
    if (agreement.presence()) {
      log("presence", node.hub().presence().remove(channel, info(subscription)));
    }
    if (agreement.joinLeave() && joined) {
      log("leave", node.hub().publishLeave(channel, info(subscription)));
    }
    if (node.hub().subscribers(channel) == 0) {
      node.hooks().vacated().ifPresent(hook -> tell("vacated", hook, channel));
    }
  }

  /** A subscription has lost its place in the stream: the client comes back and recovers. */
  void insufficient(ChannelSubscription subscription) {
    if (subscription.agreement().serverSide() || !subscription.live()) {
      end(Disconnect.INSUFFICIENT_STATE);
    } else {
      unsubscribe(subscription, UnsubscribeCode.INSUFFICIENT_STATE);
    }
  }

  private void unsubscribe(ChannelSubscription subscription, UnsubscribeCode code) {
    drop(subscription.channel(), subscription);
    push(new Push.Unsubscribe(subscription.channel(), code));
  }

  /** Compares a subscription's position with the top of its stream. */
  void checkPosition(ChannelSubscription subscription) {
    var recovery = subscription.recovery();
    if (recovery == null || subscription.ended()) {
      return;
    }
    var before = recovery.position();
    node.hub()
        .history(subscription.channel(), dev.dunlin.channels.HistoryQuery.position())
        .whenCompleteAsync(
            (history, failure) -> {
              // while the broker does not answer, nothing can be said
              if (failure == null
                  && !subscription.ended()
                  && recovery.check(before, history.position())
                      == dev.dunlin.channels.Recovery.Verdict.INSUFFICIENT) {
                insufficient(subscription);
              }
            },
            session.lane());
  }

  /** A failure of something that nobody waits for is logged. */
  void log(String what, CompletionStage<?> stage) {
    stage.whenComplete((done, failure) -> {
      if (failure != null) {
        log.warn("client {}: {} failed", state.id, what, cause(failure));
      }
    });
  }

  // ---- time

  /** Sets the timer to the earliest deadline. */
  void arm() {
    if (state.stage == Stage.ENDED) {
      return;
    }
    long next =
        Math.min(
            Math.min(Math.min(state.staleBy, state.expireBy), state.pongBy),
            Math.min(state.pingAt, state.presenceAt));
    for (var subscription : state.subscriptions.values()) {
      next = Math.min(next, Math.min(subscription.expireBy, subscription.checkAt));
    }
    if (next == NEVER || (timer != null && timerAt <= next)) {
      return;
    }
    if (timer != null) {
      timer.cancel();
    }
    timerAt = next;
    timer = session.schedule(Duration.ofNanos(Math.max(0, next - now())), this::tick);
  }

  private void tick() {
    timer = null;
    timerAt = NEVER;
    if (state.stage == Stage.ENDED) {
      return;
    }
    long now = now();
    if (now >= state.staleBy) {
      end(Disconnect.STALE);
    } else if (now >= state.pongBy) {
      end(Disconnect.NO_PONG);
    } else if (now >= state.expireBy && !refreshByHook()) {
      end(Disconnect.CONNECTION_EXPIRED);
    } else {
      ping(now);
      refreshPresence(now);
      for (var subscription : new ArrayList<>(state.subscriptions.values())) {
        tick(subscription, now);
      }
      arm();
    }
  }

  private void ping(long now) {
    if (now >= state.pingAt) {
      // on schedule even while data flows: two SDKs watch for pings alone
      state.pingAt = now + node.options().ping().toNanos();
      if (nativePings) {
        session.ping(); // the connection watches for the pong
      } else {
        state.pongBy = now + node.options().pong().toNanos();
        write(state.codec.ping());
      }
    }
  }

  private void refreshPresence(long now) {
    if (now < state.presenceAt) {
      return;
    }
    state.presenceAt = now + node.options().presenceRefresh().toNanos();
    for (var subscription : state.subscriptions.values()) {
      if (subscription.agreement().presence()) {
        log(
            "presence",
            node.hub()
                .presence()
                .add(subscription.channel(), info(subscription), node.options().presenceTtl()));
      }
    }
  }

  private void tick(ChannelSubscription subscription, long now) {
    if (now >= subscription.expireBy) {
      expire(subscription);
    } else if (now >= subscription.checkAt) {
      subscription.checkAt = node.positionCheckAfter(subscription.channel(), now);
      if (subscription.live() && subscription.quiet()) {
        checkPosition(subscription);
      }
    }
  }

  private void expire(ChannelSubscription subscription) {
    var hook = node.hooks().subRefresh();
    if (hook.isEmpty() || subscription.clientRefreshes) {
      expired(subscription);
      return;
    }
    subscription.expireBy = NEVER;
    var event = new Hooks.Refresh(this, Optional.of(subscription.channel()), "");
    Node.ask(hook.get(), event)
        .whenCompleteAsync(
            (refreshed, failure) -> {
              if (subscription.ended()) {
                return;
              }
              if (failure != null) {
                expired(subscription);
                return;
              }
              refreshed.info().ifPresent(info -> subscription.info = info);
              subscription.expireBy = deadline(refreshed.expiresAt());
              arm();
            },
            session.lane());
  }

  private void expired(ChannelSubscription subscription) {
    if (subscription.agreement().serverSide()) {
      end(Disconnect.SUBSCRIPTION_EXPIRED);
    } else {
      unsubscribe(subscription, UnsubscribeCode.EXPIRED);
    }
  }

  /** Asks the hook whether the connection goes on; false where there is none. */
  private boolean refreshByHook() {
    var hook = node.hooks().refresh();
    if (hook.isEmpty() || state.clientRefreshes) {
      return false;
    }
    state.expireBy = NEVER;
    Node.ask(hook.get(), new Hooks.Refresh(this, Optional.empty(), ""))
        .whenCompleteAsync(
            (refreshed, failure) -> {
              if (state.stage == Stage.ENDED) {
                return;
              }
              if (failure != null) {
                end(Disconnect.CONNECTION_EXPIRED);
                return;
              }
              refreshed.info().ifPresent(info -> state.info = info);
              state.expiresAt = refreshed.expiresAt();
              state.expireBy = deadline(refreshed.expiresAt());
              arm();
            },
            session.lane());
    return true;
  }

  private long deadline(Optional<Instant> end) {
    return end.map(instant ->
            now() + Math.max(0, Duration.between(node.clock().instant(), instant).toNanos()))
        .orElse(NEVER);
  }

  // ---- what hooks and the application see and do

  @Override
  public String id() {
    return state.id;
  }

  @Override
  public String user() {
    return state.user;
  }

  @Override
  public String name() {
    return state.name;
  }

  @Override
  public String version() {
    return state.version;
  }

  @Override
  public String protocol() {
    return state.json ? "json" : "protobuf";
  }

  @Override
  public SocketAddress remoteAddress() {
    return session.remoteAddress();
  }

  @Override
  public String meta() {
    return state.meta;
  }

  @Override
  public Optional<Instant> expiresAt() {
    return state.expiresAt;
  }

  @Override
  public Set<String> channels() {
    return channels;
  }

  @Override
  public long queuedBytes() {
    return session.queuedBytes();
  }

  @Override
  public void disconnect(Disconnect disconnect) {
    session.lane().execute(() -> end(disconnect));
  }

  @Override
  public void send(byte[] data) {
    // a copy of its own, since the caller may go on to use its array
    var owned = ByteBuffer.wrap(data.clone());
    session
        .lane()
        .execute(() -> {
          try {
            push(new Push.Message(payload(owned)));
          } catch (Rejection notJson) {
            end(Disconnect.INAPPROPRIATE_PROTOCOL);
          }
        });
  }

  @Override
  public CompletionStage<Void> subscribe(String channel, SubscribeOptions options) {
    return CompletableFuture.supplyAsync(() -> add(channel, options), session.lane())
        .thenCompose(stage -> stage);
  }

  private CompletionStage<Void> add(String channel, SubscribeOptions options) {
    if (!state.connected() || state.subscriptions.containsKey(channel)) {
      return CompletableFuture.completedStage(null);
    }
    if (state.subscriptions.size() >= node.options().channelLimit()) {
      end(Disconnect.CHANNEL_LIMIT);
      return CompletableFuture.failedStage(Rejection.disconnect(Disconnect.CHANNEL_LIMIT));
    }
    var asked =
        options
            .recoverSince()
            .map(Subscribing.Asked::recovering)
            .orElseGet(Subscribing.Asked::nothing);
    return Subscribing.start(node, this, channel, node.rules(channel), options, asked, true)
        .thenAcceptAsync(
            answer -> {
              var result = (Result.SubscribeResult) answer.result();
              push(
                  new Push.Subscribe(
                      channel,
                      result.recoverable(),
                      result.epoch(),
                      result.offset(),
                      result.positioned(),
                      result.data()));
              answer.afterReply().run();
            },
            session.lane());
  }

  @Override
  public CompletionStage<Void> unsubscribe(String channel, UnsubscribeCode code) {
    return CompletableFuture.runAsync(
        () -> {
          var subscription = state.subscriptions.get(channel);
          if (subscription != null && subscription.live()) {
            unsubscribe(subscription, code);
          }
        },
        session.lane());
  }

  @Override
  public void refresh(Optional<Instant> expiresAt) {
    session
        .lane()
        .execute(() -> {
          state.expiresAt = expiresAt;
          state.expireBy = deadline(expiresAt);
          arm();
        });
  }

  @Override
  public String toString() {
    return "Client[" + state.id + ", user=" + state.user + "]";
  }
}

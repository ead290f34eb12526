package dev.dunlin.centrifuge;

import dev.dunlin.auth.AuthenticationException;
import dev.dunlin.auth.Credentials;
import dev.dunlin.auth.Identity;
import dev.dunlin.auth.Revocations;
import dev.dunlin.centrifuge.ClientSession.Stage;
import dev.dunlin.server.Handler;
import dev.dunlin.server.Session;
import dev.dunlin.websocket.CloseCode;
import dev.dunlin.websocket.Closed;
import dev.dunlin.websocket.Control;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Message;
import dev.dunlin.websocket.Prepared;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves one client: takes its commands one after the other, answers, pushes, and watches its
 * {@link Deadlines}. Confined to the connection's lane.
 */
final class ClientHandler implements Handler {

  private static final Logger log = LoggerFactory.getLogger(CentrifugeEndpoint.class);

  private static final long MINUTE_NANOS = 60_000_000_000L;

  private final Node node;
  private final Session session;
  private final ClientSession state;
  private final boolean nativePings;
  private Revocations.@Nullable Watch revocation;
  private final Deadlines deadlines;
  private final CommandQueue commands;
  private final ConnectedClient view;
  private final CommandPace pace;
  private final Subscriptions subscriptions;

  /** What its address is counted under; null if it is not. */
  private final @Nullable Object address;

  /** Made when the first signed publication comes. */
  private @Nullable SignedPublications signatures;

  /** The user for whom this connection counts; null while it counts for none. */
  private @Nullable String entered;

  ClientHandler(Node node, Session session, ClientSession state, boolean nativePings) {
    this.node = node;
    this.session = session;
    this.state = state;
    this.nativePings = nativePings;
    this.pace = new CommandPace(session.nanoTime());
    this.address = Guard.key(session.remoteAddress());
    this.view = new ConnectedClient(this, state, session);
    this.deadlines = new Deadlines(node, session, this, state, nativePings);
    this.commands = new CommandQueue(session, state, this);
    this.subscriptions = new Subscriptions(node, this, address);
    deadlines.opened();
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
    if (!node.guard().message(address, state.user, data.bytes().remaining())) {
      end(Disconnect.TOO_MANY_REQUESTS);
      return;
    }
    List<Command> decoded;
    try {
      decoded = state.codec.decode(data.bytes());
    } catch (BadCommandException bad) {
      log.debug("client {}: {}", state.id, bad.getMessage());
      end(Disconnect.BAD_REQUEST);
      return;
    }
    for (var command : decoded) {
      switch (command) {
        case Command.Pong pong -> pong(); // not in line behind a command that takes its time
        case Command.Call call -> commands.add(call);
      }
      if (state.stage == Stage.ENDED) {
        return;
      }
    }
    commands.drain();
  }

  private void pong() {
    if (!deadlines.pong()) {
      end(Disconnect.BAD_REQUEST); // nobody asked
    }
  }

  /** Begins a command; the queue brings its outcome to {@link #finish}. */
  CompletionStage<?> begin(Command.Call call) {
    boolean connects = call.request() instanceof Request.ConnectRequest;
    if (connects != (state.stage == Stage.NEW)) {
      throw Rejection.disconnect(Disconnect.BAD_REQUEST);
    }
    if (connects) {
      state.stage = Stage.CONNECTING;
    } else if (!pace.take(node.guard().quotas(), now())
        || !node.guard().command(address, state.user)) {
      throw Rejection.error(ErrorCode.TOO_MANY_REQUESTS);
    }
    return run(call.request());
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

  void finish(Command.Call call, CompletableFuture<?> outcome) {
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
      var reply = state.codec.encode(new Reply.Success(call.id(), success.result()));
      write(reply, forbidsCompression(call.request(), success.result()));
      if (state.stage != Stage.ENDED) { // what cannot be written ends the client
        success.afterReply().run();
      }
    }
  }

  private void refuse(Command.Call call, Throwable failure) {
    var refused = Rejection.in(failure);
    if (refused.isEmpty()) {
      log.warn("client {}: a command failed", state.id, Rejection.cause(failure));
    }
    var disconnect = refused.flatMap(Rejection::disconnect);
    if (disconnect.isPresent()) {
      end(disconnect.get());
      return;
    }
    var error = refused.flatMap(Rejection::error).orElse(ErrorCode.INTERNAL);
    counters().told(error);
    if (!(call.request() instanceof Request.SendRequest)) {
      reply(Reply.Failure.of(call.id(), error));
    }
    if (state.stage == Stage.CONNECTING) {
      state.stage = Stage.REFUSED;
      deadlines.refused();
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

  // ---- what goes out

  private void reply(Reply reply) {
    write(state.codec.encode(reply));
  }

  void ping() {
    write(state.codec.ping());
  }

  void push(Push push) {
    write(state.codec.encode(push));
  }

  private void write(byte[] encoded) {
    write(encoded, false);
  }

  /** Pushes a publication that was missed; compressed where its channel allows that. */
  void push(Push.Pub missed, String channel) {
    write(state.codec.encode(missed), forbidsCompression(channel));
  }

  private void write(byte[] encoded, boolean plain) {
    if (state.stage != Stage.ENDED) {
      var message = Publications.message(encoded, state.json);
      accepted(
          plain ? session.trySend(Prepared.of(message).uncompressed()) : session.trySend(message));
    }
  }

  /** Whether an answer holds publications that must not be compressed. */
  private boolean forbidsCompression(Request request, Result result) {
    if (request instanceof Request.SubscribeRequest asked
        && result instanceof Result.SubscribeResult subscribed) {
      return !subscribed.publications().isEmpty() && forbidsCompression(asked.channel());
    }
    if (result instanceof Result.ConnectResult connected) {
      return connected.subs().entrySet().stream()
          .anyMatch(
              sub -> !sub.getValue().publications().isEmpty() && forbidsCompression(sub.getKey()));
    }
    return request instanceof Request.HistoryRequest asked && forbidsCompression(asked.channel());
  }

  private boolean forbidsCompression(String channel) {
    return node.namespaces()
        .options(ChannelName.of(channel))
        .filter(NamespaceOptions::forbidCompression)
        .isPresent();
  }

  /** A client that is closed as too slow leaves its channels now, not when the close is over. */
  private void accepted(boolean sent) {
    if (!sent && !session.open()) {
      leave();
    }
  }

  /** Sends what all subscribers share; empty is something that a JSON client cannot take. */
  void publish(Optional<Prepared> prepared) {
    if (state.stage == Stage.ENDED) {
      return;
    }
    if (prepared.isPresent()) {
      accepted(session.trySend(prepared.get()));
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

  /** Whether so much waits to be sent that more should not be made. */
  boolean congested() {
    var limits = session.limits();
    return session.queuedBytes() > limits.outboundBytes() / 4
        || session.queuedMessages() > limits.outboundMessages() / 4;
  }

  /** Runs a task a little later, when the client may have read something. */
  void later(Runnable task) {
    var unused = session.schedule(CommandQueue.ROOM_CHECK, task);
  }

  /** Where publications come that may gather for so long first. */
  Executor lane(Duration delay) {
    return session.lane(delay);
  }

  /** Continues a command, as {@link CommandQueue#resume} says. */
  void resume(Runnable continuation) {
    commands.resume(continuation);
  }

  /** How large one answer may be. */
  int answerBytes() {
    return commands.answerBytes();
  }

  long now() {
    return session.nanoTime();
  }

  Counters counters() {
    return node.counters();
  }

  Deadlines deadlines() {
    return deadlines;
  }

  Subscriptions subscriptions() {
    return subscriptions;
  }

  /** The signatures of what it publishes. */
  SignedPublications signatures() {
    var known = signatures;
    if (known == null) {
      known = new SignedPublications(node, this);
      signatures = known;
    }
    return known;
  }

  /** What hooks and the application get to see. */
  Client view() {
    return view;
  }

  /** Whether the socket is not read at present. */
  boolean paused() {
    return commands.paused();
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

  /** Counts as one more connection of its user, or says that it has too many. */
  void enter() {
    if (!node.guard().connects(state.user)) {
      throw Rejection.error(ErrorCode.TOO_MANY_REQUESTS);
    }
    switch (node.guard().enter(state.user)) {
      case REFUSED -> throw Rejection.disconnect(Disconnect.CONNECTION_LIMIT);
      case UNCOUNTED -> {}
      case COUNTED -> {
        if (state.stage == Stage.ENDED) {
          node.guard().left(state.user);
        } else {
          entered = state.user;
        }
      }
    }
  }

  /**
   * Whether its address may show one more token.
   *
   * @throws Rejection if it has shown too many that were invalid
   */
  void requireCredit() {
    if (node.guard().failsTooOften(session.remoteAddress())) {
      throw Rejection.error(ErrorCode.TOO_MANY_REQUESTS);
    }
  }

  /** A token was not accepted; one that is invalid counts against its address. */
  void refused(AuthenticationException failure) {
    if (failure.reason() == AuthenticationException.Reason.INVALID) {
      node.guard().failed(session.remoteAddress());
    }
  }

  /** The connect reply is queued. */
  void connected() {
    state.stage = Stage.CONNECTED;
    state.known = true;
    session.identified();
    watchRevocation();
    node.clients().add(view);
    deadlines.connected();
  }

  /** A token was refreshed: what it says holds from now on. */
  void grant(Identity identity) {
    state.capabilities = ConnectCommand.capabilities(identity);
    state.identity = identity;
    watchRevocation();
  }

  private void watchRevocation() {
    if (state.stage == Stage.ENDED) {
      return; // it left while its token was verified: nobody would end the watch
    }
    if (revocation != null) {
      revocation.close();
    }
    revocation =
        node.revocations()
            .watch(holder(), () -> session.lane().execute(() -> end(Disconnect.INVALID_TOKEN)));
  }

  /** What revocations are compared with: the user, whoever named it, and the token. */
  Revocations.Holder holder() {
    var identity = state.identity;
    return Revocations.Holder.of(
        new Identity(state.user, identity.certificates(), identity.claims()));
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
    leave();
    if (state.known || !state.user.isEmpty()) {
      node.hooks()
          .disconnect()
          .ifPresent(hook ->
              log(
                  "disconnect",
                  Node.ask(
                      event -> {
                        hook.accept(view, closed);
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
    if (entered != null) {
      node.guard().left(entered);
      entered = null;
    }
    state.stage = Stage.ENDED;
    commands.clear();
    deadlines.cancel();
    if (revocation != null) {
      revocation.close();
    }
    subscriptions.dropAll();
    if (registered) {
      node.clients().remove(view);
    }
  }

  /** A failure of something that nobody waits for is logged. */
  void log(String what, CompletionStage<?> stage) {
    stage.whenComplete((done, failure) -> {
      if (failure != null) {
        log.warn("client {}: {} failed", state.id, what, Rejection.cause(failure));
      }
    });
  }

  @Override
  public String toString() {
    return view.toString();
  }
}

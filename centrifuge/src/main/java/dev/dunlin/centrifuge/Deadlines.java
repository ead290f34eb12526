package dev.dunlin.centrifuge;

import dev.dunlin.channels.HistoryQuery;
import dev.dunlin.channels.Recovery;
import dev.dunlin.server.Session;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * What has its time in the life of one client: the connect command, pings and pongs, the ends of
 * the connection and of its subscriptions, presence to be renewed, positions to be compared. One
 * timer, set to the earliest. Confined to the connection's lane.
 */
final class Deadlines {

  /** How long a client whose connect was refused may take to leave. */
  private static final long LEAVE_NANOS = 5_000_000_000L;

  private static final long NEVER = Long.MAX_VALUE;

  private static final long SECOND_NANOS = 1_000_000_000L;

  /** A century: what ends later never ends here. */
  private static final long LONGEST_SECONDS = 36_500L * 24 * 60 * 60;

  private final Node node;
  private final Session session;
  private final ClientHandler client;
  private final ClientSession state;
  private final boolean nativePings;
  private long timerAt = NEVER;
  private Session.@Nullable Timer timer;

  Deadlines(
      Node node, Session session, ClientHandler client, ClientSession state, boolean nativePings) {
    this.node = node;
    this.session = session;
    this.client = client;
    this.state = state;
    this.nativePings = nativePings;
  }

  long now() {
    return session.nanoTime();
  }

  // ---- what sets a deadline

  /** The transport is open: the client is to connect soon. */
  void opened() {
    state.staleBy = now() + node.options().stale().toNanos();
    arm();
  }

  /** The connect reply is queued. */
  void connected() {
    state.staleBy = NEVER;
    var options = node.options();
    long interval = options.ping().toNanos();
    // the first after half an interval or more, so that a mass reconnect does not ping as one
    state.pingAt = now() + interval / 2 + ThreadLocalRandom.current().nextLong(interval / 2 + 1);
    state.presenceAt = now() + options.presenceRefresh().toNanos();
    arm();
  }

  /** The connect command was refused: the client is to go. */
  void refused() {
    state.staleBy = now() + LEAVE_NANOS;
    arm();
  }

  /** A pong came: whether one was waited for. */
  boolean pong() {
    boolean expected = state.pongBy != NEVER;
    state.pongBy = NEVER;
    return expected;
  }

  /** Pongs can be read again: what was overdue may lie in the socket. */
  void readsAgain() {
    if (state.pongBy != NEVER) {
      state.pongBy = now() + node.options().pong().toNanos();
      arm();
    }
  }

  /** Moves the end of the connection; empty means that it has none. */
  void endConnection(Optional<Instant> end) {
    state.expiresAt = end;
    state.expireBy = deadline(end);
    arm();
  }

  private long deadline(Optional<Instant> end) {
    return end.map(instant -> after(Duration.between(node.clock().instant(), instant)))
        .orElse(NEVER);
  }

  /** When so much time has passed. A token may name the year 9999: nanoseconds end before. */
  long after(Duration left) {
    return now() + Math.clamp(left.toSeconds(), 0, LONGEST_SECONDS) * SECOND_NANOS + left.getNano();
  }

  /** The whole seconds that a client is told, who counts them in 32 bits; at least one. */
  static int seconds(Duration left) {
    return Math.clamp(left.toSeconds(), 1, Integer.MAX_VALUE);
  }

  // ---- the timer

  /** Sets the timer to the earliest deadline. */
  void arm() {
    if (state.stage == ClientSession.Stage.ENDED) {
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
    cancel();
    timerAt = next;
    timer = session.schedule(Duration.ofNanos(Math.max(0, next - now())), this::tick);
  }

  void cancel() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  private void tick() {
    timer = null;
    timerAt = NEVER;
    if (state.stage == ClientSession.Stage.ENDED) {
      return;
    }
    long now = now();
    if (now >= state.staleBy) {
      client.end(Disconnect.STALE);
    } else if (now >= state.pongBy && !client.paused()) {
      client.end(Disconnect.NO_PONG);
    } else if (now >= state.expireBy && !refreshByHook()) {
      client.end(Disconnect.CONNECTION_EXPIRED);
    } else {
      if (now >= state.pongBy) {
        state.pongBy = now + node.options().pong().toNanos(); // it cannot be read at present
      }
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
        client.ping();
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
        client.log(
            "presence",
            node.hub()
                .presence()
                .add(
                    subscription.channel(),
                    client.subscriptions().info(subscription),
                    node.options().presenceTtl()));
      }
    }
  }

  private void tick(ChannelSubscription subscription, long now) {
    if (now >= subscription.expireBy) {
      expire(subscription);
    } else if (now >= subscription.checkAt) {
      subscription.checkAt = node.positionCheckAfter(subscription.channel(), now);
      if (subscription.live()) {
        checkPosition(subscription);
      }
    }
  }

  /** Compares a subscription's position with the top of its stream. */
  void checkPosition(ChannelSubscription subscription) {
    var recovery = subscription.recovery();
    if (recovery == null || subscription.ended()) {
      return;
    }
    var before = recovery.position();
    node.hub()
        .history(
            subscription.channel(),
            // it depends on the position: the stream must not be forgotten while it is quiet
            HistoryQuery.position().opening(subscription.metaTtl))
        .whenCompleteAsync(
            (history, failure) -> {
              // while the broker does not answer, nothing can be said
              if (failure == null
                  && !subscription.ended()
                  && recovery.check(before, history.position()) == Recovery.Verdict.INSUFFICIENT) {
                client.subscriptions().insufficient(subscription);
              }
            },
            session.lane());
  }

  // ---- ends

  private void expire(ChannelSubscription subscription) {
    var hook = node.hooks().subRefresh(subscription.channel());
    if (hook.isEmpty() || subscription.clientRefreshes) {
      client.subscriptions().expired(subscription);
      return;
    }
    subscription.expireBy = NEVER;
    var event = new Hooks.Refresh(client.view(), Optional.of(subscription.channel()), "");
    Node.ask(hook.get(), event)
        .whenCompleteAsync(
            (refreshed, failure) -> {
              if (subscription.ended()) {
                return;
              }
              if (failure != null) {
                client.subscriptions().expired(subscription);
                return;
              }
              refreshed.info().ifPresent(info -> subscription.info = info);
              subscription.expireBy = deadline(refreshed.expiresAt());
              arm();
            },
            session.lane());
  }

  /** Asks the hook whether the connection goes on; false where there is none. */
  private boolean refreshByHook() {
    var hook = node.hooks().refresh();
    if (hook.isEmpty() || state.clientRefreshes) {
      return false;
    }
    state.expireBy = NEVER;
    Node.ask(hook.get(), new Hooks.Refresh(client.view(), Optional.empty(), ""))
        .whenCompleteAsync(
            (refreshed, failure) -> {
              if (state.stage == ClientSession.Stage.ENDED) {
                return;
              }
              if (failure != null) {
                client.end(Disconnect.CONNECTION_EXPIRED);
                return;
              }
              refreshed.info().ifPresent(info -> state.info = info);
              endConnection(refreshed.expiresAt());
            },
            session.lane());
    return true;
  }
}

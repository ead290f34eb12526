package dev.dunlin.centrifuge;

import dev.dunlin.centrifuge.ClientSession.Stage;
import dev.dunlin.server.Session;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The commands of one client, one after the other: the next begins when the one before is answered
 * and its answer has room. Confined to the connection's lane but for {@link #resume}.
 */
final class CommandQueue {

  /** Commands that wait for the one under way; beyond it the socket is not read. */
  private static final int MAX_WAITING = 64;

  /** Of a client that has not connected: nobody knows it yet. */
  private static final int MAX_WAITING_BEFORE = 1;

  /** How often a client that reads slowly is looked at. */
  static final Duration ROOM_CHECK = Duration.ofMillis(50);

  private final Session session;
  private final ClientSession state;
  private final ClientHandler client;
  private final ArrayDeque<Command.Call> waiting = new ArrayDeque<>(2);
  private boolean busy;
  private boolean draining;
  private boolean awaitingRoom;
  private boolean paused;

  /** The thread that is inside {@link #onLane}; only the thread itself finds itself here. */
  private @Nullable Thread within;

  CommandQueue(Session session, ClientSession state, ClientHandler client) {
    this.session = session;
    this.state = state;
    this.client = client;
  }

  void add(Command.Call call) {
    waiting.add(call);
  }

  void clear() {
    waiting.clear();
  }

  /** Whether the socket is not read because too many commands wait. */
  boolean paused() {
    return paused;
  }

  /** How large one answer may be: half of what may wait. */
  int answerBytes() {
    return session.limits().outboundBytes() / 2;
  }

  /** Carries out what can be carried out now. */
  void drain() {
    if (!draining) {
      onLane(this::carryOut);
    }
  }

  private void carryOut() {
    draining = true;
    while (!busy && !congested() && !waiting.isEmpty() && state.stage != Stage.ENDED) {
      if (state.stage == Stage.REFUSED) {
        waiting.clear();
      } else {
        carryOut(waiting.removeFirst());
      }
    }
    draining = false;
    int most = state.stage == Stage.CONNECTED ? MAX_WAITING : MAX_WAITING_BEFORE;
    if (!paused && waiting.size() >= most) {
      paused = true;
      session.pauseReading();
    } else if (paused && waiting.size() < most) {
      paused = false;
      session.resumeReading();
      client.deadlines().readsAgain();
    }
  }

  private void carryOut(Command.Call call) {
    long begin = session.nanoTime();
    CompletionStage<?> outcome;
    try {
      outcome = client.begin(call);
    } catch (Throwable refusal) {
      outcome = CompletableFuture.failedStage(refusal);
    }
    var future = outcome.toCompletableFuture();
    if (future.isDone()) {
      finish(call, future, begin);
      return;
    }
    busy = true;
    // the future, not the stage: where they differ, the stage tells before the future is complete
    future.whenCompleteAsync(
        (answer, failure) -> {
          busy = false;
          finish(call, future, begin);
          drain();
        },
        this::resume);
  }

  private void finish(Command.Call call, CompletableFuture<?> outcome, long begin) {
    client.counters().took(call.request(), session.nanoTime() - begin);
    client.finish(call, outcome);
  }

  /**
   * Whether so much waits to be sent that the next answer has to wait too: what a client asks for
   * must not overflow its queue, or one that recovers much would be closed as slow for ever.
   */
  private boolean congested() {
    if (waiting.isEmpty() || session.queuedBytes() <= answerBytes() / 2) {
      return false;
    }
    if (!awaitingRoom) {
      awaitingRoom = true;
      // after this turn's flush; what the flush did not take needs some time
      session
          .lane()
          .execute(() -> {
            if (session.queuedBytes() <= answerBytes() / 2) {
              goOn();
            } else {
              session.schedule(ROOM_CHECK, this::goOn);
            }
          });
    }
    return true;
  }

  private void goOn() {
    awaitingRoom = false;
    drain();
  }

  /**
   * Runs what continues a command, from any thread: at once where the lane is at work on this
   * client, so that the answers to a frame leave in one; as a task of the lane otherwise.
   */
  void resume(Runnable continuation) {
    if (within == Thread.currentThread()) {
      continuation.run();
    } else {
      session.lane().execute(() -> onLane(continuation));
    }
  }

  private void onLane(Runnable work) {
    var before = within;
    within = Thread.currentThread();
    try {
      work.run();
    } finally {
      within = before;
    }
  }
}

package dev.dunlin.server.internal;

import static java.util.Objects.requireNonNull;

import dev.dunlin.server.Dispatch;
import dev.dunlin.server.Handler;
import dev.dunlin.server.SessionClosedException;
import dev.dunlin.websocket.Close;
import dev.dunlin.websocket.CloseCode;
import dev.dunlin.websocket.Closed;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Message;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The application's side of one conversation: its handler, where that runs, what waits for it, and
 * the barrier that keeps its failures from everybody else.
 *
 * <p>Confined to the lane but for what says otherwise.
 */
final class Application {

  private static final Logger log = LoggerFactory.getLogger("dev.dunlin.server");

  private final Conversation owner;

  /** Present where messages are read while they arrive. */
  private final @Nullable StreamInbox streams;

  /** Made when it is first needed, let go when nothing has waited for a while. */
  private @Nullable Mailbox mailbox;

  /** Set and used where handlers run. */
  private @Nullable Handler handler;

  /** Guarded by {@code this}, which nobody holds while waiting or calling out. */
  private @Nullable Consumer<Closed> onClose;

  private boolean closeTold;

  Application(Conversation owner) {
    this.owner = owner;
    this.streams =
        owner.terms.endpoint() instanceof StreamEndpoint
            ? new StreamInbox(
                owner.limits().inboundMessages(), () -> owner.unpauseSoon(Reading.PAUSED_BY_STREAM))
            : null;
  }

  private Dispatch dispatch() {
    return owner.terms.dispatch();
  }

  private Mailbox mailbox() {
    var known = mailbox;
    if (known == null) {
      known = new Mailbox(owner, this);
      mailbox = known;
    }
    return known;
  }

  // ---- messages, from the connection

  /** Lets the application in. */
  void open() {
    switch (dispatch()) {
      case INLINE -> openHandler();
      case VIRTUAL -> mailbox().add(this::openHandler);
    }
  }

  /** Hands a message on; false if no more should be read until it says so. */
  boolean take(Message message) {
    return switch (dispatch()) {
      case INLINE -> {
        handle(message);
        yield true;
      }
      case VIRTUAL -> mailbox().add(message instanceof Data data ? data.copy() : message);
    };
  }

  /** Hands a piece of a message on; false if no more should be read until it says so. */
  boolean take(boolean text, ByteBuffer bytes, boolean last) {
    var inbox = streams;
    if (inbox == null) {
      throw new IllegalStateException("a piece of a message that nobody reads in pieces");
    }
    var begun = inbox.add(text, bytes, last);
    if (begun != null) {
      mailbox().add(() -> handle(begun));
    }
    return !inbox.full();
  }

  /** A read batch has ended: what it has brought is handed over where handlers run elsewhere. */
  void readEnded() {
    var box = mailbox;
    if (box != null) {
      var unused = box.handOver();
    }
  }

  /** Runs a task when what waits now has been handled. */
  void afterwards(Runnable task) {
    mailbox().add(task);
  }

  /** Nothing more will arrive: who waits for the rest of a message need not. */
  void inputEnded() {
    var inbox = streams;
    if (inbox != null) {
      inbox.end();
    }
  }

  /** It is over: the handler hears it after the last message. */
  void ended(Closed story) {
    inputEnded();
    switch (dispatch()) {
      case INLINE -> tellClosed(story);
      case VIRTUAL -> mailbox().add(() -> tellClosed(story));
    }
  }

  // ---- how it is

  /** Whether a handler works on another thread, or has work waiting. */
  boolean busy() {
    var box = mailbox;
    return box != null && box.busy();
  }

  /** Whether it holds no queue. */
  boolean idle() {
    return mailbox == null;
  }

  /** When the handler began with the message that keeps reading from going on. */
  long workingSince() {
    var box = mailbox;
    long since = box == null ? 0 : box.workingSince();
    return since == 0 ? owner.lane.now() : since;
  }

  /** Wakes a handler that took too long out of whatever it waits for. */
  void interrupt() {
    var box = mailbox;
    if (box != null) {
      box.interrupt();
    }
  }

  /** Lets go of a queue that nothing waits in. */
  void retire() {
    if (!busy()) {
      mailbox = null;
    }
  }

  // ---- where handlers run

  private void openHandler() {
    try {
      handler = requireNonNull(owner.terms.endpoint().open(owner), "an endpoint has a handler");
    } catch (Throwable failure) {
      failed(failure);
    } finally {
      owner.forgetRequest();
    }
  }

  /** Hands a message to the handler. */
  void handle(Message message) {
    var current = handler;
    if (current == null || (owner.tenure != null && owner.tenure.revoked())) {
      return; // it failed to open, or has failed; or the peer has no say any more
    }
    try {
      current.onMessage(message);
    } catch (Throwable failure) {
      failed(failure);
    }
  }

  private void handle(StreamInbox.Incoming message) {
    try {
      if (handler instanceof StreamEndpoint.Reading reading) {
        reading.read(message);
      }
    } catch (IOException failure) {
      if (!message.brokenOff()) {
        failed(failure);
      } // else the peer has left in the middle of its message, which is normal
    } catch (Throwable failure) {
      failed(failure);
    } finally {
      message.abandon();
    }
  }

  /** The fault barrier: whatever an application throws ends its own session and nothing else. */
  void failed(Throwable failure) {
    handler = null;
    if (failure instanceof SessionClosedException && !owner.open()) {
      return; // its own has closed, which is normal; of another one it should have asked
    }
    log.error(
        "A handler failed; its session from {} closes with 1011", owner.remoteAddress(), failure);
    owner.end(new Close(CloseCode.INTERNAL_ERROR, "internal error"), Closed.Cause.HANDLER);
  }

  // ---- the end of the session, as the application hears of it

  /** Adds an action; from any thread. */
  void onClose(Consumer<Closed> action) {
    synchronized (this) {
      if (!closeTold) {
        onClose = onClose == null ? action : both(onClose, action);
        return;
      }
    }
    owner.closed().ifPresent(story -> tell(action, story));
  }

  private Consumer<Closed> both(Consumer<Closed> first, Consumer<Closed> second) {
    return story -> {
      tell(first, story);
      second.accept(story);
    };
  }

  private void tellClosed(Closed story) {
    Consumer<Closed> actions;
    synchronized (this) {
      closeTold = true;
      actions = onClose;
      onClose = null;
    }
    if (actions != null) {
      tell(actions, story);
    }
    handler = null;
  }

  private void tell(Consumer<Closed> action, Closed story) {
    try {
      action.accept(story);
    } catch (Throwable failure) {
      log.error("An action at the end of a session from {} failed", owner.remoteAddress(), failure);
    }
  }
}

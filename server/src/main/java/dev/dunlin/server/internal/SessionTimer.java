package dev.dunlin.server.internal;

import dev.dunlin.server.Session;

/** A task of the application that waits for its time. */
final class SessionTimer extends Timed implements Session.Timer {

  private final Conversation owner;
  private final long at;
  private final Runnable task;
  private volatile boolean over;

  SessionTimer(Conversation owner, long at, Runnable task) {
    this.owner = owner;
    this.at = at;
    this.task = task;
  }

  @Override
  protected long deadline() {
    // a session that has ended is not kept by what it wanted to do in a day
    return over || owner.closed().isPresent() ? Long.MAX_VALUE : at;
  }

  @Override
  protected void expire(long now) {
    if (over) {
      return; // cancelled from another thread in this moment
    }
    over = true;
    try {
      task.run();
    } catch (Throwable failure) {
      owner.application.failed(failure);
    }
  }

  @Override
  public void cancel() {
    over = true;
    owner.onLane(() -> owner.lane.unwatch(this));
  }
}

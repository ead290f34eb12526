package dev.dunlin.app.load;

import dev.dunlin.server.Handler;
import dev.dunlin.server.Session;
import dev.dunlin.websocket.Closed;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Message;

/** One connection under load. Confined to its lane. */
final class Link implements Handler, Speaker.Heard {

  private final Run run;
  private final Group group;
  private final int number;
  private final Speaker speaker;
  private final Session session;
  private long received;
  private boolean ready;
  private final Meter meter;
  private long now;

  /**
   * A connection that has just opened.
   *
   * @param number which group it is in, counted from 0
   */
  Link(Run run, Group group, int number, Speaker speaker, Session session) {
    this.run = run;
    this.group = group;
    this.number = number;
    this.speaker = speaker;
    this.session = session;
    this.meter = run.meter(session.lane());
    session.onClose(this::closed);
    for (var message : speaker.opening()) {
      session.send(message);
    }
    if (speaker.opening().isEmpty()) {
      ready();
    }
  }

  Session session() {
    return session;
  }

  /** Publishes. On the lane. */
  void publish(long message) {
    if (session.open()) {
      session.send(speaker.publish(message));
    }
  }

  @Override
  public void onMessage(Message message) {
    if (!(message instanceof Data data)) {
      return;
    }
    now = System.nanoTime();
    try {
      speaker.take(data, this);
    } catch (LoadException wrong) {
      run.fail(wrong);
    }
  }

  @Override
  public void ready() {
    if (!ready) {
      ready = true;
      run.ready(this);
    }
  }

  @Override
  public long expected() {
    return received;
  }

  @Override
  public void delivered() {
    received++;
    meter.count();
    if (run.openLoop()) {
      meter.latency(run.due(number, received - 1), now);
      return;
    }
    long begun = group.roundEnds(received);
    if (begun >= 0) {
      meter.latency(begun, now);
      if (group.memberDone()) {
        run.roundOver(group, this);
      }
    }
  }

  @Override
  public void answer(Data message) {
    session.send(message);
  }

  private void closed(Closed closed) {
    run.fail(
        new LoadException(
            "a connection was closed: "
                + closed.code()
                + (closed.reason().isEmpty() ? "" : " " + closed.reason())));
  }
}

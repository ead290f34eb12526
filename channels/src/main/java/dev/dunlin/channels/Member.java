package dev.dunlin.channels;

import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

/** A subscriber's place in a group. */
final class Member implements Subscription {

  private static final System.Logger LOG = System.getLogger("dev.dunlin.channels");
  private static final AtomicIntegerFieldUpdater<Member> CLOSED =
      AtomicIntegerFieldUpdater.newUpdater(Member.class, "closed");

  private final Group group;
  private final Subscriber subscriber;

  /** The group's count of events when this one joined: it gets those from this number on. */
  private final long joined;

  /** Where it stands in {@link Members}; guarded by the topic's lock. */
  int slot;

  private volatile int closed;

  /** Only the thread that delivers touches it. */
  private boolean logged;

  Member(Group group, Subscriber subscriber, long joined) {
    this.group = group;
    this.subscriber = subscriber;
    this.joined = joined;
  }

  @Override
  public String channel() {
    return group.topic().channel();
  }

  @Override
  public CompletionStage<Void> active() {
    return group.topic().active();
  }

  @Override
  public void close() {
    if (CLOSED.compareAndSet(this, 0, 1)) {
      group.topic().remove(group, this);
    }
  }

  /**
   * Delivers a block whose first event has number {@code first} in the group; answers how many
   * publications that were.
   */
  int take(Block block, long first) {
    if (closed != 0) {
      return 0;
    }
    var publications = block.publications();
    var missed = joined - first;
    if (missed <= 0) {
      try {
        subscriber.deliver(block);
      } catch (RuntimeException | Error e) {
        failed(e);
      }
      return publications.size();
    }
    var taken = 0;
    for (var i = missed; i < publications.size(); i++) {
      taken += take(publications.get((int) i), first + i);
    }
    return taken;
  }

  /** Delivers one event, which has number {@code number} in the group; answers 0 if it may not. */
  int take(Event event, long number) {
    if (closed != 0 || number < joined) {
      return 0;
    }
    try {
      switch (event) {
        case Publication publication -> subscriber.deliver(publication);
        case Event.Join(var info) -> subscriber.join(info);
        case Event.Leave(var info) -> subscriber.leave(info);
        case Event.Interruption() -> subscriber.interrupted();
      }
    } catch (RuntimeException | Error e) {
      failed(e);
    }
    return 1;
  }

  /**
   * A subscriber that throws must not cost the others theirs, whatever it throws: a turn that ends
   * early would leave the channels behind it waiting for good.
   */
  private void failed(Throwable e) {
    group.counters().subscriberFailures.increment();
    if (!logged) {
      logged = true;
      LOG.log(System.Logger.Level.ERROR, "a subscriber of " + channel() + " throws", e);
    }
  }
}

package dev.dunlin.app.load;

import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The connections that get the same messages, and the one that publishes them.
 *
 * <p>In a closed loop they go round together: the next messages leave when every member has the
 * last.
 */
final class Group {

  private final int members;
  private final int inFlight;
  private final AtomicInteger missing = new AtomicInteger();
  private @Nullable Link publisher;

  /** When the round began, in {@link System#nanoTime}; written between rounds. */
  private volatile long begun;

  /** The number of the next message; touched on the publisher's lane. */
  private long next;

  Group(int members, int inFlight) {
    this.members = members;
    this.inFlight = inFlight;
  }

  void publisher(Link link) {
    publisher = link;
  }

  Link publisher() {
    var known = publisher;
    if (known == null) {
      throw new IllegalStateException("a group without a publisher");
    }
    return known;
  }

  /** Sends the next message. On the publisher's lane. */
  void publish() {
    publisher().publish(next++);
  }

  /** Sends the messages of a round. On the publisher's lane. */
  void round() {
    missing.set(members);
    begun = System.nanoTime();
    for (int i = 0; i < inFlight; i++) {
      publish();
    }
  }

  /**
   * A member has one more message of a round.
   *
   * @param received how many it has in all
   * @return when the round began, if this was the member's last of the round; else -1
   */
  long roundEnds(long received) {
    return received % inFlight == 0 ? begun : -1;
  }

  /** A member has the whole round. Says whether all have. */
  boolean memberDone() {
    return missing.decrementAndGet() == 0;
  }
}

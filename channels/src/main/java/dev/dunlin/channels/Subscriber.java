package dev.dunlin.channels;

/**
 * Who receives what is published to a channel.
 *
 * <p>The calls for one subscription are serial and in the channel's order, the same for all its
 * subscribers. They come on the subscription's lane, or without a lane on the publisher's thread,
 * and never wait: whoever is slow queues for itself. What a subscriber throws is logged once per
 * subscription, counted, and hurts no other.
 */
@FunctionalInterface
public interface Subscriber {

  /** Takes one publication. */
  void deliver(Publication publication);

  /**
   * Takes all that one turn of the lane brought; by default one after the other.
   *
   * <p>A subscriber that joined while the turn was waiting gets what came after it joined by {@link
   * #deliver(Publication)} instead: a block is what all who receive it receive.
   */
  default void deliver(Block block) {
    for (var publication : block.publications()) {
      deliver(publication);
    }
  }

  /** A client has subscribed to the channel. */
  default void join(ClientInfo info) {}

  /** A client has left the channel. */
  default void leave(ClientInfo info) {}

  /**
   * Publications may have been missed: the link to the broker was lost and is back, or the lane was
   * too far behind. Whoever depends on its position compares it with the stream's.
   */
  default void interrupted() {}
}

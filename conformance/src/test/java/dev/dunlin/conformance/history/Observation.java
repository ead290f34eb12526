package dev.dunlin.conformance.history;

import java.util.List;
import java.util.Set;

/**
 * One thing that somebody saw while channels were in use. Stamps are of one monotonic clock, in
 * nanoseconds; a history is a list of observations in their order.
 */
sealed interface Observation {

  long at();

  /** Somebody begins to publish the message {@code id}. */
  record PublishInvoked(long at, String channel, long id) implements Observation {}

  /** The publication was acknowledged at this place. */
  record PublishAcknowledged(long at, String channel, long id, String epoch, long offset)
      implements Observation {}

  /** The publication failed or its outcome is not known: it may appear once or not at all. */
  record PublishUnknown(long at, String channel, long id) implements Observation {}

  /**
   * A subscription is established.
   *
   * @param recovering whether the client asked to recover from where it stood
   * @param recovered whether it was told that it has missed nothing
   * @param offset where it stands, before what is recovered
   */
  record Subscribed(
      long at,
      String client,
      String channel,
      String epoch,
      long offset,
      boolean recovering,
      boolean recovered)
      implements Observation {}

  /** A client got a publication, with the subscribe reply or live. */
  record Received(
      long at, String client, String channel, String epoch, long offset, long id, boolean live)
      implements Observation {}

  /** A client's subscription ended, by whatever cause. */
  record Ended(long at, String client, String channel, int code) implements Observation {}

  /** A client reads slowly from here, or quickly again. */
  record Slow(long at, String client, boolean slow) implements Observation {}

  /** Everything is quiet: who the server says is in the channel, and who is. */
  record Present(long at, String channel, Set<String> told, Set<String> real)
      implements Observation {}

  /** Everything is quiet: what the server has kept of the channel. */
  record Kept(long at, String channel, String epoch, long top, List<Entry> entries)
      implements Observation {}

  /** A publication in a kept history. */
  record Entry(long offset, long id) {}

  /** Everything is quiet: every subscription that is established has got all it will get. */
  record Quiet(long at) implements Observation {}
}

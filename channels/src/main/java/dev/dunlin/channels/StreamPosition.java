package dev.dunlin.channels;

/**
 * A place in a channel's stream.
 *
 * @param offset counts publications from 1; 0 is the place before the first
 * @param epoch names one life of the stream and of the store behind it; empty means unknown
 */
public record StreamPosition(long offset, String epoch) {

  /** The place before the first publication of a stream whose epoch is unknown. */
  public static final StreamPosition START = new StreamPosition(0, "");

  /** The place after the last publication, wherever that is: where a reverse read begins. */
  public static final StreamPosition END = new StreamPosition(Long.MAX_VALUE, "");

  public StreamPosition {
    if (offset < 0) {
      throw new IllegalArgumentException("offset " + offset + " is negative: offsets count from 0");
    }
  }

  /** Whether a stream of {@code other} epoch can be this one: equal, or one of them unknown. */
  boolean mayBelongTo(String other) {
    return epoch.isEmpty() || other.isEmpty() || epoch.equals(other);
  }
}

package dev.dunlin.channels;

/**
 * What became of a publication.
 *
 * @param position its place in the stream (that of the first one for a repeated idempotency key,
 *     the top for a suppressed version); {@link StreamPosition#START} in a channel without history
 * @param suppression why it was not published, {@link Suppression#NONE} if it was
 */
public record PublishResult(StreamPosition position, Suppression suppression) {

  /** Why a publication was accepted, but not published. */
  public enum Suppression {
    /** It was published. */
    NONE,
    /** Its idempotency key was used already. */
    IDEMPOTENCY,
    /** The channel has this version or a later one. */
    VERSION
  }

  /** Published at {@code position}. */
  public static PublishResult at(StreamPosition position) {
    return new PublishResult(position, Suppression.NONE);
  }

  /** Whether nobody got it because of {@link #suppression()}. */
  public boolean suppressed() {
    return suppression != Suppression.NONE;
  }
}

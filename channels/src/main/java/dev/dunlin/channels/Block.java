package dev.dunlin.channels;

import java.util.List;
import java.util.function.Function;

/**
 * What one turn of a lane delivers of one channel: its publications in order, one object for all
 * the lane's subscribers that were there before the first of them.
 *
 * <p>So a joined, framed and compressed form of the whole is made once per lane and turn, through
 * {@link #encoding}. Immutable.
 */
public final class Block {

  private final List<Publication> publications;
  private final boolean continuous;
  private final Encodings encodings = new Encodings();

  private Block(List<Publication> publications) {
    this.publications = publications;
    this.continuous = continuous(publications);
  }

  /** A block of these publications, which are of one channel and at least one. */
  static Block of(List<Publication> publications) {
    if (publications.isEmpty()) {
      throw new IllegalArgumentException("a block holds one publication or more");
    }
    return new Block(List.copyOf(publications));
  }

  private static boolean continuous(List<Publication> publications) {
    var before = publications.getFirst();
    var is = before.offset() > 0;
    for (var i = 1; i < publications.size() && is; i++) {
      var publication = publications.get(i);
      is =
          publication.offset() == before.offset() + 1 && publication.epoch().equals(before.epoch());
      before = publication;
    }
    return is;
  }

  /** The channel they were all published to. */
  public String channel() {
    return publications.getFirst().channel();
  }

  /** The publications, oldest first; at least one. */
  public List<Publication> publications() {
    return publications;
  }

  /** Whether these are neighbours in one stream: each offset the one before plus 1, one epoch. */
  public boolean continuous() {
    return continuous;
  }

  /** As {@link Publication#encoding}, for the whole block. */
  public <T> T encoding(Object key, Function<? super Block, ? extends T> encode) {
    return encodings.get(this, key, encode);
  }

  @Override
  public String toString() {
    return "Block[channel=" + channel() + ", publications=" + publications.size() + "]";
  }
}

package dev.dunlin.channels;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What has arrived in a topic since its history was read, by which that can be brought up to date
 * for those who come a little later. It lasts as long as a read that it belongs to is kept.
 * Bounded: beyond 64 KiB, or 4 MiB of a hub's together, it is given up and the next one reads anew.
 *
 * <p>Guarded by its topic's lock, but for the sum of all.
 */
final class Tail {

  private static final long MOST_BYTES = 64 << 10;
  private static final long MOST_BYTES_OF_ALL = 4 << 20;

  /** A moment in it, until {@link Tail#release}. */
  record Mark(Tail tail, int arrived) {}

  private final AtomicLong bytesOfAll;
  private final List<Publication> publications = new ArrayList<>();
  private long bytes;
  private int marks;

  /** Where the stream stood by what was read and has arrived; null if nothing was or has. */
  private @Nullable StreamPosition top;

  Tail(AtomicLong bytesOfAll) {
    this.bytesOfAll = bytesOfAll;
  }

  /** This moment: what arrives from now on is wanted. */
  Mark mark() {
    marks++;
    return new Mark(this, publications.size());
  }

  /** What arrived since a moment is not wanted any more; true if that was the last one. */
  boolean release() {
    return --marks == 0;
  }

  List<Publication> since(Mark mark) {
    return List.copyOf(publications.subList(mark.arrived, publications.size()));
  }

  /** The stream was read by one who had marked the moment before. */
  void read(StreamPosition position) {
    if (top == null || position.offset() > top.offset()) {
      top = position;
    }
  }

  /** Whether the stream is known to stand here or further. */
  boolean reaches(StreamPosition position) {
    return top == null || position.offset() <= top.offset() && position.epoch().equals(top.epoch());
  }

  /** Takes an event in; false if nothing can be said any more of what has arrived. */
  boolean add(Event event) {
    return switch (event) {
      case Publication publication -> publication.offset() == 0 || add(publication);
      case Event.Join join -> true;
      case Event.Leave leave -> true;
      case Event.Interruption interruption -> false;
    };
  }

  private boolean add(Publication publication) {
    publications.add(publication);
    top = publication.position();
    bytes += publication.footprint();
    return bytesOfAll.addAndGet(publication.footprint()) <= MOST_BYTES_OF_ALL
        && bytes <= MOST_BYTES;
  }

  /** It is not used any more. */
  void drop() {
    bytesOfAll.addAndGet(-bytes);
  }
}

package dev.dunlin.channels;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What has arrived in a topic since its history was read, by which that can be brought up to date
 * for those who come a little later. Bounded: beyond 64 KiB, or 4 MiB of a hub's together, it is
 * given up and the next one reads anew.
 *
 * <p>Guarded by its topic's lock, but for the sum of all.
 */
final class Tail {

  private static final long MOST_BYTES = 64 << 10;
  private static final long MOST_BYTES_OF_ALL = 4 << 20;

  /** A moment in it. */
  record Mark(Tail tail, int arrived) {}

  private final AtomicLong bytesOfAll;
  private final List<Publication> publications = new ArrayList<>();
  private long bytes;
  private long until;

  Tail(AtomicLong bytesOfAll, long until) {
    this.bytesOfAll = bytesOfAll;
    this.until = until;
  }

  /** This moment; what arrives from now on is wanted until then. */
  Mark mark(long until) {
    this.until = until;
    return new Mark(this, publications.size());
  }

  List<Publication> since(Mark mark) {
    return List.copyOf(publications.subList(mark.arrived, publications.size()));
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
    bytes += publication.footprint();
    return bytesOfAll.addAndGet(publication.footprint()) <= MOST_BYTES_OF_ALL
        && bytes <= MOST_BYTES;
  }

  boolean over(long now) {
    return now - until >= 0;
  }

  /** It is not used any more. */
  void drop() {
    bytesOfAll.addAndGet(-bytes);
  }
}

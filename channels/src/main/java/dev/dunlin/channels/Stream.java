package dev.dunlin.channels;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One channel's stream in memory: the publications that are kept, the position, the idempotency
 * keys and the version. Guarded by whoever owns it; the time is an argument.
 *
 * <p>Three lives end apart: the publications with the history's time to live, the keys each with
 * theirs, and the whole with the meta time to live or with the last of the others.
 */
final class Stream {

  /** What a stream takes without publications and keys, about. */
  private static final int OVERHEAD = 320;

  private static final int KEY_OVERHEAD = 120;

  private record Remembered(PublishResult result, long until) {}

  private final ArrayDeque<Publication> publications = new ArrayDeque<>(2);
  private final LinkedHashMap<String, Remembered> keys = new LinkedHashMap<>(2);
  private String epoch = "";
  private long top;
  private long version;
  private String versionEpoch = "";
  private long historyUntil;
  private long metaUntil;
  private long bytes = OVERHEAD;

  /** Lets the oldest key go; false if there is none. */
  boolean dropOldestKey() {
    var oldest = keys.pollFirstEntry();
    if (oldest == null) {
      return false;
    }
    bytes -= weight(oldest.getKey());
    return true;
  }

  /** What it holds in memory, about. */
  long bytes() {
    return bytes;
  }

  StreamPosition position() {
    return epoch.isEmpty() ? StreamPosition.START : new StreamPosition(top, epoch);
  }

  /** The result of an earlier publication with this key, if it is still known. */
  @Nullable PublishResult earlier(PublishOptions options, long now) {
    var remembered = keys.get(options.idempotencyKey());
    return remembered == null || remembered.until - now <= 0
        ? null
        : new PublishResult(remembered.result.position(), PublishResult.Suppression.IDEMPOTENCY);
  }

  /** Whether the options state a version that the channel has already, or had a later one. */
  boolean outdated(PublishOptions options) {
    return options.version() > 0
        && options.version() <= version
        && (options.versionEpoch().isEmpty() || options.versionEpoch().equals(versionEpoch));
  }

  void remember(PublishOptions options, PublishResult result, long now) {
    var key = options.idempotencyKey();
    if (keys.remove(key) == null) {
      bytes += weight(key);
    }
    keys.put(key, new Remembered(result, ExpiryQueue.after(now, options.idempotencyTtl())));
  }

  /** Gives the stream an epoch if it has none, and keeps it for as long as the channel says. */
  void open(Duration metaTtl, Supplier<String> newEpoch, long now) {
    if (epoch.isEmpty()) {
      epoch = newEpoch.get();
      metaUntil = ExpiryQueue.after(now, metaTtl);
    }
    metaUntil = later(metaUntil, ExpiryQueue.after(now, metaTtl));
  }

  /** Appends a publication to an opened stream, and lets the oldest go beyond the size. */
  Publication append(byte[] data, String channel, PublishOptions options, long now, long wall) {
    var builder = Publication.of(channel, data).options(options).time(wall).position(++top, epoch);
    var last = publications.peekLast();
    if (options.delta() && last != null) {
      builder.previousData(last.bytes());
    }
    var publication = builder.build();
    var kept = publication.twin();
    publications.add(kept);
    bytes += kept.footprint();
    while (publications.size() > options.channel().historySize()) {
      dropOldest();
    }
    historyUntil = ExpiryQueue.after(now, options.channel().historyTtl());
    metaUntil = later(metaUntil, historyUntil);
    if (options.version() > 0) {
      version = options.version();
      versionEpoch = options.versionEpoch();
    }
    return publication;
  }

  private static long weight(String key) {
    return KEY_OVERHEAD + 2L * key.length();
  }

  private static long later(long a, long b) {
    return a - b > 0 ? a : b;
  }

  /** Lets the oldest publication go; false if there is none. */
  boolean dropOldest() {
    var oldest = publications.poll();
    if (oldest == null) {
      return false;
    }
    bytes -= oldest.footprint();
    return true;
  }

  void clear() {
    while (dropOldest()) {}
  }

  History read(HistoryQuery query) {
    var since = query.since();
    if (query.limit() == 0 || !since.mayBelongTo(epoch)) {
      return new History(List.of(), position());
    }
    var read = new ArrayList<Publication>();
    Iterator<Publication> all =
        query.reverse() ? publications.descendingIterator() : publications.iterator();
    while (all.hasNext() && read.size() < query.atMost()) {
      var publication = all.next();
      var inside =
          query.reverse()
              ? publication.offset() < since.offset()
              : publication.offset() > since.offset();
      if (inside) {
        read.add(publication);
      }
    }
    return new History(read, position());
  }

  /**
   * Lets go what is over, and answers when to look again; {@link ExpiryQueue#NEVER} if nothing is
   * left.
   */
  long expire(long now) {
    if (!publications.isEmpty() && historyUntil - now <= 0) {
      clear();
    }
    // Not sorted: keys may have times to live of their own. Those in front come first as a rule.
    var left = keys.entrySet().iterator();
    while (left.hasNext()) {
      var key = left.next();
      if (key.getValue().until - now > 0) {
        break;
      }
      bytes -= weight(key.getKey());
      left.remove();
    }
    if (!epoch.isEmpty() && metaUntil - now <= 0) {
      epoch = "";
      top = 0;
      version = 0;
      versionEpoch = "";
    }
    return next();
  }

  private long next() {
    var next = ExpiryQueue.NEVER;
    if (!epoch.isEmpty()) {
      next = publications.isEmpty() ? metaUntil : historyUntil;
    }
    if (!keys.isEmpty()) {
      var until = keys.firstEntry().getValue().until;
      next = next == ExpiryQueue.NEVER || until - next < 0 ? until : next;
    }
    return next;
  }
}

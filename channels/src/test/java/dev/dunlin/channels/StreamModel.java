package dev.dunlin.channels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.LongStream;

/** What a stream is, told naively: every publication of every epoch, and which are still kept. */
final class StreamModel {

  private final int size;
  private final long ttl;
  private final long metaTtl;
  private final Map<String, List<String>> log = new HashMap<>();
  private String epoch = "";
  private long oldest = 1;
  private long historyUntil;
  private long metaUntil;

  StreamModel(int size, long ttl, long metaTtl) {
    this.size = size;
    this.ttl = ttl;
    this.metaTtl = metaTtl;
  }

  StreamPosition top() {
    return epoch.isEmpty() ? StreamPosition.START : new StreamPosition(count(), epoch);
  }

  private long count() {
    return epoch.isEmpty() ? 0 : log.get(epoch).size();
  }

  /** The stream said it is at {@code position} after {@code id} was published. */
  void published(String id, StreamPosition position, long now) {
    begin(position.epoch(), now);
    log.get(epoch).add(id);
    assertThat(position).isEqualTo(top());
    oldest = Math.max(oldest, count() - size + 1);
    historyUntil = now + ttl;
    metaUntil = Math.max(metaUntil, now + metaTtl);
  }

  /** Somebody made a read that opens the stream. */
  void opened(String named, long now) {
    begin(named, now);
    metaUntil = Math.max(metaUntil, now + metaTtl);
  }

  private void begin(String named, long now) {
    if (epoch.isEmpty()) {
      assertThat(named).isNotEmpty();
      assertThat(log).as("an epoch is used once").doesNotContainKey(named);
      log.put(named, new ArrayList<>());
      epoch = named;
      oldest = 1;
      metaUntil = now + metaTtl;
    }
    assertThat(named).isEqualTo(epoch);
  }

  void removed() {
    oldest = count() + 1;
  }

  void advanced(long now) {
    if (now >= historyUntil) {
      removed();
    }
    if (now >= metaUntil) {
      epoch = "";
    }
  }

  List<Long> kept() {
    return epoch.isEmpty() ? List.of() : LongStream.rangeClosed(oldest, count()).boxed().toList();
  }

  /** Compares a whole history with what should be kept. It is called often. */
  void check(History history) {
    var offsets = history.publications().stream().map(Publication::offset).toList();
    if (!history.position().equals(top()) || !offsets.equals(kept())) {
      throw new AssertionError(
          "history is %s at %s, should be %s at %s"
              .formatted(offsets, history.position(), kept(), top()));
    }
    for (var publication : history.publications()) {
      if (!publication.text().equals(id(publication.position()))) {
        throw new AssertionError(publication + " is not " + id(publication.position()));
      }
    }
  }

  String id(StreamPosition position) {
    return log.get(position.epoch()).get((int) position.offset() - 1);
  }

  /** What a read after {@code since} answers now. */
  List<Long> answered(StreamPosition since, int limit) {
    return since.epoch().isEmpty() || since.epoch().equals(epoch)
        ? kept().stream().filter(offset -> offset > since.offset()).limit(limit).toList()
        : List.of();
  }

  /** Whether the known offsets lead from one place to the other. */
  static boolean complete(StreamPosition from, StreamPosition to, Set<Long> known) {
    return (from.epoch().isEmpty() || from.epoch().equals(to.epoch()))
        && from.offset() <= to.offset()
        && LongStream.rangeClosed(from.offset() + 1, to.offset()).allMatch(known::contains);
  }
}

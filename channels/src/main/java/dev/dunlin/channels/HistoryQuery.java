package dev.dunlin.channels;

import java.time.Duration;

/**
 * What to read of a channel's history.
 *
 * @param since where to start, exclusive: forward from the offset after it (or the oldest kept),
 *     reverse from the offset before it. With an epoch that is not the stream's nothing is read
 * @param limit publications at most; 0 asks for the position alone, {@link #ALL} for all there are
 * @param reverse latest first
 * @param metaTtl if positive, the read opens the stream: one that is not there gets its epoch now,
 *     and one that is there is remembered for so long from now on. Whoever is going to depend on
 *     the position asks for it; zero reads and leaves no trace
 */
public record HistoryQuery(StreamPosition since, int limit, boolean reverse, Duration metaTtl) {

  /** No limit. */
  public static final int ALL = -1;

  private static final HistoryQuery POSITION =
      new HistoryQuery(StreamPosition.START, 0, false, Duration.ZERO);

  public HistoryQuery {
    if (limit < ALL) {
      throw new IllegalArgumentException("limit " + limit + " is neither a count nor ALL");
    }
  }

  /** Only where the stream ends. */
  public static HistoryQuery position() {
    return POSITION;
  }

  /** The first {@code limit} publications that are kept, oldest first. */
  public static HistoryQuery first(int limit) {
    return since(StreamPosition.START, limit);
  }

  /** The last {@code limit} publications, latest first. */
  public static HistoryQuery last(int limit) {
    return before(StreamPosition.END, limit);
  }

  /** What follows {@code since}, oldest first. */
  public static HistoryQuery since(StreamPosition since, int limit) {
    return new HistoryQuery(since, limit, false, Duration.ZERO);
  }

  /** What precedes {@code before}, latest first. */
  public static HistoryQuery before(StreamPosition before, int limit) {
    return new HistoryQuery(before, limit, true, Duration.ZERO);
  }

  /** The same read, which opens the stream and has it remembered for {@code ttl}. */
  public HistoryQuery opening(Duration ttl) {
    return new HistoryQuery(since, limit, reverse, ttl);
  }

  /** The most publications to answer: {@link #limit()} with {@link #ALL} as a large number. */
  public int atMost() {
    return limit == ALL ? Integer.MAX_VALUE : limit;
  }
}

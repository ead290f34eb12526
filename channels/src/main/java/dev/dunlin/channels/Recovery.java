package dev.dunlin.channels;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * The position of one subscriber in one stream: how it catches up, and whether what comes next is
 * what must come next. Pure: it is told of publications and reads, and answers.
 *
 * <p>The order of use: make it, subscribe to the hub and show it every publication from then on
 * ({@link #receive}), and when {@link Subscription#active} has completed read {@link #query} and
 * hand the answer to {@link #resume}. Because it listens before it reads, a publication is in what
 * it heard, in what it read, or in both, but never in neither.
 *
 * <p>Not for several threads: all calls come on the subscriber's lane. Until {@link #resume} it
 * holds what is published, up to {@link #MAX_HELD_BYTES}; beyond that the position is lost.
 */
public final class Recovery {

  /** Publications recovered at most; who misses more starts anew. */
  public static final int DEFAULT_LIMIT = 300;

  /** What may be held back until the history is read, in bytes: 1 MiB. */
  public static final int MAX_HELD_BYTES = 1 << 20;

  /** What to do with a publication. */
  public enum Verdict {
    /** It is kept, and comes with {@link Recovery#resume}. */
    HELD,
    /** It is the next one. */
    DELIVER,
    /** The subscriber has it already: drop it. */
    DUPLICATE,
    /** Something is missing, or the stream is another one: end the subscription (2500 or 3010). */
    INSUFFICIENT
  }

  /**
   * What the subscriber is told.
   *
   * @param recovering whether it asked to recover
   * @param recovered whether it missed nothing, given {@code publications}
   * @param position where it stands <em>before</em> {@code publications}: the position it asked for
   *     if that was recovered, the top of the stream otherwise (in cache mode always)
   * @param publications what it missed, oldest first; empty unless {@code recovered}
   * @param live what to deliver after this answer, in order
   * @param insufficient whether publications are missing that came after the read: end the
   *     subscription instead of answering
   */
  public record Resumed(
      boolean recovering,
      boolean recovered,
      StreamPosition position,
      List<Publication> publications,
      List<Publication> live,
      boolean insufficient) {

    public Resumed {
      publications = List.copyOf(publications);
      live = List.copyOf(live);
    }
  }

  private enum Mode {
    POSITION,
    STREAM,
    CACHE
  }

  private enum State {
    CATCHING_UP,
    LIVE,
    LOST
  }

  private static final long NO_SUSPICION = -1;

  private final Mode mode;
  private final StreamPosition since;
  private final int limit;
  private final List<Publication> held = new ArrayList<>();
  private State state = State.CATCHING_UP;
  private int heldBytes;
  private long offset;
  private String epoch = "";
  private long suspected = NO_SUSPICION;
  private long suspectedAt; // where it stood then

  private Recovery(Mode mode, StreamPosition since, int limit) {
    this.mode = mode;
    this.since = since;
    this.limit = limit;
  }

  /** Starts at the top of the stream. */
  public static Recovery atTop() {
    return new Recovery(Mode.POSITION, StreamPosition.START, 0);
  }

  /**
   * Asks for all that came after {@code since}, if it is {@value #DEFAULT_LIMIT} publications or
   * fewer. An empty epoch matches any; {@link StreamPosition#START} asks for the whole stream.
   */
  public static Recovery since(StreamPosition since) {
    return since(since, DEFAULT_LIMIT);
  }

  /** As {@link #since(StreamPosition)} with a limit of one's own. */
  public static Recovery since(StreamPosition since, int limit) {
    return new Recovery(Mode.STREAM, since, limit);
  }

  /** Asks for the latest publication alone, unless {@code since} is its position: cache mode. */
  public static Recovery latest(StreamPosition since) {
    return new Recovery(Mode.CACHE, since, 1);
  }

  /** The read that {@link #resume} needs: it opens the stream for {@code metaTtl}. */
  public HistoryQuery query(Duration metaTtl) {
    var query =
        switch (mode) {
          case POSITION -> HistoryQuery.position();
          case STREAM -> HistoryQuery.since(since, limit);
          case CACHE -> HistoryQuery.last(1);
        };
    return query.opening(metaTtl);
  }

  /** Judges a publication that the hub delivers. */
  public Verdict receive(Publication publication) {
    return switch (state) {
      case CATCHING_UP -> hold(publication);
      case LIVE -> judge(publication);
      case LOST -> Verdict.INSUFFICIENT;
    };
  }

  /**
   * Whether a block can be delivered as a whole, which moves the position behind it. If not,
   * nothing has changed, and its publications are to be judged one by one.
   */
  public boolean accepts(Block block) {
    var first = block.publications().getFirst();
    var next =
        state == State.LIVE
            && block.continuous()
            && first.offset() == offset + 1
            && position().mayBelongTo(first.epoch());
    if (next) {
      advance(block.publications().getLast());
    }
    return next;
  }

  private Verdict hold(Publication publication) {
    heldBytes += publication.footprint();
    if (heldBytes > MAX_HELD_BYTES) {
      return lost();
    }
    held.add(publication);
    return Verdict.HELD;
  }

  private Verdict judge(Publication publication) {
    if (publication.offset() == 0) {
      return Verdict.DELIVER; // published past the history: it has no place in the stream
    }
    if (!position().mayBelongTo(publication.epoch()) || publication.offset() > offset + 1) {
      return lost();
    }
    if (publication.offset() <= offset) {
      return Verdict.DUPLICATE;
    }
    advance(publication);
    return Verdict.DELIVER;
  }

  private Verdict lost() {
    state = State.LOST;
    held.clear();
    return Verdict.INSUFFICIENT;
  }

  /** The first epoch that is known becomes the stream's. */
  private void advance(Publication publication) {
    offset = publication.offset();
    if (epoch.isEmpty()) {
      epoch = publication.epoch();
    }
    suspected = offset >= suspected ? NO_SUSPICION : suspected;
  }

  /** Where the subscriber stands: the last publication it was given. */
  public StreamPosition position() {
    return new StreamPosition(offset, epoch);
  }

  /**
   * Merges what was read with what was heard meanwhile. Called once, with {@link #query}'s answer.
   */
  public Resumed resume(History history) {
    if (state == State.LIVE) {
      throw new IllegalStateException("this subscriber has resumed already");
    }
    var top = history.position();
    epoch = top.epoch();
    for (var publication : held) {
      if (epoch.isEmpty()) {
        epoch = publication.epoch();
      }
    }
    if (held.stream().anyMatch(publication -> !position().mayBelongTo(publication.epoch()))) {
      lost(); // the stream has begun anew between hearing and reading
    }
    if (state == State.LOST) {
      return answer(false, top, List.of(), List.of());
    }
    state = State.LIVE;
    var resumed =
        switch (mode) {
          case POSITION -> fromTop(top);
          case STREAM -> recover(history);
          case CACHE -> recoverLatest(history);
        };
    held.clear();
    return resumed;
  }

  private Resumed recover(History history) {
    var top = history.position();
    var missed = new TreeMap<Long, Publication>();
    history.publications().forEach(publication -> missed.put(publication.offset(), publication));
    heldAfter(0).forEach(missed::putIfAbsent);
    missed.headMap(since.offset(), true).clear();
    if (!sameEpoch() || !leads(missed, since.offset(), top.offset())) {
      return fromTop(top);
    }
    offset = since.offset();
    for (var publication : missed.values()) {
      if (judge(publication) != Verdict.DELIVER) {
        return answer(false, top, List.of(), List.of());
      }
    }
    return answer(
        true,
        new StreamPosition(since.offset(), epoch),
        List.copyOf(missed.values()),
        withoutOffset());
  }

  /** Whether the publications lead from one offset to the other without a hole. */
  private static boolean leads(TreeMap<Long, Publication> publications, long from, long to) {
    return from <= to && publications.subMap(from, false, to, true).size() == to - from;
  }

  private Resumed recoverLatest(History history) {
    var known = new TreeMap<Long, Publication>();
    history.publications().forEach(publication -> known.put(publication.offset(), publication));
    heldAfter(0).forEach(known::putIfAbsent);
    offset = Math.max(history.position().offset(), known.isEmpty() ? 0 : known.lastKey());
    var latest = known.get(offset);
    if (sameEpoch() && since.offset() == offset) {
      return answer(true, position(), List.of(), withoutOffset());
    }
    return latest == null
        ? answer(false, position(), List.of(), withoutOffset())
        : answer(true, position(), List.of(latest), withoutOffset());
  }

  /** Without recovery: what was heard beyond the top comes live. */
  private Resumed fromTop(StreamPosition top) {
    offset = top.offset();
    var live = new ArrayList<>(withoutOffset());
    for (var publication : heldAfter(top.offset()).values()) {
      if (judge(publication) != Verdict.DELIVER) {
        return answer(false, top, List.of(), List.of());
      }
      live.add(publication);
    }
    return answer(false, new StreamPosition(top.offset(), epoch), List.of(), live);
  }

  private Resumed answer(
      boolean recovered,
      StreamPosition position,
      List<Publication> publications,
      List<Publication> live) {
    return new Resumed(
        mode != Mode.POSITION, recovered, position, publications, live, state == State.LOST);
  }

  private boolean sameEpoch() {
    return since.epoch().isEmpty() || since.epoch().equals(epoch);
  }

  private TreeMap<Long, Publication> heldAfter(long offset) {
    var after = new TreeMap<Long, Publication>();
    for (var publication : held) {
      if (publication.offset() > offset) {
        after.putIfAbsent(publication.offset(), publication);
      }
    }
    return after;
  }

  private List<Publication> withoutOffset() {
    return held.stream().filter(publication -> publication.offset() == 0).toList();
  }

  /**
   * Compares the position with the top of the stream, which finds what was lost without a trace:
   * the last publication before a silence.
   *
   * <p>A top ahead of the position may only mean that publications are under way, so the first such
   * answer is a suspicion, and the next finds the position insufficient if it has not reached that
   * top and has not moved: whoever is only late moves. Checking every 5 s therefore notices a loss
   * within 10 s, since nothing moves a position across what was lost.
   *
   * @param before {@link #position} when the read began
   * @param top what was read
   * @return {@link Verdict#INSUFFICIENT}, or {@link Verdict#DELIVER} if all is well so far
   */
  public Verdict check(StreamPosition before, StreamPosition top) {
    if (state != State.LIVE) {
      return state == State.LOST ? Verdict.INSUFFICIENT : Verdict.HELD;
    }
    var anotherLife =
        !position().mayBelongTo(top.epoch())
            || !before.epoch().isEmpty() && !before.epoch().equals(top.epoch());
    if (anotherLife || top.offset() < before.offset()) {
      return lost(); // also if the store has lost its tail
    }
    if (epoch.isEmpty() && top.offset() == offset) {
      epoch = top.epoch();
    }
    if (suspected != NO_SUSPICION && offset < suspected && offset == suspectedAt) {
      return lost();
    }
    suspected = top.offset() > offset ? top.offset() : NO_SUSPICION;
    suspectedAt = offset;
    return Verdict.DELIVER;
  }
}

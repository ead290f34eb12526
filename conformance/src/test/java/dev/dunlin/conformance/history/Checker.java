package dev.dunlin.conformance.history;

import dev.dunlin.conformance.history.Observation.Ended;
import dev.dunlin.conformance.history.Observation.Kept;
import dev.dunlin.conformance.history.Observation.Present;
import dev.dunlin.conformance.history.Observation.PublishAcknowledged;
import dev.dunlin.conformance.history.Observation.PublishInvoked;
import dev.dunlin.conformance.history.Observation.PublishUnknown;
import dev.dunlin.conformance.history.Observation.Quiet;
import dev.dunlin.conformance.history.Observation.Received;
import dev.dunlin.conformance.history.Observation.Slow;
import dev.dunlin.conformance.history.Observation.Subscribed;
import dev.dunlin.conformance.history.Violation.Invariant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Checks a history against the server's promises, in one pass: the offset is the order of
 * publications, so nothing needs to be searched.
 */
final class Checker {

  private record Place(String channel, String epoch, long offset) {}

  private record Stream(String channel, String epoch) {}

  private record Follower(String client, String channel) {}

  /** Where a client stands in a stream, and whether it follows it at the moment. */
  private record Position(String epoch, long offset, boolean following) {}

  private static final class Publication {
    final PublishInvoked invoked;

    /** The acknowledged tops of the channel's streams when it was begun. */
    final Map<String, Long> before;

    Place place;

    Publication(PublishInvoked invoked, Map<String, Long> before) {
      this.invoked = invoked;
      this.before = before;
    }
  }

  private final long inTimeNanos;
  private final Map<Long, Publication> publications = new HashMap<>();
  private final Map<Place, Long> messages = new HashMap<>();
  private final Map<Stream, Long> acknowledged = new HashMap<>();
  private final Map<String, Map<String, Long>> tops = new HashMap<>();
  private final Map<String, List<String>> epochs = new HashMap<>();
  private final Map<Follower, Position> positions = new HashMap<>();
  private final Map<String, Long> slowUntil = new HashMap<>();
  private final List<Violation> violations = new ArrayList<>();

  private Checker(Duration inTime) {
    this.inTimeNanos = inTime.toNanos();
  }

  /**
   * What is wrong with a history; nothing if it is clean.
   *
   * @param inTime how late a live publication may arrive at a client that reads
   */
  static List<Violation> check(List<Observation> history, Duration inTime) {
    var checker = new Checker(inTime);
    history.forEach(checker::see);
    return checker.violations;
  }

  private void wrong(Invariant invariant, String what, Observation seen) {
    violations.add(new Violation(invariant, what + ": " + seen));
  }

  private void see(Observation seen) {
    switch (seen) {
      case PublishInvoked invoked ->
          publications.put(
              invoked.id(),
              new Publication(invoked, Map.copyOf(tops.getOrDefault(invoked.channel(), Map.of()))));
      case PublishAcknowledged acked -> acknowledged(acked);
      case PublishUnknown unknown -> {}
      case Subscribed subscribed -> subscribed(subscribed);
      case Received received -> received(received);
      case Ended ended ->
          positions.computeIfPresent(
              new Follower(ended.client(), ended.channel()),
              (follower, position) -> new Position(position.epoch(), position.offset(), false));
      case Slow slow ->
          slowUntil.put(slow.client(), slow.slow() ? Long.MAX_VALUE : slow.at() + inTimeNanos);
      case Present present -> {
        if (!present.told().equals(present.real())) {
          wrong(Invariant.TRUE_IN_THE_END, "presence is not who is there", seen);
        }
      }
      case Kept kept -> kept(kept);
      case Quiet quiet -> quiet(quiet);
    }
  }

  private void acknowledged(PublishAcknowledged acked) {
    var place = new Place(acked.channel(), acked.epoch(), acked.offset());
    var publication = place(acked.id(), place, acked);
    acknowledged.merge(new Stream(acked.channel(), acked.epoch()), acked.offset(), Math::max);
    tops.computeIfAbsent(acked.channel(), channel -> new HashMap<>())
        .merge(acked.epoch(), acked.offset(), Math::max);
    var known = epochs.computeIfAbsent(acked.channel(), channel -> new ArrayList<>());
    int life = known.indexOf(acked.epoch());
    if (life < 0) {
      known.add(acked.epoch());
    } else if (publication != null && begunAfter(publication, known, life)) {
      wrong(Invariant.EPOCHS_ARE_NEW, "an epoch that was over has come back", acked);
    }
  }

  /** Whether a later epoch had been acknowledged when the publication was begun. */
  private static boolean begunAfter(Publication publication, List<String> known, int life) {
    return known.subList(life + 1, known.size()).stream().anyMatch(publication.before::containsKey);
  }

  /** Notes that a message has a place, and checks that it is the only one for both. */
  private Publication place(long id, Place place, Observation seen) {
    var other = messages.putIfAbsent(place, id);
    if (other != null && other != id) {
      wrong(Invariant.ONE_PLACE_ONE_MESSAGE, "the place belongs to message " + other, seen);
    }
    var publication = publications.get(id);
    if (publication == null) {
      wrong(Invariant.NOTHING_INVENTED, "nobody has published it", seen);
      return null;
    }
    if (!publication.invoked.channel().equals(place.channel())) {
      wrong(Invariant.NOTHING_INVENTED, "it was published elsewhere", seen);
    }
    if (publication.place == null) {
      publication.place = place;
      var earlier = publication.before.get(place.epoch());
      if (earlier != null && earlier >= place.offset()) {
        wrong(
            Invariant.ORDER_OF_ACKNOWLEDGEMENT,
            "offset " + earlier + " was acknowledged before it was begun",
            seen);
      }
    } else if (!publication.place.equals(place)) {
      wrong(Invariant.AT_MOST_ONCE, "the message is also at " + publication.place, seen);
    }
    return publication;
  }

  private void subscribed(Subscribed now) {
    var follower = new Follower(now.client(), now.channel());
    var before = positions.get(follower);
    if (now.recovered()) {
      boolean same =
          before != null && before.epoch().equals(now.epoch()) && before.offset() == now.offset();
      if (!now.recovering() || !same) {
        wrong(Invariant.NO_SILENT_GAP, "told as recovered, but the client stood at " + before, now);
      }
    }
    positions.put(follower, new Position(now.epoch(), now.offset(), true));
  }

  private void received(Received now) {
    var publication = place(now.id(), new Place(now.channel(), now.epoch(), now.offset()), now);
    var follower = new Follower(now.client(), now.channel());
    var position = positions.get(follower);
    if (position == null || !position.following()) {
      wrong(Invariant.NO_STEP_MISSED, "the client does not follow the channel", now);
    } else if (!position.epoch().equals(now.epoch()) || position.offset() + 1 != now.offset()) {
      wrong(Invariant.NO_STEP_MISSED, "the client stood at " + position, now);
    }
    positions.put(follower, new Position(now.epoch(), now.offset(), true));
    if (publication != null && now.live()) {
      long since = Math.max(publication.invoked.at(), slowUntil.getOrDefault(now.client(), 0L));
      if (now.at() - since > inTimeNanos && since != Long.MAX_VALUE) {
        wrong(Invariant.IN_TIME, "it was published " + (now.at() - since) + " ns before", now);
      }
    }
  }

  private void quiet(Quiet quiet) {
    positions.forEach((follower, position) -> {
      long top = acknowledged.getOrDefault(new Stream(follower.channel(), position.epoch()), 0L);
      if (position.following() && position.offset() < top) {
        wrong(
            Invariant.NO_SILENT_GAP,
            follower + " stands at " + position + " but " + top + " was acknowledged",
            quiet);
      }
    });
  }

  private void kept(Kept kept) {
    Set<Long> ids = new HashSet<>();
    long next = 0;
    for (var entry : kept.entries()) {
      place(entry.id(), new Place(kept.channel(), kept.epoch(), entry.offset()), kept);
      if ((next != 0 && entry.offset() != next) || !ids.add(entry.id())) {
        wrong(Invariant.TRUE_IN_THE_END, "the history has a hole at " + entry, kept);
      }
      next = entry.offset() + 1;
    }
    long top = acknowledged.getOrDefault(new Stream(kept.channel(), kept.epoch()), 0L);
    if (kept.top() < top || (next != 0 && next != kept.top() + 1)) {
      wrong(Invariant.TRUE_IN_THE_END, "the history does not reach " + top, kept);
    }
  }
}

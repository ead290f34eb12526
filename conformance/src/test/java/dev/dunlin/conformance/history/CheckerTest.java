package dev.dunlin.conformance.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.conformance.history.Observation.Ended;
import dev.dunlin.conformance.history.Observation.Entry;
import dev.dunlin.conformance.history.Observation.Kept;
import dev.dunlin.conformance.history.Observation.Present;
import dev.dunlin.conformance.history.Observation.PublishAcknowledged;
import dev.dunlin.conformance.history.Observation.PublishInvoked;
import dev.dunlin.conformance.history.Observation.Quiet;
import dev.dunlin.conformance.history.Observation.Received;
import dev.dunlin.conformance.history.Observation.Subscribed;
import dev.dunlin.conformance.history.Violation.Invariant;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The checker finds every kind of fault that is planted, and nothing where there is none. */
class CheckerTest {

  private static final Duration IN_TIME = Duration.ofSeconds(10);
  private static final int SEEDS = 100;

  /** A history without faults, of a server with restarts and clients with cuts. */
  private static final class Simulation {
    private final Random random;
    private final List<Observation> seen = new ArrayList<>();
    private final Map<String, List<Long>> streams = new HashMap<>();
    private final Map<String, String> epochs = new HashMap<>();
    private final Map<String, Map<String, long[]>> clients = new HashMap<>();
    private long now = 1;
    private long lastId;
    private int lives;

    Simulation(long seed) {
      random = new Random(seed);
      for (int i = 0; i < 3; i++) {
        begin("ch" + i);
      }
      for (int i = 0; i < 6; i++) {
        clients.put("c" + i, new HashMap<>());
      }
    }

    private void begin(String channel) {
      streams.put(channel, new ArrayList<>());
      epochs.put(channel, "e" + ++lives);
    }

    private long tick() {
      return now += 1 + random.nextInt(1_000_000);
    }

    List<Observation> run() {
      for (int step = 0; step < 400; step++) {
        var channel = "ch" + random.nextInt(3);
        var client = "c" + random.nextInt(6);
        switch (random.nextInt(12)) {
          case 0 -> cut(client);
          case 1, 2 -> subscribe(client, channel);
          case 3 -> {
            if (random.nextInt(8) == 0) {
              clients.keySet().forEach(this::cut);
              streams.keySet().stream().toList().forEach(this::begin);
            }
          }
          default -> publish(channel);
        }
      }
      for (int i = 0; i < 12; i++) {
        publish("ch" + i % 3);
      }
      clients.keySet().forEach(client -> subscribe(client, "ch0"));
      seen.add(new Quiet(tick()));
      streams.forEach((channel, ids) -> {
        var entries =
            IntStream.range(Math.max(0, ids.size() - 10), ids.size())
                .mapToObj(i -> new Entry(i + 1, ids.get(i)))
                .toList();
        seen.add(new Kept(tick(), channel, epochs.get(channel), ids.size(), entries));
        seen.add(new Present(tick(), channel, Set.of("c1", "c2"), Set.of("c1", "c2")));
      });
      return seen;
    }

    private void cut(String client) {
      clients
          .get(client)
          .forEach((channel, position) -> {
            if (position[2] == 1) {
              position[2] = 0;
              seen.add(new Ended(tick(), client, channel, 1006));
            }
          });
    }

    private void subscribe(String client, String channel) {
      var known = clients.get(client).get(channel);
      if (known != null && known[2] == 1) {
        return;
      }
      var ids = streams.get(channel);
      long life = Long.parseLong(epochs.get(channel).substring(1));
      boolean recovering = known != null;
      boolean recovered = recovering && known[1] == life && ids.size() - known[0] <= 20;
      long from = recovered ? known[0] : ids.size();
      seen.add(
          new Subscribed(
              tick(), client, channel, epochs.get(channel), from, recovering, recovered));
      for (long offset = from + 1; offset <= ids.size(); offset++) {
        receive(client, channel, offset, false);
      }
      clients.get(client).put(channel, new long[] {ids.size(), life, 1});
    }

    private void publish(String channel) {
      long id = ++lastId;
      seen.add(new PublishInvoked(tick(), channel, id));
      var ids = streams.get(channel);
      ids.add(id);
      boolean ackFirst = random.nextBoolean();
      var ack = new PublishAcknowledged(tick(), channel, id, epochs.get(channel), ids.size());
      if (ackFirst) {
        seen.add(ack);
      }
      clients.forEach((client, positions) -> {
        var position = positions.get(channel);
        if (position != null && position[2] == 1) {
          receive(client, channel, ids.size(), true);
          position[0] = ids.size();
        }
      });
      if (!ackFirst) {
        seen.add(ack);
      }
    }

    private void receive(String client, String channel, long offset, boolean live) {
      long id = streams.get(channel).get((int) offset - 1);
      seen.add(new Received(tick(), client, channel, epochs.get(channel), offset, id, live));
    }
  }

  private static List<Violation> check(List<Observation> history) {
    return Checker.check(history, IN_TIME);
  }

  @Test
  void aHundredCleanHistoriesRaiseNoAlarm() {
    for (int seed = 0; seed < SEEDS; seed++) {
      assertThat(check(new Simulation(seed).run())).as("seed %s", seed).isEmpty();
    }
  }

  /** Plants a fault into many histories; in each it must be found as what it is. */
  private static void found(Set<Invariant> expected, BiConsumer<List<Observation>, Random> fault) {
    for (int seed = 0; seed < SEEDS; seed++) {
      var history = new ArrayList<>(new Simulation(seed).run());
      var before = List.copyOf(history);
      fault.accept(history, new Random(seed));
      assertThat(history).as("a fault is planted with seed %s", seed).isNotEqualTo(before);
      assertThat(check(history).stream().map(Violation::invariant))
          .as("seed %s", seed)
          .containsAnyElementsOf(expected);
    }
  }

  /** The index of one observation of a kind, from somewhere in the middle. */
  private static <T extends Observation> int any(
      List<Observation> history,
      Random random,
      Class<T> kind,
      java.util.function.Predicate<T> fits) {
    var all =
        IntStream.range(0, history.size())
            .filter(i -> kind.isInstance(history.get(i)) && fits.test(kind.cast(history.get(i))))
            .toArray();
    assertThat(all).isNotEmpty();
    return all[random.nextInt(all.length)];
  }

  @Test
  void aDroppedPublicationIsFound() {
    found(
        Set.of(Invariant.NO_STEP_MISSED, Invariant.NO_SILENT_GAP),
        (history, random) ->
            history.remove(
                any(
                    history,
                    random,
                    Received.class,
                    r -> acknowledged(history, r) && followed(history, r))));
  }

  /** Whether the client did not subscribe anew, unrecovered, right after: then nothing is owed. */
  private static boolean followed(List<Observation> history, Received received) {
    for (var later : history.subList(history.indexOf(received) + 1, history.size())) {
      switch (later) {
        case Received next
            when next.client().equals(received.client())
                && next.channel().equals(received.channel()) -> {
          return true;
        }
        case Ended end
            when end.client().equals(received.client())
                && end.channel().equals(received.channel()) -> {
          return false;
        }
        default -> {}
      }
    }
    return true;
  }

  private static boolean acknowledged(List<Observation> history, Received received) {
    return history.stream()
        .anyMatch(seen -> seen instanceof PublishAcknowledged acked && acked.id() == received.id());
  }

  @Test
  void aDuplicateIsFound() {
    found(
        Set.of(Invariant.NO_STEP_MISSED),
        (history, random) -> {
          int i = any(history, random, Received.class, r -> true);
          history.add(i + 1, history.get(i));
        });
  }

  @Test
  void swappedPublicationsAreFound() {
    found(
        Set.of(Invariant.NO_STEP_MISSED),
        (history, random) -> {
          int i = any(history, random, Received.class, r -> next(history, r) > 0);
          int j = next(history, (Received) history.get(i));
          var first = history.get(i);
          history.set(i, history.get(j));
          history.set(j, first);
        });
  }

  private static int next(List<Observation> history, Received received) {
    for (int i = history.indexOf(received) + 1; i < history.size(); i++) {
      if (history.get(i) instanceof Received later
          && later.client().equals(received.client())
          && later.channel().equals(received.channel())) {
        return later.offset() == received.offset() + 1 ? i : -1;
      }
    }
    return -1;
  }

  @Test
  void aFalseRecoveryIsFound() {
    found(
        Set.of(Invariant.NO_SILENT_GAP),
        (history, random) -> {
          int i = any(history, random, Subscribed.class, s -> !s.recovered() && s.offset() > 0);
          var s = (Subscribed) history.get(i);
          history.set(
              i,
              new Subscribed(
                  s.at(), s.client(), s.channel(), s.epoch(), s.offset(), s.recovering(), true));
        });
  }

  @Test
  void anEpochThatComesBackIsFound() {
    found(
        Set.of(
            Invariant.ONE_PLACE_ONE_MESSAGE,
            Invariant.EPOCHS_ARE_NEW,
            Invariant.ORDER_OF_ACKNOWLEDGEMENT),
        (history, random) -> {
          int i = any(history, random, PublishAcknowledged.class, a -> a.offset() > 1);
          var old = (PublishAcknowledged) history.get(i);
          long id = 1_000_000;
          long at = old.at() + 1;
          history.add(i + 1, new PublishInvoked(at, old.channel(), id));
          history.add(i + 2, new PublishAcknowledged(at, old.channel(), id, old.epoch(), 1));
        });
  }

  @Test
  void aStreamThatReturnsToAnOldEpochIsFound() {
    var history =
        List.<Observation>of(
            new PublishInvoked(1, "a", 1),
            new PublishAcknowledged(2, "a", 1, "e1", 1),
            new PublishInvoked(3, "a", 2),
            new PublishAcknowledged(4, "a", 2, "e2", 1),
            new PublishInvoked(5, "a", 3),
            new PublishAcknowledged(6, "a", 3, "e1", 2));
    assertThat(check(history).stream().map(Violation::invariant))
        .containsExactly(Invariant.EPOCHS_ARE_NEW);
  }

  @Test
  void lateDeliveryIsFound() {
    found(
        Set.of(Invariant.IN_TIME),
        (history, random) -> {
          int i = any(history, random, Received.class, Received::live);
          var r = (Received) history.get(i);
          history.set(
              i,
              new Received(
                  r.at() + 11_000_000_000L,
                  r.client(),
                  r.channel(),
                  r.epoch(),
                  r.offset(),
                  r.id(),
                  true));
        });
  }

  @Test
  void deliveryAfterTheEndIsFound() {
    found(
        Set.of(Invariant.NO_STEP_MISSED),
        (history, random) -> {
          int i =
              any(
                  history,
                  random,
                  Received.class,
                  r -> history.get(history.indexOf(r) + 1) instanceof Received);
          var r = (Received) history.get(i);
          history.add(i, new Ended(r.at(), r.client(), r.channel(), 3000));
        });
  }

  @Test
  void aGhostInPresenceIsFound() {
    found(
        Set.of(Invariant.TRUE_IN_THE_END),
        (history, random) -> {
          int i = any(history, random, Present.class, p -> true);
          var p = (Present) history.get(i);
          history.set(i, new Present(p.at(), p.channel(), Set.of("c1", "c2", "ghost"), p.real()));
        });
  }

  @Test
  void anInventedMessageIsFound() {
    found(
        Set.of(Invariant.NOTHING_INVENTED),
        (history, random) -> {
          int i = any(history, random, Received.class, r -> true);
          var r = (Received) history.get(i);
          history.set(
              i,
              new Received(
                  r.at(), r.client(), r.channel(), r.epoch(), r.offset(), 999_999, r.live()));
        });
  }

  @Test
  void aMessageThatAppearsTwiceIsFound() {
    found(
        Set.of(Invariant.AT_MOST_ONCE),
        (history, random) -> {
          int i = any(history, random, PublishAcknowledged.class, a -> true);
          var a = (PublishAcknowledged) history.get(i);
          history.add(
              i + 1,
              new PublishAcknowledged(a.at(), a.channel(), a.id(), a.epoch(), a.offset() + 1000));
        });
  }

  @Test
  void anAcknowledgementOutOfOrderIsFound() {
    var history =
        List.<Observation>of(
            new PublishInvoked(1, "a", 1),
            new PublishAcknowledged(2, "a", 1, "e1", 2),
            new PublishInvoked(3, "a", 2),
            new PublishAcknowledged(4, "a", 2, "e1", 1));
    assertThat(check(history).stream().map(Violation::invariant))
        .containsExactly(Invariant.ORDER_OF_ACKNOWLEDGEMENT);
  }

  @Test
  void anAcknowledgedPublicationMissingInTheHistoryIsFound() {
    found(
        Set.of(Invariant.TRUE_IN_THE_END),
        (history, random) -> {
          int i = any(history, random, Kept.class, k -> k.entries().size() > 2);
          var k = (Kept) history.get(i);
          var entries = new ArrayList<>(k.entries());
          entries.remove(1 + random.nextInt(entries.size() - 1));
          history.set(i, new Kept(k.at(), k.channel(), k.epoch(), k.top(), entries));
        });
  }
}

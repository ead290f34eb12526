package dev.dunlin.conformance.history;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.conformance.history.Observation.Received;
import dev.dunlin.conformance.history.Observation.Subscribed;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Nothing is lost in silence: {@code -Ddunlin.seed=} replays a run's misfortunes, {@code
 * -Ddunlin.minutes=} sets the length of the long one.
 */
class HistoryTest {

  private static final System.Logger log = System.getLogger("history");
  private static final long SEED = Long.getLong("dunlin.seed", System.nanoTime());

  /** Messages published in a second; each goes to 40 clients. */
  private static final int PER_SECOND = Integer.getInteger("dunlin.rate", 200);

  @Test
  void nothingIsLostInSilenceWhateverHappens() throws Exception {
    report(SEED, checked(SEED, Duration.ofSeconds(25), 500));
  }

  /** One history after the other, each with a seed, a server and clients of its own. */
  @Test
  @Tag("figures")
  void norInAnHour() throws Exception {
    long end =
        System.nanoTime() + Duration.ofMinutes(Integer.getInteger("dunlin.minutes", 60)).toNanos();
    long seed = SEED;
    for (; System.nanoTime() < end; seed++) {
      report(seed, checked(seed, Duration.ofMinutes(3), 2_000));
    }
    log.log(System.Logger.Level.INFO, "{0} histories without a violation", seed - SEED);
  }

  private static List<Observation> checked(long seed, Duration time, int losesOneIn)
      throws Exception {
    try (var run = new HistoryRun(seed, 200, PER_SECOND, losesOneIn)) {
      var history = run.run(time);
      assertThat(HistoryRun.check(history)).as("violations with seed %s", seed).isEmpty();
      log.log(System.Logger.Level.INFO, "connections ended by code {0}", run.disconnects());
      var planted = run.misfortunes();
      log.log(System.Logger.Level.INFO, "planted {0}", planted);
      assertThat(planted.restarts()).isPositive();
      assertThat(planted.lost()).isPositive();
      assertThat(planted.cuts()).isPositive();
      assertThat(planted.keptOut()).isPositive();
      assertThat(planted.slowed()).isPositive();
      return history;
    }
  }

  /** That the run was worth it: all kinds of ends and of recoveries have happened. */
  private static void report(long seed, List<Observation> history) {
    long received = count(history, Received.class, seen -> true);
    long caughtUp = count(history, Received.class, seen -> !seen.live());
    long recovered = count(history, Subscribed.class, Subscribed::recovered);
    long lost = count(history, Subscribed.class, seen -> seen.recovering() && !seen.recovered());
    long gaps = count(history, Observation.Ended.class, seen -> seen.code() == 2500);
    var ends = new java.util.TreeMap<Integer, Integer>();
    for (var seen : history) {
      if (seen instanceof Observation.Ended ended) {
        ends.merge(ended.code(), 1, Integer::sum);
      }
    }
    log.log(
        System.Logger.Level.INFO,
        "seed {0}: {1} received, {2} of them recovered in {3} recoveries; {4} refused; ends by"
            + " code {5}",
        String.valueOf(seed),
        received,
        caughtUp,
        recovered,
        lost,
        ends);
    assertThat(received).isGreaterThan(10_000);
    assertThat(caughtUp).isPositive();
    assertThat(recovered).isPositive();
    assertThat(lost).as("after restarts").isPositive();
    assertThat(gaps).isPositive();
  }

  private static <T> long count(
      List<Observation> history, Class<T> kind, java.util.function.Predicate<T> fits) {
    return history.stream().filter(kind::isInstance).map(kind::cast).filter(fits).count();
  }
}

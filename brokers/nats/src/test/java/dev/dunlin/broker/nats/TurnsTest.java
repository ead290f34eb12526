package dev.dunlin.broker.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunlin.channels.BrokerUnavailableException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** Who waits for a channel, and for how long. */
class TurnsTest {

  private final ArrayDeque<Runnable> threads = new ArrayDeque<>();
  private final List<String> taken = new ArrayList<>();

  private CompletionStage<Boolean> run(Turns turns, String name) {
    return turns.run("channel", known -> taken.add(name));
  }

  private void work() {
    for (var task = threads.poll(); task != null; task = threads.poll()) {
      task.run();
    }
  }

  @Test
  void turnsOfAChannelAreTakenInTheirOrder() {
    var turns = new Turns(threads::add, Duration.ofMinutes(1));
    var first = run(turns, "first");
    var second = run(turns, "second");
    assertThat(threads).as("one thread for the channel").hasSize(1);
    work();
    assertThat(taken).containsExactly("first", "second");
    assertThat(first.toCompletableFuture()).isCompletedWithValue(true);
    assertThat(second.toCompletableFuture()).isCompletedWithValue(true);
  }

  @Test
  void turnThatComesTooLateIsNotTaken() {
    var turns = new Turns(threads::add, Duration.ZERO);
    var late = run(turns, "late");
    long asked = System.nanoTime();
    while (System.nanoTime() == asked) {
      Thread.onSpinWait();
    }
    work();
    assertThat(taken).isEmpty();
    assertThatThrownBy(() -> late.toCompletableFuture().join())
        .hasCauseInstanceOf(BrokerUnavailableException.class);
  }

  @Test
  void turnThatFailsWithAnErrorIsFollowedByTheNext() {
    var turns = new Turns(threads::add, Duration.ofMinutes(1));
    var first =
        turns.run(
            "channel",
            known -> {
              throw new StackOverflowError("in the test");
            });
    var second = run(turns, "second");
    work();
    assertThatThrownBy(() -> first.toCompletableFuture().join())
        .hasCauseInstanceOf(StackOverflowError.class);
    assertThat(second.toCompletableFuture()).isCompletedWithValue(true);
    assertThat(run(turns, "third").toCompletableFuture()).isNotDone();
    work();
    assertThat(taken).containsExactly("second", "third");
  }
}

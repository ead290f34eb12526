package dev.dunlin.server.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

/** Tasks of a lane that wait for their time. */
class LaneTest {

  private static final Duration DELAY = Duration.ofMillis(20);

  private final MemoryLane lane = new MemoryLane();

  @Test
  void delayedTasksRunToTheNanosecondAndInTheirOrder() {
    var ran = new ArrayList<String>();
    lane.delayed(DELAY).execute(() -> ran.add("late"));
    lane.delayed(Duration.ofMillis(1)).execute(() -> ran.add("soon"));
    lane.delayed(DELAY).execute(() -> ran.add("later"));
    lane.pass(DELAY.toNanos() - 1);
    assertThat(ran).containsExactly("soon");
    lane.pass(1);
    assertThat(ran).containsExactly("soon", "late", "later");
  }

  @Test
  void theSameDelayIsTheSameExecutorAndNoDelayIsTheLane() {
    assertThat(lane.delayed(DELAY)).isSameAs(lane.delayed(Duration.ofNanos(20_000_000)));
    assertThat(lane.delayed(DELAY)).isNotSameAs(lane.delayed(DELAY.plusMillis(1)));
    assertThat(lane.delayed(Duration.ZERO)).isSameAs(lane);
    assertThatThrownBy(() -> lane.delayed(DELAY.negated()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("PT-0.02S");
  }

  @Test
  void aLaneThatNobodyDelaysSchedulesNothing() {
    lane.execute(() -> {});
    lane.delayed(DELAY);
    lane.turn();
    assertThat(lane.scheduled()).isZero();
  }
}

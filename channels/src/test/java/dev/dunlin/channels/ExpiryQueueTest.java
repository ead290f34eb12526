package dev.dunlin.channels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import org.junit.jupiter.api.Test;

class ExpiryQueueTest {

  private final ExpiryQueue queue = new ExpiryQueue();
  private final ArrayList<String> looked = new ArrayList<>();

  private void advance(long now) {
    queue.advance(
        now,
        Integer.MAX_VALUE,
        key -> {
          looked.add(key);
          return ExpiryQueue.NEVER;
        });
  }

  @Test
  void keysAreLookedAtWhenDueInTheirOrder() {
    queue.by("b", 20);
    queue.by("a", 10);
    queue.by("c", 30);
    advance(9);
    assertThat(looked).isEmpty();
    advance(20);
    assertThat(looked).containsExactly("a", "b");
  }

  @Test
  void laterDeadlineCostsNoEntryAndAnEarlierOneCounts() {
    queue.by("a", 20);
    queue.by("a", 30);
    assertThat(queue.size()).isEqualTo(1);
    queue.by("a", 10);
    advance(10);
    assertThat(looked).containsExactly("a");
    advance(100);
    assertThat(looked).as("once").containsExactly("a");
  }

  @Test
  void keyThatIsNotOverIsLookedAtAgain() {
    queue.by("a", 10);
    queue.advance(10, 1, key -> 15);
    advance(14);
    assertThat(looked).isEmpty();
    advance(15);
    assertThat(looked).containsExactly("a");
  }

  @Test
  void forgottenKeysDoNotPileUp() {
    for (var i = 0; i < 10_000; i++) {
      queue.by("key " + i, 1000);
      queue.forget("key " + i);
    }
    assertThat(queue.size()).isLessThanOrEqualTo(65);
  }

  @Test
  void clockMayWrapAround() {
    queue.by("a", Long.MAX_VALUE);
    queue.by("b", Long.MIN_VALUE + 10);
    advance(Long.MAX_VALUE);
    assertThat(looked).containsExactly("a");
    advance(Long.MIN_VALUE + 10);
    assertThat(looked).containsExactly("a", "b");
  }
}

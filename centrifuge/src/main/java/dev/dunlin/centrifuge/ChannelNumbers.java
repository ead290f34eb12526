package dev.dunlin.centrifuge;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Numbers that stand for channel names in pushes, one per channel and node, so that all its
 * subscribers share one encoding. A number is given while somebody uses it and never given twice.
 */
final class ChannelNumbers {

  private record Number(long id, int users) {}

  private final ConcurrentHashMap<String, Number> numbers = new ConcurrentHashMap<>();
  private final AtomicLong last = new AtomicLong();

  /** The channel's number, for one more user of it. */
  long acquire(String channel) {
    return numbers
        .merge(
            channel,
            new Number(last.incrementAndGet(), 1),
            (known, fresh) -> new Number(known.id(), known.users() + 1))
        .id();
  }

  /** One user less. */
  void release(String channel) {
    numbers.computeIfPresent(
        channel,
        (name, number) -> number.users() == 1 ? null : new Number(number.id(), number.users() - 1));
  }
}

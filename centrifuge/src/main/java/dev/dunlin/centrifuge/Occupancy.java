package dev.dunlin.centrifuge;

import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which channels have clients of the protocol on this node, for an application that wants to know
 * when the first comes and the last goes. It is told one thing after the other, on a virtual
 * thread, so that what it hears of a channel always alternates. For any thread.
 */
final class Occupancy {

  private static final Logger log = LoggerFactory.getLogger(CentrifugeEndpoint.class);

  private final ConcurrentHashMap<String, Integer> clients = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<Runnable> news = new ConcurrentLinkedQueue<>();
  private final AtomicInteger untold = new AtomicInteger();

  /** A client has entered the channel. */
  void entered(String channel, Optional<Consumer<String>> occupied) {
    clients.compute(
        channel,
        (name, count) -> {
          if (count == null) {
            occupied.ifPresent(hook -> tell(hook, name));
            return 1;
          }
          return count + 1;
        });
  }

  /** A client has left the channel. */
  void left(String channel, Optional<Consumer<String>> vacated) {
    clients.computeIfPresent(
        channel,
        (name, count) -> {
          if (count > 1) {
            return count - 1;
          }
          vacated.ifPresent(hook -> tell(hook, name));
          return null;
        });
  }

  private void tell(Consumer<String> hook, String channel) {
    news.add(() -> hook.accept(channel));
    if (untold.getAndIncrement() == 0) {
      Thread.ofVirtual().name("dunlin-hook").start(this::tellAll);
    }
  }

  private void tellAll() {
    do {
      var next = news.remove();
      try {
        next.run();
      } catch (Throwable failure) {
        log.warn("a hook for occupied or vacated channels failed", failure);
      }
    } while (untold.decrementAndGet() > 0);
  }
}

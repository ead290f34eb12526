package dev.dunlin.app;

import dev.dunlin.centrifuge.Rejection;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JsonGenerator;

/**
 * Tells a back end what has happened, at least once and in the order in which it happened: POST
 * {@code {"events": [{"id", "type", "time_ms", "node", ...}]}}, which {@code {"result": {}}}
 * acknowledges. What is not acknowledged is told again, after a pause that grows to half a minute,
 * so that an event may come twice: its id stays the same. Events wait in memory: those of a process
 * that is killed are lost, and so are those that find the queue full, which are counted.
 *
 * <p>Told from any thread, which never waits; delivered by one virtual thread.
 */
final class BackendEvents implements AutoCloseable {

  /** Takes notice of what became of events, for the metrics. */
  interface Meter {
    void told(String outcome, int events);
  }

  private static final Logger log = LoggerFactory.getLogger(BackendEvents.class);

  private static final int MAX_BATCH = 100;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
  private static final long WARNING_NANOS = Duration.ofMinutes(1).toNanos();

  private record Event(long number, String type, long millis, Json.Body members) {}

  private final Backend backend;
  private final Backend.Address address;
  private final String node;
  private final int limit;
  private final Duration patience;
  private final Meter meter;
  private final LongSupplier nanos;

  /** Guards what follows. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Condition changed = lock.newCondition();
  private final ArrayDeque<Event> waiting = new ArrayDeque<>();
  private long numbers;
  private long lost;
  private long warned;
  private boolean closing;
  private boolean started;
  private boolean ended;

  /**
   * The way to a back end.
   *
   * @param node a name of this life of the process, which the ids of events begin with
   * @param patience how long {@link #close} waits for events to be taken
   */
  BackendEvents(
      Config.Events options,
      Backend backend,
      String node,
      Duration patience,
      Meter meter,
      LongSupplier nanos) {
    this.backend = backend;
    this.address =
        new Backend.Address(
            options.endpoint(),
            options.timeout(),
            BackendHooks.plain(options.staticHeaders()),
            List.of());
    this.node = node;
    this.limit = options.queueLimit();
    this.patience = patience;
    this.meter = meter;
    this.nanos = nanos;
  }

  /**
   * Something happened.
   *
   * @param members what there is to say beside id, type, time and node; written later, once or more
   */
  void tell(String type, Json.Body members) {
    lock.lock();
    try {
      if (waiting.size() >= limit || ended) {
        lose(1);
        return;
      }
      waiting.add(new Event(++numbers, type, System.currentTimeMillis(), members));
      if (!started) {
        started = true;
        Thread.ofVirtual().name("dunlin-events").start(this::deliver);
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** How many events wait. */
  int waiting() {
    lock.lock();
    try {
      return waiting.size();
    } finally {
      lock.unlock();
    }
  }

  private void lose(int events) {
    lost += events;
    meter.told("lost", events);
    long now = nanos.getAsLong();
    if (warned == 0 || now - warned >= WARNING_NANOS) {
      warned = now == 0 ? 1 : now;
      log.error(
          "{} events for the back end at {} are lost: it does not take them, and {} wait already",
          lost,
          address,
          waiting.size());
    }
  }

  // ---- the thread that delivers

  private void deliver() {
    try {
      var pause = FIRST_PAUSE;
      for (var batch = next(); !batch.isEmpty(); batch = next()) {
        if (taken(batch)) {
          pause = FIRST_PAUSE;
        } else {
          meter.told("retried", batch.size());
          pause(pause);
          pause = pause.multipliedBy(2);
          pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
        }
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    } finally {
      lock.lock();
      try {
        ended = true;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /** The oldest events, which stay until they are taken; none when it is over. */
  private List<Event> next() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (waiting.isEmpty() && !closing) {
        changed.await();
      }
      var batch = new ArrayList<Event>();
      for (var event : waiting) {
        if (batch.size() == MAX_BATCH || ended) {
          break;
        }
        batch.add(event);
      }
      return batch;
    } finally {
      lock.unlock();
    }
  }

  private boolean taken(List<Event> batch) throws InterruptedException {
    byte[] question;
    try {
      question = message(batch);
    } catch (RuntimeException unwritable) {
      discard(batch, unwritable);
      return true; // so that the rest is told at once
    }
    try {
      var unused = backend.ask(address, "events", question);
    } catch (Backend.Unavailable | Rejection later) {
      return false;
    } catch (RuntimeException unforeseen) {
      log.error("Events cannot be told to {}; trying again", address, unforeseen);
      return false;
    }
    lock.lock();
    try {
      for (int i = 0; i < batch.size(); i++) {
        waiting.poll();
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    meter.told("delivered", batch.size());
    return true;
  }

  /** Takes out what cannot be told: it must not keep what comes behind it from being told. */
  private void discard(List<Event> batch, RuntimeException why) {
    var found = batch.stream().filter(event -> !writable(event)).toList();
    var unwritable = found.isEmpty() ? batch : found;
    log.error("{} events cannot be written for the back end", unwritable.size(), why);
    meter.told("lost", unwritable.size());
    lock.lock();
    try {
      waiting.removeAll(unwritable);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private boolean writable(Event event) {
    try {
      return message(List.of(event)).length > 0;
    } catch (RuntimeException unwritable) {
      return false;
    }
  }

  private byte[] message(List<Event> batch) {
    return Json.object(json -> write(json, batch));
  }

  private void write(JsonGenerator json, List<Event> batch) {
    json.writeArrayPropertyStart("events");
    for (var event : batch) {
      json.writeStartObject();
      json.writeStringProperty("id", node + "-" + event.number());
      json.writeStringProperty("type", event.type());
      json.writeNumberProperty("time_ms", event.millis());
      json.writeStringProperty("node", node);
      event.members().write(json);
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  /** Up to twice as long, so that the nodes of a cluster do not come back as one. */
  private void pause(Duration least) throws InterruptedException {
    long pause = least.toNanos() + ThreadLocalRandom.current().nextLong(least.toNanos() + 1);
    lock.lockInterruptibly();
    try {
      while (pause > 0 && !ended) {
        pause = changed.awaitNanos(closing ? Math.min(pause, FIRST_PAUSE.toNanos()) : pause);
        if (closing) {
          return; // the last attempts follow each other quickly
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Delivers what waits, as long as there is patience, and takes nothing more. */
  @Override
  public void close() {
    lock.lock();
    try {
      closing = true;
      changed.signalAll();
      long left = patience.toNanos();
      while (started && !ended && !waiting.isEmpty() && left > 0) {
        left = changed.awaitNanos(left);
      }
      ended = true;
      changed.signalAll();
      if (!waiting.isEmpty()) {
        lose(waiting.size());
        waiting.clear();
      }
    } catch (InterruptedException stopped) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }
}

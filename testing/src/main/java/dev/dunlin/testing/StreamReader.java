package dev.dunlin.testing;

import dev.dunlin.channels.Hub;
import dev.dunlin.channels.Publication;
import dev.dunlin.channels.Recovery;
import dev.dunlin.channels.StreamPosition;
import dev.dunlin.channels.Subscriber;
import dev.dunlin.channels.Subscription;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A subscriber that keeps its position as a client does: interrupted, or with something missing, it
 * subscribes again and recovers. It records what it was given and what it was told, so that a test
 * can judge whether anything was lost in silence.
 *
 * <p>Any thread may ask; the recording is done on a thread of its own.
 */
public final class StreamReader implements AutoCloseable {

  private static final Duration META_TTL = Duration.ofMinutes(5);
  private static final int LIMIT = 100_000;
  private static final long RETRY_MILLIS = 50;

  /** What the reader went through, in order. */
  public sealed interface Event {

    /** It was given a publication. */
    record Received(Publication publication) implements Event {}

    /** It asked for what it had missed, and was told whether it now has it all. */
    record Resumed(boolean recovered, StreamPosition position) implements Event {}
  }

  private final Hub hub;
  private final String channel;
  private final ExecutorService lane = Executors.newSingleThreadExecutor();
  private final List<Event> events = new CopyOnWriteArrayList<>();
  private final CompletableFuture<Void> live = new CompletableFuture<>();

  // The lane's thread alone.
  private Recovery recovery = Recovery.atTop();
  private @Nullable Subscription subscription;
  private StreamPosition position = StreamPosition.START;
  private int attempt;
  private boolean closed;

  private StreamReader(Hub hub, String channel) {
    this.hub = hub;
    this.channel = channel;
  }

  /** A reader of what is published to {@code channel} once it is {@link #live}. */
  public static StreamReader of(Hub hub, String channel) {
    var reader = new StreamReader(hub, channel);
    reader.lane.execute(() -> reader.begin(Recovery.atTop()));
    return reader;
  }

  /** Completes when it has subscribed for the first time. */
  public CompletableFuture<Void> live() {
    return live;
  }

  /** What it went through so far, in order. */
  public List<Event> events() {
    return List.copyOf(events);
  }

  /** The publications it was given so far, in order. */
  public List<Publication> received() {
    var received = new ArrayList<Publication>();
    for (var event : events) {
      if (event instanceof Event.Received(var publication)) {
        received.add(publication);
      }
    }
    return received;
  }

  /** How often it was told that it could not recover. */
  public long losses() {
    return events.stream()
        .filter(event -> event instanceof Event.Resumed resumed && !resumed.recovered())
        .count();
  }

  /**
   * The first place where something is missing, doubled or out of order although the reader was not
   * told of a loss; empty if there is none.
   */
  public String silentGap() {
    var position = StreamPosition.START;
    for (var event : events) {
      switch (event) {
        case Event.Resumed(var recovered, var at) -> {
          if (!recovered || position.epoch().isEmpty()) {
            position = at;
          } else if (!position.equals(at)) {
            return "recovered from " + at + ", but it stood at " + position;
          }
        }
        case Event.Received(var publication) -> {
          if (publication.offset() != position.offset() + 1
              || !publication.epoch().equals(position.epoch())) {
            return "given " + publication + " at " + position;
          }
          position = publication.position();
        }
      }
    }
    return "";
  }

  // Below, on the lane's thread.

  private void begin(Recovery next) {
    if (closed) {
      return;
    }
    var number = ++attempt;
    var old = subscription;
    if (old != null) {
      old.close();
    }
    recovery = next;
    var current = hub.subscribe(channel, lane, new Ear(number));
    subscription = current;
    current
        .active()
        .thenCompose(active -> hub.recover(channel, next.query(META_TTL)))
        .whenCompleteAsync(
            (history, failure) -> {
              if (number != attempt) {
                return;
              }
              if (failure != null) {
                later(number);
                return;
              }
              var resumed = next.resume(history);
              if (resumed.insufficient()) {
                again();
                return;
              }
              position = resumed.position();
              events.add(new Event.Resumed(resumed.recovered() || !resumed.recovering(), position));
              resumed.publications().forEach(this::record);
              resumed.live().forEach(this::record);
              live.complete(null);
            },
            lane);
  }

  private void later(int number) {
    CompletableFuture.delayedExecutor(RETRY_MILLIS, TimeUnit.MILLISECONDS, lane)
        .execute(() -> {
          if (number == attempt) {
            again();
          }
        });
  }

  private void again() {
    begin(live.isDone() ? Recovery.since(position, LIMIT) : Recovery.atTop());
  }

  private void record(Publication publication) {
    position = publication.position();
    events.add(new Event.Received(publication));
  }

  /** Listens for one attempt; what comes after it is none of ours. */
  private final class Ear implements Subscriber {

    private final int number;

    Ear(int number) {
      this.number = number;
    }

    @Override
    public void deliver(Publication publication) {
      if (number != attempt) {
        return;
      }
      switch (recovery.receive(publication)) {
        case DELIVER -> record(publication);
        case INSUFFICIENT -> again();
        case DUPLICATE, HELD -> {}
      }
    }

    @Override
    public void interrupted() {
      if (number == attempt && live.isDone()) {
        again();
      }
    }
  }

  /** Ends the subscription and the thread. */
  @Override
  public void close() {
    lane.execute(() -> {
      closed = true;
      attempt++;
      var current = subscription;
      if (current != null) {
        current.close();
      }
      lane.shutdown();
    });
  }
}

package dev.dunlin.channels;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * Several brokers as one: each channel has one of them, and keeps the promises of that one.
 *
 * <p>The main broker carries the messages between nodes ({@link #publishControl}). The link counts
 * as lost while that of any broker is; when one comes back, all positions are checked. Closing
 * closes all.
 */
public final class RoutedBroker implements Broker {

  private final Broker main;
  private final List<Broker> all;
  private final Function<String, Broker> choice;
  private final PresenceStore presence = new RoutedPresence();

  private RoutedBroker(Broker main, List<Broker> all, Function<String, Broker> choice) {
    this.main = main;
    this.all = all;
    this.choice = choice;
  }

  /**
   * One broker over several, none of which is started yet.
   *
   * @param main carries the messages between nodes
   * @param others the others that channels may have
   * @param choice a channel's broker, one of these and always the same for a channel; called from
   *     any thread, must not wait
   */
  public static RoutedBroker over(
      Broker main, Collection<? extends Broker> others, Function<String, Broker> choice) {
    var all = new LinkedHashSet<Broker>();
    all.add(requireNonNull(main));
    all.addAll(others);
    return new RoutedBroker(main, List.copyOf(all), requireNonNull(choice));
  }

  private Broker of(String channel) {
    return choice.apply(channel);
  }

  @Override
  public CompletionStage<Void> start(Sink sink) {
    var lost = new AtomicInteger();
    return CompletableFuture.allOf(
        all.stream()
            .map(
                broker -> broker.start(new Inlet(sink, lost, broker == main)).toCompletableFuture())
            .toArray(CompletableFuture[]::new));
  }

  @Override
  public CompletionStage<PublishResult> publish(
      String channel, byte[] data, PublishOptions options) {
    return of(channel).publish(channel, data, options);
  }

  @Override
  public CompletionStage<Void> publishJoin(String channel, ClientInfo info) {
    return of(channel).publishJoin(channel, info);
  }

  @Override
  public CompletionStage<Void> publishLeave(String channel, ClientInfo info) {
    return of(channel).publishLeave(channel, info);
  }

  @Override
  public CompletionStage<Void> publishControl(byte[] message) {
    return main.publishControl(message);
  }

  @Override
  public CompletionStage<Void> subscribe(String channel) {
    return of(channel).subscribe(channel);
  }

  @Override
  public CompletionStage<Void> unsubscribe(String channel) {
    return of(channel).unsubscribe(channel);
  }

  @Override
  public CompletionStage<History> history(String channel, HistoryQuery query) {
    return of(channel).history(channel, query);
  }

  @Override
  public CompletionStage<Void> removeHistory(String channel) {
    return of(channel).removeHistory(channel);
  }

  @Override
  public PresenceStore presence() {
    return presence;
  }

  @Override
  public void close() {
    all.forEach(Broker::close);
  }

  /**
   * What one of the brokers delivers. The hub's last word about the link has to be the true one,
   * whichever threads bring the news, and no lock may be held while it is told.
   */
  private static final class Inlet implements Sink {
    private final Sink sink;
    private final AtomicInteger lost; // links, shared by all inlets
    private final boolean main;
    private final AtomicBoolean down = new AtomicBoolean();

    Inlet(Sink sink, AtomicInteger lost, boolean main) {
      this.sink = sink;
      this.lost = lost;
      this.main = main;
    }

    @Override
    public void publication(Publication publication) {
      sink.publication(publication);
    }

    @Override
    public void join(String channel, ClientInfo info) {
      sink.join(channel, info);
    }

    @Override
    public void leave(String channel, ClientInfo info) {
      sink.leave(channel, info);
    }

    @Override
    public void control(byte[] message) {
      if (main) {
        sink.control(message);
      }
    }

    @Override
    public void probeFailed() {
      sink.probeFailed();
    }

    @Override
    public void linkLost() {
      if (down.compareAndSet(false, true)) {
        lost.incrementAndGet();
      }
      sink.linkLost();
    }

    @Override
    public void linkRestored() {
      if (down.compareAndSet(true, false)) {
        lost.decrementAndGet();
      }
      do {
        sink.linkRestored(); // positions are to be checked, whoever else is away
        if (lost.get() == 0) {
          return;
        }
        sink.linkLost();
      } while (lost.get() == 0); // the others came back meanwhile
    }
  }

  /** Who is present is kept where the channel is. */
  private final class RoutedPresence implements PresenceStore {

    @Override
    public CompletionStage<Void> add(String channel, ClientInfo info, Duration ttl) {
      return of(channel).presence().add(channel, info, ttl);
    }

    @Override
    public CompletionStage<Void> remove(String channel, ClientInfo info) {
      return of(channel).presence().remove(channel, info);
    }

    @Override
    public CompletionStage<Map<String, ClientInfo>> presence(String channel) {
      return of(channel).presence().presence(channel);
    }

    @Override
    public CompletionStage<PresenceStats> stats(String channel) {
      return of(channel).presence().stats(channel);
    }
  }
}

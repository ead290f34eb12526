package dev.dunlin.channels;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The channels of one node: who subscribes here, and how a publication reaches all of them.
 *
 * <p>Channels need no declaration: one exists while somebody subscribes, and costs nothing before
 * and after. What is published goes to the {@link Broker}, which keeps the history and the order
 * and hands it to all nodes; the hub spreads it. Subscribers that share a <i>lane</i> (a serial
 * {@link Executor}, compared by identity, such as a session's event loop) cost one task per
 * publication or less: while that task is queued, later publications join it, and the subscribers
 * get them as one {@link Block}.
 *
 * <p>All methods may be called from any thread, subscribers included, and none waits.
 */
public final class Hub implements AutoCloseable {

  /** What may wait for one lane, in bytes of publications, before it loses some: 32 MiB. */
  public static final long DEFAULT_LANE_BACKLOG_BYTES = 32L << 20;

  private final Broker broker;
  private final long laneBacklogBytes;
  private final CompletionStage<Void> ready;
  private final ConcurrentHashMap<String, Topic> topics = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<Lane.Key, Lane> lanes = new ConcurrentHashMap<>();
  private final SharedReads reads;
  private final Replays replays = new Replays();
  final AtomicLong tailBytes = new AtomicLong();
  private final CopyOnWriteArrayList<Consumer<byte[]>> controls = new CopyOnWriteArrayList<>();
  private volatile boolean linked = true;
  final Counters counters = new Counters();
  private final BrokerMeter meter = new BrokerMeter();

  /** What the hub counts; each may be added to by many threads. */
  static final class Counters {
    final LongAdder published = new LongAdder();
    final LongAdder received = new LongAdder();
    final LongAdder deliveries = new LongAdder();
    final LongAdder laneTasks = new LongAdder();
    final LongAdder subscriptions = new LongAdder();
    final LongAdder dropped = new LongAdder();
    final LongAdder subscriberFailures = new LongAdder();
    final DeliveryTimes deliveryTimes = new DeliveryTimes();
  }

  private Hub(Broker broker, long laneBacklogBytes) {
    this.broker = broker;
    this.laneBacklogBytes = laneBacklogBytes;
    this.reads = new SharedReads(broker, meter.reads);
    this.ready = guarded(() -> broker.start(new Inlet()));
  }

  /** A hub of its own: a {@link MemoryBroker} with its default options. */
  public static Hub inMemory() {
    return over(MemoryBroker.create());
  }

  /** A hub over {@code broker}, which it starts now and closes with itself. */
  public static Hub over(Broker broker) {
    return over(broker, DEFAULT_LANE_BACKLOG_BYTES);
  }

  /**
   * As {@link #over(Broker)} with a limit of one's own to what waits for one lane. Beyond it a lane
   * loses what comes, and its subscribers are {@linkplain Subscriber#interrupted() told}.
   */
  public static Hub over(Broker broker, long laneBacklogBytes) {
    if (laneBacklogBytes <= 0) {
      throw new IllegalArgumentException(
          "a backlog of " + laneBacklogBytes + " bytes holds nothing");
    }
    return new Hub(requireNonNull(broker), laneBacklogBytes);
  }

  /** Completes when the broker has started. */
  public CompletionStage<Void> ready() {
    return ready;
  }

  /**
   * Subscribes on a lane: all calls of {@code subscriber} come as tasks of {@code lane}.
   *
   * @param lane a serial executor, the same object for all who share it
   */
  public Subscription subscribe(String channel, Executor lane, Subscriber subscriber) {
    requireNonNull(lane);
    return add(channel, lane, subscriber);
  }

  /** Subscribes without a lane: {@code subscriber} is called on the publisher's thread. */
  public Subscription subscribe(String channel, Subscriber subscriber) {
    return add(channel, null, subscriber);
  }

  private Subscription add(String channel, @Nullable Executor lane, Subscriber subscriber) {
    requireNonNull(subscriber);
    while (true) {
      var topic = topics.computeIfAbsent(channel, name -> new Topic(this, name));
      var member = topic.add(lane, subscriber);
      if (member != null) {
        return member;
      }
    }
  }

  /** Publishes text to the subscribers of the moment. */
  public CompletionStage<PublishResult> publish(String channel, String text) {
    return publish(channel, text.getBytes(UTF_8));
  }

  /** Publishes {@code data}, which is owned from now on, to the subscribers of the moment. */
  public CompletionStage<PublishResult> publish(String channel, byte[] data) {
    return publish(channel, data, PublishOptions.defaults());
  }

  /**
   * Publishes {@code data}, which is owned from now on and must not change. When the stage
   * completes, the publication is in the history, if the channel keeps one.
   */
  public CompletionStage<PublishResult> publish(
      String channel, byte[] data, PublishOptions options) {
    requireNonNull(channel, "a publication has a channel");
    requireNonNull(data, "a publication has data");
    requireNonNull(options, "there are PublishOptions.defaults()");
    counters.published.increment();
    long begun = System.nanoTime();
    return meter.publishes.timed(begun, guarded(() -> broker.publish(channel, data, options)));
  }

  /** Tells the channel's subscribers, on all nodes, that {@code info} joined. */
  public CompletionStage<Void> publishJoin(String channel, ClientInfo info) {
    return guarded(() -> broker.publishJoin(channel, info));
  }

  /** Tells the channel's subscribers, on all nodes, that {@code info} left. */
  public CompletionStage<Void> publishLeave(String channel, ClientInfo info) {
    return guarded(() -> broker.publishLeave(channel, info));
  }

  /**
   * Reads a channel's history. Equal reads that are asked for while one is under way share one read
   * that begins after it: ten thousand clients that come back at once cost two.
   */
  public CompletionStage<History> history(String channel, HistoryQuery query) {
    var history = read(channel, query);
    var topic = query.limit() == 0 ? topics.get(channel) : null;
    if (topic == null || !topic.remembers()) {
      return history;
    }
    return history.thenApply(seen -> {
      topic.compare(seen.position());
      return seen;
    });
  }

  private CompletionStage<History> read(String channel, HistoryQuery query) {
    return guarded(() -> reads.read(channel, query));
  }

  /**
   * Reads a channel's history for one who is subscribed to it here already, actively, and takes up
   * from the answer. As {@link #history}, but it may be a read of the last five seconds, with what
   * has arrived in the channel since it began. So clients that come back share one read, be it
   * together or one after the other, and whoever missed less than the first of them.
   */
  public CompletionStage<History> recover(String channel, HistoryQuery query) {
    var topic = topics.get(channel);
    if (topic == null || !linked) {
      return read(channel, query);
    }
    return replays.share(topic, query, System.nanoTime(), () -> read(channel, query));
  }

  /** Forgets the channel's publications; offset and epoch go on. */
  public CompletionStage<Void> removeHistory(String channel) {
    return guarded(() -> broker.removeHistory(channel))
        .thenApply(done -> {
          var topic = topics.get(channel);
          if (topic != null) {
            topic.forget(); // what was read before
          }
          return done;
        });
  }

  /** Who is present. */
  public PresenceStore presence() {
    return broker.presence();
  }

  /** Sends an opaque message to every node, this one included. */
  public CompletionStage<Void> publishControl(byte[] message) {
    return guarded(() -> broker.publishControl(message));
  }

  /** Takes the messages that nodes send to each other; called on the broker's thread. */
  public void onControl(Consumer<byte[]> listener) {
    controls.add(requireNonNull(listener));
  }

  /** Whether the link to the broker is up. */
  public boolean linked() {
    return linked;
  }

  /** The channels with subscribers on this node, and how many each. */
  public Map<String, Integer> channels() {
    var channels = new HashMap<String, Integer>();
    topics.forEach((name, topic) -> {
      var members = topic.size();
      if (members > 0) {
        channels.put(name, members);
      }
    });
    return channels;
  }

  /** The subscribers of one channel on this node. */
  public int subscribers(String channel) {
    var topic = topics.get(channel);
    return topic == null ? 0 : topic.size();
  }

  /** What the hub holds and has counted. */
  public HubStats stats() {
    return new HubStats(
        topics.size(),
        counters.subscriptions.sum(),
        counters.published.sum(),
        counters.received.sum(),
        counters.deliveries.sum(),
        counters.laneTasks.sum(),
        lanes.values().stream().mapToLong(Lane::backlogBytes).sum(),
        counters.dropped.sum(),
        counters.subscriberFailures.sum());
  }

  /** What the hub has counted of its broker. */
  public BrokerStats brokerStats() {
    return meter.stats();
  }

  /**
   * How long deliveries on lanes took, since the hub began: from the moment the broker handed a
   * publication in until the lane's last subscriber had it.
   */
  public DeliveryTimes.Snapshot deliveryTimes() {
    return counters.deliveryTimes.snapshot();
  }

  /** Closes the broker: nothing is delivered any more. Subscriptions need not be closed before. */
  @Override
  public void close() {
    broker.close();
  }

  /** Called by a topic that has lost its last member, under its lock. */
  void vacated(Topic topic) {
    var unused = guarded(() -> broker.unsubscribe(topic.channel()));
    topics.remove(topic.channel(), topic);
  }

  /** Called by a topic that has got its first member, under its lock. */
  CompletionStage<Void> occupied(Topic topic) {
    return guarded(() -> broker.subscribe(topic.channel()));
  }

  /** The lane of {@code executor}, counted once more. */
  Lane acquire(Executor executor) {
    return requireNonNull(
        lanes.compute(
            new Lane.Key(executor),
            (key, lane) -> {
              var used = lane == null ? new Lane(executor, laneBacklogBytes, counters) : lane;
              used.users++;
              return used;
            }));
  }

  /** Gives back what {@link #acquire} gave. */
  void release(Lane lane) {
    lanes.computeIfPresent(
        new Lane.Key(lane.executor()), (key, used) -> --used.users == 0 ? null : used);
  }

  /** The stage of a call into a broker that may be in no state to give one. */
  private static <T> CompletionStage<T> guarded(Supplier<CompletionStage<T>> call) {
    try {
      return call.get();
    } catch (RuntimeException e) {
      return CompletableFuture.failedStage(e);
    }
  }

  /** The broker's side of the hub. */
  private final class Inlet implements Broker.Sink {

    @Override
    public void publication(Publication publication) {
      accept(publication.channel(), publication);
    }

    @Override
    public void join(String channel, ClientInfo info) {
      accept(channel, new Event.Join(info));
    }

    @Override
    public void leave(String channel, ClientInfo info) {
      accept(channel, new Event.Leave(info));
    }

    private void accept(String channel, Event event) {
      var topic = topics.get(channel);
      if (topic != null) {
        counters.received.increment();
        topic.accept(event);
      }
    }

    @Override
    public void control(byte[] message) {
      for (var listener : controls) {
        listener.accept(message);
      }
    }

    @Override
    public void linkLost() {
      linked = false;
    }

    @Override
    public void probeFailed() {
      meter.probeFailures.increment();
    }

    @Override
    public void linkRestored() {
      meter.reconnects.increment();
      topics.values().forEach(Topic::forget); // before anybody shares again what was read before
      linked = true;
      for (var topic : List.copyOf(topics.values())) {
        topic.accept(new Event.Interruption());
      }
    }
  }
}

package dev.dunlin.channels;

import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The broker of a single node: streams and presence in the heap, gone with the process. Every stage
 * is already complete.
 *
 * <p>Memory is bounded: beyond {@link Builder#maxBytes} or {@link Builder#maxStreams} the streams
 * that were idle longest are forgotten, and whoever wants to recover from one of them is told that
 * it cannot. Presence is bounded by who is connected. What is over is let go of by the calls that
 * come by; a program whose traffic may stop altogether calls {@link #maintain} now and then.
 *
 * <p>No threads and no timers. Channels share a fixed number of locks, none of which is held while
 * a sink is called.
 */
public final class MemoryBroker implements Broker {

  private static final int STRIPES = 64;

  /** Names that differ in their last letter alone spread too: 2^32 by the golden ratio. */
  private static final int SPREAD = 0x9E3779B9;

  private static final int EPOCH_LETTERS = 8;

  private final Ticker ticker;
  private final MemoryStripe[] stripes = new MemoryStripe[STRIPES];
  private final MemoryPresence presence;
  private volatile @Nullable Sink sink;
  private volatile boolean closed;

  private MemoryBroker(Builder builder) {
    this.ticker = builder.ticker;
    this.presence = new MemoryPresence(ticker);
    var budget = new Budget(builder.maxBytes, builder.maxStreams);
    var random = builder.random;
    for (var i = 0; i < STRIPES; i++) {
      stripes[i] = new MemoryStripe(budget, builder.wallClock, () -> epoch(random));
    }
  }

  /** What all stripes together may hold, and do. */
  static final class Budget {
    final long maxBytes;
    final long maxStreams;
    final AtomicLong bytes = new AtomicLong();
    final AtomicLong streams = new AtomicLong();

    Budget(long maxBytes, long maxStreams) {
      this.maxBytes = maxBytes;
      this.maxStreams = maxStreams;
    }

    boolean exceeded() {
      return bytes.get() > maxBytes || streams.get() > maxStreams;
    }
  }

  /** With the default options. */
  public static MemoryBroker create() {
    return builder().build();
  }

  /** Starts from the default options. */
  public static Builder builder() {
    return new Builder();
  }

  private static String epoch(RandomGenerator random) {
    var letters = new char[EPOCH_LETTERS];
    for (var i = 0; i < EPOCH_LETTERS; i++) {
      letters[i] = (char) ('a' + random.nextInt(26));
    }
    return new String(letters);
  }

  @Override
  public CompletionStage<Void> start(Sink sink) {
    if (this.sink != null) {
      return CompletableFuture.failedStage(
          new IllegalStateException("this broker has been started already: one hub, one broker"));
    }
    this.sink = sink;
    return done();
  }

  @Override
  public CompletionStage<PublishResult> publish(
      String channel, byte[] data, PublishOptions options) {
    return answer(
        started -> stripe(channel).publish(channel, data, options, ticker.nanos(), started));
  }

  @Override
  public CompletionStage<Void> publishJoin(String channel, ClientInfo info) {
    return perform(started -> stripe(channel).pass(channel, new Event.Join(info), started));
  }

  @Override
  public CompletionStage<Void> publishLeave(String channel, ClientInfo info) {
    return perform(started -> stripe(channel).pass(channel, new Event.Leave(info), started));
  }

  @Override
  public CompletionStage<Void> publishControl(byte[] message) {
    return perform(started -> started.control(message));
  }

  /** Nothing to do: the only node there is hears of every channel, and ignores what it must. */
  @Override
  public CompletionStage<Void> subscribe(String channel) {
    return perform(started -> {});
  }

  @Override
  public CompletionStage<Void> unsubscribe(String channel) {
    return perform(started -> {});
  }

  @Override
  public CompletionStage<History> history(String channel, HistoryQuery query) {
    return answer(started -> stripe(channel).history(channel, query, ticker.nanos()));
  }

  @Override
  public CompletionStage<Void> removeHistory(String channel) {
    return perform(started -> stripe(channel).removeHistory(channel, ticker.nanos()));
  }

  @Override
  public PresenceStore presence() {
    return presence;
  }

  /** Lets go of everything that is over. Cheap when nothing is; any thread, any interval. */
  public void maintain() {
    var now = ticker.nanos();
    for (var stripe : stripes) {
      stripe.maintain(now);
    }
    presence.maintain(now);
  }

  /** The streams that are remembered, those without publications included. */
  public int streams() {
    var streams = 0;
    for (var stripe : stripes) {
      streams += stripe.streams();
    }
    return streams;
  }

  /**
   * About what the streams take in memory. What is encoded for those who recover comes on top and
   * goes with the publication.
   */
  public long bytes() {
    var bytes = 0L;
    for (var stripe : stripes) {
      bytes += stripe.bytes();
    }
    return bytes;
  }

  @Override
  public void close() {
    closed = true;
  }

  private MemoryStripe stripe(String channel) {
    return stripes[channel.hashCode() * SPREAD >>> 26]; // the upper 6 bits: one of 64
  }

  private interface Call<T> {
    T on(Sink sink);
  }

  private interface Action {
    void on(Sink sink);
  }

  private CompletionStage<Void> perform(Action action) {
    var started = sink;
    if (started == null || closed) {
      return CompletableFuture.failedStage(unusable());
    }
    action.on(started);
    return done();
  }

  private <T> CompletionStage<T> answer(Call<T> call) {
    var started = sink;
    return started == null || closed
        ? CompletableFuture.failedStage(unusable())
        : CompletableFuture.completedStage(call.on(started));
  }

  private IllegalStateException unusable() {
    return new IllegalStateException(closed ? "the broker is closed" : "the broker is not started");
  }

  static CompletionStage<Void> done() {
    return CompletableFuture.completedStage(null);
  }

  /** The options of a {@link MemoryBroker}. */
  public static final class Builder {

    private Ticker ticker = Ticker.system();
    private InstantSource wallClock = InstantSource.system();
    private RandomGenerator random = new SecureRandom();
    private long maxBytes = Runtime.getRuntime().maxMemory() / 4;
    private int maxStreams = 1_000_000;

    private Builder() {}

    /** What times to live are measured by; the machine's monotonic clock by default. */
    public Builder ticker(Ticker ticker) {
      this.ticker = ticker;
      return this;
    }

    /** What {@link Publication#time} is taken from; the machine's clock by default. */
    public Builder wallClock(InstantSource wallClock) {
      this.wallClock = wallClock;
      return this;
    }

    /** What epochs are made of. It must be safe for several threads; a secure one by default. */
    public Builder random(RandomGenerator random) {
      this.random = random;
      return this;
    }

    /** What all streams may take, in bytes; a quarter of the maximum heap by default. */
    public Builder maxBytes(long maxBytes) {
      this.maxBytes = positive(maxBytes, "max bytes");
      return this;
    }

    /** How many streams are remembered; a million by default. */
    public Builder maxStreams(int maxStreams) {
      this.maxStreams = (int) positive(maxStreams, "max streams");
      return this;
    }

    private static long positive(long value, String name) {
      if (value <= 0) {
        throw new IllegalArgumentException(name + " is " + value + ", but must be positive");
      }
      return value;
    }

    /** The broker. */
    public MemoryBroker build() {
      return new MemoryBroker(this);
    }
  }

  /**
   * Makes memory brokers: {@code memory}, with the options {@code max_bytes}, {@code max_streams}.
   */
  public static final class Provider implements Broker.Provider {

    /** For {@link java.util.ServiceLoader}. */
    public Provider() {}

    @Override
    public String name() {
      return "memory";
    }

    @Override
    public Broker open(Map<String, String> options) {
      var builder = builder();
      options.forEach((name, value) -> {
        switch (name) {
          case "max_bytes" -> builder.maxBytes(number(name, value));
          case "max_streams" ->
              builder.maxStreams((int) Math.min(number(name, value), Integer.MAX_VALUE));
          default ->
              throw new IllegalArgumentException(
                  "the memory broker has no option " + name + ": max_bytes, max_streams");
        }
      });
      return builder.build();
    }

    private static long number(String name, String value) {
      try {
        return Long.parseLong(value);
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(name + " is not a whole number: " + value, e);
      }
    }
  }
}

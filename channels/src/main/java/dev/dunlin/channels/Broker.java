package dev.dunlin.channels;

import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.CompletionStage;

/**
 * What carries publications between nodes and keeps the history of channels: the SPI behind a
 * {@link Hub}. {@code BrokerContract} in the module testing is this contract as tests.
 *
 * <p><b>Calls.</b> From any thread. None waits: the answer is a stage, which may be complete
 * already, and failures come through it. Strings and arrays handed in do not change afterwards.
 *
 * <p><b>Streams.</b> A publication into a channel that keeps history is appended and delivered as
 * one step: its offset is the one before plus 1, from 1 on, and it reaches the sinks of all
 * subscribed nodes in that order. When the publish stage completes, a history read on any node
 * finds it. If B is published after A was acknowledged, B's offset is the larger one. An epoch
 * names one life of the stream and of the store behind it: an offset is never given out twice in
 * one epoch. Publications without history are delivered at most once, in each publisher's order.
 */
public interface Broker extends AutoCloseable {

  /**
   * Connects, and names who receives. Called once and first; the stage completes when the broker
   * can be used.
   */
  CompletionStage<Void> start(Sink sink);

  /** Publishes {@code data}, which is owned by the broker from now on. */
  CompletionStage<PublishResult> publish(String channel, byte[] data, PublishOptions options);

  /** Tells the subscribed nodes that a client joined; in order with that caller's leave. */
  CompletionStage<Void> publishJoin(String channel, ClientInfo info);

  /** Tells the subscribed nodes that a client left; in order with that caller's join. */
  CompletionStage<Void> publishLeave(String channel, ClientInfo info);

  /** Hands an opaque message to the sink of every node, this one included. At most once. */
  CompletionStage<Void> publishControl(byte[] message);

  /**
   * Has the channel delivered to this node's sink. When the stage completes, whatever is published
   * from then on arrives. The calls for one channel take effect in the order in which they were
   * made, also while earlier ones are incomplete; channels are never subscribed twice.
   */
  CompletionStage<Void> subscribe(String channel);

  /** Ends {@link #subscribe}; what is under way may still arrive. */
  CompletionStage<Void> unsubscribe(String channel);

  /** Reads the history as it is at one moment. */
  CompletionStage<History> history(String channel, HistoryQuery query);

  /** Forgets all publications of the channel; offset and epoch go on. */
  CompletionStage<Void> removeHistory(String channel);

  /** Who is present, kept in the same place. */
  PresenceStore presence();

  /** Disconnects and gives everything back; afterwards stages fail. Idempotent. */
  @Override
  void close();

  /**
   * Where a broker delivers: implemented by {@link Hub}.
   *
   * <p>The calls for one channel are serial and in the channel's order; calls for different
   * channels may come side by side. No call waits. A broker holds no lock of its own while it
   * calls, since subscribers may publish from inside.
   */
  interface Sink {

    /** A publication to a subscribed channel; others are ignored. */
    void publication(Publication publication);

    /** A client joined the channel. */
    void join(String channel, ClientInfo info);

    /** A client left the channel. */
    void leave(String channel, ClientInfo info);

    /** A message of {@link Broker#publishControl}. */
    void control(byte[] message);

    /** A message to oneself did not come back in time: counted, and followed by the loss. */
    default void probeFailed() {}

    /** The link is gone or starved: from now on publications may be missed. */
    void linkLost();

    /**
     * The link is back and the channels are subscribed again: whatever comes from now on arrives,
     * but what came meanwhile may be missing, so positions have to be checked.
     */
    void linkRestored();
  }

  /** Makes brokers of one kind: found by {@link ServiceLoader}. */
  interface Provider {

    /** What a configuration calls it: {@code memory}, {@code redis}, {@code nats}. */
    String name();

    /**
     * A broker, not yet started.
     *
     * @throws IllegalArgumentException if an option is unknown or wrong; it names the option
     */
    Broker open(Map<String, String> options);
  }

  /**
   * A broker of the provider called {@code name}, not yet started.
   *
   * @throws IllegalArgumentException if there is no such provider, or an option is wrong
   */
  static Broker open(String name, Map<String, String> options) {
    for (var provider : ServiceLoader.load(Provider.class)) {
      if (provider.name().equals(name)) {
        return provider.open(options);
      }
    }
    throw new IllegalArgumentException(
        "no broker called " + name + ": is its jar on the class path?");
  }
}

package dev.dunlin.testing;

import dev.dunlin.channels.Broker;
import dev.dunlin.channels.ClientInfo;
import dev.dunlin.channels.History;
import dev.dunlin.channels.HistoryQuery;
import dev.dunlin.channels.PresenceStore;
import dev.dunlin.channels.Publication;
import dev.dunlin.channels.PublishOptions;
import dev.dunlin.channels.PublishResult;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/**
 * A broker that keeps everything and fails to deliver some of it, to the hub above: what a lossy
 * link does to a node. For any thread, if the broker underneath and the predicate are.
 */
public final class LosingBroker implements Broker {

  private final Broker broker;
  private final Predicate<Publication> loses;

  private LosingBroker(Broker broker, Predicate<Publication> loses) {
    this.broker = broker;
    this.loses = loses;
  }

  /**
   * The same broker, with losses.
   *
   * @param loses which publications are kept but not delivered
   */
  public static LosingBroker over(Broker broker, Predicate<Publication> loses) {
    return new LosingBroker(broker, loses);
  }

  @Override
  public CompletionStage<Void> start(Sink sink) {
    return broker.start(
        new Sink() {
          @Override
          public void publication(Publication publication) {
            if (!loses.test(publication)) {
              sink.publication(publication);
            }
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
            sink.control(message);
          }

          @Override
          public void linkLost() {
            sink.linkLost();
          }

          @Override
          public void linkRestored() {
            sink.linkRestored();
          }
        });
  }

  @Override
  public CompletionStage<PublishResult> publish(
      String channel, byte[] data, PublishOptions options) {
    return broker.publish(channel, data, options);
  }

  @Override
  public CompletionStage<Void> publishJoin(String channel, ClientInfo info) {
    return broker.publishJoin(channel, info);
  }

  @Override
  public CompletionStage<Void> publishLeave(String channel, ClientInfo info) {
    return broker.publishLeave(channel, info);
  }

  @Override
  public CompletionStage<Void> publishControl(byte[] message) {
    return broker.publishControl(message);
  }

  @Override
  public CompletionStage<Void> subscribe(String channel) {
    return broker.subscribe(channel);
  }

  @Override
  public CompletionStage<Void> unsubscribe(String channel) {
    return broker.unsubscribe(channel);
  }

  @Override
  public CompletionStage<History> history(String channel, HistoryQuery query) {
    return broker.history(channel, query);
  }

  @Override
  public CompletionStage<Void> removeHistory(String channel) {
    return broker.removeHistory(channel);
  }

  @Override
  public PresenceStore presence() {
    return broker.presence();
  }

  @Override
  public void close() {
    broker.close();
  }
}

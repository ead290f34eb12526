package dev.dunlin.conformance.history;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.dunlin.channels.StreamPosition;
import io.github.centrifugal.centrifuge.Client;
import io.github.centrifugal.centrifuge.ConnectedEvent;
import io.github.centrifugal.centrifuge.ConnectingEvent;
import io.github.centrifugal.centrifuge.DisconnectedEvent;
import io.github.centrifugal.centrifuge.DuplicateSubscriptionException;
import io.github.centrifugal.centrifuge.EventListener;
import io.github.centrifugal.centrifuge.Options;
import io.github.centrifugal.centrifuge.PublicationEvent;
import io.github.centrifugal.centrifuge.SubscribedEvent;
import io.github.centrifugal.centrifuge.SubscribingEvent;
import io.github.centrifugal.centrifuge.Subscription;
import io.github.centrifugal.centrifuge.SubscriptionEventListener;
import io.github.centrifugal.centrifuge.SubscriptionOptions;
import io.github.centrifugal.centrifuge.UnsubscribedEvent;

/** The published Java SDK, over Protobuf, with a {@link Follower} as its application. */
final class JavaClient implements AutoCloseable {

  private static final int AFTER_KEY = "{\"id\":".length();

  /** Longer than any reader is slow. */
  private static final int PATIENCE_MILLIS = 60_000;

  private final Follower follower;
  private final Client client;

  JavaClient(String url, Follower follower) {
    this.follower = follower;
    var options = new Options();
    options.setMinReconnectDelay(20);
    options.setMaxReconnectDelay(300);
    // it would give the connection up, and pass on what still comes over it, from no position
    options.setTimeout(PATIENCE_MILLIS);
    client = new Client(url + "?client=" + follower.name(), options, new Connection());
    for (var channel : follower.channels()) {
      try {
        var again = new SubscriptionOptions();
        again.setMinResubscribeDelay(20);
        again.setMaxResubscribeDelay(300);
        client.newSubscription(channel, again, new Channel()).subscribe();
      } catch (DuplicateSubscriptionException e) {
        throw new IllegalArgumentException("a channel twice: " + channel, e);
      }
    }
  }

  void connect() {
    client.connect();
  }

  private final class Connection extends EventListener {
    @Override
    public void onConnected(Client client, ConnectedEvent event) {
      follower.connected(event.getClient());
    }

    @Override
    public void onConnecting(Client client, ConnectingEvent event) {
      follower.disconnected(event.getCode());
    }

    @Override
    public void onDisconnected(Client client, DisconnectedEvent event) {
      follower.disconnected(event.getCode());
    }
  }

  private final class Channel extends SubscriptionEventListener {
    @Override
    public void onSubscribed(Subscription subscription, SubscribedEvent event) {
      follower.subscribed(
          subscription.getChannel(),
          position(event.getStreamPosition()),
          event.wasRecovering(),
          event.getRecovered());
    }

    @Override
    public void onPublication(Subscription subscription, PublicationEvent event) {
      var data = new String(event.getData(), 0, Math.min(32, event.getData().length), US_ASCII);
      follower.received(
          subscription.getChannel(),
          event.getOffset(),
          Long.parseLong(data.substring(AFTER_KEY, data.indexOf(','))));
    }

    @Override
    public void onSubscribing(Subscription subscription, SubscribingEvent event) {
      follower.ended(subscription.getChannel(), event.getCode());
    }

    @Override
    public void onUnsubscribed(Subscription subscription, UnsubscribedEvent event) {
      follower.ended(subscription.getChannel(), event.getCode());
    }
  }

  /** The SDK hands a position out, but not what is in it. */
  private static StreamPosition position(io.github.centrifugal.centrifuge.StreamPosition position) {
    try {
      var offset = position.getClass().getDeclaredField("offset");
      var epoch = position.getClass().getDeclaredField("epoch");
      offset.setAccessible(true);
      epoch.setAccessible(true);
      return new StreamPosition(offset.getLong(position), (String) epoch.get(position));
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this is another SDK", e);
    }
  }

  @Override
  public void close() throws InterruptedException {
    client.close(5_000);
  }
}

package dev.dunlin.conformance.sdk;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.centrifuge.Client;
import dev.dunlin.centrifuge.Disconnect;
import dev.dunlin.centrifuge.ProtocolOptions;
import dev.dunlin.channels.Hub;
import dev.dunlin.conformance.history.Gateway;
import io.github.centrifugal.centrifuge.ConnectedEvent;
import io.github.centrifugal.centrifuge.ConnectingEvent;
import io.github.centrifugal.centrifuge.ConnectionTokenEvent;
import io.github.centrifugal.centrifuge.ConnectionTokenGetter;
import io.github.centrifugal.centrifuge.DisconnectedEvent;
import io.github.centrifugal.centrifuge.ErrorEvent;
import io.github.centrifugal.centrifuge.EventListener;
import io.github.centrifugal.centrifuge.HistoryOptions;
import io.github.centrifugal.centrifuge.JoinEvent;
import io.github.centrifugal.centrifuge.Options;
import io.github.centrifugal.centrifuge.PublicationEvent;
import io.github.centrifugal.centrifuge.ReplyError;
import io.github.centrifugal.centrifuge.ResultCallback;
import io.github.centrifugal.centrifuge.ServerPublicationEvent;
import io.github.centrifugal.centrifuge.ServerSubscribedEvent;
import io.github.centrifugal.centrifuge.SubscribedEvent;
import io.github.centrifugal.centrifuge.SubscribingEvent;
import io.github.centrifugal.centrifuge.Subscription;
import io.github.centrifugal.centrifuge.SubscriptionEventListener;
import io.github.centrifugal.centrifuge.SubscriptionOptions;
import io.github.centrifugal.centrifuge.TokenCallback;
import io.github.centrifugal.centrifuge.UnsubscribedEvent;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * The published Java SDK, which Android apps use: Protobuf over OkHttp. Version 0.4.1, the newest
 * on Maven Central, knows neither deltas nor tag filters: its subscription options have no such
 * fields.
 *
 * <p>Where there are two nodes, connections go to them in turn, and the server's own publications
 * are made on the one that the first connection does not go to.
 */
abstract class JavaSdkSuite {

  private final List<Hub> hubs = new ArrayList<>();
  private final List<SdkServer> servers = new CopyOnWriteArrayList<>();
  private final AtomicInteger connections = new AtomicInteger();
  private final Gateway balancer;
  private final List<io.github.centrifugal.centrifuge.Client> clients = new ArrayList<>();
  private final List<String> errors = new CopyOnWriteArrayList<>();
  private final BlockingQueue<String> events = new LinkedBlockingQueue<>();

  /** With a node over each of these hubs. */
  JavaSdkSuite(Hub... hubs) {
    for (var hub : hubs) {
      this.hubs.add(hub);
      hub.ready().toCompletableFuture().orTimeout(10, TimeUnit.SECONDS).join();
      servers.add(SdkServer.start(hub));
    }
    try {
      balancer =
          new Gateway(() -> servers.get(connections.incrementAndGet() % servers.size()).port());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @AfterEach
  void close() throws Exception {
    for (var client : clients) {
      client.close(5_000);
    }
    balancer.close();
    servers.forEach(SdkServer::close);
    hubs.forEach(Hub::close);
  }

  /** Has the nodes begin anew with these options. */
  private void restart(ProtocolOptions options) {
    servers.forEach(SdkServer::close);
    servers.clear();
    hubs.forEach(hub -> servers.add(SdkServer.start(hub, options, 0)));
  }

  private Stream<Client> all() {
    return servers.stream()
        .flatMap(
            server -> StreamSupport.stream(server.endpoint().clients().all().spliterator(), false));
  }

  /** Writes down what the SDK tells. */
  private final class Connected extends EventListener {
    @Override
    public void onConnecting(
        io.github.centrifugal.centrifuge.Client client, ConnectingEvent event) {
      events.add("connecting " + event.getCode());
    }

    @Override
    public void onConnected(io.github.centrifugal.centrifuge.Client client, ConnectedEvent event) {
      events.add("connected");
    }

    @Override
    public void onError(io.github.centrifugal.centrifuge.Client client, ErrorEvent event) {
      errors.add(String.valueOf(event.getError()));
    }

    @Override
    public void onDisconnected(
        io.github.centrifugal.centrifuge.Client client, DisconnectedEvent event) {
      events.add("disconnected " + event.getCode() + " " + event.getReason());
    }

    @Override
    public void onSubscribed(
        io.github.centrifugal.centrifuge.Client client, ServerSubscribedEvent event) {
      events.add("server-side " + event.getChannel());
    }

    @Override
    public void onPublication(
        io.github.centrifugal.centrifuge.Client client, ServerPublicationEvent event) {
      events.add("server-side " + event.getChannel() + " " + new String(event.getData(), UTF_8));
    }
  }

  private final class Subscribed extends SubscriptionEventListener {
    @Override
    public void onSubscribed(Subscription subscription, SubscribedEvent event) {
      events.add(
          "subscribed" + (event.wasRecovering() ? " recovered=" + event.getRecovered() : ""));
    }

    @Override
    public void onSubscribing(Subscription subscription, SubscribingEvent event) {
      events.add("subscribing " + event.getCode());
    }

    @Override
    public void onUnsubscribed(Subscription subscription, UnsubscribedEvent event) {
      events.add("unsubscribed " + event.getCode() + " " + event.getReason());
    }

    @Override
    public void onPublication(Subscription subscription, PublicationEvent event) {
      events.add("publication " + new String(event.getData(), UTF_8));
    }

    @Override
    public void onJoin(Subscription subscription, JoinEvent event) {
      events.add("join " + event.getInfo().getUser());
    }
  }

  private io.github.centrifugal.centrifuge.Client client(Consumer<Options> change) {
    var options = new Options();
    options.setToken(SdkTokens.connection("ann", Duration.ofMinutes(5), ""));
    options.setMinReconnectDelay(50);
    options.setMaxReconnectDelay(200);
    change.accept(options);
    var client =
        new io.github.centrifugal.centrifuge.Client(
            "ws://127.0.0.1:" + balancer.port() + "/connection/websocket",
            options,
            new Connected());
    clients.add(client);
    return client;
  }

  private io.github.centrifugal.centrifuge.Client connected(Consumer<Options> change)
      throws InterruptedException {
    var client = client(change);
    client.connect();
    awaited("connecting 0", "connected");
    return client;
  }

  private Subscription subscribed(
      io.github.centrifugal.centrifuge.Client client, String channel, SubscriptionOptions options)
      throws Exception {
    var subscription = client.newSubscription(channel, options, new Subscribed());
    subscription.subscribe();
    awaited("subscribing 0", "subscribed");
    return subscription;
  }

  /** The next events are these, in this order. */
  private void awaited(String... expected) throws InterruptedException {
    for (var event : expected) {
      assertThat(events.poll(10, TimeUnit.SECONDS))
          .as("the SDK reports errors %s", errors)
          .isEqualTo(event);
    }
  }

  private static <T> T result(Consumer<ResultCallback<T>> call) {
    var outcome = new CompletableFuture<T>();
    call.accept((failure, result) -> {
      if (failure != null) {
        outcome.completeExceptionally(failure);
      } else {
        outcome.complete(result);
      }
    });
    return outcome.orTimeout(10, TimeUnit.SECONDS).join();
  }

  private static byte[] json(String text) {
    return text.replace('\'', '"').getBytes(UTF_8);
  }

  private void publish(String channel, String data) {
    servers
        .getFirst()
        .endpoint()
        .api()
        .publish(channel, json(data), options -> options)
        .toCompletableFuture()
        .join();
  }

  private Client one() {
    return all().findFirst().orElseThrow();
  }

  @Test
  void itConnectsSubscribesAndPublishes() throws Exception {
    var client = connected(options -> {});
    var subscription = subscribed(client, "open:java", new SubscriptionOptions());
    var published =
        CompletableFuture.supplyAsync(() ->
            JavaSdkSuite.<io.github.centrifugal.centrifuge.PublishResult>result(
                callback -> subscription.publish(json("{'a':1}"), callback)));
    awaited("publication {\"a\":1}");
    assertThat(published.join()).isNotNull();
    subscription.unsubscribe();
    awaited("unsubscribed 0 unsubscribe called");
    client.disconnect();
    awaited("disconnected 0 disconnect called");
  }

  @Test
  void itReadsHistoryForwardsAndBackwards() throws Exception {
    for (int i = 1; i <= 5; i++) {
      publish("history:java", String.valueOf(i));
    }
    var client = connected(options -> {});
    var forwards =
        JavaSdkSuite.<io.github.centrifugal.centrifuge.HistoryResult>result(callback ->
            client.history(
                "history:java", new HistoryOptions.Builder().withLimit(2).build(), callback));
    assertThat(forwards.getOffset()).isEqualTo(5);
    assertThat(forwards.getPublications())
        .extracting(publication -> new String(publication.getData(), UTF_8))
        .containsExactly("1", "2");
    var backwards =
        JavaSdkSuite.<io.github.centrifugal.centrifuge.HistoryResult>result(callback ->
            client.history(
                "history:java",
                new HistoryOptions.Builder().withLimit(1).withReverse(true).build(),
                callback));
    assertThat(backwards.getPublications())
        .extracting(publication -> new String(publication.getData(), UTF_8))
        .containsExactly("5");
  }

  @Test
  void itSeesPresenceAndItsOwnJoin() throws Exception {
    var client = connected(options -> {});
    var options = new SubscriptionOptions();
    options.setJoinLeave(true);
    subscribed(client, "presence:java", options);
    awaited("join ann");
    var stats =
        JavaSdkSuite.<io.github.centrifugal.centrifuge.PresenceStatsResult>result(
            callback -> client.presenceStats("presence:java", callback));
    assertThat(stats.getNumClients()).isEqualTo(1);
    var presence =
        JavaSdkSuite.<io.github.centrifugal.centrifuge.PresenceResult>result(
            callback -> client.presence("presence:java", callback));
    assertThat(presence.getClients()).containsOnlyKeys(one().id());
  }

  @Test
  void itCallsProceduresAndIsToldErrors() throws Exception {
    var client = connected(options -> {});
    var answer =
        JavaSdkSuite.<io.github.centrifugal.centrifuge.RPCResult>result(
            callback -> client.rpc("echo", json("{'b':2}"), callback));
    assertThat(new String(answer.getData(), UTF_8)).isEqualTo("{\"b\":2}");
    try {
      JavaSdkSuite.<io.github.centrifugal.centrifuge.RPCResult>result(
          callback -> client.rpc("does-not-exist", json("{}"), callback));
      org.junit.jupiter.api.Assertions.fail("no error");
    } catch (CompletionException refused) {
      assertThat(((ReplyError) refused.getCause()).getCode()).isEqualTo(104);
    }
  }

  @Test
  void itRefreshesItsTokenWhileRunning() throws Exception {
    var asked = new AtomicInteger();
    connected(options -> {
      options.setToken(SdkTokens.connection("ann", Duration.ofSeconds(2), ""));
      options.setTokenGetter(
          new ConnectionTokenGetter() {
            @Override
            public void getConnectionToken(ConnectionTokenEvent event, TokenCallback callback) {
              asked.incrementAndGet();
              events.add("token");
              callback.Done(null, SdkTokens.connection("ann", Duration.ofSeconds(60), ""));
            }
          });
    });
    awaited("token");
    var before = one().expiresAt();
    long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (one().expiresAt().equals(before)) {
      assertThat(System.nanoTime()).as("the refresh arrives in time").isLessThan(end);
      Thread.onSpinWait();
    }
    assertThat(asked.get()).isEqualTo(1);
    assertThat(events).as("and stays connected").isEmpty();
  }

  @Test
  void itTakesServerSideSubscriptions() throws Exception {
    client(options ->
            options.setToken(
                SdkTokens.connection(
                    "ann", Duration.ofMinutes(5), ",\"channels\":[\"closed:mine\"]")))
        .connect();
    awaited("connecting 0", "connected", "server-side closed:mine");
    publish("closed:mine", "{'c':3}");
    awaited("server-side closed:mine {\"c\":3}");
  }

  @Test
  void terminalCodesKeepItAwayAndOthersBringItBack() throws Exception {
    connected(options -> {});
    one().disconnect(Disconnect.FORCE_RECONNECT);
    awaited("connecting 3011", "connected");
    one().disconnect(Disconnect.CONNECTION_CLOSED);
    awaited("connecting 1", "connected");
    one().disconnect(Disconnect.custom(4501, "go away"));
    awaited("disconnected 4501 go away");
  }

  @Test
  void afterACutInTheMiddleOfTrafficNothingIsMissing() throws Exception {
    var client = connected(options -> {});
    subscribed(client, "history:java", new SubscriptionOptions());
    int next = 0;
    for (int cut = 0; cut < 3; cut++) {
      for (int i = 0; i < 50; i++) {
        publish("history:java", String.valueOf(++next));
        if (i == 25) {
          cutAll();
        }
      }
    }
    int seen = 0;
    int recoveries = 0;
    while (seen < next) {
      var event = events.poll(10, TimeUnit.SECONDS);
      assertThat(event).as("after %s publications", seen).isNotNull();
      if (event.startsWith("publication")) {
        assertThat(event).isEqualTo("publication " + ++seen);
      } else if (event.startsWith("subscribed")) {
        assertThat(event).isEqualTo("subscribed recovered=true");
        recoveries++;
      }
    }
    assertThat(recoveries).isPositive();
  }

  /** Cuts whoever is connected, which is nobody if it is not back from the cut before. */
  private void cutAll() {
    var cut = all().toList();
    cut.forEach(client -> client.disconnect(Disconnect.CONNECTION_CLOSED));
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (all().anyMatch(cut::contains)) {
      assertThat(System.nanoTime()).as("waiting for the cut").isLessThan(end);
      Thread.onSpinWait();
    }
  }

  /** For so long nothing happens: no reconnect for want of pings, no close for want of pongs. */
  final void held(ProtocolOptions options, int maxPingDelayMillis, int seconds) throws Exception {
    restart(options);
    connected(change -> change.setMaxServerPingDelay(maxPingDelayMillis));
    assertThat(events.poll(seconds, TimeUnit.SECONDS)).isNull();
    assertThat(all()).hasSize(1);
  }
}

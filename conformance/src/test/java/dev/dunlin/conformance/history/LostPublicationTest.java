package dev.dunlin.conformance.history;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.centrifuge.CentrifugeEndpoint;
import dev.dunlin.centrifuge.NamespaceOptions;
import dev.dunlin.centrifuge.Namespaces;
import dev.dunlin.centrifuge.ProtocolOptions;
import dev.dunlin.channels.Broker;
import dev.dunlin.channels.Hub;
import dev.dunlin.server.WebSocketClient;
import dev.dunlin.server.WebSocketServer;
import dev.dunlin.testing.LosingBroker;
import dev.dunlin.testing.ServerProcess;
import dev.dunlin.websocket.Text;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Something that Redis or NATS has kept and did not deliver to a node: its clients are told. */
class LostPublicationTest {

  @ParameterizedTest
  @ValueSource(strings = {"redis", "nats"})
  void whatTheBrokerDoesNotDeliverIsNoticedWithinTenSeconds(String kind) throws Exception {
    var received = new LinkedBlockingQueue<String>();
    try (var store = kind.equals("nats") ? ServerProcess.nats() : ServerProcess.redis();
        var hub =
            Hub.over(
                LosingBroker.over(
                    Broker.open(kind, Map.of("url", store.url())),
                    publication -> UTF_8.decode(publication.data()).toString().contains("lost")))) {
      hub.ready().toCompletableFuture().get(10, TimeUnit.SECONDS);
      var stream =
          NamespaceOptions.builder()
              .allowSubscribeForClient(true)
              .allowSubscribeForAnonymous(true)
              .historySize(100)
              .historyTtl(Duration.ofMinutes(1))
              .forceRecovery(true)
              .build();
      var endpoint =
          CentrifugeEndpoint.over(hub)
              .allowAnonymous()
              .options(ProtocolOptions.defaults().withPositionCheck(Duration.ofSeconds(1)))
              .namespaces(new Namespaces(NamespaceOptions.defaults(), Map.of("stream", stream)));
      try (var server = WebSocketServer.builder().route("/", endpoint).start(0);
          var client = WebSocketClient.builder().build()) {
        var session =
            client
                .connectAsync(
                    URI.create("ws://127.0.0.1:" + server.port() + "/"),
                    opened ->
                        message -> {
                          if (message instanceof Text text) {
                            received.addAll(text.value().lines().toList());
                          }
                        })
                .toCompletableFuture()
                .get(10, TimeUnit.SECONDS);
        session.send(Text.of("{\"id\":1,\"connect\":{}}"));
        session.send(Text.of("{\"id\":2,\"subscribe\":{\"channel\":\"stream:a\"}}"));
        next(received, "\"id\":2");
        publish(endpoint, "heard");
        next(received, "heard");
        publish(endpoint, "lost");
        assertThat(next(received, "")).contains("\"unsubscribe\":{\"code\":2500");
      }
    }
  }

  private static void publish(CentrifugeEndpoint endpoint, String text) throws Exception {
    endpoint
        .api()
        .publish("stream:a", ("\"" + text + "\"").getBytes(UTF_8), UnaryOperator.identity())
        .toCompletableFuture()
        .get(10, TimeUnit.SECONDS);
  }

  /** The first that contains this, within the ten seconds that are promised. */
  private static String next(BlockingQueue<String> received, String part)
      throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (true) {
      var text = received.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
      assertThat(text).as("something with %s", part).isNotNull();
      if (text.contains(part) && !text.equals("{}")) {
        return text;
      }
    }
  }
}

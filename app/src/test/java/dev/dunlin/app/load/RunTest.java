package dev.dunlin.app.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunlin.channels.Hub;
import dev.dunlin.server.Dispatch;
import dev.dunlin.server.Endpoint;
import dev.dunlin.server.Route;
import dev.dunlin.server.WebSocketServer;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.Text;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RunTest {

  private static final Endpoint ECHO =
      session ->
          message -> {
            if (message instanceof Data data) {
              session.send(data);
            }
          };

  private static WebSocketServer serve(Endpoint endpoint) {
    return WebSocketServer.builder()
        .loops(1)
        .route(Route.at("/").dispatch(Dispatch.INLINE), endpoint)
        .start(0);
  }

  private static Plan plan(URI uri, Optional<URI> publish, int connections, int rate) {
    return new Plan(
        uri,
        publish,
        Protocol.RAW,
        connections,
        publish.isPresent() ? connections : 1,
        rate,
        rate > 0 ? 1 : 4,
        200,
        Duration.ofMillis(100),
        Duration.ofMillis(300),
        1,
        false,
        Optional.empty(),
        connection -> "",
        "bench");
  }

  private static URI at(WebSocketServer server, String path) {
    return URI.create("ws://127.0.0.1:" + server.port() + path);
  }

  private static Result run(Plan plan) throws Exception {
    return Run.of(plan, Optional.empty(), Progress.NONE);
  }

  @Test
  void closedLoopCountsWhatComesBack() throws Exception {
    try (var server = serve(ECHO)) {
      var result = run(plan(at(server, "/"), Optional.empty(), 3, 0));
      assertThat(result.messages()).isPositive();
      assertThat(result.latencies().getTotalCount()).isPositive();
      assertThat(result.lost()).isZero();
    }
  }

  @Test
  void whoIsRefusedForComingWithTooManyOthersComesAgain() throws Exception {
    try (var server =
        WebSocketServer.builder()
            .loops(1)
            .limits(Limits.defaults().maxNewConnectionsPerSecond(50))
            .route(Route.at("/").dispatch(Dispatch.INLINE), ECHO)
            .start(0)) {
      // two seconds too many: however slowly they are opened, some come too soon
      var result = run(plan(at(server, "/"), Optional.empty(), 150, 0));
      assertThat(result.messages()).isPositive();
      assertThat(server.statistics().refusals()).containsOnlyKeys(503);
    }
  }

  @Test
  void openLoopSendsWhatIsDueAndNoMore() throws Exception {
    try (var server = serve(ECHO)) {
      var result = run(plan(at(server, "/"), Optional.empty(), 3, 1000));
      assertThat(result.lost()).isZero();
      assertThat(result.latencies().getTotalCount()).isBetween(299L, 301L);
    }
  }

  @Test
  void latencyOfAServerThatStallsCountsFromWhenAMessageWasDue() throws Exception {
    var seen = new AtomicInteger();
    var stall = Duration.ofMillis(200);
    Endpoint stalling =
        session ->
            message -> {
              if (seen.incrementAndGet() == 150) {
                long until = System.nanoTime() + stall.toNanos();
                while (System.nanoTime() < until) {
                  Thread.onSpinWait();
                }
              }
              session.send((Data) message);
            };
    try (var server = serve(stalling)) {
      var result = run(plan(at(server, "/"), Optional.empty(), 1, 1000));
      // all that was due during the stall waited for it, not only the one message under way
      long delayed =
          result.latencies().getCountBetweenValues(stall.toNanos() / 2, Long.MAX_VALUE / 2);
      assertThat(delayed).isGreaterThan(50);
    }
  }

  @Test
  void oneMessageCountsOnceForEverySubscriber() throws Exception {
    var hub = Hub.inMemory();
    var server =
        WebSocketServer.builder()
            .loops(1)
            .route(
                Route.at("/pub").dispatch(Dispatch.INLINE),
                session ->
                    message -> {
                      var unused = hub.publish("all", ((Data) message).toByteArray());
                    })
            .route(
                Route.at("/fan").dispatch(Dispatch.INLINE),
                session -> {
                  var subscription =
                      hub.subscribe(
                          "all",
                          session.lane(),
                          publication -> session.trySend(Text.of(publication.data())));
                  session.onClose(closed -> subscription.close());
                  return message -> {};
                })
            .start(0);
    try (hub;
        server) {
      var result = run(plan(at(server, "/fan"), Optional.of(at(server, "/pub")), 20, 100));
      assertThat(result.lost()).isZero();
      assertThat(result.latencies().getTotalCount()).isBetween(29L * 20, 31L * 20);
    }
  }

  @Test
  void replyThatIsNotWhatWasSentEndsTheRun() {
    try (var server = serve(session -> message -> session.send(Text.of("another")))) {
      assertThatThrownBy(() -> run(plan(at(server, "/"), Optional.empty(), 1, 0)))
          .isInstanceOf(LoadException.class)
          .hasMessageContaining("is not what was sent");
    }
  }

  @Test
  void refusedConnectionIsSaidInOneLine() {
    var nobody = URI.create("ws://127.0.0.1:9/");
    assertThatThrownBy(() -> run(plan(nobody, Optional.empty(), 1, 0)))
        .isInstanceOf(LoadException.class)
        .hasMessageStartingWith("no connection to ws://127.0.0.1:9/: ");
  }

  @Test
  void payloadsHaveTheSizeAskedForAndDiffer() {
    for (int size : new int[] {1, 7, 8, 9, 16, 100, 127, 128, 129, 200, 512, 16384}) {
      var payloads = new Payloads(size);
      for (int i = 0; i < payloads.different(); i++) {
        assertThat(payloads.of(i)).hasSize(size);
      }
      assertThat(payloads.of(1)).isNotEqualTo(payloads.of(2));
    }
  }
}

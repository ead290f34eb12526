package dev.dunlin.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Text;
import java.io.IOException;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The client role as a whole. */
class WebSocketClientTest {

  private static final int TIMES = 20;
  private static final int CONNECTIONS = 50;

  /** Both sides do it: the connection is busy for as long as it lasts. */
  private static Handler sendingBack(Session session) {
    return message -> {
      if (message instanceof Data data) {
        session.send(data);
      }
    };
  }

  @Test
  void aPortThatCannotBeIsRefusedAtOnce() {
    try (var client = WebSocketClient.builder().build()) {
      assertThatThrownBy(() ->
              client.connectAsync(
                  URI.create("ws://127.0.0.1:65536/"), WebSocketClientTest::sendingBack))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("there is no port 65536");
    }
  }

  /** RFC 6455, section 3. */
  @ParameterizedTest
  @ValueSource(
      strings = {"ws://h/#", "ws://h/a#b", "ws://ann@h/", "wss://ann:secret@h/", "http://h/"})
  void addressesThatAreNoneOfAWebSocketAreRefusedAtOnce(String uri) {
    try (var client = WebSocketClient.builder().build()) {
      assertThatThrownBy(
              () -> client.connectAsync(URI.create(uri), WebSocketClientTest::sendingBack))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("a WebSocket address ")
          .hasMessageNotContaining("secret");
    }
  }

  @Test
  void whoCannotConnectIsToldWhereAndWhy() throws Exception {
    try (var server =
            WebSocketServer.builder().route("/", WebSocketClientTest::sendingBack).start(0);
        var client = WebSocketClient.builder().build()) {
      var here = "localhost:" + server.port();
      assertThatThrownBy(() ->
              client.connect(URI.create("ws://localhost:1/"), WebSocketClientTest::sendingBack))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("no connection to localhost:1: cannot connect: ")
          .hasMessageContaining("refused");
      assertThatThrownBy(
              () -> client.connect(URI.create("wss://" + here), WebSocketClientTest::sendingBack))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("no connection to " + here + ": no TLS connection: ");
      assertThatThrownBy(() ->
              client.connect(URI.create("ws://" + here + "/b"), WebSocketClientTest::sendingBack))
          .hasMessage("no connection to " + here + ": the server answered 404 instead of 101");
      assertThatThrownBy(
              () -> client.connect(URI.create("ws://no.invalid"), WebSocketClientTest::sendingBack))
          .hasMessage("no connection to no.invalid: unknown host");
    }
  }

  @Test
  void whatWaitsIsRefusedOnAnEventLoop() throws Exception {
    var refusals = new LinkedBlockingQueue<String>();
    try (var client = WebSocketClient.builder().build();
        var server =
            WebSocketServer.builder()
                .route(
                    Route.at("/").dispatch(Dispatch.INLINE),
                    session ->
                        message -> {
                          for (var waits :
                              List.<Waiting>of(
                                  () -> client.connect(URI.create("ws://h/"), own -> null),
                                  client::close)) {
                            try {
                              waits.call();
                            } catch (IllegalStateException refused) {
                              refusals.add(String.valueOf(refused.getMessage()));
                            }
                          }
                        })
                .start(0)) {
      var uri = URI.create("ws://localhost:" + server.port() + "/");
      client.connect(uri, WebSocketClientTest::sendingBack).send(Text.of("go"));
      assertThat(refusals.poll(10, TimeUnit.SECONDS)).contains("connectAsync");
      assertThat(refusals.poll(10, TimeUnit.SECONDS)).contains("waits");
    }
  }

  private interface Waiting {
    void call() throws Exception;
  }

  @Test
  void aClosedClientFailsAtOnce() {
    var client = WebSocketClient.builder().build();
    client.close();
    assertThatThrownBy(
            () -> client.connect(URI.create("ws://localhost:1/"), WebSocketClientTest::sendingBack))
        .isInstanceOf(IOException.class)
        .hasMessage("no connection to localhost:1: the client is closed");
  }

  @Test
  void aClientThatClosesInTheMiddleOfTrafficLeavesNothingOpen() throws Exception {
    var ended = new CountDownLatch(TIMES * CONNECTIONS);
    Endpoint endpoint =
        session -> {
          session.onClose(closed -> ended.countDown());
          return sendingBack(session);
        };
    try (var server = WebSocketServer.builder().loops(1).route("/", endpoint).start(0)) {
      var uri = URI.create("ws://127.0.0.1:" + server.port() + "/");
      for (int i = 0; i < TIMES; i++) {
        try (var client = WebSocketClient.builder().dispatch(Dispatch.INLINE).build()) {
          for (int n = 0; n < CONNECTIONS; n++) {
            client
                .connectAsync(uri, WebSocketClientTest::sendingBack)
                .toCompletableFuture()
                .join()
                .send(Text.of("again and again"));
          }
        }
      }
      assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
    }
  }
}

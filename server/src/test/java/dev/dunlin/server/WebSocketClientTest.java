package dev.dunlin.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Text;
import java.net.URI;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

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

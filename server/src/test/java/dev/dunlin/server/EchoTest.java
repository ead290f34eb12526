package dev.dunlin.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.websocket.Binary;
import dev.dunlin.websocket.Control;
import dev.dunlin.websocket.Text;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EchoTest {

  private static final Endpoint ECHO =
      session ->
          message -> {
            switch (message) {
              case Text text -> session.send(text);
              case Binary binary -> session.send(binary);
              case Control control -> {}
            }
          };

  @ParameterizedTest
  @EnumSource
  void aMessageComesBack(Dispatch dispatch) throws Exception {
    try (var server =
        WebSocketServer.builder().route(Route.at("/echo").dispatch(dispatch), ECHO).start(0)) {
      var answer = new CompletableFuture<String>();
      var client =
          HttpClient.newHttpClient()
              .newWebSocketBuilder()
              .buildAsync(
                  URI.create("ws://localhost:" + server.port() + "/echo"),
                  new WebSocket.Listener() {
                    @Override
                    public CompletionStage<?> onText(
                        WebSocket ws, CharSequence data, boolean last) {
                      answer.complete(data.toString());
                      return null;
                    }
                  })
              .get(10, TimeUnit.SECONDS);
      client.sendText("hello", true);
      assertThat(answer.get(10, TimeUnit.SECONDS)).isEqualTo("hello");
      client.abort();
    }
  }
}

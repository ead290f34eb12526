package dev.dunlin.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.server.Endpoint;
import dev.dunlin.server.Session;
import dev.dunlin.testing.TestClient;
import dev.dunlin.websocket.Prepared;
import dev.dunlin.websocket.Text;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

/** What docs/guide/embed.md shows and the examples do not have. */
class EmbedGuideTest {

  @Test
  void oneMessageForManyIsPreparedOnce() {
    Set<Session> sessions = ConcurrentHashMap.newKeySet();
    Endpoint ticker =
        session -> {
          sessions.add(session);
          session.onClose(closed -> sessions.remove(session));
          return message -> {
            if (message instanceof Text text) {
              var prepared = Prepared.of(text);
              sessions.forEach(each -> each.trySend(prepared));
            }
          };
        };
    try (var one = TestClient.connect(ticker);
        var two = TestClient.connect(ticker)) {
      one.send("tick");
      assertThat(one.receiveText()).isEqualTo("tick");
      assertThat(two.receiveText()).isEqualTo("tick");
    }
    assertThat(sessions).isEmpty();
  }

  @Test
  void aTestTalksToAnEndpointInMemory() {
    var orders = Orders.endpoint();
    try (var client = TestClient.connect(orders)) {
      client.send("{\"article\": \"tea\", \"pieces\": 2}");
      assertThat(client.receiveText()).contains("\"piecesInAll\":2");
    }
  }
}

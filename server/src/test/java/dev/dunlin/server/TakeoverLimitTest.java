package dev.dunlin.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.websocket.Compression;
import dev.dunlin.websocket.Limits;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class TakeoverLimitTest {

  private static String agreed(RawPeer peer) throws IOException {
    peer.write(
        "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            + "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n");
    return peer.head()
        .lines()
        .filter(line -> line.startsWith("Sec-WebSocket-Extensions: "))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void contextTakeoverIsDeclinedBeyondItsLimitAndAgreedAgainAfterwards() throws Exception {
    try (var server =
        WebSocketServer.builder()
            .loops(1) // one loop: an end is seen before the upgrade that follows it
            .limits(Limits.defaults().maxTakeoverContexts(1))
            .route(Route.at("/").compression(Compression.takeover()), ServerTest.ECHO)
            .start(0)) {
      try (var first = RawPeer.connect(server.port());
          var second = RawPeer.connect(server.port())) {
        assertThat(agreed(first)).doesNotContain("no_context_takeover");
        assertThat(agreed(second))
            .contains("server_no_context_takeover")
            .contains("client_no_context_takeover");
        first.write(RawPeer.close(1000));
        assertThat(first.read().closeCode()).isEqualTo(1000);
        assertThat(first.drain()).isZero();
        try (var third = RawPeer.connect(server.port())) {
          assertThat(agreed(third)).doesNotContain("no_context_takeover");
        }
      }
    }
  }
}

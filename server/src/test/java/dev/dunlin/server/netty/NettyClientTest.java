package dev.dunlin.server.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.server.Dispatch;
import dev.dunlin.server.Endpoint;
import dev.dunlin.server.Listener;
import dev.dunlin.server.Overflow;
import dev.dunlin.server.Session;
import dev.dunlin.server.Transport;
import dev.dunlin.server.WebSocketServer;
import dev.dunlin.server.internal.Budget;
import dev.dunlin.server.internal.ClientPlan;
import dev.dunlin.server.internal.Terms;
import dev.dunlin.websocket.Compression;
import dev.dunlin.websocket.Headers;
import dev.dunlin.websocket.Limits;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class NettyClientTest {

  private static final Endpoint SILENT = session -> message -> {};

  @Test
  void theAddressesOfAHostAreTriedInTurn() throws Exception {
    var limits = Limits.defaults();
    var client =
        NettyClient.start(
            Transport.AUTO, 1, limits, Optional.empty(), Optional.empty(), Optional.empty());
    try (var server =
        WebSocketServer.builder()
            .listen(Listener.on(new InetSocketAddress("127.0.0.1", 0)).route("/", SILENT))
            .start()) {
      var plan =
          new ClientPlan(
              URI.create("ws://anywhere:" + server.port() + "/"),
              Headers.none(),
              List.of(),
              Compression.off(),
              new Terms(SILENT, Dispatch.INLINE, limits, Overflow.CLOSE, Budget.ofHeap()));
      var addresses =
          List.of(InetAddress.getByName("127.0.0.2"), InetAddress.getByName("127.0.0.1"));
      var session = new CompletableFuture<Session>();
      client.connect(plan, addresses, session);
      assertThat(session.get(10, TimeUnit.SECONDS).open()).isTrue();
    } finally {
      client.stop();
    }
  }
}

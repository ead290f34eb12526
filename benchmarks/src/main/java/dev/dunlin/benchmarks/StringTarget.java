package dev.dunlin.benchmarks;

import dev.dunlin.server.Dispatch;
import dev.dunlin.server.Route;
import dev.dunlin.server.WebSocketServer;
import dev.dunlin.websocket.Compression;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.OriginRule;
import dev.dunlin.websocket.Text;
import java.util.concurrent.CountDownLatch;

/** An echo whose handler asks for every text as a {@code String} and answers with one: PORT. */
public final class StringTarget {

  private StringTarget() {}

  /** Serves until it is killed. */
  public static void main(String[] args) throws InterruptedException {
    var route =
        Route.at("/{path...}")
            .origins(OriginRule.any())
            .dispatch(Dispatch.INLINE)
            .compression(Compression.off());
    try (var server =
        WebSocketServer.builder()
            .loops(1)
            .limits(Limits.defaults().maxNewConnectionsPerSecond(0))
            .route(
                route,
                session ->
                    message -> {
                      if (message instanceof Text text) {
                        session.send(Text.of(text.value()));
                      }
                    })
            .start(Integer.parseInt(args[0]))) {
      System.out.println("Echo of strings at port " + server.port());
      new CountDownLatch(1).await();
    }
  }
}

package dev.dunlin.conformance;

import dev.dunlin.server.Dispatch;
import dev.dunlin.server.Endpoint;
import dev.dunlin.server.Route;
import dev.dunlin.server.Tls;
import dev.dunlin.server.WebSocketServer;
import dev.dunlin.websocket.Binary;
import dev.dunlin.websocket.Compression;
import dev.dunlin.websocket.Control;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.Text;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** The server under test with the limits that the suite needs; it echoes on four routes. */
final class EchoServer {

  /** Raised as far as the largest cases ask; pings would only add noise. */
  static final Limits LIMITS =
      MemoryPeer.RAISED
          .outboundBytes(64 << 20)
          .inboundBytes(32 << 20)
          .closeHandshake(Duration.ofSeconds(5));

  /** On the event loop. */
  static final String SHARED = "/echo";

  /** On the event loop, with compression contexts that live on. */
  static final String TAKEOVER = "/takeover";

  /** On virtual threads. */
  static final String VIRTUAL = "/virtual";

  /** On virtual threads, never compressed. */
  static final String PLAIN = "/plain";

  private static final Endpoint ECHO =
      session ->
          message -> {
            switch (message) {
              case Text text -> session.send(text);
              case Binary binary -> session.send(binary);
              case Control control -> {}
            }
          };

  private EchoServer() {}

  static WebSocketServer start() {
    return builder().start(0);
  }

  /** The same over TLS, with a certificate made in {@code folder}. */
  static WebSocketServer startTls(Path folder) throws IOException, InterruptedException {
    var made = SelfSigned.in(folder);
    return builder().tls(Tls.of(made.certificate(), made.key())).start(0);
  }

  private static WebSocketServer.Builder builder() {
    return WebSocketServer.builder()
        .limits(LIMITS)
        .route(route(SHARED, Dispatch.INLINE, Compression.shared()), ECHO)
        .route(route(TAKEOVER, Dispatch.INLINE, Compression.takeover()), ECHO)
        .route(route(VIRTUAL, Dispatch.VIRTUAL, Compression.shared()), ECHO)
        .route(route(PLAIN, Dispatch.VIRTUAL, Compression.off()), ECHO);
  }

  private static Route route(String path, Dispatch dispatch, Compression compression) {
    return Route.at(path)
        .dispatch(dispatch)
        .compression(compression.thresholdBytes(0))
        .subprotocols(HandshakeCases.SUBPROTOCOLS);
  }
}

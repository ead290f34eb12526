package dev.dunlin.conformance;

import dev.dunlin.server.Dispatch;
import dev.dunlin.server.Endpoint;
import dev.dunlin.server.Route;
import dev.dunlin.server.Tls;
import dev.dunlin.server.WebSocketServer;
import dev.dunlin.websocket.Batching;
import dev.dunlin.websocket.Binary;
import dev.dunlin.websocket.Compression;
import dev.dunlin.websocket.Control;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.Prepared;
import dev.dunlin.websocket.Text;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The server under test with the limits that the suite needs; it echoes on four routes and joins on
 * a fifth.
 */
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

  /** Answers a message with {@link #PIECES} pieces, joined by newlines in fewer messages. */
  static final String BATCHED = "/batched";

  private static final int PIECES = 1000;

  private static final Endpoint PIECEWISE =
      session -> {
        session.batching(Batching.defaults().joint("\n"));
        return message -> {
          for (int i = 0; i < PIECES; i++) {
            var piece = Text.of("piece " + i + " " + "\u20ac".repeat(i % 100));
            if (i % 3 == 0) {
              session.send(piece);
            } else {
              session.send(Prepared.of(piece));
            }
          }
        };
      };

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
        .route(route(PLAIN, Dispatch.VIRTUAL, Compression.off()), ECHO)
        // small pieces stand plain between the compressed ones
        .route(Route.at(BATCHED).compression(Compression.shared().thresholdBytes(64)), PIECEWISE);
  }

  private static Route route(String path, Dispatch dispatch, Compression compression) {
    return Route.at(path)
        .dispatch(dispatch)
        .compression(compression.thresholdBytes(0))
        .subprotocols(HandshakeCases.SUBPROTOCOLS);
  }
}

package dev.dunlin.peers;

import io.vertx.core.AbstractVerticle;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.ServerWebSocket;
import java.util.LinkedHashSet;
import java.util.Set;

/** Vert.x with one event loop: PORT plain|deflate. */
public final class VertxPeer extends AbstractVerticle {

  private final Set<ServerWebSocket> fan = new LinkedHashSet<>();
  private final int port;
  private final boolean deflate;

  private VertxPeer(int port, boolean deflate) {
    this.port = port;
    this.deflate = deflate;
  }

  public static void main(String[] args) {
    var vertx =
        Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1).setPreferNativeTransport(true));
    if (!vertx.isNativeTransportEnabled()) {
      System.err.println(
          "VertxPeer: without its native transport: " + vertx.unavailableNativeTransportCause());
    }
    vertx
        .deployVerticle(
            new VertxPeer(Integer.parseInt(args[0]), args[1].equals("deflate")),
            new DeploymentOptions().setInstances(1))
        .onFailure(failure -> {
          failure.printStackTrace();
          System.exit(1);
        });
  }

  @Override
  public void start(Promise<Void> started) {
    vertx
        .createHttpServer(
            new HttpServerOptions()
                .setHost("127.0.0.1")
                .setAcceptBacklog(4096)
                .setTcpNoDelay(true)
                .setPerMessageWebSocketCompressionSupported(deflate)
                .setPerFrameWebSocketCompressionSupported(false)
                .setMaxWebSocketMessageSize(1 << 20)
                .setMaxWebSocketFrameSize(1 << 20))
        .webSocketHandler(this::open)
        .listen(port)
        .<Void>mapEmpty()
        .onComplete(started);
  }

  private void open(ServerWebSocket socket) {
    socket.exceptionHandler(failure -> socket.close());
    switch (socket.path()) {
      case "/pub" ->
          socket.textMessageHandler(text -> {
            for (var subscriber : fan) {
              subscriber.writeTextMessage(text);
            }
          });
      case "/fan" -> {
        fan.add(socket);
        socket.closeHandler(closed -> fan.remove(socket));
      }
      default -> {
        socket.textMessageHandler(socket::writeTextMessage);
        socket.binaryMessageHandler(socket::writeBinaryMessage);
      }
    }
  }
}

package dev.dunlin.examples;

import dev.dunlin.auth.Jwt;
import dev.dunlin.centrifuge.CentrifugeEndpoint;
import dev.dunlin.channels.Hub;
import dev.dunlin.server.Endpoint;
import dev.dunlin.server.Route;
import dev.dunlin.server.WebSocketServer;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.Text;

/**
 * Chat rooms: clients say who they are by a token (JWT, HS512), a room is a channel, and the same
 * rooms are open to the Centrifuge SDKs beside.
 *
 * <pre>DUNLIN_SECRET=… java … dev.dunlin.examples.Chat</pre>
 */
final class Chat {

  private Chat() {}

  public static void main(String[] args) {
    var secret = System.getenv("DUNLIN_SECRET");
    if (secret == null) {
      System.err.println("DUNLIN_SECRET is not set: 64 bytes or more that tokens are signed with");
      System.exit(2);
    }
    var server = start(secret, 8080);
    System.out.println("Chat at ws://localhost:" + server.port() + "/chat/{room}");
  }

  static WebSocketServer start(String secret, int port) {
    var hub = Hub.inMemory();                               // or Hub.over(broker)
    Endpoint chat = session -> {
      var room = "chat:" + session.path("room");
      var user = session.identity().subject();
      var subscription = hub.subscribe(
          room, session.lane(), publication -> session.trySend(Text.of(publication.data())));
      session.onClose(closed -> subscription.close());
      return message -> {
        if (message instanceof Text text) {
          hub.publish(room, user + ": " + text.value());
        }
      };
    };
    var tokens = Jwt.hs512(secret).issuer("https://login.example").audience("chat");
    return WebSocketServer.builder()
        .limits(Limits.defaults().maxMessageBytes(10 << 20).bufferCapacity(4096))
        .route(Route.at("/chat/{room}").authenticate(tokens), chat)
        .route("/connection/websocket", CentrifugeEndpoint.over(hub).authenticate(tokens))
        .start(port);
  }
}

package dev.dunlin.peers;

import io.helidon.webserver.WebServer;
import io.helidon.webserver.websocket.WsRouting;
import io.helidon.websocket.WsListener;
import io.helidon.websocket.WsSession;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Helidon, a virtual thread for each connection: PORT. It has no compression. */
public final class HelidonPeer {

  private static final Set<WsSession> FAN = ConcurrentHashMap.newKeySet();

  private HelidonPeer() {}

  public static void main(String[] args) {
    WebServer.builder()
        .host("127.0.0.1")
        .port(Integer.parseInt(args[0]))
        .backlog(4096)
        .addRouting(
            WsRouting.builder()
                .endpoint("/echo", () -> new Messages("/echo"))
                .endpoint("/pub", () -> new Messages("/pub"))
                .endpoint("/fan", () -> new Messages("/fan")))
        .build()
        .start();
  }

  private static final class Messages implements WsListener {
    private final String path;
    private final StringBuilder parts = new StringBuilder();

    Messages(String path) {
      this.path = path;
    }

    @Override
    public void onOpen(WsSession session) {
      if (path.equals("/fan")) {
        FAN.add(session);
      }
    }

    @Override
    public void onMessage(WsSession session, String text, boolean last) {
      parts.append(text);
      if (!last) {
        return;
      }
      var whole = parts.toString();
      parts.setLength(0);
      if (path.equals("/pub")) {
        for (var subscriber : FAN) {
          subscriber.send(whole, true);
        }
      } else {
        session.send(whole, true);
      }
    }

    @Override
    public void onClose(WsSession session, int status, String reason) {
      FAN.remove(session);
    }
  }
}

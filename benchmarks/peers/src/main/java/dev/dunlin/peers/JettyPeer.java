package dev.dunlin.peers;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.websocket.api.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.eclipse.jetty.websocket.server.WebSocketUpgradeHandler;

/** Jetty with one selector: PORT plain|deflate. */
public final class JettyPeer {

  private static final Set<Session> FAN = ConcurrentHashMap.newKeySet();

  private JettyPeer() {}

  public static void main(String[] args) throws Exception {
    boolean deflate = args[1].equals("deflate");
    var server = new Server(new QueuedThreadPool(8));
    var connector = new ServerConnector(server, 1, 1);
    connector.setHost("127.0.0.1");
    connector.setPort(Integer.parseInt(args[0]));
    connector.setAcceptQueueSize(4096);
    connector.setAcceptedTcpNoDelay(true);
    server.addConnector(connector);
    server.setHandler(
        WebSocketUpgradeHandler.from(
            server,
            container -> {
              container.setMaxTextMessageSize(1 << 20);
              container.addMapping(
                  "/*",
                  (request, response, callback) -> {
                    if (!deflate) {
                      response.setExtensions(java.util.List.of());
                    }
                    return new Messages(request.getHttpURI().getPath());
                  });
            }));
    server.start();
  }

  /** An endpoint; public, as Jetty calls it through method handles. */
  public static final class Messages extends Session.Listener.AbstractAutoDemanding {
    private final String path;

    Messages(String path) {
      this.path = path;
    }

    @Override
    public void onWebSocketOpen(Session session) {
      super.onWebSocketOpen(session);
      if (path.equals("/fan")) {
        FAN.add(session);
      }
    }

    @Override
    public void onWebSocketText(String message) {
      if (path.equals("/pub")) {
        for (var subscriber : FAN) {
          subscriber.sendText(message, Callback.NOOP);
        }
      } else {
        getSession().sendText(message, Callback.NOOP);
      }
    }

    @Override
    public void onWebSocketClose(int code, String reason, Callback callback) {
      FAN.remove(getSession());
      callback.succeed();
    }
  }
}

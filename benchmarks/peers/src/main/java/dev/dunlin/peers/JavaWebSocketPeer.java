package dev.dunlin.peers;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.java_websocket.WebSocket;
import org.java_websocket.drafts.Draft;
import org.java_websocket.drafts.Draft_6455;
import org.java_websocket.extensions.permessage_deflate.PerMessageDeflateExtension;
import org.java_websocket.handshake.ClientHandshake;
import org.java_websocket.server.WebSocketServer;

/** Java-WebSocket with one decoder thread: PORT plain|deflate. */
public final class JavaWebSocketPeer extends WebSocketServer {

  private final Set<WebSocket> fan = ConcurrentHashMap.newKeySet();

  private JavaWebSocketPeer(int port, List<Draft> drafts) {
    super(new InetSocketAddress("127.0.0.1", port), 1, drafts);
    setTcpNoDelay(true);
    setReuseAddr(true);
    setMaxPendingConnections(4096);
    setConnectionLostTimeout(0);
  }

  public static void main(String[] args) {
    var draft =
        args[1].equals("deflate")
            ? new Draft_6455(new PerMessageDeflateExtension())
            : new Draft_6455();
    new JavaWebSocketPeer(Integer.parseInt(args[0]), List.of(draft)).run();
  }

  @Override
  public void onOpen(WebSocket socket, ClientHandshake handshake) {
    socket.setAttachment(handshake.getResourceDescriptor());
    if (handshake.getResourceDescriptor().equals("/fan")) {
      fan.add(socket);
    }
  }

  @Override
  public void onClose(WebSocket socket, int code, String reason, boolean remote) {
    fan.remove(socket);
  }

  @Override
  public void onMessage(WebSocket socket, String message) {
    if ("/pub".equals(socket.getAttachment())) {
      broadcast(message, fan);
    } else {
      socket.send(message);
    }
  }

  @Override
  public void onError(WebSocket socket, Exception failure) {
    if (socket == null) {
      failure.printStackTrace();
    }
  }

  @Override
  public void onStart() {}
}

import dev.dunlin.server.WebSocketServer;
import dev.dunlin.websocket.Binary;
import dev.dunlin.websocket.Control;
import dev.dunlin.websocket.Text;

class Echo {
  public static void main(String[] args) {
    WebSocketServer.builder().route("/echo", session -> message -> {
      switch (message) {
        case Text text -> session.send(text);
        case Binary binary -> session.send(binary);
        case Control control -> { }          // pings and closes are already answered
      }
    }).start(8080);
  }
}

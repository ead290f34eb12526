package dev.dunlin.examples;

import dev.dunlin.server.Codec;
import dev.dunlin.server.Endpoint;
import dev.dunlin.server.WebSocketServer;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Text;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** Records as JSON: a typed endpoint takes orders and confirms them. */
final class Orders {

  /** What a client sends. */
  record Order(String article, int pieces) {}

  /** What it gets. */
  record Confirmation(long number, String article, int piecesInAll) {}

  private Orders() {}

  public static void main(String[] args) {
    var server = WebSocketServer.builder().route("/orders", endpoint()).start(8080);
    System.out.println("Orders at ws://localhost:" + server.port() + "/orders");
  }

  static Endpoint endpoint() {
    var json = JsonMapper.builder().build();
    var numbers = new AtomicLong();
    var pieces = new ConcurrentHashMap<String, Integer>(); // shared by all connections
    return Endpoint.typed(
        new JsonCodec<>(json, Order.class),
        session ->
            order -> {
              int all = pieces.merge(order.article(), order.pieces(), Integer::sum);
              var confirmation = new Confirmation(numbers.incrementAndGet(), order.article(), all);
              session.session().send(Text.of(json.writeValueAsString(confirmation)));
            });
  }

  /** A record as JSON text. */
  record JsonCodec<T>(JsonMapper json, Class<T> type) implements Codec<T> {

    @Override
    public T decode(Data message) throws Undecodable {
      if (!(message instanceof Text text)) {
        throw Undecodable.unsupported("an order is text");
      }
      try {
        return json.readValue(text.value(), type);
      } catch (JacksonException wrong) {
        throw Undecodable.invalid("not a " + type.getSimpleName());
      }
    }

    @Override
    public Text encode(T value) {
      return Text.of(json.writeValueAsString(value));
    }
  }
}

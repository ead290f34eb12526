package dev.dunlin.conformance.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunlin.server.Session;
import dev.dunlin.server.WebSocketClient;
import dev.dunlin.testing.ServerProcess;
import dev.dunlin.websocket.Text;
import java.net.URI;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * This program and an older one as nodes over one broker: what is asked of either is done by the
 * other. {@code -Ddunlin.older=} is the older one's class path.
 */
@Tag("figures")
class MixedVersionsTest {

  private static final String OLDER = System.getProperty("dunlin.older", "");
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final WebSocketClient sockets = WebSocketClient.builder().build();

  @AfterEach
  void close() {
    sockets.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"redis", "nats"})
  void olderAndNewerNodesActForEachOther(String kind) throws Exception {
    assumeTrue(!OLDER.isEmpty(), "-Ddunlin.older= names no older program");
    var broker = kind.equals("nats") ? ServerProcess.nats() : ServerProcess.redis();
    try (var fleet = new Fleet(broker, Fleet.Setup.usual(), 2)) {
      var newer = fleet.nodes.getFirst();
      var older = fleet.nodes.getLast();
      assertThat(older.terminate()).isZero();
      older.install(OLDER);
      older.start();
      older.awaitReady();
      for (var node : fleet.nodes) {
        ServedProcess.await(
            "both nodes", () -> fleet.call(node.port, "info", "{}").get("nodes").size() == 2);
      }
      actsFor(fleet, newer, older, "stream:asked-of-the-newer");
      actsFor(fleet, older, newer, "stream:asked-of-the-older");
    }
  }

  /** Asks one node and looks what the client of the other one sees. */
  private void actsFor(Fleet fleet, Fleet.Node asked, Fleet.Node other, String channel)
      throws Exception {
    var guest = new Guest(other);
    var id = guest.ask("{'id':1,'connect':{}}").at("/connect/client").asString();
    guest.ask("{'id':2,'subscribe':{'channel':'" + channel + "'}}");

    var first = publish(fleet, asked, channel, "first");
    assertThat(guest.next().at("/push/pub/data").asString()).isEqualTo("first");
    assertThat(publish(fleet, other, channel, "first")).as("the same key").isEqualTo(first);
    var second = publish(fleet, other, channel, "second");
    assertThat(second.get("offset").asLong()).isEqualTo(2);
    assertThat(second.get("epoch")).isEqualTo(first.get("epoch"));
    assertThat(guest.next().at("/push/pub/data").asString()).isEqualTo("second");
    for (var node : List.of(asked, other)) {
      var history =
          fleet.call(node.port, "history", "{\"channel\":\"" + channel + "\",\"limit\":-1}");
      assertThat(history.get("publications")).hasSize(2);
      assertThat(
              fleet
                  .call(node.port, "presence", "{\"channel\":\"" + channel + "\"}")
                  .get("presence")
                  .propertyNames())
          .containsExactly(id);
      assertThat(
              fleet
                  .call(node.port, "channels", "{\"pattern\":\"" + channel + "\"}")
                  .at("/channels")
                  .get(channel)
                  .get("num_clients")
                  .asInt())
          .isEqualTo(1);
    }
    var returning = new Guest(asked);
    returning.ask("{'id':1,'connect':{}}");
    var recovered =
        returning.ask(
            "{'id':2,'subscribe':{'channel':'%s','recover':true,'offset':1,'epoch':'%s'}}"
                .formatted(channel, first.get("epoch").asString()));
    assertThat(recovered.at("/subscribe/recovered").asBoolean()).isTrue();
    assertThat(recovered.at("/subscribe/publications/0/data").asString()).isEqualTo("second");
    returning.session.close();

    var target = "{\"user\":\"\",\"client\":\"" + id + "\"";
    fleet.call(asked.port, "subscribe", target + ",\"channel\":\"stream:added\"}");
    assertThat(guest.next().at("/push/channel").asString()).isEqualTo("stream:added");
    fleet.call(asked.port, "unsubscribe", target + ",\"channel\":\"stream:added\"}");
    assertThat(guest.next().at("/push").has("unsubscribe")).isTrue();
    fleet.call(asked.port, "refresh", target + "}");
    fleet.call(asked.port, "revoke", "{\"token\":\"of nobody\"}");
    fleet.call(asked.port, "disconnect", target + "}");
    assertThat(guest.next().get("closed").asInt()).isEqualTo(3503);
  }

  private static JsonNode publish(Fleet fleet, Fleet.Node node, String channel, String text)
      throws Exception {
    return fleet.call(
        node.port,
        "publish",
        "{\"channel\":\"%s\",\"data\":\"%s\",\"idempotency_key\":\"%s\"}"
            .formatted(channel, text, text));
  }

  /** A client of the channel protocol in JSON. */
  private final class Guest {
    private final BlockingQueue<String> said = new LinkedBlockingQueue<>();
    private final Session session;

    Guest(Fleet.Node node) throws Exception {
      session =
          sockets.connect(
              URI.create("ws://127.0.0.1:" + node.port + "/connection/websocket"),
              opened -> {
                opened.onClose(end -> said.add("{\"closed\":" + end.code().value() + "}"));
                return message -> {
                  if (message instanceof Text text) {
                    text.value().lines().filter(line -> !line.equals("{}")).forEach(said::add);
                  }
                };
              });
    }

    /** Sends a command, written with single quotes; what comes next. */
    JsonNode ask(String command) throws Exception {
      session.send(Text.of(command.replace('\'', '"')));
      return next();
    }

    JsonNode next() throws Exception {
      var next = said.poll(20, TimeUnit.SECONDS);
      assertThat(next).as("something said").isNotNull();
      return JSON.readTree(next);
    }
  }
}

package dev.dunlin.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.centrifuge.CentrifugeEndpoint;
import dev.dunlin.channels.Hub;
import dev.dunlin.server.Codec;
import dev.dunlin.server.Dispatch;
import dev.dunlin.server.Endpoint;
import dev.dunlin.server.HttpRequest;
import dev.dunlin.server.HttpResponse;
import dev.dunlin.server.Route;
import dev.dunlin.server.WebSocketClient;
import dev.dunlin.server.WebSocketServer;
import dev.dunlin.websocket.Binary;
import dev.dunlin.websocket.Close;
import dev.dunlin.websocket.CloseCode;
import dev.dunlin.websocket.Closed;
import dev.dunlin.websocket.Compression;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.Text;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * One limit on the size of a message, on every way that a message comes in: one byte less and the
 * limit itself are taken, one more is refused. A way in without a cell here fails {@link
 * ArchitectureTest}.
 */
class LimitMatrixTest {

  private static final int LIMIT = 3000;

  /** Classes of the modules that are handed what peers send, each with the test that covers it. */
  static final Map<String, String> CELLS =
      Map.ofEntries(
          Map.entry("dev.dunlin.server.internal.StreamEndpoint", "streams"),
          Map.entry("dev.dunlin.server.internal.TypedHandler", "messagesAndTypedMessages"),
          Map.entry("dev.dunlin.centrifuge.CentrifugeEndpoint", "centrifuge"),
          Map.entry("dev.dunlin.centrifuge.ClientHandler", "centrifuge"),
          Map.entry("dev.dunlin.app.ConsoleEndpoint", "messagesAndTypedMessages"),
          Map.entry("dev.dunlin.app.Follower", "theClientRole"),
          Map.entry("dev.dunlin.app.load.Link", "theClientRole"),
          Map.entry("dev.dunlin.app.ApiDescription", "bodies"),
          Map.entry("dev.dunlin.app.ConsolePages", "bodies"),
          Map.entry("dev.dunlin.app.Health", "bodies"),
          Map.entry("dev.dunlin.app.HttpApi", "bodies"),
          Map.entry("dev.dunlin.app.Metrics", "bodies"));

  private static WebSocketServer server;

  @BeforeAll
  static void start() {
    var builder =
        WebSocketServer.builder()
            .limits(
                Limits.defaults()
                    .maxMessageBytes(LIMIT)
                    .maxRequestBodyBytes(LIMIT)
                    .maxFragments(1 << 16));
    for (var dispatch : Dispatch.values()) {
      for (var mode : Compression.Mode.values()) {
        var compression =
            switch (mode) {
              case OFF -> Compression.off();
              case SHARED -> Compression.shared();
              case TAKEOVER -> Compression.takeover();
            };
        builder
            .route(route("/echo", dispatch, mode, compression), echo())
            .route(route("/typed", dispatch, mode, compression), typed());
      }
    }
    server =
        builder
            .route("/stream", streaming())
            .route("/centrifuge", CentrifugeEndpoint.over(Hub.inMemory()))
            .route(
                "/large/{size}",
                session -> {
                  int size = Integer.parseInt(session.path("size"));
                  session.send(Binary.of(new byte[size]));
                  return message -> {};
                })
            .http("/body", LimitMatrixTest::length)
            .start(0);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static Route route(
      String path, Dispatch dispatch, Compression.Mode mode, Compression compression) {
    return Route.at(path + "/" + dispatch + "/" + mode)
        .dispatch(dispatch)
        .compression(compression.thresholdBytes(0));
  }

  private static Endpoint echo() {
    return session ->
        message -> {
          if (message instanceof Data data) {
            session.send(data);
          }
        };
  }

  private static Endpoint typed() {
    var codec =
        new Codec<Data>() {
          @Override
          public Data decode(Data message) {
            return message.copy();
          }

          @Override
          public Data encode(Data value) {
            return value;
          }
        };
    return Endpoint.typed(codec, session -> session::send);
  }

  private static Endpoint streaming() {
    return Endpoint.streaming(session ->
        message -> {
          var bytes = message.input().readAllBytes();
          session.send(message.text() ? Text.of(bytes) : Binary.of(bytes));
        });
  }

  private static HttpResponse length(HttpRequest request) {
    return HttpResponse.text(200, Integer.toString(request.body().length));
  }

  @Test
  void messagesAndTypedMessages() throws Exception {
    for (var dispatch : Dispatch.values()) {
      for (var mode : Compression.Mode.values()) {
        for (var path : new String[] {"/echo", "/typed"}) {
          everyShape(path + "/" + dispatch + "/" + mode, mode != Compression.Mode.OFF);
        }
      }
    }
  }

  @Test
  void streams() throws Exception {
    everyShape("/stream", false);
  }

  private static void everyShape(String path, boolean deflate) throws Exception {
    for (boolean text : new boolean[] {true, false}) {
      for (int fragment : new int[] {0, 700}) {
        for (int over = -1; over <= 1; over++) {
          var payload = FramingCases.ascii(LIMIT + over);
          var offer = deflate ? Optional.of(DeflateCases.OFFER) : Optional.<String>empty();
          try (var client = RawClient.open(server.port(), path, 0, offer)) {
            var frame = Frame.of(text ? Frame.TEXT : Frame.BINARY, payload);
            if (deflate) {
              try (var deflater = new WindowDeflater(15, false)) {
                frame = Frame.of(frame.opcode(), deflater.message(payload)).rsv(4);
              }
            }
            for (var each : SizeCases.fragments(frame, fragment)) {
              client.send(each);
            }
            var event = client.next();
            var cell =
                "%s, text %b, fragments of %d, limit%+d".formatted(path, text, fragment, over);
            if (over > 0) {
              assertThat(event)
                  .as(cell)
                  .isInstanceOfSatisfying(
                      Event.Close.class, close -> assertThat(close.code()).isEqualTo(1009));
            } else {
              assertThat(event).as(cell).isEqualTo(new Event.Message(text, payload));
            }
          }
        }
      }
    }
  }

  /** Nothing that a command can be: below the limit it is a bad command, beyond it too large. */
  @Test
  void centrifuge() throws Exception {
    for (boolean text : new boolean[] {true, false}) {
      for (int fragment : new int[] {0, 700}) {
        for (int over = -1; over <= 1; over++) {
          try (var client = RawClient.open(server.port(), "/centrifuge")) {
            var frame =
                Frame.of(text ? Frame.TEXT : Frame.BINARY, FramingCases.ascii(LIMIT + over));
            for (var each : SizeCases.fragments(frame, fragment)) {
              client.send(each);
            }
            boolean tooLarge = client.next() instanceof Event.Close close && close.code() == 1009;
            assertThat(tooLarge).as("text %b, limit%+d", text, over).isEqualTo(over > 0);
          }
        }
      }
    }
  }

  @Test
  void bodies() throws Exception {
    for (boolean chunked : new boolean[] {true, false}) {
      for (int over = -1; over <= 1; over++) {
        int size = LIMIT + over;
        var request = new ByteArrayOutputStream();
        request.writeBytes(
            ("POST /body HTTP/1.1\r\nHost: localhost\r\n"
                    + (chunked ? "Transfer-Encoding: chunked" : "Content-Length: " + size)
                    + "\r\n\r\n"
                    + (chunked ? Integer.toHexString(size) + "\r\n" : ""))
                .getBytes());
        request.writeBytes(FramingCases.ascii(size));
        request.writeBytes((chunked ? "\r\n0\r\n\r\n" : "").getBytes());
        try (var client = RawClient.connect(server.port())) {
          client.send(request.toByteArray());
          assertThat(client.status())
              .as("chunked %b, limit%+d", chunked, over)
              .isEqualTo(over > 0 ? 413 : 200);
        }
      }
    }
  }

  @Test
  void theClientRole() throws Exception {
    try (var client =
        WebSocketClient.builder().limits(Limits.defaults().maxMessageBytes(LIMIT)).build()) {
      for (int over = -1; over <= 1; over++) {
        var got = new CompletableFuture<Integer>();
        var uri = URI.create("ws://127.0.0.1:" + server.port() + "/large/" + (LIMIT + over));
        client.connect(
            uri,
            session -> {
              session.onClose(closed -> got.complete(-code(closed)));
              return message -> {
                if (message instanceof Data data) {
                  got.complete(data.size());
                }
              };
            });
        assertThat(got.get(20, TimeUnit.SECONDS)).isEqualTo(over > 0 ? -1009 : LIMIT + over);
      }
    }
  }

  private static int code(Closed closed) {
    return closed.sent().map(Close::code).map(CloseCode::value).orElse(0);
  }
}

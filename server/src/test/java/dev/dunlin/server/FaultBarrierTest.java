package dev.dunlin.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.dunlin.auth.Authenticator;
import dev.dunlin.auth.Identity;
import dev.dunlin.websocket.Closed;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Message;
import dev.dunlin.websocket.Text;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/**
 * Whatever an application throws, wherever it is called, ends its own session with 1011, is logged
 * once and told to nobody; every other session goes on.
 */
class FaultBarrierTest {

  /** Where an application is called for a session. */
  enum Place {
    OPEN,
    MESSAGE,
    DECODE,
    VALUE,
    TIMER,
    CLOSE
  }

  private static final class Checked extends Throwable {
    private static final long serialVersionUID = 1;

    Checked() {
      super("secret");
    }
  }

  /** One of every kind; the first overflows a stack in earnest. */
  private static final List<Throwable> FAILURES =
      List.of(
          new StackOverflowError("secret"),
          new OutOfMemoryError("secret"),
          new InternalError("secret"),
          new NoClassDefFoundError("secret"),
          new ExceptionInInitializerError("secret"),
          new LinkageError("secret"),
          new AssertionError("secret"),
          new Error("secret"),
          new IllegalStateException("secret"),
          new NullPointerException("secret"),
          new IOException("secret"),
          new InterruptedException("secret"),
          new TimeoutException("secret"),
          new CloneNotSupportedException("secret"),
          new Checked());

  private final Logger logger = (Logger) LoggerFactory.getLogger("dev.dunlin");
  private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

  @BeforeEach
  void listen() {
    lines.start();
    logger.addAppender(lines);
  }

  @AfterEach
  void stopListening() {
    logger.detachAppender(lines);
  }

  static Stream<Arguments> placesAndDispatches() {
    return Stream.of(Place.values())
        .flatMap(place -> Stream.of(Dispatch.values()).map(it -> Arguments.of(place, it)));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anOriginRuleThatThrowsRefusesOneUpgradeWith500(boolean authenticated) throws Exception {
    var route =
        Route.at("/fail")
            .origins(request -> {
              throw new IllegalStateException("secret");
            });
    Authenticator open = credentials -> CompletableFuture.completedFuture(Identity.anonymous());
    try (var server =
            WebSocketServer.builder()
                .route(authenticated ? route.authenticate(open) : route, session -> message -> {})
                .start(0);
        var peer = RawPeer.connect(server.port())) {
      peer.write(
          "GET /fail HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
              + "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
              + "Sec-WebSocket-Version: 13\r\n\r\n");
      assertThat(peer.head()).startsWith("HTTP/1.1 500");
      assertThat(peer.body(14)).isEqualTo("internal error");
      assertThat(lines.list)
          .filteredOn(line -> line.getLevel().isGreaterOrEqual(Level.WARN))
          .hasSize(1);
    }
  }

  @ParameterizedTest
  @MethodSource("placesAndDispatches")
  void whateverAnApplicationThrowsEndsItsSessionAndSaysNothingOfIt(Place place, Dispatch dispatch)
      throws Exception {
    for (var failure : FAILURES) {
      lines.list.clear();
      var told = new CompletableFuture<Closed>();
      try (var server =
              WebSocketServer.builder()
                  .loops(1)
                  .route(Route.at("/fail").dispatch(dispatch), failing(place, failure, told))
                  .route("/echo", session -> message -> echo(session, message))
                  .start(0);
          var neighbour = RawPeer.open(server.port(), "/echo");
          var peer = RawPeer.open(server.port(), "/fail")) {
        if (place == Place.CLOSE) {
          peer.write(RawPeer.close(1000));
        } else if (place != Place.OPEN) {
          peer.write(RawPeer.text("go"));
        }
        var close = peer.read();
        assertThat(close.closeCode())
            .as("%s", failure)
            .isEqualTo(place == Place.CLOSE ? 1000 : 1011);
        assertThat(new String(close.payload(), StandardCharsets.UTF_8)).doesNotContain("secret");
        if (place != Place.CLOSE) {
          peer.write(RawPeer.close(1011));
        }
        assertThat(told.get(20, TimeUnit.SECONDS).cause())
            .isEqualTo(place == Place.CLOSE ? Closed.Cause.PEER : Closed.Cause.HANDLER);
        neighbour.write(RawPeer.text("still here"));
        assertThat(neighbour.readText()).isEqualTo("still here");
      }
      // with the server everything has ended that could have logged
      assertThat(List.copyOf(lines.list).stream().filter(it -> it.getLevel() == Level.ERROR))
          .as("lines for %s", failure)
          .hasSize(1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatDoesNotDecodeClosesWithItsCodeAndLeavesOneLine(Dispatch dispatch) throws Exception {
    for (var wrong :
        List.of(Codec.Undecodable.invalid("secret"), Codec.Undecodable.unsupported("secret"))) {
      lines.list.clear();
      var told = new CompletableFuture<Closed>();
      try (var server =
              WebSocketServer.builder()
                  .loops(1)
                  .route(Route.at("/typed").dispatch(dispatch), typed(told, wrong, wrong))
                  .start(0);
          var peer = RawPeer.open(server.port(), "/typed")) {
        peer.write(RawPeer.text("go"));
        var close = peer.read();
        assertThat(close.closeCode()).isEqualTo(wrong.code().value());
        assertThat(new String(close.payload(), StandardCharsets.UTF_8)).doesNotContain("secret");
        peer.write(RawPeer.close(wrong.code().value()));
        told.get(20, TimeUnit.SECONDS);
      }
      assertThat(List.copyOf(lines.list))
          .filteredOn(line -> line.getFormattedMessage().contains("did not decode"))
          .singleElement()
          .satisfies(line -> assertThat(line.getLevel()).isEqualTo(Level.INFO));
      assertThat(List.copyOf(lines.list))
          .noneMatch(it -> it.getLevel().isGreaterOrEqual(Level.WARN));
    }
  }

  private static void echo(Session session, Message message) {
    if (message instanceof Data data) {
      session.send(data);
    }
  }

  private static Endpoint failing(Place place, Throwable failure, CompletableFuture<Closed> told) {
    return switch (place) {
      case OPEN ->
          session -> {
            session.onClose(told::complete);
            raise(failure);
            return message -> {};
          };
      case MESSAGE ->
          session -> {
            session.onClose(told::complete);
            return message -> raise(failure);
          };
      case DECODE -> typed(told, failure, failure);
      case VALUE -> typed(told, null, failure);
      case TIMER ->
          session -> {
            session.onClose(told::complete);
            return message -> {
              if (message instanceof Text) {
                session.schedule(Duration.ofMillis(1), () -> raise(failure));
              }
            };
          };
      case CLOSE ->
          session -> {
            session.onClose(closed -> raise(failure));
            session.onClose(told::complete);
            return message -> {};
          };
    };
  }

  private static Endpoint typed(
      CompletableFuture<Closed> told, @Nullable Throwable decoding, Throwable handling) {
    var codec =
        new Codec<String>() {
          @Override
          public String decode(Data message) {
            if (decoding != null) {
              raise(decoding);
            }
            return "value";
          }

          @Override
          public Data encode(String value) {
            return Text.of(value);
          }
        };
    return Endpoint.typed(
        codec,
        session -> {
          session.session().onClose(told::complete);
          return value -> raise(handling);
        });
  }

  private static void raise(Throwable failure) {
    if (failure instanceof StackOverflowError) {
      overflow(0);
    }
    FaultBarrierTest.<RuntimeException>sneak(failure);
  }

  private static int overflow(int depth) {
    return overflow(depth + 1) + depth;
  }

  @SuppressWarnings("unchecked")
  private static <T extends Throwable> void sneak(Throwable failure) throws T {
    throw (T) failure;
  }
}

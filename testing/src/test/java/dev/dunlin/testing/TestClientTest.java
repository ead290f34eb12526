package dev.dunlin.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunlin.server.Dispatch;
import dev.dunlin.server.Endpoint;
import dev.dunlin.server.Overflow;
import dev.dunlin.server.Route;
import dev.dunlin.server.Session;
import dev.dunlin.websocket.Binary;
import dev.dunlin.websocket.Close;
import dev.dunlin.websocket.CloseCode;
import dev.dunlin.websocket.Closed;
import dev.dunlin.websocket.Compression;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.Ping;
import dev.dunlin.websocket.Text;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TestClientTest {

  private static final Endpoint ECHO =
      session ->
          message -> {
            if (message instanceof Data data) {
              session.send(data);
            }
          };

  private static TestClient.Builder echo(Dispatch dispatch) {
    return TestClient.to(Route.at("/echo").dispatch(dispatch), ECHO);
  }

  @ParameterizedTest
  @EnumSource
  void echoesOnEitherDispatch(Dispatch dispatch) {
    try (var client = echo(dispatch).connect()) {
      client.send("hello");
      assertThat(client.receiveText()).isEqualTo("hello");
      client.send(Binary.of(new byte[] {1, 2}));
      assertThat(client.receiveBinary()).containsExactly(1, 2);
      client.receiveNothing();
    }
  }

  @ParameterizedTest
  @EnumSource
  void messagesKeepTheirOrder(Dispatch dispatch) {
    try (var client = echo(dispatch).connect()) {
      for (int i = 0; i < 200; i++) {
        client.send("m" + i);
      }
      for (int i = 0; i < 200; i++) {
        assertThat(client.receiveText()).isEqualTo("m" + i);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void echoesByteByByteAndCompressed(Dispatch dispatch) {
    try (var client = echo(dispatch).compression(Compression.shared()).connect()) {
      client.byteWise();
      var text = "compress me, ".repeat(100);
      client.send(text);
      assertThat(client.receiveText()).isEqualTo(text);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aBombEndsWith1009AndItsNeighbourGoesOn(Dispatch dispatch) {
    try (var neighbour = echo(dispatch).connect();
        var client = echo(dispatch).compression(Compression.shared()).connect()) {
      client.bomb(60 << 20);
      assertThat(((Close) client.receive()).code()).isEqualTo(CloseCode.TOO_BIG);
      assertThat(client.serverClosed().orElseThrow().cause()).isEqualTo(Closed.Cause.VIOLATION);
      neighbour.send("well?");
      assertThat(neighbour.receiveText()).isEqualTo("well?");
    }
  }

  @Test
  void aBombWithinTheLimitIsAMessage() {
    try (var client = echo(Dispatch.INLINE).compression(Compression.takeover()).connect()) {
      client.bomb(500_000);
      assertThat(client.receiveBinary()).isEqualTo(new byte[500_000]);
    }
    try (var client = echo(Dispatch.INLINE).connect()) {
      assertThatThrownBy(() -> client.bomb(1)).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void largeMessagesArriveWhole() {
    var limits = Limits.defaults().maxMessageBytes(8 << 20).outboundBytes(8 << 20);
    try (var client = echo(Dispatch.VIRTUAL).limits(limits).connect()) {
      var large = Binary.of(new byte[5 << 20]);
      client.send(large);
      assertThat(client.receive()).isEqualTo(large);
    }
  }

  @Test
  void pingsAreSentByTheClock() {
    try (var client = echo(Dispatch.INLINE).connect()) {
      client.advance(Duration.ofSeconds(20));
      client.receiveNothing();
      client.advance(Duration.ofSeconds(8));
      assertThat(client.receive()).isInstanceOf(Ping.class);
    }
  }

  @Test
  void aPeerThatDoesNotAnswerPingsIsClosed() {
    try (var client = echo(Dispatch.INLINE).connect()) {
      client.stall();
      client.advance(Duration.ofSeconds(37));
      assertThat(client.serverClosed().orElseThrow().cause()).isEqualTo(Closed.Cause.TIMEOUT);
    }
  }

  @Test
  void theSessionKnowsItsPathAndQuery() {
    Endpoint who =
        session -> {
          session.send(Text.of(session.path("room") + " " + session.query("as").orElseThrow()));
          return message -> {};
        };
    try (var client =
        TestClient.to(Route.at("/chat/{room}"), who).at("/chat/lobby?as=ann%20b").connect()) {
      assertThat(client.receiveText()).isEqualTo("lobby ann b");
    }
  }

  @Test
  void aPathThatLeadsNowhereIsRefused() {
    assertThatThrownBy(() -> TestClient.to(Route.at("/a"), ECHO).at("/b").connect())
        .isInstanceOf(TestClient.RefusedException.class)
        .hasMessageStartingWith("404");
  }

  @ParameterizedTest
  @EnumSource
  void aHandlerThatThrowsClosesItsSessionAlone(Dispatch dispatch) {
    Endpoint fails =
        session ->
            message -> {
              throw new StackOverflowError("by hand");
            };
    try (var client = TestClient.to(Route.at("/").dispatch(dispatch), fails).connect();
        var other = echo(dispatch).beside(client).connect()) {
      client.send("boom");
      assertThat(client.receive()).isEqualTo(new Close(CloseCode.INTERNAL_ERROR, "internal error"));
      assertThat(client.serverClosed().orElseThrow().cause()).isEqualTo(Closed.Cause.HANDLER);
      other.send("still here");
      assertThat(other.receiveText()).isEqualTo("still here");
    }
  }

  @Test
  void bothSidesTellTheStoryOfACleanClose() {
    var told = new CompletableFuture<Closed>();
    Endpoint endpoint =
        session -> {
          session.onClose(told::complete);
          return message -> {};
        };
    var client = TestClient.connect(endpoint);
    client.close(CloseCode.of(4001), "done");
    client.settle();
    assertThat(told.join().received()).contains(new Close(CloseCode.of(4001), "done"));
    assertThat(client.closed().orElseThrow().clean()).isTrue();
    client.close();
  }

  @Test
  void aCutIsALossToTheServer() {
    var client = echo(Dispatch.INLINE).connect();
    client.cut();
    var closed = client.serverClosed().orElseThrow();
    assertThat(closed.cause()).isEqualTo(Closed.Cause.LOST);
    assertThat(closed.code()).isEqualTo(CloseCode.ABNORMAL);
    client.close();
  }

  @Test
  void aSlowReaderIsClosedWhenItsQueueIsFull() {
    var sessions = new ArrayList<Session>();
    Endpoint feed =
        session -> {
          sessions.add(session);
          return message -> {};
        };
    var limits = Limits.defaults().outboundBytes(100_000);
    var client =
        TestClient.to(Route.at("/").dispatch(Dispatch.INLINE), feed)
            .limits(limits)
            .socketBufferBytes(1000)
            .connect();
    client.stall();
    var piece = Binary.of(new byte[10_000]);
    int accepted = 0;
    while (sessions.get(0).trySend(piece)) {
      accepted++;
      client.settle();
    }
    assertThat(accepted).isBetween(10, 25);
    assertThat(client.queuedBytes()).isLessThan(300_000);
    client.unstall();
    assertThat(client.serverClosed().orElseThrow().sent().orElseThrow().code())
        .isEqualTo(CloseCode.TRY_AGAIN_LATER);
    client.close();
  }

  @Test
  void aConflatingQueueKeepsTheNewestOfEachKey() {
    var sessions = new ArrayList<Session>();
    Endpoint feed =
        session -> {
          sessions.add(session);
          return message -> {};
        };
    var route =
        Route.at("/")
            .dispatch(Dispatch.INLINE)
            .overflow(Overflow.conflate(data -> ((Text) data).value().charAt(0)));
    try (var client = TestClient.to(route, feed).socketBufferBytes(0).connect()) {
      client.stall();
      var filler = "z" + "x".repeat(70_000);
      sessions.get(0).trySend(Text.of(filler));
      client.settle();
      for (int i = 0; i < 100; i++) {
        sessions.get(0).trySend(Text.of("a" + i));
        sessions.get(0).trySend(Text.of("b" + i));
      }
      client.unstall();
      assertThat(List.of(client.receiveText(), client.receiveText(), client.receiveText()))
          .containsExactly(filler, "a99", "b99");
      client.receiveNothing();
    }
  }
}

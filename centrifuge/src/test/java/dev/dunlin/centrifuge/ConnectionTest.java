package dev.dunlin.centrifuge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.websocket.Binary;
import dev.dunlin.websocket.Text;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** The life of a connection: sections 2 to 5 of the protocol. */
@ParameterizedClass
@EnumSource(Encoding.class)
class ConnectionTest {

  @Parameter Encoding encoding;

  private final TestNode node = TestNode.open(Map.of("open", TestNode.anybody().build()));

  @AfterEach
  void close() {
    node.close();
  }

  @Test
  void connectIsAnsweredWithClientVersionAndPings() {
    assertThat(node.peer(encoding).ask("{'id':1,'connect':{'name':'js'}}"))
        .isEqualTo(
            "{\"id\":1,\"connect\":{\"client\":\"C1\",\"version\":\"dunlin\",\"ping\":25,"
                + "\"pong\":true}}");
  }

  @Test
  void aFirstMessageThatIsNotConnectClosesWith3501() {
    var peer = node.peer(encoding);
    peer.send("{'id':1,'subscribe':{'channel':'open:a'}}");
    assertThat(peer.ending()).isEqualTo("3501 bad request");
  }

  @Test
  void aSecondConnectClosesWith3501() {
    var peer = node.anonymous(encoding);
    peer.send("{'id':2,'connect':{}}");
    assertThat(peer.ending()).isEqualTo("3501 bad request");
  }

  @Test
  void aPongThatNobodyAskedForClosesWith3501() {
    var peer = node.anonymous(encoding);
    peer.send("{}");
    assertThat(peer.ending()).isEqualTo("3501 bad request");
  }

  @Test
  void anEmptyMessageClosesWith3501() {
    var peer = node.anonymous(encoding);
    peer.sendFrame(encoding == Encoding.JSON ? Text.of("") : Binary.of(new byte[0]));
    assertThat(peer.ending()).isEqualTo("3501 bad request");
  }

  @Test
  void aCommandWithoutARequestClosesWith3501() {
    var peer = node.anonymous(encoding);
    peer.send("{'id':2}");
    assertThat(peer.ending()).isEqualTo("3501 bad request");
  }

  @Test
  void theUnusedPingRequestClosesWith3501() {
    var peer = node.anonymous(encoding);
    peer.send("{'id':2,'ping':{}}");
    assertThat(peer.ending()).isEqualTo("3501 bad request");
  }

  @Test
  void withoutConnectTheConnectionIsStaleAfterTenSeconds() {
    var peer = node.peer(encoding);
    node.advance(Duration.ofMillis(9_900));
    assertThat(peer.open()).isTrue();
    node.advance(Duration.ofMillis(300));
    assertThat(peer.ending()).isEqualTo("3502 stale");
  }

  @Test
  void withoutCredentialsConnectClosesWith3501WhereNobodyVouches() {
    var strict = TestNode.of(endpoint -> endpoint);
    var peer = strict.peer(encoding);
    peer.send("{'id':1,'connect':{}}");
    assertThat(peer.ending()).isEqualTo("3501 bad request");
    strict.close();
  }

  @Test
  void afterARefusedConnectTheRestIsIgnoredAndTheClientHasFiveSecondsToLeave() {
    var peer = node.peer(encoding);
    peer.send(
        "{'id':1,'connect':{'token':'%s'}}"
            .formatted(TestNode.token("{'sub':'ann','exp':%d}".formatted(TestNode.second(-1)))),
        "{'id':2,'subscribe':{'channel':'open:a'}}");
    assertThat(peer.next())
        .isEqualTo("{\"id\":1,\"error\":{\"code\":109,\"message\":\"token expired\"}}");
    peer.send("{'id':3,'connect':{}}");
    peer.sendFrame(Text.of("no command at all"));
    peer.silent();
    node.advance(Duration.ofMillis(4_900));
    assertThat(peer.open()).isTrue();
    node.advance(Duration.ofMillis(300));
    assertThat(peer.ending()).isEqualTo("3502 stale");
    assertThat(node.hub.channels()).isEmpty();
    assertThat(node.endpoint.clients().count()).isZero();
  }

  @Test
  void connectAndSubscribesInOneFrameAreAnsweredInOrder() {
    var peer = node.peer(encoding);
    peer.send(
        "{'id':1,'connect':{}}",
        "{'id':2,'subscribe':{'channel':'open:a'}}",
        "{'id':3,'subscribe':{'channel':'closed:a'}}",
        "{'id':4,'subscribe':{'channel':'open:b'}}");
    assertThat(peer.next()).startsWith("{\"id\":1,\"connect\":");
    assertThat(peer.next(3))
        .containsExactly(
            "{\"id\":2,\"subscribe\":{}}",
            "{\"id\":3,\"error\":{\"code\":102,\"message\":\"unknown channel\"}}",
            "{\"id\":4,\"subscribe\":{}}");
    assertThat(peer.frames()).as("all in one frame").containsExactly(4);
  }

  @Test
  void repliesLeaveInFramesOfSixteen() {
    var peer = node.anonymous(encoding);
    peer.frames();
    var commands = new String[40];
    for (int i = 0; i < commands.length; i++) {
      commands[i] = "{'id':%d,'unsubscribe':{'channel':'open:a'}}".formatted(i + 2);
    }
    peer.send(commands);
    assertThat(peer.next(40)).last().isEqualTo("{\"id\":41,\"unsubscribe\":{}}");
    assertThat(peer.frames()).containsExactly(16, 16, 8);
  }

  @Test
  void code3000DropsTheConnectionWithoutACloseFrame() {
    var peer = node.anonymous(encoding);
    only().disconnect(Disconnect.CONNECTION_CLOSED);
    assertThat(peer.ending()).isEqualTo("no close frame");
  }

  @Test
  void anyOtherCodeIsInTheCloseFrameAfterWhatWaits() {
    var peer = node.anonymous(encoding);
    only().send("{\"last\":1}".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    only().disconnect(Disconnect.custom(4501, "go away"));
    assertThat(peer.next()).isEqualTo("{\"push\":{\"message\":{\"data\":{\"last\":1}}}}");
    assertThat(peer.ending()).isEqualTo("4501 go away");
    assertThat(node.endpoint.clients().count()).isZero();
  }

  private Client only() {
    return node.endpoint.clients().all().iterator().next();
  }

  @Test
  void pingsComeOnScheduleAndAnsweredOnesKeepTheConnection() {
    var peer = node.anonymous(encoding);
    peer.send("{'id':2,'subscribe':{'channel':'open:a'}}");
    peer.next();
    int pings = 0;
    for (int second = 0; second < 120; second++) {
      node.advance(Duration.ofSeconds(1));
      node.publish("open:a", "1"); // two SDKs watch for pings alone
      for (var reply = peer.next(); ; reply = peer.next()) {
        if (reply.equals("{}")) {
          pings++;
          peer.send("{}");
        } else {
          break;
        }
      }
    }
    assertThat(pings).isIn(4, 5);
    assertThat(peer.open()).isTrue();
  }

  @Test
  void theFirstPingComesAfterHalfAnIntervalToAWholeOne() {
    var peer = node.anonymous(encoding);
    node.advance(Duration.ofMillis(12_400));
    peer.silent();
    node.advance(Duration.ofMillis(12_800));
    assertThat(peer.next()).isEqualTo("{}");
  }

  @Test
  void withoutAPongTheConnectionClosesWith3012() {
    var peer = node.anonymous(encoding);
    node.advance(Duration.ofSeconds(26));
    assertThat(peer.next()).isEqualTo("{}");
    node.advance(Duration.ofSeconds(8));
    assertThat(peer.ending()).isEqualTo("3012 no pong");
  }

  @Test
  void nativePingsReplaceThoseOfTheProtocol() {
    var peer = node.peer(encoding, "cf_ws_frame_ping_pong=true");
    assertThat(peer.ask("{'id':1,'connect':{}}"))
        .isEqualTo("{\"id\":1,\"connect\":{\"client\":\"C1\",\"version\":\"dunlin\"}}");
    node.advance(Duration.ofSeconds(60));
    peer.silent();
    assertThat(peer.nativePings()).isIn(2, 3);
    assertThat(peer.open()).isTrue();
  }

  @Test
  void theQueryMayAskForProtobuf() {
    for (var query : new String[] {"format=protobuf", "cf_protocol=protobuf"}) {
      assertThat(node.peer(Encoding.PROTOBUF, query).ask("{'id':1,'connect':{}}"))
          .contains("\"version\":\"dunlin\"");
    }
  }

  @Test
  void otherQueryParametersAreIgnored() {
    assertThat(
            node.peer(encoding, "cf_protocol_version=v2&format=json").ask("{'id':1,'connect':{}}"))
        .contains("\"version\":\"dunlin\"");
  }

  @Test
  void namesAndVersionsOfClientsAreBounded() {
    var peer = node.peer(encoding);
    peer.send("{'id':1,'connect':{'name':'%s'}}".formatted("n".repeat(17)));
    assertThat(peer.ending()).isEqualTo("3501 bad request");
  }

  @Test
  void sendWithoutAHandlerClosesWith3508() {
    var peer = node.anonymous(encoding);
    peer.send("{'send':{'data':{}}}");
    assertThat(peer.ending()).isEqualTo("3508 not available");
  }

  @Test
  void rpcWithoutAHandlerIsError108() {
    assertThat(node.anonymous(encoding).ask("{'id':2,'rpc':{'method':'x','data':{}}}"))
        .isEqualTo("{\"id\":2,\"error\":{\"code\":108,\"message\":\"not available\"}}");
  }

  @Test
  void tooManyErrorsCloseWith3509() {
    var peer = node.anonymous(encoding);
    for (int i = 0; i < 100; i++) {
      assertThat(peer.ask("{'id':%d,'rpc':{}}".formatted(i + 2))).contains("108");
    }
    peer.send("{'id':200,'rpc':{}}");
    assertThat(peer.next()).contains("108");
    assertThat(peer.ending()).isEqualTo("3509 too many errors");
  }

  @Test
  void errorsOfLongAgoAreForgotten() {
    var peer = node.anonymous(encoding);
    for (int i = 0; i < 6; i++) {
      for (int j = 0; j < 50; j++) {
        assertThat(peer.ask("{'id':2,'rpc':{}}")).contains("108");
      }
      for (int second = 0; second < 61; second++) {
        node.advance(Duration.ofSeconds(1));
        peer.pong();
      }
    }
    assertThat(peer.open()).isTrue();
  }

  @Test
  void aClientThatReadsTooSlowlyIsClosedWith3008() {
    var slow = node.anonymous(encoding);
    var good = node.anonymous(encoding);
    slow.ask("{'id':2,'subscribe':{'channel':'open:a'}}");
    good.ask("{'id':2,'subscribe':{'channel':'open:a'}}");
    slow.stall(true);
    var data = '"' + "x".repeat(60_000) + '"';
    for (int i = 0; i < 20; i++) {
      node.publish("open:a", data);
      assertThat(good.next()).contains("xxx");
    }
    assertThat(node.hub.subscribers("open:a"))
        .as("it is out of the channel before its socket takes the close")
        .isEqualTo(1);
    assertThat(node.endpoint.clients().count()).isEqualTo(1);
    slow.stall(false);
    assertThat(slow.closing()).isEqualTo("3008 slow");
    assertThat(good.open()).isTrue();
  }
}

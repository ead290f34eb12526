package dev.dunlin.centrifuge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.websocket.Binary;
import dev.dunlin.websocket.Text;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What hostile clients do ends with a code for them, and with nothing for anybody else. */
class HostileClientTest {

  private final TestNode node = TestNode.open(Map.of("open", TestNode.anybody().build()));
  private final Peer good = node.anonymous(Encoding.JSON);

  HostileClientTest() {
    good.ask("{'id':2,'subscribe':{'channel':'open:a'}}");
  }

  @AfterEach
  void nobodyElseIsDisturbedAndNothingIsRetained() {
    node.publish("open:a", "1");
    assertThat(good.next()).contains("\"pub\":{\"data\":1}");
    assertThat(good.open()).isTrue();
    assertThat(node.hub.channels()).as("subscriptions").containsOnly(Map.entry("open:a", 1));
    assertThat(node.endpoint.clients().count()).isEqualTo(1);
    node.close();
    assertThat(node.hub.channels()).isEmpty();
  }

  private void badRequest(Peer peer) {
    assertThat(peer.ending()).isEqualTo("3501 bad request");
  }

  @Test
  void tenThousandSubscriptionsEndWithTooManyErrors() {
    var peer = node.anonymous(Encoding.JSON);
    for (int i = 0; i < 10_000 && peer.open(); i += 100) {
      var commands = new String[100];
      for (int j = 0; j < commands.length; j++) {
        commands[j] = "{'id':%d,'subscribe':{'channel':'open:%d'}}".formatted(i + j + 1, i + j);
      }
      peer.send(commands);
    }
    assertThat(peer.closing()).isEqualTo("3509 too many errors");
  }

  @Test
  void aNameOfTenKilobytesIsABadRequest() {
    var peer = node.anonymous(Encoding.PROTOBUF);
    assertThat(
            peer.ask(
                "{'id':2,'subscribe':{'channel':'%s'}}".formatted("open:" + "n".repeat(10_000))))
        .isEqualTo(Expected.error(2, ErrorCode.BAD_REQUEST));
    assertThat(
            peer.ask("{'id':3,'publish':{'channel':'%s','data':1}}".formatted("n".repeat(10_000))))
        .contains("\"error\"");
    assertThat(peer.ask("{'id':4,'history':{'channel':'%s'}}".formatted("n".repeat(10_000))))
        .contains("\"error\"");
    peer.leave();
  }

  @Test
  void jsonNestedAHundredThousandDeepCloses() {
    for (var deep :
        new String[] {
          "[".repeat(100_000) + "]".repeat(100_000),
          "{\"a\":".repeat(100_000) + "1" + "}".repeat(100_000)
        }) {
      var peer = node.anonymous(Encoding.JSON);
      peer.sendFrame(
          Text.of("{\"id\":2,\"publish\":{\"channel\":\"open:a\",\"data\":" + deep + "}}"));
      badRequest(peer);
      var unknown = node.anonymous(Encoding.JSON);
      unknown.sendFrame(Text.of("{\"id\":2,\"unknown\":" + deep + "}"));
      badRequest(unknown);
    }
  }

  @Test
  void nestedGroupsAndFiltersInProtobufClose() {
    var groups = new byte[100_000];
    java.util.Arrays.fill(groups, (byte) 0x0b); // start of group 1, again and again
    var framed = new byte[groups.length + 3];
    framed[0] = (byte) 0xa0;
    framed[1] = (byte) 0x8d;
    framed[2] = 0x06;
    System.arraycopy(groups, 0, framed, 3, groups.length);
    var peer = node.anonymous(Encoding.PROTOBUF);
    peer.sendFrame(Binary.of(framed));
    badRequest(peer);
  }

  @Test
  void truncatedVarintsAndDeclaredGigabytesClose() {
    for (var bytes :
        new byte[][] {
          {(byte) 0x80},
          {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff},
          {(byte) 0x80, (byte) 0x80, (byte) 0x80, (byte) 0x80, 0x08, 1, 2, 3}, // 2^31
          {5, 8, 2},
          {4, 0x2a, (byte) 0xff, (byte) 0xff, 0x7f}
        }) {
      var peer = node.anonymous(Encoding.PROTOBUF);
      peer.sendFrame(Binary.of(bytes));
      badRequest(peer);
    }
  }

  @Test
  void anEncodingThatIsNotTheConnectionsCloses() {
    var json = node.anonymous(Encoding.JSON);
    json.sendFrame(Binary.of(new byte[] {8, 2}));
    badRequest(json);
    var protobuf = node.anonymous(Encoding.PROTOBUF);
    protobuf.sendFrame(Text.of("{\"id\":2,\"subscribe\":{\"channel\":\"open:a\"}}"));
    badRequest(protobuf);
  }

  @Test
  void invalidUtf8InJsonInsideABinaryFrameCloses() {
    var peer = node.anonymous(Encoding.JSON);
    var text =
        "{\"id\":2,\"publish\":{\"channel\":\"open:a\",\"data\":\"?\"}}"
            .getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    text[text.length - 5] = (byte) 0xc3;
    peer.sendFrame(Binary.of(text));
    badRequest(peer);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'id':1,'connect':{'name':'\\ud83d'}}",
        "{'id':1,'connect':{'name':'\\ude42\\ud83d'}}",
        "{'id':1,'connect':{'headers':{'x\\ud83dy':''}}}"
      })
  void halfACharacterCloses(String command) {
    var peer = node.peer(Encoding.JSON);
    peer.sendFrame(Text.of(command.replace('\'', '"')));
    badRequest(peer);
  }

  @Test
  void invalidUtf8InAPayloadReachesProtobufAndClosesJson() {
    var sender = node.anonymous(Encoding.PROTOBUF);
    var reader = node.anonymous(Encoding.JSON);
    reader.ask("{'id':2,'subscribe':{'channel':'open:b'}}");
    var command = new java.io.ByteArrayOutputStream();
    command.writeBytes(
        new byte[] {17, 8, 3, 0x3a, 13, 10, 6, 'o', 'p', 'e', 'n', ':', 'b', 0x12, 3});
    command.writeBytes(new byte[] {'"', (byte) 0xc3, '"'});
    sender.sendFrame(Binary.of(command.toByteArray()));
    assertThat(sender.next()).isEqualTo("{\"id\":3,\"publish\":{}}");
    assertThat(reader.ending()).isEqualTo("3506 inappropriate protocol");
    sender.leave();
  }

  @Test
  void aThousandCommandsBeforeConnectAreNotCarriedOut() {
    var peer = node.peer(Encoding.JSON);
    var commands = new String[1000];
    java.util.Arrays.fill(commands, "{'id':1,'subscribe':{'channel':'open:z'}}");
    peer.send(commands);
    badRequest(peer);
  }

  @Test
  void aThousandHeadersAndSubscriptionsInConnectDoNoHarm() {
    var many = new StringBuilder();
    for (int i = 0; i < 1000; i++) {
      many.append(i == 0 ? "" : ",").append("'open:").append(i).append("':{'recover':true}");
    }
    var peer = node.peer(Encoding.PROTOBUF);
    assertThat(peer.ask("{'id':1,'connect':{'subs':{" + many + "}}}")).doesNotContain("subs");
    peer.leave();
  }

  @Test
  void cutsAtAnyPointLeaveNothing() {
    for (int commands = 0; commands < 3; commands++) {
      var peer = node.peer(Encoding.JSON);
      if (commands > 0) {
        peer.ask("{'id':1,'connect':{}}");
      }
      if (commands > 1) {
        peer.ask("{'id':2,'subscribe':{'channel':'open:c'}}");
      }
      peer.leave();
    }
  }
}

package dev.dunlin.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class HandshakeTest {

  private static final Handshake ANY = Handshake.defaults().origins(OriginRule.any());

  private static Handshake.Accepted accepted(Handshake handshake, String head) {
    var answer = handshake.answer(Heads.request(head));
    assertThat(answer).as(head).isInstanceOf(Handshake.Accepted.class);
    return (Handshake.Accepted) answer;
  }

  private static Handshake.Accepted accepted(String head) {
    return accepted(ANY, head);
  }

  private static Refusal refused(String head) {
    var request = Heads.request(head);
    var answer = ANY.answer(request);
    assertThat(answer).as(head).isInstanceOf(Refusal.class);
    assertThat(ANY.check(request)).hasValue((Refusal) answer);
    return (Refusal) answer;
  }

  @Test
  void sampleOfTheRfcIsAnsweredExactly() {
    // RFC 6455, 1.2 and 4.2.2
    var head =
        Heads.head(
            "GET /chat HTTP/1.1",
            "Host: server.example.com",
            "Upgrade: websocket",
            "Connection: Upgrade",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Origin: http://server.example.com",
            "Sec-WebSocket-Protocol: chat, superchat",
            "Sec-WebSocket-Version: 13");
    var answer = accepted(Handshake.defaults().subprotocols("chat"), head);
    assertThat(Heads.text(answer.bytes()))
        .isEqualTo(
            Heads.head(
                "HTTP/1.1 101 Switching Protocols",
                "Upgrade: websocket",
                "Connection: Upgrade",
                "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
                "Sec-WebSocket-Protocol: chat"));
    assertThat(answer.bytes().isReadOnly()).isTrue();
    assertThat(answer.subprotocol()).hasValue("chat");
    assertThat(answer.compression()).isEmpty();
    assertThat(Handshake.defaults().check(Heads.request(head))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"WebSocket", "WEBSOCKET", "h2c, websocket", "websocket, h2c", "h2c,,WebSocket ,"})
  void upgradeTokenStandsInAnyCaseAndInAList(String value) {
    accepted(Heads.upgrade("-Upgrade", "Upgrade: " + value));
  }

  @Test
  void upgradeAndConnectionMayTakeSeveralLines() {
    accepted(Heads.upgrade("-Upgrade", "Upgrade: h2c", "Upgrade: websocket"));
    accepted(Heads.upgrade("-Connection", "Connection: keep-alive", "connection: UPGRADE"));
    accepted(Heads.upgrade("-Connection", "Connection: keep-alive, Upgrade"));
    accepted(Heads.upgrade("-Connection", "CONNECTION: upgrade,keep-alive"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"keep-alive", "", "upgraded", "up grade", "close", "\"upgrade\""})
  void connectionWithoutUpgradeIsRefusedWith400(String value) {
    assertThat(refused(Heads.upgrade("-Connection", "Connection: " + value)).status())
        .isEqualTo(400);
  }

  @Test
  void missingConnectionIsRefusedWith400() {
    assertThat(refused(Heads.upgrade("-Connection")).status()).isEqualTo(400);
  }

  @Test
  void missingUpgradeIsRefusedWith426() {
    for (var head :
        List.of(Heads.upgrade("-Upgrade"), Heads.upgrade("-Upgrade", "Upgrade: websockets"))) {
      var refusal = refused(head);
      assertThat(refusal.status()).isEqualTo(426);
      assertThat(refusal.headers().all("Upgrade")).containsExactly("websocket");
      assertThat(Heads.text(refusal.bytes())).contains("Connection: close, Upgrade\r\n");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        "dGhlIHNhbXBsZSBub25jZQ",
        "dGhlIHNhbXBsZSBub25jZQ=",
        "dGhlIHNhbXBsZSBub25jZ===",
        "dGhlIHNhbXBsZSBub25j", // 15 bytes
        "dGhlIHNhbXBsZSBub25jZWE=", // 17 bytes
        "dGhlIHNhbXBsZSBub25jZWFi", // 18 bytes
        "dGhlIHNhbXBsZSBub25j*Q==",
        "dGhlIHNhbXBsZSBub25j Q==",
        "dGhlIHNhbXBsZSBub25jZ-==",
        "dGhlIHNhbXBsZSBub25jZ_==",
        "dGhlIHNhbXBsZSBub25jZ[==",
        "dGhlIHNhbXBsZSBub25jZ{==",
        "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ=="
      })
  void keyThatIsNotSixteenBytesIsRefusedWith400(String key) {
    assertThat(refused(Heads.upgrade("-Sec-WebSocket-Key", "Sec-WebSocket-Key: " + key)).status())
        .isEqualTo(400);
  }

  @Test
  void missingAndRepeatedKeyAreRefusedWith400() {
    assertThat(refused(Heads.upgrade("-Sec-WebSocket-Key")).status()).isEqualTo(400);
    assertThat(refused(Heads.upgrade("Sec-WebSocket-Key: " + Heads.SAMPLE_KEY)).status())
        .isEqualTo(400);
  }

  @Test
  void keyOfAnyBase64LetterIsAccepted() {
    accepted(Heads.upgrade("-Sec-WebSocket-Key", "Sec-WebSocket-Key: +/09azAZ+/09azAZ+/09aA=="));
  }

  @ParameterizedTest
  @ValueSource(strings = {"12", "99", "8, 13", "13, 8", "013", "13.0", "", "+13", "0", "x"})
  void otherVersionIsRefusedWith426AndTheVersionWeSpeak(String version) {
    var refusal =
        refused(Heads.upgrade("-Sec-WebSocket-Version", "Sec-WebSocket-Version: " + version));
    assertThat(refusal.status()).isEqualTo(426);
    assertThat(refusal.headers().all("sec-websocket-version")).containsExactly("13");
  }

  @Test
  void missingAndRepeatedVersionAreRefusedWith426() {
    assertThat(refused(Heads.upgrade("-Sec-WebSocket-Version")).status()).isEqualTo(426);
    assertThat(refused(Heads.upgrade("Sec-WebSocket-Version: 13")).status()).isEqualTo(426);
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "HEAD", "OPTIONS", "DELETE", "get"})
  void otherMethodIsRefusedWith405(String method) {
    var refusal = refused(Heads.upgradeOf(method + " /chat HTTP/1.1"));
    assertThat(refusal.status()).isEqualTo(405);
    assertThat(refusal.headers().all("Allow")).containsExactly("GET");
  }

  @Test
  void oldHttpIsRefusedWith400() {
    assertThat(refused(Heads.upgradeOf("GET /chat HTTP/1.0")).status()).isEqualTo(400);
  }

  @Test
  void bodyIsRefusedWith400() {
    assertThat(refused(Heads.upgrade("Content-Length: 1")).status()).isEqualTo(400);
    assertThat(refused(Heads.upgrade("Transfer-Encoding: chunked")).status()).isEqualTo(400);
    accepted(Heads.upgrade("Content-Length: 0"));
    accepted(Heads.upgrade("Content-Length: 00"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"=;;,", "permessage-deflate;", "permessage-deflate; ;", "a b", "a; b=", "a; =b"})
  void malformedExtensionsAreRefusedWith400(String value) {
    assertThat(refused(Heads.upgrade("Sec-WebSocket-Extensions: " + value)).status())
        .isEqualTo(400);
  }

  @Test
  void unknownExtensionsAreIgnored() {
    var answer =
        accepted(
            Heads.upgrade(
                "Sec-WebSocket-Extensions: x-webkit-deflate-frame, foo; bar=\"baz\"",
                "Sec-WebSocket-Extensions: permessage-deflate"));
    assertThat(Heads.text(answer.bytes()))
        .contains(
            "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover;"
                + " client_no_context_takeover\r\n");
    assertThat(answer.compression()).hasValue(new DeflateParameters(true, true, 15, 15));
    var legacy = accepted(Heads.upgrade("Sec-WebSocket-Extensions: x-webkit-deflate-frame"));
    assertThat(Heads.text(legacy.bytes())).doesNotContain("Extensions");
    assertThat(legacy.compression()).isEmpty();
  }

  @Test
  void compressionThatIsOffIsNeverAnswered() {
    var answer =
        accepted(
            ANY.compression(Compression.off()),
            Heads.upgrade("Sec-WebSocket-Extensions: permessage-deflate"));
    assertThat(answer.compression()).isEmpty();
    assertThat(Heads.text(answer.bytes())).doesNotContain("Extensions");
  }

  @Test
  void knownSubprotocolIsChosenInTheClientsOrder() {
    var handshake = ANY.subprotocols("a", "b");
    assertThat(
            accepted(
                    handshake,
                    Heads.upgrade("Sec-WebSocket-Protocol: x, b", "Sec-WebSocket-Protocol: b, a"))
                .subprotocol())
        .hasValue("b");
  }

  @Test
  void noSubprotocolIsNamedWhenNoneIsKnown() {
    for (var handshake : List.of(ANY, ANY.subprotocols("a", "b"))) {
      for (var head :
          List.of(
              Heads.upgrade(),
              Heads.upgrade("Sec-WebSocket-Protocol:"),
              Heads.upgrade("Sec-WebSocket-Protocol: A, c"))) {
        var answer = accepted(handshake, head);
        assertThat(answer.subprotocol()).isEmpty();
        assertThat(Heads.text(answer.bytes())).doesNotContain("Protocol:");
      }
    }
  }

  @Test
  void chooserSeesTheOffersAndMayChooseNoneButNothingElse() {
    var head = Heads.upgrade("Sec-WebSocket-Protocol: a, b");
    var last = ANY.subprotocol(offered -> Optional.of(offered.get(offered.size() - 1)));
    assertThat(accepted(last, head).subprotocol()).hasValue("b");
    var none = ANY.subprotocol(offered -> Optional.empty());
    assertThat(accepted(none, head).subprotocol()).isEmpty();
    var foreign = ANY.subprotocol(offered -> Optional.of("c"));
    assertThat(accepted(foreign, Heads.upgrade()).subprotocol()).isEmpty();
    assertThatThrownBy(() -> foreign.answer(Heads.request(head)))
        .isInstanceOf(IllegalStateException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a b", "a;b", "\"a\"", "a, b c", "a/b", "a=="})
  void malformedSubprotocolsAreRefusedWith400(String value) {
    assertThat(refused(Heads.upgrade("Sec-WebSocket-Protocol: " + value)).status()).isEqualTo(400);
  }

  @Test
  void foreignOriginIsRefusedWith403() {
    var refusal =
        Handshake.defaults().answer(Heads.request(Heads.upgrade("Origin: http://evil.test")));
    assertThat(refusal)
        .isInstanceOfSatisfying(Refusal.class, r -> assertThat(r.status()).isEqualTo(403));
    assertThat(
            Handshake.defaults()
                .origins(request -> request.path().equals("/chat"))
                .answer(Heads.request(Heads.upgrade("Origin: null"))))
        .isInstanceOf(Handshake.Accepted.class);
  }

  @Test
  void repeatedOriginIsRefusedWith400WhateverTheRule() {
    assertThat(refused(Heads.upgrade("Origin: http://a", "Origin: http://a")).status())
        .isEqualTo(400);
  }

  @Test
  void furtherHeadersStandInTheAnswer() {
    var answer =
        accepted(ANY.header("Set-Cookie", "a=b").header("Set-Cookie", "c=d"), Heads.upgrade());
    assertThat(Heads.text(answer.bytes()))
        .endsWith("\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\n\r\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Upgrade",
        "connection",
        "Content-Length",
        "Transfer-Encoding",
        "Sec-WebSocket-Accept"
      })
  void handshakesOwnHeadersCannotBeSet(String name) {
    assertThatThrownBy(() -> ANY.header(name, "x")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> ClientHandshake.to("a", "/").header(name, "x"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void answerHasNoBodyAndNoContentLength() {
    var text = Heads.text(accepted(Heads.upgrade()).bytes());
    assertThat(text).endsWith("\r\n\r\n").doesNotContainIgnoringCase("content-length");
    assertThat(text.indexOf("\r\n\r\n")).isEqualTo(text.length() - 4);
  }
}

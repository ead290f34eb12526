package dev.dunlin.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

final class HandshakeTest {

  @Test
  void sampleOfTheRfcIsAnsweredExactly() {
    var head =
        "GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\n"
            + "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            + "Origin: http://server.example.com\r\nSec-WebSocket-Protocol: chat, superchat\r\n"
            + "Sec-WebSocket-Version: 13\r\n\r\n";
    var outcome =
        RequestHead.expect(Limits.defaults(), false)
            .feed(ByteBuffer.wrap(head.getBytes(StandardCharsets.ISO_8859_1)));
    assertThat(outcome).isInstanceOf(RequestHead.Complete.class);
    var answer =
        Handshake.defaults()
            .subprotocols("chat")
            .answer(((RequestHead.Complete) outcome).request());
    assertThat(answer).isInstanceOf(Handshake.Accepted.class);
    assertThat(StandardCharsets.ISO_8859_1.decode(((Handshake.Accepted) answer).bytes()).toString())
        .isEqualTo(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
                + "Sec-WebSocket-Protocol: chat\r\n\r\n");
  }
}

package dev.dunlin.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ClientHandshakeTest {

  private static final String ACCEPT = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

  /** Gives the key of the RFC's sample: "the sample nonce". */
  private static final RandomGenerator SAMPLE =
      new RandomGenerator() {
        @Override
        public long nextLong() {
          return 0;
        }

        @Override
        public void nextBytes(byte[] bytes) {
          System.arraycopy(Base64.getDecoder().decode(Heads.SAMPLE_KEY), 0, bytes, 0, 16);
        }
      };

  private static ClientHandshake.Builder builder() {
    return ClientHandshake.to("server.example.com", "/chat");
  }

  private static String answer(String... lines) {
    var all = new String[lines.length + 4];
    all[0] = "HTTP/1.1 101 Switching Protocols";
    all[1] = "Upgrade: websocket";
    all[2] = "Connection: Upgrade";
    all[3] = ACCEPT;
    System.arraycopy(lines, 0, all, 4, lines.length);
    return Heads.head(all);
  }

  private static ClientHandshake.Agreed agreed(ClientHandshake.Builder builder, String answer) {
    var outcome = builder.begin(SAMPLE).receive(Heads.bytes(answer));
    assertThat(outcome).as(answer).isInstanceOf(ClientHandshake.Agreed.class);
    return (ClientHandshake.Agreed) outcome;
  }

  private static ClientHandshake.Failed failed(ClientHandshake.Builder builder, String answer) {
    var outcome = builder.begin(SAMPLE).receive(Heads.bytes(answer));
    assertThat(outcome).as(answer).isInstanceOf(ClientHandshake.Failed.class);
    return (ClientHandshake.Failed) outcome;
  }

  @Test
  void requestIsThatOfTheRfc() {
    var request =
        builder()
            .compression(Compression.off())
            .subprotocols("chat", "superchat")
            .header("Origin", "http://example.com")
            .begin(SAMPLE)
            .request();
    assertThat(request.isReadOnly()).isTrue();
    assertThat(Heads.text(request))
        .isEqualTo(
            Heads.head(
                "GET /chat HTTP/1.1",
                "Host: server.example.com",
                "Upgrade: websocket",
                "Connection: Upgrade",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Protocol: chat, superchat",
                "Origin: http://example.com"));
  }

  @Test
  void offerFollowsTheSettings() {
    assertThat(DeflateNegotiation.offer(Compression.off())).isEmpty();
    assertThat(DeflateNegotiation.offer(Compression.shared()))
        .isEqualTo(
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover;"
                + " client_max_window_bits");
    assertThat(DeflateNegotiation.offer(Compression.takeover()))
        .isEqualTo("permessage-deflate; client_max_window_bits");
    assertThat(DeflateNegotiation.offer(Compression.takeover().windowBits(9, 10)))
        .isEqualTo("permessage-deflate; server_max_window_bits=9; client_max_window_bits=10");
  }

  @Test
  void keysAreFresh() {
    var keys = new HashSet<String>();
    var random = new Random(1);
    for (int i = 0; i < 100; i++) {
      keys.add(Heads.text(builder().begin(random).request()));
    }
    assertThat(keys).hasSize(100);
  }

  @Test
  void whatWeAskForOurServerAccepts() {
    for (var client :
        List.of(
            Compression.off(),
            Compression.shared(),
            Compression.takeover(),
            Compression.takeover().windowBits(9, 10))) {
      for (var server :
          List.of(
              Compression.off(),
              Compression.shared(),
              Compression.takeover(),
              Compression.shared().windowBits(8, 9))) {
        var handshake =
            ClientHandshake.to("localhost:8080", "/a%20b?c=d")
                .compression(client)
                .subprotocols("x", "y")
                .begin(new Random(5));
        var request = Heads.request(Heads.text(handshake.request()));
        assertThat(request.path()).isEqualTo("/a b");
        var answer = Handshake.defaults().compression(server).subprotocols("y").answer(request);
        assertThat(answer).isInstanceOf(Handshake.Accepted.class);
        var accepted = (Handshake.Accepted) answer;
        var outcome = handshake.receive(accepted.bytes());
        assertThat(outcome).isInstanceOf(ClientHandshake.Agreed.class);
        var agreed = (ClientHandshake.Agreed) outcome;
        assertThat(agreed.subprotocol()).hasValue("y");
        assertThat(agreed.compression()).isEqualTo(accepted.compression());
        assertThat(agreed.compression().isPresent())
            .isEqualTo(
                client.mode() != Compression.Mode.OFF && server.mode() != Compression.Mode.OFF);
      }
    }
  }

  @Test
  void answerIsReadInEveryTwoPiecesAndByteWise() {
    var text = answer("Sec-WebSocket-Protocol: chat", "X: y") + "\u0081\u0000";
    int end = text.length() - 2;
    for (int cut = 0; cut < end; cut++) {
      var handshake = builder().subprotocols("chat").begin(SAMPLE);
      assertThat(handshake.receive(Heads.bytes(text.substring(0, cut))))
          .isInstanceOf(ClientHandshake.NeedMore.class);
      var rest = Heads.bytes(text.substring(cut));
      assertThat(handshake.receive(rest)).isInstanceOf(ClientHandshake.Agreed.class);
      assertThat(rest.remaining()).isEqualTo(2);
    }
    var handshake = builder().subprotocols("chat").begin(SAMPLE);
    for (int i = 0; i < end - 1; i++) {
      assertThat(handshake.receive(Heads.bytes(text.substring(i, i + 1))))
          .isInstanceOf(ClientHandshake.NeedMore.class);
    }
    var outcome = handshake.receive(Heads.bytes("\n"));
    assertThat(outcome).isInstanceOf(ClientHandshake.Agreed.class);
    var more = Heads.bytes("more");
    assertThat(handshake.receive(more)).isSameAs(outcome);
    assertThat(more.remaining()).isEqualTo(4);
  }

  @Test
  void headersOfTheAnswerAreKept() {
    var agreed = agreed(builder(), answer("Set-Cookie: a=b"));
    assertThat(agreed.response().status()).isEqualTo(101);
    assertThat(agreed.response().reason()).isEqualTo("Switching Protocols");
    assertThat(agreed.response().headers().first("set-cookie")).hasValue("a=b");
    assertThat(agreed.subprotocol()).isEmpty();
    assertThat(agreed.compression()).isEmpty();
  }

  @Test
  void upgradeAndConnectionMayStandInAnyCase() {
    agreed(
        builder(),
        Heads.head(
            "HTTP/1.1 101", "upgrade: WebSocket", "CONNECTION: keep-alive, upgrade", ACCEPT));
  }

  @Test
  void refusalOfTheServerIsReported() {
    var failed =
        failed(builder(), Heads.head("HTTP/1.1 503 Service Unavailable", "Retry-After: 3"));
    assertThat(failed.reason()).contains("503");
    assertThat(failed.response())
        .hasValueSatisfying(
            response -> assertThat(response.headers().first("retry-after")).hasValue("3"));
  }

  @Test
  void interimAnswersArePassedOver() {
    agreed(
        builder(),
        Heads.head("HTTP/1.1 100 Continue") + Heads.head("HTTP/1.1 103 Early", "A: b") + answer());
    var endless = Heads.head("HTTP/1.1 100 Continue").repeat(1000);
    assertThat(failed(builder(), endless).response()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\n\r\n",
        "HTTP/1.1 302 Found\r\nLocation: ws://evil.test/\r\n\r\n",
        "HTTP/1.0 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
        "HTTP/1.1 101 S\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
        "HTTP/1.1 101 S\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
        "HTTP/1.1 101 S\r\nUpgrade: websocket\r\n"
            + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
        "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: close\r\n"
            + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
        "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        "HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
      })
  void answerThatIsNoUpgradeFails(String answer) {
    assertThat(failed(builder(), answer).response()).isPresent();
  }

  @Test
  void acceptValueStandsOnce() {
    failed(builder(), answer(ACCEPT));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 101Switching\r\n\r\n",
        "HTTP/1.1 1O1 x\r\n\r\n",
        "HTTP/1.1 099 x\r\n\r\n",
        "HTTP/1.1 10\r\n\r\n",
        "HTTP/2 101 x\r\n\r\n",
        "HTTP/1.1  101\r\n\r\n",
        "hello\r\n",
        "HTTP/1.1 101 x\nUpgrade: websocket\r\n\r\n",
        "HTTP/1.1 101 x\r\nA : b\r\n\r\n",
        "\u0000",
      })
  void answerThatIsNoHttpFails(String answer) {
    assertThat(failed(builder(), answer).response()).isEmpty();
  }

  @Test
  void answerBeyondTheLimitsFails() {
    assertThat(failed(builder(), answer("X: " + "a".repeat(8192))).response()).isEmpty();
    assertThat(failed(builder(), answer("X: y\r\n".repeat(64) + "Z: z")).response()).isEmpty();
    agreed(builder(), answer("X: " + "a".repeat(7900)));
  }

  @Test
  void subprotocolIsOneOfThoseOffered() {
    var offered = builder().subprotocols("a", "b");
    assertThat(agreed(offered, answer("Sec-WebSocket-Protocol: b")).subprotocol()).hasValue("b");
    for (var value : List.of("c", "a, b", "A", "")) {
      failed(offered, answer("Sec-WebSocket-Protocol: " + value));
    }
    failed(offered, answer("Sec-WebSocket-Protocol: a", "Sec-WebSocket-Protocol: b"));
    failed(builder(), answer("Sec-WebSocket-Protocol: a"));
  }

  @Test
  void extensionWithinTheOfferIsAgreed() {
    var shared = "; server_no_context_takeover; client_no_context_takeover";
    assertThat(extension(Compression.shared(), shared).compression())
        .hasValue(new DeflateParameters(true, true, 15, 15));
    assertThat(extension(Compression.shared(), "; server_no_context_takeover").compression())
        .hasValue(new DeflateParameters(true, true, 15, 15));
    assertThat(extension(Compression.takeover(), "").compression())
        .hasValue(new DeflateParameters(false, false, 15, 15));
    assertThat(extension(Compression.takeover(), shared).compression())
        .hasValue(new DeflateParameters(true, true, 15, 15));
    assertThat(
            extension(
                    Compression.takeover(), "; client_max_window_bits=9; server_max_window_bits=8")
                .compression())
        .hasValue(new DeflateParameters(false, false, 8, 9));
    assertThat(
            extension(Compression.takeover().windowBits(12, 11), "; server_max_window_bits=12")
                .compression())
        .hasValue(new DeflateParameters(false, false, 12, 11));
  }

  private static ClientHandshake.Agreed extension(Compression ours, String parameters) {
    return agreed(
        builder().compression(ours),
        answer("Sec-WebSocket-Extensions: permessage-deflate" + parameters));
  }

  @Test
  void extensionBeyondTheOfferFails() {
    assertExtensionFails(Compression.off(), "permessage-deflate");
    assertExtensionFails(Compression.shared(), "permessage-deflate");
    assertExtensionFails(Compression.shared(), "permessage-deflate; client_no_context_takeover");
    assertExtensionFails(Compression.takeover().windowBits(12, 15), "permessage-deflate");
    for (var parameters :
        List.of(
            "server_max_window_bits",
            "server_max_window_bits=13",
            "server_max_window_bits=7",
            "server_max_window_bits=12; client_max_window_bits",
            "server_max_window_bits=12; client_max_window_bits=12",
            "server_max_window_bits=12; server_max_window_bits=12",
            "server_max_window_bits=12; server_no_context_takeover=1",
            "server_max_window_bits=12; foo")) {
      assertExtensionFails(
          Compression.takeover().windowBits(12, 11), "permessage-deflate; " + parameters);
    }
    assertExtensionFails(Compression.takeover(), "foo");
    assertExtensionFails(Compression.takeover(), "permessage-deflate, permessage-deflate");
    assertExtensionFails(Compression.takeover(), "permessage-deflate, foo");
    assertExtensionFails(Compression.takeover(), "permessage-deflate;");
    assertExtensionFails(Compression.takeover(), "=;;,");
  }

  private static void assertExtensionFails(Compression ours, String value) {
    failed(builder().compression(ours), answer("Sec-WebSocket-Extensions: " + value));
  }

  @Test
  void whatCannotBeAskedForIsRejected() {
    for (var host : List.of("", "a b", "http://a", "a/b")) {
      assertThatThrownBy(() -> ClientHandshake.to(host, "/"))
          .isInstanceOf(IllegalArgumentException.class);
    }
    for (var target : List.of("", "a", "/a b", "/é", "/a#b", "/..", "/\r\nX: y", "*")) {
      assertThatThrownBy(() -> ClientHandshake.to("a", target))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> builder().header("Host", "b"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> builder().header("X", "a\r\nb"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> builder().subprotocols("a b"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> builder().subprotocols("a", "a"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}

package dev.dunlin.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RequestHeadTest {

  private static final String HEAD =
      Heads.upgrade("Sec-WebSocket-Extensions: permessage-deflate", "X-Empty:", "X-Pad: \t a b\t ");

  private static final Limits SMALL =
      Limits.defaults().maxRequestLineBytes(32).maxHeadBytes(256).maxHeaders(4);

  private static void assertIsHead(RequestHead.Outcome outcome) {
    assertThat(outcome).isInstanceOf(RequestHead.Complete.class);
    var request = ((RequestHead.Complete) outcome).request();
    assertThat(request.method()).isEqualTo("GET");
    assertThat(request.target()).isEqualTo("/chat");
    assertThat(request.minorVersion()).isEqualTo(1);
    assertThat(request.headers().size()).isEqualTo(8);
    assertThat(request.headers().first("x-empty")).hasValue("");
    assertThat(request.headers().first("X-PAD")).hasValue("a b");
    assertThat(Heads.text(request.bytes())).isEqualTo(HEAD);
  }

  @Test
  void headIsReadWhole() {
    assertIsHead(Heads.feed(HEAD));
  }

  @Test
  void headIsReadOneByteAtATime() {
    var head = RequestHead.expect(Limits.defaults(), false);
    for (int i = 0; i < HEAD.length() - 1; i++) {
      assertThat(head.feed(Heads.bytes(HEAD.substring(i, i + 1))))
          .isInstanceOf(RequestHead.NeedMore.class);
    }
    assertIsHead(head.feed(Heads.bytes("\n")));
  }

  @Test
  void headIsReadInEveryTwoPieces() {
    for (int cut = 0; cut < HEAD.length(); cut++) {
      var head = RequestHead.expect(Limits.defaults(), false);
      assertThat(head.feed(Heads.bytes(HEAD.substring(0, cut))))
          .isInstanceOf(RequestHead.NeedMore.class);
      assertIsHead(head.feed(Heads.bytes(HEAD.substring(cut))));
    }
  }

  @Test
  void dribbledHeadCostsNoMoreThanOneThatComesAtOnce() {
    var text = Heads.upgrade("X-Long: " + "a".repeat(15_000));
    var atOnce = RequestHead.expect(Limits.defaults(), false);
    atOnce.feed(Heads.bytes(text));
    var dribbled = RequestHead.expect(Limits.defaults(), false);
    var bytes = Heads.bytes(text);
    for (int i = 0; i < text.length(); i++) {
      dribbled.feed(bytes.slice(i, 1));
    }
    assertThat(dribbled.examined())
        .isEqualTo(atOnce.examined())
        .isBetween((long) text.length(), 4L * text.length());
  }

  @Test
  void whatFollowsTheBlankLineStays() {
    var bytes = Heads.bytes(HEAD + "\u0081\u0080more");
    assertIsHead(RequestHead.expect(Limits.defaults(), false).feed(bytes));
    assertThat(Heads.text(bytes)).isEqualTo("\u0081\u0080more");
  }

  @Test
  void directBufferIsReadLikeAnyOther() {
    var source = Heads.bytes(HEAD);
    var direct = ByteBuffer.allocateDirect(source.remaining()).put(source).flip();
    assertIsHead(RequestHead.expect(Limits.defaults(), false).feed(direct));
  }

  @Test
  void endedHeadTakesNothingMore() {
    var head = RequestHead.expect(Limits.defaults(), false);
    var first = head.feed(Heads.bytes(HEAD));
    var more = Heads.bytes("more");
    assertThat(head.feed(more)).isSameAs(first);
    assertThat(more.remaining()).isEqualTo(4);
  }

  @Test
  void refusedHeadTakesNothingMore() {
    var head = RequestHead.expect(Limits.defaults(), false);
    var bytes = Heads.bytes("GET\u0000 / HTTP/1.1\r\n\r\n");
    var first = head.feed(bytes);
    assertThat(first).isInstanceOf(Refusal.class);
    assertThat(bytes.position()).isEqualTo(4);
    assertThat(head.feed(bytes)).isSameAs(first);
    assertThat(bytes.position()).isEqualTo(4);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1\nHost: a\r\n\r\n", // bare LF
        "GET / HTTP/1.1\rHost: a\r\n\r\n", // bare CR
        "GET / HTTP/1.1\r\nHost: a\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\rX",
        "GET / HTTP/1.1\r\nHost: a\r\n\n",
        "GET / HTTP/1.1\r\nHost: a\u0000b\r\n\r\n", // NUL
        "GET / HTTP/1.1\r\nHost: a\r\nX: \u0001\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: \u007f\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", // folded
        "GET / HTTP/1.1\r\nHost: a\r\n\tb\r\n\r\n",
        "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n", // space before the colon
        "GET / HTTP/1.1\r\nHost\t: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", // empty name
        "GET / HTTP/1.1\r\nHost: a\r\nX(Y): b\r\n\r\n", // not a token
        "GET / HTTP/1.1\r\nHost: a\r\n\u00e9: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX\u0000: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nnocolon\r\n\r\n",
        "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", // an empty line first
        " GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /  HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
        "GET /\r\nHost: a\r\n\r\n",
        "GET\r\nHost: a\r\n\r\n",
        "G@T / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / http/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/11\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.x\r\nHost: a\r\n\r\n",
        "GET / HTTP/x.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1-1\r\nHost: a\r\n\r\n",
        "GET / HTTQ/1.1\r\nHost: a\r\n\r\n",
        "GET chat HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
        "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n",
        "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://a@b/x HTTP/1.1\r\nHost: b\r\n\r\n",
        "GET http://a/x HTTP/1.1\r\nHost: b\r\n\r\n",
        "GET /\u00e9 HTTP/1.1\r\nHost: a\r\n\r\n",
        "\u0016\u0003\u0001\u0002\u0000", // a TLS ClientHello
        "GET / HTTP/1.1\r\n\r\n", // no Host
        "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1234567890123456789\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
      })
  void brokenHeadIsRefusedWith400(String text) {
    assertThat(Heads.refusal(text).status()).isEqualTo(400);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "a b",
        "a/b",
        "http://a",
        "user@a",
        "a,b",
        "%61",
        "a:",
        "a:x",
        "a:65536",
        "a:1:2",
        ":80",
        "[::1",
        "[]",
        "[12]",
        "[::1]x",
        "[::g]",
        "::1",
        "\u00e9"
      })
  void malformedHostIsRefusedWith400(String host) {
    assertThat(Heads.refusal(Heads.head("GET / HTTP/1.1", "Host: " + host)).status())
        .isEqualTo(400);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a",
        "A.Example",
        "my_service:8080",
        "127.0.0.1:65535",
        "[::1]",
        "[fe80::1:2]:0",
        "x-y."
      })
  void wellFormedHostIsAccepted(String host) {
    assertThat(Heads.request(Heads.head("GET / HTTP/1.1", "Host: " + host)).host())
        .hasValue(host.toLowerCase(java.util.Locale.ROOT));
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET / HTTP/2.0", "GET / HTTP/0.9", "GET / HTTP/1.2", "PRI * HTTP/2.0"})
  void otherVersionIsRefusedWith505(String line) {
    assertThat(Heads.refusal(Heads.head(line, "Host: a")).status()).isEqualTo(505);
  }

  @Test
  void brokenFirstLineIsRefusedBeforeTheHeadEnds() {
    assertThat(Heads.refusal("SSH-2.0-OpenSSH_9.2\r\n").status()).isEqualTo(400);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "gzip, chunked", "chunked, chunked", "identity", ""})
  void otherTransferEncodingIsRefusedWith501(String coding) {
    assertThat(
            Heads.refusal(Heads.head("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: " + coding))
                .status())
        .isEqualTo(501);
  }

  @Test
  void plainRequestsAreRead() {
    for (var line : List.of("GET /", "POST /api", "OPTIONS *", "DELETE /x", "HEAD /", "PATCH /")) {
      var request =
          Heads.request(Heads.head(line + " HTTP/1.1", "Host: a", "Transfer-Encoding: Chunked"));
      assertThat(request.isUpgrade()).isFalse();
    }
    assertThat(Heads.request(Heads.head("OPTIONS * HTTP/1.1", "Host: a")).path()).isEqualTo("*");
    assertThat(
            Heads.request(Heads.head("POST / HTTP/1.1", "Host: a", "Content-Length: 12"))
                .headers()
                .first("content-length"))
        .hasValue("12");
  }

  @Test
  void oldHttpIsReadAndMarked() {
    var request = Heads.request(Heads.head("GET / HTTP/1.0"));
    assertThat(request.minorVersion()).isZero();
    assertThat(request.host()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "http://a, /",
    "http://a/, /",
    "HTTP://A/x%20y?q=1, /x y",
    "https://a?q=1, /",
    "http://a:80/x, /x",
  })
  void absoluteTargetNamesTheSamePath(String target, String path) {
    var host = target.contains(":80") ? "a:80" : "a";
    var request = Heads.request(Heads.head("GET " + target + " HTTP/1.1", "Host: " + host));
    assertThat(request.path()).isEqualTo(path);
    assertThat(request.target()).isEqualTo(target);
    assertThat(request.query("q").isPresent()).isEqualTo(target.contains("q=1"));
  }

  @Test
  void longestRequestLineIsReadAndOneMoreByteIsRefusedWith414() {
    var longest = "GET /" + "a".repeat(32 - 14) + " HTTP/1.1";
    assertThat(longest).hasSize(32);
    var head = RequestHead.expect(SMALL, false);
    assertThat(head.feed(Heads.bytes(Heads.head(longest, "Host: a"))))
        .isInstanceOf(RequestHead.Complete.class);
    var tooLong = RequestHead.expect(SMALL, false).feed(Heads.bytes("G" + longest + "\r\n"));
    assertThat(tooLong)
        .isInstanceOfSatisfying(
            Refusal.class, refusal -> assertThat(refusal.status()).isEqualTo(414));
  }

  @Test
  void endlessRequestLineIsRefusedAtTheLimit() {
    var bytes = Heads.bytes("A".repeat(100_000));
    var outcome = RequestHead.expect(Limits.defaults(), false).feed(bytes);
    assertThat(((Refusal) outcome).status()).isEqualTo(414);
    assertThat(bytes.position()).isEqualTo(4097);
  }

  @Test
  void endlessHeaderLineIsRefusedAtTheLimit() {
    var bytes = Heads.bytes("GET / HTTP/1.1\r\nHost: " + "a".repeat(100_000));
    var outcome = RequestHead.expect(Limits.defaults(), false).feed(bytes);
    assertThat(((Refusal) outcome).status()).isEqualTo(431);
    assertThat(bytes.position()).isEqualTo(16384);
  }

  @Test
  void largestHeadIsReadAndOneMoreByteIsRefusedWith431() {
    var start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    var largest = start + "b".repeat(256 - start.length() - 4) + "\r\n\r\n";
    assertThat(largest).hasSize(256);
    assertThat(RequestHead.expect(SMALL, false).feed(Heads.bytes(largest)))
        .isInstanceOf(RequestHead.Complete.class);
    var tooLarge = RequestHead.expect(SMALL, false).feed(Heads.bytes(largest.replace("X", "XX")));
    assertThat(((Refusal) tooLarge).status()).isEqualTo(431);
  }

  @Test
  void mostHeadersAreReadAndOneMoreIsRefusedWith431() {
    var four = "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nX: 2\r\nX: 3\r\n";
    assertThat(RequestHead.expect(SMALL, false).feed(Heads.bytes(four + "\r\n")))
        .isInstanceOf(RequestHead.Complete.class);
    var five = RequestHead.expect(SMALL, false).feed(Heads.bytes(four + "Y"));
    assertThat(((Refusal) five).status()).isEqualTo(431);
  }

  @Test
  void sixtyFourHeadersAreReadByDefault() {
    var text = "GET / HTTP/1.1\r\nHost: a\r\n" + "X: 1\r\n".repeat(63) + "\r\n";
    assertThat(Heads.request(text).headers().all("x")).hasSize(63);
  }

  @Test
  void headTakenApartElsewhereIsJudgedByTheSameRules() {
    var headers =
        Headers.of(List.of(Map.entry("Host", "a"), Map.entry("X", "b"), Map.entry("x", "c")));
    var outcome = RequestHead.of("POST", "/%61?b", 1, headers, true);
    assertThat(outcome).isInstanceOf(RequestHead.Complete.class);
    var request = ((RequestHead.Complete) outcome).request();
    assertThat(request.path()).isEqualTo("/a");
    assertThat(request.secure()).isTrue();
    assertThat(request.headers()).isEqualTo(headers);
    assertThat(Heads.text(request.bytes()))
        .isEqualTo(Heads.head("POST /%61?b HTTP/1.1", "Host: a", "X: b", "x: c"));

    for (var target : List.of("/../a", "/%2f", "a", "/ HTTP/1.1\r\nX: y", "/a b", "")) {
      assertThat(RequestHead.of("GET", target, 1, headers, true)).isInstanceOf(Refusal.class);
    }
    assertThat(RequestHead.of("GET", "/", 1, Headers.none(), true)).isInstanceOf(Refusal.class);
    assertThat(RequestHead.of("G T", "/", 1, headers, true)).isInstanceOf(Refusal.class);
    assertThat(RequestHead.of("GET", "/", 2, headers, true)).isInstanceOf(Refusal.class);
    assertThat(RequestHead.of("GET", "/", 0, Headers.none(), true))
        .isInstanceOf(RequestHead.Complete.class);
  }

  @Test
  void generatedBrokenHeadsAreRefusedAndNeverThrow() {
    var random = new Random(7);
    var alphabet = "\r\n\t :\u0000\u0001\u007f\u00ff%,;=\"\\/?&#.*[]aZ09";
    var limits = Limits.defaults().maxRequestLineBytes(64).maxHeadBytes(512).maxHeaders(12);
    int refused = 0;
    for (int i = 0; i < 10_000; i++) {
      var text = new StringBuilder(Heads.upgrade("Sec-WebSocket-Extensions: a; b=\"c\", d"));
      for (int edits = 1 + random.nextInt(4); edits > 0; edits--) {
        int at = random.nextInt(text.length());
        switch (random.nextInt(4)) {
          case 0 -> text.setCharAt(at, alphabet.charAt(random.nextInt(alphabet.length())));
          case 1 -> text.insert(at, alphabet.charAt(random.nextInt(alphabet.length())));
          case 2 -> text.deleteCharAt(at);
          default ->
              text.insert(at, text.substring(at, Math.min(text.length(), at + random.nextInt(80))));
        }
      }
      var head = RequestHead.expect(limits, random.nextBoolean());
      var bytes = Heads.bytes(text.toString());
      switch (head.feed(bytes)) {
        case Refusal refusal -> {
          refused++;
          assertThat(refusal.status()).isBetween(400, 599);
          assertThat(Heads.text(refusal.bytes())).startsWith("HTTP/1.1 " + refusal.status());
        }
        case RequestHead.Complete complete -> {
          if (Handshake.defaults().answer(complete.request()) instanceof Refusal refusal) {
            refused++;
            assertThat(refusal.status()).isBetween(400, 599);
          }
        }
        case RequestHead.NeedMore more -> assertThat(bytes.hasRemaining()).isFalse();
      }
    }
    assertThat(refused).isGreaterThan(5_000);
  }

  @Test
  void randomBytesNeverThrow() {
    var random = new Random(8);
    for (int i = 0; i < 2_000; i++) {
      var noise = new byte[random.nextInt(200)];
      random.nextBytes(noise);
      var outcome = RequestHead.expect(Limits.defaults(), false).feed(ByteBuffer.wrap(noise));
      assertThat(outcome).isNotInstanceOf(RequestHead.Complete.class);
    }
  }
}

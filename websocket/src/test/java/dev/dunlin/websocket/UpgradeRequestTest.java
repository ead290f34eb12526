package dev.dunlin.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class UpgradeRequestTest {

  @ParameterizedTest
  @CsvSource({
    "/, /",
    "/chat, /chat",
    "/%63hat, /chat",
    "/%63%68%61%74, /chat",
    "/a%20b, /a b",
    "/a+b, /a+b",
    "/%c3%a9t%C3%A9, /été",
    "/%f0%9f%90%a6, /🐦",
    "/%2561, /%61",
    "/%252e%252e/x, /%2e%2e/x",
    "/%25%32%46, /%2F",
    "//a//, //a//",
    "/..., /...",
    "/.a/..b/c./d.., /.a/..b/c./d..",
    "/%2e%2e%2e, /...",
    "/a;v=1, /a;v=1",
    "/a?b/../c, /a",
    "/a|b^c, /a|b^c",
  })
  void pathIsDecodedOnce(String target, String path) {
    assertThat(Heads.request(Heads.get(target)).path()).isEqualTo(path);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/%",
        "/%4",
        "/%4g",
        "/%g4",
        "/%-1",
        "/a%",
        "/%\u0660\u0661",
        "/%00",
        "/a%0ab",
        "/%7f",
        "/%c2%85",
        "/%2f",
        "/a%2Fb",
        "/%5c",
        "/a\\b",
        "/%c0%af",
        "/%c0%80",
        "/%e0%80%af",
        "/%ed%a0%80",
        "/%ff",
        "/%c3",
        "/.",
        "/..",
        "/a/.",
        "/a/..",
        "/./a",
        "/../a",
        "/a/../b",
        "/%2e",
        "/%2e%2e",
        "/.%2e/x",
        "/a#b",
        "/a?b#c",
        "/?%",
        "/?a=%zz",
        "/?%ff=1",
        "/?a=1&b=%c0%80"
      })
  void targetWithoutASingleMeaningIsRefusedWith400(String target) {
    assertThat(Heads.refusal(Heads.get(target)).status()).isEqualTo(400);
  }

  @Test
  void queryParametersAreDecoded() {
    var request = Heads.request(Heads.get("/x?a=1&&b=%26+%2B&a=2&flag&=v&c=d=e?&%c3%a9=%C3%a9"));
    assertThat(request.query("a")).hasValue("1");
    assertThat(request.queryAll("a")).containsExactly("1", "2");
    assertThat(request.query("b")).hasValue("& +");
    assertThat(request.query("flag")).hasValue("");
    assertThat(request.query("")).hasValue("v");
    assertThat(request.query("c")).hasValue("d=e?");
    assertThat(request.query("é")).hasValue("é");
    assertThat(request.query("A")).isEmpty();
    assertThat(request.queryAll("none")).isEmpty();
    assertThat(Heads.request(Heads.get("/x?")).query("")).isEmpty();
  }

  @Test
  void headersAreFoundInAnyCaseAndKeepTheirOrder() {
    var headers =
        Heads.request(Heads.get("/").replace("\r\n\r\n", "\r\nx-a: 1\r\nX-A: 2, 3\r\n\r\n"))
            .headers();
    assertThat(headers.first("X-a")).hasValue("1");
    assertThat(headers.all("x-A")).containsExactly("1", "2, 3");
    assertThat(headers.list("X-A")).containsExactly("1", "2", "3");
    assertThat(headers.count("x-a")).isEqualTo(2);
    assertThat(headers.has("x-b")).isFalse();
    assertThat(headers.first("x-b")).isEmpty();
    assertThat(headers.list("x-b")).isEmpty();
    assertThat(headers.lists("x-a", "4")).isFalse();
    var lines = new StringBuilder();
    headers.forEach((name, value) -> lines.append(name).append('=').append(value).append(';'));
    assertThat(lines).hasToString("Host=server.example.com;x-a=1;X-A=2, 3;");
  }

  @Test
  void commaInsideAQuotedStringSeparatesNothing() {
    var headers = Headers.none().with("L", " , a ,\"b,\\\",c\" ; d,, e,\"open, f");
    assertThat(headers.list("l")).containsExactly("a", "\"b,\\\",c\" ; d", "e", "\"open, f");
    assertThat(Headers.none().with("L", "\"a\\").list("L")).containsExactly("\"a\\");
  }

  @Test
  void headersAreEqualLineByLine() {
    var headers = Headers.none().with("A", "b");
    assertThat(headers)
        .isEqualTo(Headers.none().with("A", "b"))
        .hasSameHashCodeAs(Headers.none().with("A", "b"))
        .isNotEqualTo(Headers.none().with("a", "b"))
        .isNotEqualTo(Headers.none().with("A", "c"))
        .isNotEqualTo("A: b");
  }

  @Test
  void headerThatCannotBeWrittenIsRejected() {
    assertThatThrownBy(() -> Headers.none().with("a b", "c"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> Headers.none().with("", "c"))
        .isInstanceOf(IllegalArgumentException.class);
    for (var value : new String[] {"a\r\nb: c", "a\u0000", "a\u007f", "\u20ac"}) {
      assertThatThrownBy(() -> Headers.none().with("a", value))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void subprotocolsKeepTheClientsOrderAcrossLines() {
    var request =
        Heads.request(
            Heads.upgrade(
                "Sec-WebSocket-Protocol: b, a,,", "Sec-WebSocket-Protocol: a , c", "X: y"));
    assertThat(request.subprotocols()).containsExactly("b", "a", "c");
  }

  @Test
  void emptyAndMalformedSubprotocolHeadersOfferNone() {
    assertThat(Heads.request(Heads.upgrade("Sec-WebSocket-Protocol:")).subprotocols()).isEmpty();
    assertThat(Heads.request(Heads.upgrade("Sec-WebSocket-Protocol: a b, c")).subprotocols())
        .isEmpty();
    assertThat(Heads.request(Heads.upgrade()).subprotocols()).isEmpty();
  }

  @Test
  void requestWantsWebSocketByUpgradeOrKey() {
    assertThat(Heads.request(Heads.upgrade()).isUpgrade()).isTrue();
    assertThat(Heads.request(Heads.upgrade("-Sec-WebSocket-Key")).isUpgrade()).isTrue();
    assertThat(Heads.request(Heads.upgrade("-Upgrade")).isUpgrade()).isTrue();
    assertThat(Heads.request(Heads.upgrade("-Upgrade", "-Sec-WebSocket-Key")).isUpgrade())
        .isFalse();
    assertThat(Heads.request(Heads.head("GET / HTTP/1.1", "Host: a", "Upgrade: h2c")).isUpgrade())
        .isFalse();
  }

  @Test
  void originCookiesAndTransportAreSeen() {
    var request = Heads.request(Heads.upgrade("Origin: https://a", "Cookie: s=1"));
    assertThat(request.origin()).hasValue("https://a");
    assertThat(request.hasCookies()).isTrue();
    assertThat(request.secure()).isFalse();
    assertThat(Heads.secureRequest(Heads.upgrade()).secure()).isTrue();
    assertThat(Heads.request(Heads.upgrade()).hasCookies()).isFalse();
    assertThat(Heads.request(Heads.upgrade()).origin()).isEmpty();
  }

  @Test
  void textFormsHoldNoSecret() {
    var request =
        Heads.request(
            Heads.upgradeOf("GET /a?token=secret HTTP/1.1", "Authorization: Bearer secret"));
    assertThat(request).hasToString("UpgradeRequest[GET /a]");
    assertThat(request.headers().toString())
        .contains("authorization", "host")
        .doesNotContain("secret", "server.example.com");
    assertThat(new RequestHead.Complete(request).toString()).doesNotContain("secret");
    assertThat(new ResponseHead(101, "x", request.headers()).toString())
        .contains("101")
        .doesNotContain("secret");
  }
}

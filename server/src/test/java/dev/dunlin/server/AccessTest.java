package dev.dunlin.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.auth.AuthenticationException;
import dev.dunlin.auth.AuthenticationException.Reason;
import dev.dunlin.auth.Authenticator;
import dev.dunlin.auth.Credentials;
import dev.dunlin.auth.Credentials.Way;
import dev.dunlin.auth.Identity;
import dev.dunlin.auth.Revocation;
import dev.dunlin.auth.Revocations;
import dev.dunlin.auth.Tickets;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.Text;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who gets in through a route of a server, over sockets. */
class AccessTest {

  private static final String GOOD = "good-token";

  /** Says who it is and from where. */
  private static final Endpoint INTRODUCE =
      session -> {
        var address = (InetSocketAddress) session.remoteAddress();
        session.send(
            Text.of(session.identity().subject() + " " + address.getAddress().getHostAddress()));
        return message -> {};
      };

  private static Authenticator tokens(Set<Way> ways) {
    return credentials ->
        credentials
            .token(ways)
            .map(token ->
                token.equals(GOOD)
                    ? CompletableFuture.completedStage(new Identity("ann", List.of(), "{}"))
                    : CompletableFuture.<Identity>failedStage(
                        new AuthenticationException(Reason.INVALID, "not the good one")))
            .orElseGet(() ->
                CompletableFuture.failedStage(
                    new AuthenticationException(Reason.MISSING, "no token")));
  }

  private static String ask(RawPeer peer, String target, String... headers) throws IOException {
    peer.write(
        "GET "
            + target
            + " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
            + String.join("", headers)
            + "\r\n");
    return peer.head();
  }

  private static String ask(WebSocketServer server, String target, String... headers)
      throws IOException {
    try (var peer = RawPeer.connect(server.port())) {
      return ask(peer, target, headers).lines().findFirst().orElse("");
    }
  }

  private static String introduction(RawPeer peer) throws IOException {
    return peer.readText();
  }

  private static String by(Way way, String token) {
    return switch (way) {
      case AUTHORIZATION -> "Authorization: Bearer " + token + "\r\n";
      case SUBPROTOCOL -> "Sec-WebSocket-Protocol: chat, bearer, " + token + "\r\n";
      case COOKIE -> "Cookie: a=b; token=" + token + "\r\nOrigin: http://localhost\r\n";
      case MESSAGE, TICKET, QUERY -> "";
    };
  }

  private static String target(Way way, String token) {
    return way == Way.QUERY ? "/?token=" + token : "/";
  }

  @ParameterizedTest
  @EnumSource(names = {"AUTHORIZATION", "SUBPROTOCOL", "COOKIE", "QUERY"})
  void aTokenComesInByTheWaysThatAreSwitchedOnAndIsNeverEchoed(Way way) throws Exception {
    var route = Route.at("/").subprotocols("chat");
    try (var on =
            WebSocketServer.builder()
                .route(route.authenticate(tokens(EnumSet.of(way))), INTRODUCE)
                .start(0);
        var off =
            WebSocketServer.builder()
                .route(route.authenticate(tokens(EnumSet.complementOf(EnumSet.of(way)))), INTRODUCE)
                .start(0)) {
      try (var peer = RawPeer.connect(on.port())) {
        var head = ask(peer, target(way, GOOD), by(way, GOOD));
        assertThat(head).startsWith("HTTP/1.1 101 ").doesNotContain(GOOD);
        assertThat(introduction(peer)).startsWith("ann ");
      }
      try (var peer = RawPeer.connect(on.port())) {
        var head = ask(peer, target(way, "forged-token"), by(way, "forged-token"));
        assertThat(head).startsWith("HTTP/1.1 401 ").doesNotContain("forged-token");
      }
      assertThat(ask(off, target(way, GOOD), by(way, GOOD))).startsWith("HTTP/1.1 401 ");
    }
  }

  @Test
  void aCookieFromAnotherSiteIsRefusedBeforeItIsLookedAt() throws Exception {
    var asked = new ArrayList<Credentials>();
    try (var server =
        WebSocketServer.builder()
            .route(
                Route.at("/")
                    .authenticate(credentials -> {
                      asked.add(credentials);
                      return CompletableFuture.completedStage(Identity.anonymous());
                    }),
                INTRODUCE)
            .start(0)) {
      var cookie = "Cookie: token=" + GOOD + "\r\n";
      for (var origin : List.of("", "Origin: https://evil.example\r\n", "Origin: null\r\n")) {
        assertThat(ask(server, "/", cookie, origin)).startsWith("HTTP/1.1 403 ");
        assertThat(ask(server, "/%2e", cookie, origin)).startsWith("HTTP/1.1 40");
      }
      assertThat(asked).isEmpty();
    }
  }

  @Test
  void aTicketOpensOneSessionOnly() throws Exception {
    var tickets = Tickets.create();
    try (var server =
        WebSocketServer.builder().route(Route.at("/").authenticate(tickets), INTRODUCE).start(0)) {
      var ticket = tickets.issue(new Identity("ann", List.of(), "{}")).orElseThrow();
      assertThat(ask(server, "/?ticket=" + ticket)).startsWith("HTTP/1.1 101 ");
      assertThat(ask(server, "/?ticket=" + ticket)).startsWith("HTTP/1.1 401 ");
    }
  }

  @Test
  void whoIsRevokedIsShutOutAndShownOut() throws Exception {
    var revocations = Revocations.create();
    try (var server =
        WebSocketServer.builder()
            .route(
                Route.at("/")
                    .authenticate(tokens(EnumSet.of(Way.AUTHORIZATION)))
                    .revocations(revocations),
                INTRODUCE)
            .start(0)) {
      var peers = new ArrayList<RawPeer>();
      for (int i = 0; i < 20; i++) {
        var peer = RawPeer.connect(server.port());
        peers.add(peer);
        assertThat(ask(peer, "/", by(Way.AUTHORIZATION, GOOD))).startsWith("HTTP/1.1 101 ");
        assertThat(introduction(peer)).startsWith("ann ");
      }
      long begun = System.nanoTime();
      revocations.add(new Revocation.OfUser("ann", Instant.now().plusSeconds(60)));
      for (var peer : peers) {
        assertThat(peer.read().closeCode()).isEqualTo(1008);
        peer.close();
      }
      assertThat(System.nanoTime() - begun).isLessThan(1_000_000_000L);
      assertThat(ask(server, "/", by(Way.AUTHORIZATION, GOOD))).startsWith("HTTP/1.1 401 ");
    }
  }

  private static WebSocketServer behind(Proxies proxies, Limits limits) {
    return WebSocketServer.builder()
        .limits(limits)
        .behind(proxies)
        .route(Route.at("/open"), INTRODUCE)
        .route(Route.at("/").authenticate(tokens(EnumSet.of(Way.AUTHORIZATION))), INTRODUCE)
        .http(
            "/who",
            request ->
                HttpResponse.text(
                    200,
                    ((InetSocketAddress) request.remoteAddress()).getAddress().getHostAddress()))
        .start(0);
  }

  @Test
  void forwardedAddressesOfListedProxiesAreTheClients() throws Exception {
    try (var server = behind(Proxies.at("127.0.0.1").forwardedFor(), Limits.defaults());
        var peer = RawPeer.connect(server.port())) {
      assertThat(ask(peer, "/open", "X-Forwarded-For: 6.6.6.6, 192.0.2.1\r\n"))
          .startsWith("HTTP/1.1 101 ");
      assertThat(introduction(peer)).isEqualTo(" 192.0.2.1");
    }
  }

  @Test
  void forwardedAddressesOfOthersCountForNothing() throws Exception {
    try (var server = behind(Proxies.at("10.0.0.0/8").forwardedFor(), Limits.defaults());
        var peer = RawPeer.connect(server.port())) {
      assertThat(ask(peer, "/open", "X-Forwarded-For: 192.0.2.1\r\n")).startsWith("HTTP/1.1 101 ");
      assertThat(introduction(peer)).isEqualTo(" 127.0.0.1");
    }
  }

  @Test
  void plainHttpThroughAProxyHasTheAddressOfEachRequest() throws Exception {
    try (var server = behind(Proxies.at("127.0.0.1").forwardedFor(), Limits.defaults());
        var peer = RawPeer.connect(server.port())) {
      for (var client : List.of("192.0.2.1", "192.0.2.2")) {
        peer.write(
            "GET /who HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: " + client + "\r\n\r\n");
        assertThat(peer.head()).contains("200 OK");
        assertThat(peer.body(client.length())).isEqualTo(client);
      }
    }
  }

  private static final byte[] FROM_192_0_2_1 =
      HexFormat.of().parseHex("0d0a0d0a000d0a515549540a" + "2111000c" + "c0000201c6336407dc0401bb");

  @Test
  void theProxyProtocolOfListedProxiesNamesTheClient() throws Exception {
    try (var server = behind(Proxies.at("127.0.0.1").proxyProtocol(), Limits.defaults())) {
      var line =
          "PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n".getBytes(StandardCharsets.US_ASCII);
      for (var header : List.of(line, FROM_192_0_2_1)) {
        try (var peer = RawPeer.connect(server.port())) {
          for (byte each : header) { // byte by byte
            peer.write(new byte[] {each});
          }
          assertThat(ask(peer, "/open")).startsWith("HTTP/1.1 101 ");
          assertThat(introduction(peer)).isEqualTo(" 192.0.2.1");
        }
      }
      try (var peer = RawPeer.connect(server.port())) { // not said: not let in
        peer.write("GET /open HTTP/1.1\r\n\r\n");
        assertThat(peer.drain()).isZero();
      }
    }
  }

  @Test
  void theProxyProtocolOfOthersIsABadRequest() throws Exception {
    try (var server = behind(Proxies.at("10.0.0.0/8").proxyProtocol(), Limits.defaults());
        var peer = RawPeer.connect(server.port())) {
      peer.write("PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n");
      peer.write("GET /open HTTP/1.1\r\n\r\n");
      assertThat(peer.head()).startsWith("HTTP/1.1 400 ");
    }
  }

  @Test
  void connectionsPerAddressAreThoseOfTheClientBehindTheProxy() throws Exception {
    try (var server =
            behind(
                Proxies.at("127.0.0.1").forwardedFor(),
                Limits.defaults().maxConnectionsPerAddress(2));
        var one = RawPeer.connect(server.port());
        var two = RawPeer.connect(server.port());
        var other = RawPeer.connect(server.port())) {
      var client = "X-Forwarded-For: 192.0.2.1\r\n";
      assertThat(ask(one, "/open", client)).startsWith("HTTP/1.1 101 ");
      assertThat(ask(two, "/open", client)).startsWith("HTTP/1.1 101 ");
      assertThat(ask(server, "/open", client)).startsWith("HTTP/1.1 503 ");
      assertThat(ask(other, "/open", "X-Forwarded-For: 192.0.2.2\r\n")).startsWith("HTTP/1.1 101 ");
    }
  }

  @Test
  void whoPresentsTooMuchThatIsWrongIsNotAskedAgainAndOthersAre() throws Exception {
    try (var server =
        behind(
            Proxies.at("127.0.0.1").forwardedFor(),
            Limits.defaults().maxFailedAuthenticationsPerMinute(5))) {
      var attacker = "X-Forwarded-For: 192.0.2.1\r\n";
      for (int i = 0; i < 5; i++) {
        assertThat(ask(server, "/", attacker, by(Way.AUTHORIZATION, "guess")))
            .startsWith("HTTP/1.1 401 ");
      }
      assertThat(ask(server, "/", attacker, by(Way.AUTHORIZATION, "guess")))
          .startsWith("HTTP/1.1 429 ");
      // not even what would be right: it would tell that it is
      assertThat(ask(server, "/", attacker, by(Way.AUTHORIZATION, GOOD)))
          .startsWith("HTTP/1.1 429 ");
      assertThat(ask(server, "/", "X-Forwarded-For: 192.0.2.2\r\n", by(Way.AUTHORIZATION, GOOD)))
          .startsWith("HTTP/1.1 101 ");
      for (int i = 0; i < 10; i++) { // on loopback the limit does not bind
        assertThat(ask(server, "/", by(Way.AUTHORIZATION, "guess"))).startsWith("HTTP/1.1 401 ");
      }
    }
  }
}

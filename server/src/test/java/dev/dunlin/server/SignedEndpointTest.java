package dev.dunlin.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.auth.Authenticator;
import dev.dunlin.auth.Identity;
import dev.dunlin.auth.SignedMessages;
import dev.dunlin.auth.SignedMessages.Place;
import dev.dunlin.auth.SignedMessages.Refused.Fault;
import dev.dunlin.auth.SignedMessages.Signer;
import dev.dunlin.auth.SignedMessages.Verifier;
import dev.dunlin.websocket.Binary;
import dev.dunlin.websocket.Control;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Text;
import java.net.URI;
import java.security.KeyPairGenerator;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Signed messages as a switch of a route, over real sockets. */
class SignedEndpointTest {

  private static final byte[] SECRET = "a secret of thirty-two bytes, ok".getBytes(UTF_8);
  private static final Function<SignedSession, Handler> ECHO =
      session ->
          message -> {
            switch (message) {
              case Data data -> session.trySend(data);
              case Control control -> {}
            }
          };

  private static final class Device implements AutoCloseable {
    final BlockingQueue<byte[]> received = new LinkedBlockingQueue<>();
    final CompletableFuture<String> closed = new CompletableFuture<>();
    final WebSocketClient client = WebSocketClient.builder().build();
    final Session session;
    final String connection;

    Device(WebSocketServer server) throws Exception {
      session =
          client.connect(
              URI.create("ws://127.0.0.1:" + server.port() + "/device"),
              opened -> {
                opened.onClose(end ->
                    closed.complete(
                        end.received()
                            .map(close -> close.code().value() + " " + close.reason())
                            .orElse("")));
                return message -> {
                  if (message instanceof Data data) {
                    received.add(data.toByteArray());
                  }
                };
              });
      var greeting = new String(next(), UTF_8);
      connection = greeting.split("\"")[3];
    }

    byte[] next() throws InterruptedException {
      var message = received.poll(10, TimeUnit.SECONDS);
      assertThat(message).isNotNull();
      return message;
    }

    Signer signer(String name) {
      return SignedMessages.signer(
          SignedMessages.connectionKey(SECRET, connection), new Place(name, connection));
    }

    Verifier verifier(String name) {
      return SignedMessages.verifier(
          SignedMessages.connectionKey(SECRET, connection), new Place(name, connection));
    }

    void leave() throws Exception {
      session.close();
      closed.get(10, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
      client.close();
    }
  }

  private static WebSocketServer server(Signing signing) {
    return WebSocketServer.builder().route("/device", Endpoint.signed(signing, ECHO)).start(0);
  }

  @Test
  void bothEndsVerifyWhatTheOtherSigned() throws Exception {
    var signing = Signing.secrets("telemetry", session -> SECRET);
    try (var server = server(signing);
        var device = new Device(server)) {
      var signer = device.signer("telemetry");
      var verifier = device.verifier("telemetry#server");
      for (var text : List.of("one", "two", "three")) {
        device.session.send(Text.of(signer.seal(text.getBytes(UTF_8))));
        assertThat(new String(verifier.open(device.next()), UTF_8)).isEqualTo(text);
      }
      byte[] bytes = {0, 10, -1};
      device.session.send(Binary.of(signer.seal(bytes)));
      assertThat(verifier.open(device.next())).isEqualTo(bytes);
      assertThat(signing.verified()).isEqualTo(4);
    }
  }

  @Test
  void eachFaultClosesWith1008AndItsOwnReason() throws Exception {
    var signing = Signing.secrets("telemetry", session -> SECRET);
    try (var server = server(signing)) {
      for (var fault : Fault.values()) {
        if (fault == Fault.NO_KEY) {
          continue;
        }
        try (var device = new Device(server)) {
          device.session.send(Binary.of(wrong(device, fault)));
          assertThat(device.closed.get(10, TimeUnit.SECONDS))
              .isEqualTo("1008 signature: " + fault.text());
        }
        assertThat(signing.refused()).containsEntry(fault, 1L);
      }
    }
  }

  private static byte[] wrong(Device device, Fault fault) {
    byte[] hello = {1, 2, 3};
    var signer = device.signer("telemetry");
    var first = signer.seal(hello);
    return switch (fault) {
      case MISSING, NO_KEY -> hello;
      case MALFORMED -> "what is this\n".getBytes(UTF_8);
      case OTHER_CONNECTION ->
          SignedMessages.signer(
                  SignedMessages.connectionKey(SECRET, "other"), new Place("telemetry", "other"))
              .seal(hello);
      case OTHER_CHANNEL -> device.signer("telemetry#server").seal(hello); // sent back
      case TRUNCATED -> Arrays.copyOf(first, first.length - 1);
      case ALTERED -> {
        first[first.length - 1] ^= 1;
        yield first;
      }
      case REPLAYED -> {
        device.session.send(Binary.of(first));
        yield first;
      }
      case OUT_OF_ORDER -> signer.seal(hello);
    };
  }

  @Test
  void aSessionThatIsKeptOpenTakesTheNextMessageThatIsRight() throws Exception {
    var signing = Signing.secrets("telemetry", session -> SECRET).keepOpen();
    try (var server = server(signing);
        var device = new Device(server)) {
      var first = device.signer("telemetry").seal("one".getBytes(UTF_8));
      device.session.send(Text.of("not signed"));
      device.session.send(Text.of(first));
      device.session.send(Text.of(first));
      assertThat(new String(device.verifier("telemetry#server").open(device.next()), UTF_8))
          .isEqualTo("one");
      device.leave(); // what was sent before has been handled
      assertThat(signing.refused()).containsEntry(Fault.MISSING, 1L);
      assertThat(signing.refused()).containsEntry(Fault.REPLAYED, 1L);
      assertThat(signing.verified()).isEqualTo(1);
    }
  }

  @Test
  void theKeyThatTheTokenNamesVerifiesAndWithoutOneNothingPasses() throws Exception {
    var keys = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    var encoded = keys.getPublic().getEncoded();
    var x =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(Arrays.copyOfRange(encoded, encoded.length - 32, encoded.length));
    var named = "{\"cnf\":{\"jwk\":{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" + x + "\"}}}";
    for (var claims : List.of(named, "{}", named.replace(x, "AAAA"))) {
      var signing = Signing.tokenKeys("telemetry");
      Authenticator authenticator =
          credentials ->
              CompletableFuture.completedStage(new Identity("device", List.of(), claims));
      var route = Route.at("/device").authenticate(authenticator);
      try (var server =
              WebSocketServer.builder().route(route, Endpoint.signed(signing, ECHO)).start(0);
          var device = new Device(server)) {
        var signer =
            SignedMessages.signer(keys.getPrivate(), new Place("telemetry", device.connection));
        device.session.send(Text.of(signer.seal("one".getBytes(UTF_8))));
        if (claims.equals(named)) {
          assertThat(new String(device.next(), UTF_8)).isEqualTo("one");
        } else {
          assertThat(device.closed.get(10, TimeUnit.SECONDS))
              .isEqualTo("1008 signature: " + Fault.NO_KEY.text());
        }
      }
    }
  }
}

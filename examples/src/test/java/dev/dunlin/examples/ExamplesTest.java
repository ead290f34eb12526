package dev.dunlin.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunlin.examples.telemetry.Advice;
import dev.dunlin.examples.telemetry.Reading;
import dev.dunlin.server.Endpoint;
import dev.dunlin.server.WebSocketClient;
import dev.dunlin.testing.TestClient;
import dev.dunlin.websocket.Binary;
import dev.dunlin.websocket.Close;
import dev.dunlin.websocket.CloseCode;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.Text;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExamplesTest {

  private static final String SECRET =
      "the examples' secret is long enough for HS512, which wants 64 bytes";

  /** What a client has received. */
  private static final class Inbox {
    private final LinkedBlockingQueue<Data> messages = new LinkedBlockingQueue<>();

    Endpoint endpoint() {
      return session ->
          message -> {
            if (message instanceof Data data) {
              messages.add(data.copy());
            }
          };
    }

    Data next() throws InterruptedException {
      var message = messages.poll(10, TimeUnit.SECONDS);
      assertThat(message).as("a message within 10 s").isNotNull();
      return message;
    }
  }

  @Test
  void echoAnswersAtItsPort() throws Exception {
    Echo.main(new String[0]);
    var inbox = new Inbox();
    try (var client = WebSocketClient.builder().build()) {
      var session = client.connect(URI.create("ws://localhost:8080/echo"), inbox.endpoint());
      session.send(Text.of("hello"));
      assertThat(inbox.next()).isEqualTo(Text.of("hello"));
      session.send(Binary.of(new byte[] {1, 2, 3}));
      assertThat(inbox.next()).isEqualTo(Binary.of(new byte[] {1, 2, 3}));
    }
  }

  @Test
  void chatLetsInWhoHasATokenAndSaysWhoSpeaks() throws Exception {
    try (var server = Chat.start(SECRET, 0)) {
      var room = URI.create("ws://localhost:" + server.port() + "/chat/lobby");
      try (var stranger = WebSocketClient.builder().build()) {
        assertThatThrownBy(() -> stranger.connect(room, new Inbox().endpoint()))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("401");
      }
      try (var ann = as("ann");
          var bob = as("bob")) {
        var heardByAnn = new Inbox();
        var heardByBob = new Inbox();
        var annSpeaks = ann.connect(room, heardByAnn.endpoint());
        bob.connect(room, heardByBob.endpoint());
        annSpeaks.send(Text.of("hello"));
        assertThat(heardByAnn.next()).isEqualTo(Text.of("ann: hello"));
        // bob may have joined the room after the first word
        annSpeaks.send(Text.of("anybody here?"));
        var heard = heardByBob.next();
        if (heard.equals(Text.of("ann: hello"))) {
          heard = heardByBob.next();
        }
        assertThat(heard).isEqualTo(Text.of("ann: anybody here?"));
      }
    }
  }

  private static WebSocketClient as(String user) throws Exception {
    var claims =
        """
        {"sub":"%s","iss":"https://login.example","aud":"chat","exp":%d}\
        """
            .formatted(user, Instant.now().getEpochSecond() + 600);
    var body = base64("{\"alg\":\"HS512\"}") + "." + base64(claims);
    var mac = Mac.getInstance("HmacSHA512");
    mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA512"));
    var signature =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(mac.doFinal(body.getBytes(StandardCharsets.US_ASCII)));
    return WebSocketClient.builder()
        .header("Authorization", "Bearer " + body + "." + signature)
        .build();
  }

  private static String base64(String json) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(json.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void ordersAreRecordsAndAddUpOverConnections() {
    var orders = Orders.endpoint();
    try (var one = TestClient.connect(orders);
        var two = TestClient.connect(orders)) {
      one.send("{\"article\":\"nest\",\"pieces\":2}");
      assertThat(one.receiveText())
          .isEqualTo("{\"number\":1,\"article\":\"nest\",\"piecesInAll\":2}");
      two.send("{\"article\":\"nest\",\"pieces\":3}");
      assertThat(two.receiveText()).contains("\"piecesInAll\":5");
    }
  }

  @Test
  void whatIsNoOrderIsRefused() {
    try (var client = TestClient.connect(Orders.endpoint())) {
      client.send("not JSON");
      assertThat(((Close) client.receive()).code()).isEqualTo(CloseCode.INVALID_DATA);
    }
    try (var client = TestClient.connect(Orders.endpoint())) {
      client.send(Binary.of(new byte[1]));
      assertThat(((Close) client.receive()).code()).isEqualTo(CloseCode.UNSUPPORTED_DATA);
    }
  }

  @Test
  void devicesReportWithTheirCertificate(@TempDir Path folder) throws Exception {
    var certificates = new Certificates(folder);
    var authorityFile = certificates.authority();
    var server = certificates.issue("localhost", "serverAuth");
    var device = certificates.issue("device-7", "clientAuth");
    try (var running = Telemetry.start(server.certificate(), server.key(), authorityFile, 0)) {
      var uri = URI.create("wss://localhost:" + running.port() + "/telemetry");
      var known =
          WebSocketClient.builder()
              .trust(authorityFile)
              .certificate(device.certificate(), device.key())
              .build();
      try (known) {
        var inbox = new Inbox();
        var session = known.connect(uri, inbox.endpoint());
        var reading = Reading.newBuilder().setSequence(1).setCelsius(71.5).build();
        session.send(Binary.of(reading.toByteArray()));
        var advice = Advice.parseFrom(inbox.next().toByteArray());
        assertThat(advice.getDevice()).isEqualTo("device-7");
        assertThat(advice.getSecondsToNext()).isEqualTo(1);
      }
      try (var unknown = WebSocketClient.builder().trust(authorityFile).build()) {
        assertThatThrownBy(() -> unknown.connect(uri, new Inbox().endpoint()))
            .isInstanceOf(IOException.class);
      }
    }
  }
}

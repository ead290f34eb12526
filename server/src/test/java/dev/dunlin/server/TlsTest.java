package dev.dunlin.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunlin.websocket.Message;
import dev.dunlin.websocket.Text;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.util.Base64;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsTest {

  @TempDir static Path folder;

  /** Makes {@code NAME.pem} and {@code NAME.key}, signed by itself, with the JDK's own tool. */
  private static void certificate(String name, String subject, String alternative)
      throws Exception {
    var store = folder.resolve(name + ".p12");
    var tool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "it",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-validity",
                "2",
                "-dname",
                "CN=" + subject,
                "-ext",
                "SAN=" + alternative,
                "-storetype",
                "PKCS12",
                "-storepass",
                "changeit",
                "-keystore",
                store.toString())
            .redirectErrorStream(true)
            .start();
    var said = new String(tool.getInputStream().readAllBytes());
    assertThat(tool.waitFor()).as(said).isZero();
    var keys = KeyStore.getInstance(store.toFile(), "changeit".toCharArray());
    write(name + ".pem", "CERTIFICATE", keys.getCertificate("it").getEncoded());
    write(name + ".key", "PRIVATE KEY", keys.getKey("it", "changeit".toCharArray()).getEncoded());
  }

  private static void write(String file, String kind, byte[] der) throws IOException {
    Files.writeString(
        folder.resolve(file),
        "-----BEGIN "
            + kind
            + "-----\n"
            + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
            + "\n-----END "
            + kind
            + "-----\n");
  }

  @BeforeAll
  static void makeCertificates() throws Exception {
    certificate("server", "localhost", "dns:localhost");
    certificate("other", "localhost", "dns:localhost");
    certificate("elsewhere", "elsewhere.example", "dns:elsewhere.example");
    certificate("client", "device-7", "dns:device-7");
  }

  private static Path file(String name) {
    return folder.resolve(name);
  }

  private static Tls tls(String name) {
    return Tls.of(file(name + ".pem"), file(name + ".key"));
  }

  private static URI uri(WebSocketServer server) {
    return URI.create("wss://localhost:" + server.port() + "/");
  }

  private static String ask(WebSocketClient client, WebSocketServer server, String text)
      throws Exception {
    var answers = new LinkedBlockingQueue<Message>();
    var session = client.connect(uri(server), ServerTest.collect(answers));
    session.send(Text.of(text));
    var answer = ((Text) answers.poll(20, TimeUnit.SECONDS)).value();
    session.close();
    return answer;
  }

  @Test
  void messagesTravelEncrypted() throws Exception {
    for (var transport : ServerTest.transports().toList()) {
      try (var server =
              WebSocketServer.builder()
                  .transport(transport)
                  .tls(tls("server"))
                  .route(Route.at("/").dispatch(Dispatch.INLINE), ServerTest.ECHO)
                  .start(0);
          var client =
              WebSocketClient.builder().transport(transport).trust(file("server.pem")).build()) {
        for (int size : new int[] {1, 1_000, 300_000}) {
          assertThat(ask(client, server, "x".repeat(size))).hasSize(size);
        }
      }
    }
  }

  @Test
  void plainHttpIsServedOverTlsToo() throws Exception {
    var store = KeyStore.getInstance(file("server.p12").toFile(), "changeit".toCharArray());
    var trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("it", store.getCertificate("it"));
    var trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(trusted);
    var context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    for (var transport : ServerTest.transports().toList()) {
      try (var server =
              WebSocketServer.builder()
                  .transport(transport)
                  .tls(tls("server"))
                  .http("/health", request -> HttpResponse.text(200, "well"))
                  .start(0);
          var http = HttpClient.newBuilder().sslContext(context).build()) {
        var request =
            HttpRequest.newBuilder(URI.create("https://localhost:" + server.port() + "/health"));
        for (int time = 0; time < 2; time++) { // the second on the same connection
          var answer = http.send(request.build(), BodyHandlers.ofString());
          assertThat(answer.body()).isEqualTo("well");
        }
      }
    }
  }

  @Test
  void aCertificateOfAnotherHostIsRefused() throws Exception {
    try (var server =
            WebSocketServer.builder().tls(tls("elsewhere")).route("/", ServerTest.ECHO).start(0);
        var client = WebSocketClient.builder().trust(file("elsewhere.pem")).build()) {
      assertThatThrownBy(() -> client.connect(uri(server), ServerTest.ECHO))
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void aReloadServesTheNewCertificateAndDropsNobody() throws Exception {
    Files.copy(file("server.pem"), file("live.pem"), StandardCopyOption.REPLACE_EXISTING);
    Files.copy(file("server.key"), file("live.key"), StandardCopyOption.REPLACE_EXISTING);
    var tls = tls("live");
    try (var server = WebSocketServer.builder().tls(tls).route("/", ServerTest.ECHO).start(0);
        var before = WebSocketClient.builder().trust(file("server.pem")).build();
        var after = WebSocketClient.builder().trust(file("other.pem")).build()) {
      var answers = new LinkedBlockingQueue<Message>();
      var session = before.connect(uri(server), ServerTest.collect(answers));
      Files.writeString(file("live.pem"), "nonsense");
      assertThatThrownBy(tls::reload).isInstanceOf(IllegalArgumentException.class);
      assertThat(ask(before, server, "as it was")).isEqualTo("as it was");
      Files.copy(file("other.pem"), file("live.pem"), StandardCopyOption.REPLACE_EXISTING);
      Files.copy(file("other.key"), file("live.key"), StandardCopyOption.REPLACE_EXISTING);
      tls.reload();
      assertThat(ask(after, server, "new")).isEqualTo("new");
      assertThatThrownBy(() -> before.connect(uri(server), ServerTest.ECHO))
          .isInstanceOf(IOException.class);
      session.send(Text.of("still here"));
      assertThat(answers.poll(20, TimeUnit.SECONDS)).isEqualTo(Text.of("still here"));
      tls.reload(tls("server"));
      assertThat(ask(before, server, "from other files")).isEqualTo("from other files");
    }
  }

  @Test
  void aClientsCertificateIsDemandedAndKnown() throws Exception {
    Endpoint endpoint =
        session -> {
          session.send(
              Text.of(
                  session.identity().certificates().get(0).getSubjectX500Principal().getName()));
          return message -> {};
        };
    try (var server =
            WebSocketServer.builder()
                .tls(tls("server").clientAuth(Tls.ClientAuth.REQUIRED, file("client.pem")))
                .route("/", endpoint)
                .start(0);
        var device =
            WebSocketClient.builder()
                .trust(file("server.pem"))
                .certificate(file("client.pem"), file("client.key"))
                .build();
        var stranger = WebSocketClient.builder().trust(file("server.pem")).build()) {
      var answers = new LinkedBlockingQueue<Message>();
      device.connect(uri(server), ServerTest.collect(answers));
      assertThat(answers.poll(20, TimeUnit.SECONDS)).isEqualTo(Text.of("CN=device-7"));
      assertThatThrownBy(() -> stranger.connect(uri(server), endpoint))
          .isInstanceOf(IOException.class);
    }
  }
}

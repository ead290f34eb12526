package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletionException;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Authorities and revocation lists of clients' certificates, replaced in a running server. */
class CertificateReloadTest {

  private static final int LET_IN = 101;

  @TempDir Path folder;

  /** The status of an upgrade; the connection that it makes is dropped. */
  private static int upgrade(TestServer server, SSLContext context) {
    var port = server.webSocket().getPort();
    try (var http = HttpClient.newBuilder().sslContext(context).build()) {
      http.newWebSocketBuilder()
          .buildAsync(
              URI.create("wss://localhost:" + port + Dunlin.CLIENTS), new WebSocket.Listener() {})
          .join()
          .abort();
      return LET_IN;
    } catch (CompletionException refused) {
      return ((WebSocketHandshakeException) refused.getCause()).getResponse().statusCode();
    }
  }

  private Map<String, String> options(Certificates own, Path authority, Path list) {
    var options = new LinkedHashMap<String, String>();
    options.put(
        "http_server.tls",
        "{enabled: true, cert_pem_file: '%s', key_pem_file: '%s', client_ca_pem_file: '%s'}"
            .formatted(own.certificate("server"), own.key("server"), folder.resolve("both.crt")));
    options.put(
        "client.certificate",
        "{ca_pem_file: '%s', crl_files: '%s', required: true}".formatted(authority, list));
    return options;
  }

  @Test
  void listsAndAuthoritiesAreReadAgain() throws Exception {
    var own = new Certificates(folder.resolve("own")).issue("server").issue("good").issue("lost");
    var other = new Certificates(folder.resolve("other")).issue("good");
    Files.writeString(
        folder.resolve("both.crt"),
        Files.readString(own.authority()) + Files.readString(other.authority()));
    var list = folder.resolve("devices.crl");
    Files.copy(own.revocationList(), list);
    var options = options(own, own.authority(), list);
    var good = own.client(own, "good");
    var lost = own.client(own, "lost");
    var foreign = other.client(own, "good");
    try (var server = TestServer.production(options)) {
      assertThat(upgrade(server, good)).isEqualTo(LET_IN);
      assertThat(upgrade(server, lost)).isEqualTo(LET_IN);
      assertThat(upgrade(server, foreign)).isEqualTo(401);

      Files.copy(own.revoke("lost").revocationList(), list, StandardCopyOption.REPLACE_EXISTING);
      assertThat(upgrade(server, lost)).as("not read yet").isEqualTo(LET_IN);
      server.server().reload(server.config());
      assertThat(upgrade(server, lost)).isEqualTo(401);
      assertThat(upgrade(server, good)).isEqualTo(LET_IN);

      Files.writeString(list, "no list");
      assertThatExceptionOfType(CommandFailure.class)
          .isThrownBy(() -> server.server().reload(server.config()))
          .withMessageContaining("client.certificate.crl_files");
      assertThat(upgrade(server, lost)).as("nothing has changed").isEqualTo(401);
      assertThat(upgrade(server, good)).isEqualTo(LET_IN);

      Files.copy(other.revocationList(), list, StandardCopyOption.REPLACE_EXISTING);
      server.server().reload(TestServer.config(options(own, other.authority(), list)));
      assertThat(upgrade(server, foreign)).isEqualTo(LET_IN);
      assertThat(upgrade(server, good)).isEqualTo(401);
    }
  }
}

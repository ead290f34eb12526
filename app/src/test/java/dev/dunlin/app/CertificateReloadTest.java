package dev.dunlin.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.CompletionException;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Authorities and revocation lists of clients' certificates, replaced in a running program. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the process is started as on POSIX systems")
class CertificateReloadTest {

  private static final int LET_IN = 101;

  @TempDir Path folder;

  private String port = "";

  private URI uri() {
    return URI.create("wss://localhost:" + port + Dunlin.CLIENTS);
  }

  /** The status of an upgrade; the connection that it makes is dropped. */
  private int upgrade(SSLContext context) {
    try (var http = HttpClient.newBuilder().sslContext(context).build()) {
      http.newWebSocketBuilder().buildAsync(uri(), new WebSocket.Listener() {}).join().abort();
      return LET_IN;
    } catch (CompletionException refused) {
      return ((WebSocketHandshakeException) refused.getCause()).getResponse().statusCode();
    }
  }

  private void configure(Certificates own, Path authority, Path list) throws Exception {
    Files.writeString(
        folder.resolve("dunlin.yaml"),
        """
        http_server:
          port: 0
          address: 127.0.0.1
          tls: {enabled: true, cert_pem_file: "%s", key_pem_file: "%s", client_ca_pem_file: "%s"}
        client: {certificate: {ca_pem_file: "%s", crl_files: "%s", required: true}}
        http_api: {key: "key-of-the-test-and-no-other"}
        console: {password: "password-of-the-test"}
        """
            .formatted(
                own.certificate("server"),
                own.key("server"),
                folder.resolve("both.crt"),
                authority,
                list));
  }

  /** Sends SIGHUP and waits for the answer, which is one more of its kind in the log. */
  private static void hup(ServeProcess process, String answer) throws Exception {
    long before = count(process, answer);
    process.signal("HUP");
    Await.until(answer, () -> count(process, answer) > before);
  }

  private static long count(ServeProcess process, String text) throws Exception {
    return process.err().lines().filter(line -> line.contains(text)).count();
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
    configure(own, own.authority(), list);
    var good = own.client(own, "good");
    var lost = own.client(own, "lost");
    var foreign = other.client(own, "good");
    try (var process = ServeProcess.start(folder);
        var http = HttpClient.newBuilder().sslContext(good).build()) {
      port = process.inErr("Listening at ..?127.0.0.1:([0-9]+)");
      process.inErr("(configured by )"); // and listens to signals
      assertThat(upgrade(lost)).isEqualTo(LET_IN);
      assertThat(upgrade(foreign)).isEqualTo(401);
      try (var stays = Visitor.over(http, uri())) {
        assertThat(stays.ask("{'id':1,'connect':{}}")).contains("\"connect\"");

        Files.copy(own.revoke("lost").revocationList(), list, StandardCopyOption.REPLACE_EXISTING);
        assertThat(upgrade(lost)).as("not read yet").isEqualTo(LET_IN);
        hup(process, "Configuration read again");
        assertThat(upgrade(lost)).isEqualTo(401);
        assertThat(upgrade(good)).isEqualTo(LET_IN);

        Files.writeString(list, "no list");
        hup(process, "Configuration not changed");
        assertThat(process.err()).contains("client.certificate.crl_files");
        assertThat(upgrade(lost)).as("nothing has changed").isEqualTo(401);
        assertThat(upgrade(good)).isEqualTo(LET_IN);

        Files.copy(other.revocationList(), list, StandardCopyOption.REPLACE_EXISTING);
        configure(own, other.authority(), list);
        hup(process, "Configuration read again");
        assertThat(upgrade(foreign)).isEqualTo(LET_IN);
        assertThat(upgrade(good)).isEqualTo(401);
        assertThat(stays.ask("{'id':2,'unsubscribe':{'channel':'a'}}"))
            .as("who was in all the time")
            .startsWith("{\"id\":2");
      }
    }
  }
}

package dev.dunlin.broker.nats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunlin.channels.Broker;
import dev.dunlin.channels.Hub;
import dev.dunlin.testing.Component;
import dev.dunlin.testing.ServerProcess;
import dev.dunlin.testing.StreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A NATS server that speaks TLS and lets in only who shows a certificate. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(60)
class NatsTlsTest {

  private static final String NEW_KEY =
      " -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 ";

  @TempDir static Path folder;

  private ServerProcess nats;

  @BeforeAll
  void start() throws Exception {
    Component.NATS.require();
    openssl("req -x509" + NEW_KEY + "-subj /CN=Authority -keyout ca.key -out ca.crt");
    openssl("req -x509" + NEW_KEY + "-subj /CN=Other -keyout other.key -out other.crt");
    Files.writeString(folder.resolve("ext"), "subjectAltName=DNS:localhost");
    for (var name : List.of("server", "client")) {
      openssl("req" + NEW_KEY + "-subj /CN=x -keyout " + name + ".key -out " + name + ".csr");
      openssl(
          "x509 -req -in %s.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out"
                  .formatted(name)
              + " "
              + name
              + ".crt");
    }
    nats =
        ServerProcess.nats(
            "--tlsverify",
            "--tlscert",
            file("server.crt"),
            "--tlskey",
            file("server.key"),
            "--tlscacert",
            file("ca.crt"));
  }

  @AfterAll
  void stop() throws Exception {
    if (nats != null) {
      nats.close();
    }
  }

  private static void openssl(String arguments) throws Exception {
    var process =
        new ProcessBuilder(("openssl " + arguments).split(" +"))
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("openssl.log").toFile())
            .start();
    assertThat(process.waitFor()).isZero();
  }

  private static String file(String name) {
    return folder.resolve(name).toString();
  }

  private Map<String, String> options(String host) {
    return new HashMap<>(
        Map.of(
            "url",
            "tls://" + host + ":" + nats.port(),
            "timeout_ms",
            "2000",
            "ca_pem_file",
            file("ca.crt"),
            "cert_pem_file",
            file("client.crt"),
            "key_pem_file",
            file("client.key")));
  }

  @Test
  void publicationsGoOverTlsWithACertificateOfOurOwn() throws Exception {
    try (var hub = Hub.over(Broker.open("nats", options("localhost")));
        var reader = StreamReader.of(hub, "s")) {
      hub.ready().toCompletableFuture().get(30, TimeUnit.SECONDS);
      reader.live().get(30, TimeUnit.SECONDS);
      hub.publish("s", "m1").toCompletableFuture().get(10, TimeUnit.SECONDS);
      assertThat(hub.linked()).isTrue();
    }
  }

  /** None of these has a link within the time that the right one needs many times over. */
  @Test
  void othersAreNotTrustedAndNobodyIsLetInWithoutACertificate() throws Exception {
    var untrusted = options("localhost");
    untrusted.put("ca_pem_file", file("other.crt"));
    var nameless = options("localhost");
    nameless.remove("cert_pem_file");
    nameless.remove("key_pem_file");
    var elsewhere = options("127.0.0.1"); // the certificate is for localhost alone
    var plain = Map.of("url", nats.url(), "timeout_ms", "2000");
    try (var first = Hub.over(Broker.open("nats", untrusted));
        var second = Hub.over(Broker.open("nats", nameless));
        var third = Hub.over(Broker.open("nats", elsewhere));
        var fourth = Hub.over(Broker.open("nats", plain));
        var right = Hub.over(Broker.open("nats", options("localhost")))) {
      right.ready().toCompletableFuture().get(30, TimeUnit.SECONDS);
      for (var refused : List.of(first, second, third, fourth)) {
        assertThatThrownBy(
                () -> refused.ready().toCompletableFuture().get(500, TimeUnit.MILLISECONDS))
            .isInstanceOf(TimeoutException.class);
      }
    }
  }

  @Test
  void aFileThatHoldsSomethingElseIsNamedAtTheStart() {
    for (var option : List.of("ca_pem_file", "key_pem_file")) {
      var options = options("localhost");
      options.put(option, file("ext"));
      assertThatThrownBy(() -> Broker.open("nats", options))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(option);
    }
  }

  @Test
  void whoeverAnswersIsNeverTrusted() {
    for (var url : List.of("opentls://h:1", "tls://a:1, OpenTLS://h:1")) {
      assertThatThrownBy(() -> Broker.open("nats", Map.of("url", url)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("opentls");
    }
  }

  @Test
  void filesNeedAUrlThatSaysTlsAndEachOther() {
    var ca = Map.of("url", "nats://h:1", "ca_pem_file", file("ca.crt"));
    assertThatThrownBy(() -> Broker.open("nats", ca)).hasMessageContaining("begins with tls");
    var half = Map.of("url", "tls://h:1", "cert_pem_file", file("client.crt"));
    assertThatThrownBy(() -> Broker.open("nats", half)).hasMessageContaining("need each other");
  }
}

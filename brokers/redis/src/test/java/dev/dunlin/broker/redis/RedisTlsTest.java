package dev.dunlin.broker.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunlin.channels.Broker;
import dev.dunlin.channels.Hub;
import dev.dunlin.testing.Component;
import dev.dunlin.testing.ServerProcess;
import dev.dunlin.testing.StreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A Redis that speaks TLS and lets in only who shows a certificate. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(60)
class RedisTlsTest {

  private static final String NEW_KEY = " -newkey rsa:2048 -nodes -days 2 ";

  @TempDir static Path folder;

  private ServerProcess redis;
  private int port;

  @BeforeAll
  void start() throws Exception {
    Component.REDIS.require();
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
    try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    redis =
        ServerProcess.redis(
            "--tls-port",
            Integer.toString(port),
            "--tls-cert-file",
            file("server.crt"),
            "--tls-key-file",
            file("server.key"),
            "--tls-ca-cert-file",
            file("ca.crt"));
  }

  @AfterAll
  void stop() throws Exception {
    if (redis != null) {
      redis.close();
    }
  }

  private static void openssl(String arguments) throws Exception {
    var command = ("openssl " + arguments).split(" +");
    var log = folder.resolve("openssl.log").toFile();
    var process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log)
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
            "rediss://" + host + ":" + port,
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
    try (var hub = Hub.over(Broker.open("redis", options("localhost")));
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
    try (var first = Hub.over(Broker.open("redis", untrusted));
        var second = Hub.over(Broker.open("redis", nameless));
        var third = Hub.over(Broker.open("redis", elsewhere));
        var right = Hub.over(Broker.open("redis", options("localhost")))) {
      right.ready().toCompletableFuture().get(30, TimeUnit.SECONDS);
      for (var refused : List.of(first, second, third)) {
        assertThatThrownBy(
                () -> refused.ready().toCompletableFuture().get(500, TimeUnit.MILLISECONDS))
            .isInstanceOf(java.util.concurrent.TimeoutException.class);
      }
    }
  }
}

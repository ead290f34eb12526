package dev.dunlin.conformance.guide;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunlin.auth.ClientCertificate;
import dev.dunlin.conformance.Pki;
import dev.dunlin.conformance.sdk.Issuer;
import dev.dunlin.conformance.sdk.JavaScriptSdk;
import dev.dunlin.server.WebSocketClient;
import dev.dunlin.testing.Component;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * The configurations of devices.md: {@code dunlin serve} with TLS, and behind a real nginx and a
 * real HAProxy, and devices with certificates that connect with the published SDK in Protobuf.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DevicesTest {

  private static final String SECRET = "0123456789abcdef".repeat(4);
  private static final Issuer LOGIN = Issuer.hs512(SECRET);

  private static final List<String> DOORS = List.of("dunlin", "nginx", "haproxy");

  @TempDir static Path folder;

  private Shell shell;
  private Pki pki;

  @BeforeAll
  void start() throws Exception {
    Component.NODE.require();
    var nginx = Component.NGINX.require();
    var haproxy = Component.HAPROXY.require();
    JavaScriptSdk.install();
    pki = new Pki(folder);
    pki.server("server");
    pki.client("device-7");
    pki.client("device-8");
    Files.writeString(
        folder.resolve("both.pem"),
        Files.readString(pki.file("server.pem")) + Files.readString(pki.file("server.key")));
    shell = new Shell(folder);
    shell.variable("DUNLIN_CLIENT_TOKEN_HMAC_SECRET_KEY", SECRET);
    for (var block : Page.read(Page.GUIDE.resolve("devices.md")).blocks()) {
      if (block.directive().equals("file")) {
        shell.file(block.argument(), block.text());
      }
    }
    for (var server : List.of("direct", "behind")) {
      shell.background(
          "unset DUNLIN_HTTP_SERVER_PORT; cd " + server + "; exec ../dunlin serve",
          "Listening at /127.0.0.1:");
    }
    shell.background(
        "exec " + nginx + " -p \"$PWD\" -e stderr -c nginx.conf -g 'daemon off;'",
        "start worker process");
    shell.background("exec " + haproxy + " -V -db -f haproxy.cfg", "polling mechanism");
  }

  @AfterAll
  void stop() throws Exception {
    if (shell != null) {
      shell.close();
    }
  }

  private String url(String door) {
    var port =
        switch (door) {
          case "dunlin" -> "8001";
          case "nginx" -> "8443";
          default -> "9443";
        };
    return "wss://localhost:" + shell.port(port) + "/connection/websocket";
  }

  /** A program of its own that holds a certificate. */
  private final class Device implements AutoCloseable {
    private final Process process;
    private final BlockingQueue<String> said = new LinkedBlockingQueue<>();

    Device(String door, String name, boolean tokens) throws IOException {
      var builder =
          new ProcessBuilder("node", JavaScriptSdk.FOLDER.resolve("device.mjs").toString());
      var environment = builder.environment();
      environment.put("URL", url(door));
      environment.put("CA", pki.file("ca.pem").toString());
      environment.put("CERTIFICATE", pki.file(name + ".pem").toString());
      environment.put("KEY", pki.file(name + ".key").toString());
      environment.put("CHANNEL", "readings:" + door);
      environment.put("TOKENS", tokens ? "wanted" : "");
      process = builder.redirectErrorStream(true).start();
      var reader = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
      Thread.ofVirtual()
          .start(() -> {
            try {
              reader.lines().forEach(said::add);
            } catch (UncheckedIOException killed) {
              said.add("killed");
            }
          });
    }

    void says(String... lines) throws InterruptedException {
      for (var line : lines) {
        assertThat(said.poll(40, TimeUnit.SECONDS)).isEqualTo(line);
      }
    }

    void hears(String line) throws IOException {
      OutputStream in = process.getOutputStream();
      in.write((line + "\n").getBytes(US_ASCII));
      in.flush();
    }

    @Override
    public void close() {
      process.destroyForcibly().onExit().join();
    }
  }

  private String boundTo(String device, int seconds) throws Exception {
    var thumbprint = ClientCertificate.thumbprint(pki.certificate(device));
    return LOGIN.token(
        "ann", Duration.ofSeconds(seconds), ",\"cnf\":{\"x5t#S256\":\"" + thumbprint + "\"}");
  }

  /** Three ways in, tried at once. */
  private List<Device> devices(String name, boolean tokens) throws IOException {
    var devices = new ArrayList<Device>();
    for (var door : DOORS) {
      devices.add(new Device(door, name, tokens));
    }
    return devices;
  }

  @Test
  void aDeviceIsWhoItsCertificateSaysAndReportsInProtobuf() throws Exception {
    var devices = devices("device-7", false);
    try {
      for (var device : devices) {
        device.says("connected", "user device-7");
        device.hears("publish 0801110000000000e05140");
        device.says("reading 0801110000000000e05140");
        device.close();
      }
    } finally {
      devices.forEach(Device::close);
    }
  }

  @Test
  void aBoundTokenIsGoodWithItsCertificateOnlyAndAtEveryRefresh() throws Exception {
    var holders = devices("device-7", true);
    var others = devices("device-8", true);
    try {
      for (var holder : holders) {
        holder.says("token wanted");
        holder.hears("token " + boundTo("device-7", 4));
      }
      for (var holder : holders) {
        holder.says("connected", "user ann", "token wanted");
        holder.hears("token " + boundTo("device-7", 3));
      }
      for (var holder : holders) {
        holder.says("token wanted"); // so the first refresh was taken
        holder.hears("token " + boundTo("device-8", 60));
        holder.says("disconnected 3500");
      }
      for (var other : others) {
        other.says("token wanted");
        other.hears("token " + boundTo("device-7", 60));
        other.says("disconnected 3500");
      }
    } finally {
      holders.forEach(Device::close);
      others.forEach(Device::close);
    }
  }

  private WebSocketClient.Builder trusting() {
    return WebSocketClient.builder().trust(pki.file("ca.pem"));
  }

  @Test
  void whoHasNoCertificateIsRefusedWhateverItWritesIntoTheHeader() throws Exception {
    for (var header : List.of(inHeader(), inHeaderOfNginx())) {
      try (var client = trusting().header("Client-Cert", header).build()) {
        for (var door : DOORS) {
          assertThatThrownBy(() -> client.connect(URI.create(url(door)), session -> message -> {}))
              .isInstanceOf(IOException.class);
        }
      }
    }
  }

  private String inHeader() throws Exception {
    return ":" + Base64.getEncoder().encodeToString(pki.certificate("device-7").getEncoded()) + ":";
  }

  private String inHeaderOfNginx() throws Exception {
    return URLEncoder.encode(Files.readString(pki.file("device-7.pem")), UTF_8);
  }

  @Test
  void theHeaderIsBelievedFromTheListedProxyOnly() throws Exception {
    assertThat(answer("127.0.0.1", inHeader())).startsWith("HTTP/1.1 101 ");
    assertThat(answer("127.0.0.2", inHeader())).startsWith("HTTP/1.1 401 ");
    assertThat(answer("127.0.0.2", inHeaderOfNginx())).startsWith("HTTP/1.1 401 ");
  }

  /** What an upgrade with the header hears that comes straight to Dunlin from this address. */
  private String answer(String from, String header) throws IOException {
    try (var socket = new Socket()) {
      socket.bind(new InetSocketAddress(from, 0));
      socket.connect(new InetSocketAddress("127.0.0.1", Integer.parseInt(shell.port("8000"))));
      var request =
          "GET /connection/websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
              + "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
              + "Sec-WebSocket-Version: 13\r\nClient-Cert: "
              + header
              + "\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(US_ASCII));
      return new BufferedReader(new InputStreamReader(socket.getInputStream(), US_ASCII))
          .readLine();
    }
  }
}

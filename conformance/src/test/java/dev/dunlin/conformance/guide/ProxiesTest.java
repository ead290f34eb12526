package dev.dunlin.conformance.guide;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.auth.Authenticator;
import dev.dunlin.auth.ClientCertificate;
import dev.dunlin.auth.Identity;
import dev.dunlin.conformance.Pki;
import dev.dunlin.server.Endpoint;
import dev.dunlin.server.Listener;
import dev.dunlin.server.Proxies;
import dev.dunlin.server.Route;
import dev.dunlin.server.Tls;
import dev.dunlin.server.WebSocketServer;
import dev.dunlin.testing.Component;
import dev.dunlin.websocket.Text;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From where a client comes, behind a real HAProxy and a real nginx as devices.md has them. */
class ProxiesTest {

  /** Says who it is and from where, with the port: nobody else has that one now. */
  private static final Endpoint INTRODUCE =
      session -> {
        var address = (InetSocketAddress) session.remoteAddress();
        session.send(
            Text.of(
                session.identity().subject()
                    + "@"
                    + address.getAddress().getHostAddress()
                    + ":"
                    + address.getPort()));
        return message -> {};
      };

  @TempDir Path folder;

  private Shell shell;
  private Pki pki;

  @BeforeEach
  void start() throws Exception {
    pki = new Pki(folder);
    pki.server("server");
    pki.client("device-7");
    shell = new Shell(folder);
    for (var block : Page.read(Page.GUIDE.resolve("devices.md")).blocks()) {
      if (block.directive().equals("file")) {
        shell.file(block.argument(), block.text());
      }
    }
  }

  @AfterEach
  void stop() throws Exception {
    shell.close();
  }

  private int port(String named) {
    return Integer.parseInt(shell.port(named));
  }

  private Listener listener(Proxies proxies) throws IOException {
    var authenticator =
        Authenticator.anyOf(
            ClientCertificate.issuedBy(Files.readString(pki.file("ca.pem"))),
            credentials -> CompletableFuture.completedStage(Identity.anonymous()));
    return Listener.on(new InetSocketAddress("127.0.0.1", port("8000")))
        .behind(proxies)
        .route(Route.at("/connection/who").authenticate(authenticator), INTRODUCE);
  }

  @Test
  void haproxySaysByBothVersionsWhoConnectedAndTlsPassesThrough() throws Exception {
    var haproxy = Component.HAPROXY.require();
    shell.background("exec " + haproxy + " -V -db -f passthrough.cfg", "polling mechanism");
    var tls =
        Tls.of(pki.file("server.pem"), pki.file("server.key"))
            .clientAuth(Tls.ClientAuth.REQUIRED, pki.file("ca.pem"));
    var device = pki.context("device-7").getSocketFactory();
    var proxies = Proxies.at("127.0.0.1").proxyProtocol();
    try (var server = WebSocketServer.builder().listen(listener(proxies).tls(tls)).start()) {
      for (var version : List.of("8443", "9443")) {
        introducesItself("device-7", port(version), device);
      }
    }
  }

  @Test
  void nginxSaysInAHeaderWhoConnected() throws Exception {
    var nginx = Component.NGINX.require();
    shell.background(
        "exec " + nginx + " -p \"$PWD\" -e stderr -c nginx.conf -g 'daemon off;'",
        "start worker process");
    var proxies = Proxies.at("127.0.0.1").forwardedFor();
    try (var server = WebSocketServer.builder().listen(listener(proxies)).start();
        var socket = connected(port("8443"))) {
      var tls = pki.context("device-7").getSocketFactory();
      // the header says nothing about the port
      assertThat(introduction(secured(socket, tls), "X-Forwarded-For: 192.0.2.1\r\n"))
          .matches("@127\\.0\\.0\\.3:\\d+");
      assertThat(server.connections()).isPositive();
    }
  }

  /** From an address of its own, to tell it from the proxy. */
  private static Socket connected(int port) throws IOException {
    var socket = new Socket();
    socket.setSoTimeout(20_000);
    socket.bind(new InetSocketAddress("127.0.0.3", 0));
    socket.connect(new InetSocketAddress("127.0.0.1", port));
    return socket;
  }

  private static Socket secured(Socket socket, SSLSocketFactory tls) throws IOException {
    return tls.createSocket(socket, "localhost", socket.getPort(), true);
  }

  private static void introducesItself(String user, int port, SSLSocketFactory tls)
      throws IOException {
    try (var socket = connected(port)) {
      assertThat(introduction(secured(socket, tls), ""))
          .isEqualTo(user + "@127.0.0.3:" + socket.getLocalPort());
    }
  }

  private static String introduction(Socket socket, String header) throws IOException {
    var request =
        "GET /connection/who HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            + "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            + "Sec-WebSocket-Version: 13\r\n"
            + header
            + "\r\n";
    socket.getOutputStream().write(request.getBytes(US_ASCII));
    var in = new DataInputStream(socket.getInputStream());
    var head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      head.append((char) in.readUnsignedByte());
    }
    assertThat(head.toString()).startsWith("HTTP/1.1 101 ");
    assertThat(in.readUnsignedByte()).isEqualTo(0x81); // a text, in one frame
    return new String(in.readNBytes(in.readUnsignedByte()), UTF_8);
  }
}

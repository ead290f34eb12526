package dev.dunlin.server.netty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunlin.server.HttpHandler;
import dev.dunlin.server.HttpResponse;
import dev.dunlin.server.Proxies;
import dev.dunlin.server.Transport;
import dev.dunlin.server.internal.Budget;
import dev.dunlin.server.internal.ListenerPlan;
import dev.dunlin.server.internal.PathPattern;
import dev.dunlin.server.internal.Router;
import dev.dunlin.server.internal.ServerPlan;
import dev.dunlin.server.internal.Target;
import dev.dunlin.server.internal.TlsFiles;
import dev.dunlin.websocket.Limits;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslProvider;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is agreed on by TLS: versions, ciphers, sessions that are resumed, new certificates. */
class TlsSessionsTest {

  private static final int RETURNS = 8;

  @TempDir static Path folder;

  /** Counts the handshakes in which a server showed its certificate: those not resumed. */
  private static final class Client implements X509TrustManager {
    private final AtomicInteger full = new AtomicInteger();
    private final List<String> names = new CopyOnWriteArrayList<>();
    private final SSLContext context;

    Client() throws Exception {
      context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {this}, null);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {
      full.incrementAndGet();
      names.add(chain[0].getSubjectX500Principal().getName());
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }

    SSLSocket connect(NettyServer server, String... versions) throws IOException {
      var address = server.addresses().getFirst();
      var socket =
          (SSLSocket) context.getSocketFactory().createSocket("localhost", address.getPort());
      socket.setSoTimeout(20_000);
      if (versions.length > 0) {
        socket.setEnabledProtocols(versions);
      }
      return socket;
    }
  }

  /** One answer, so that a ticket that was sent with it has been read. */
  private static String ask(SSLSocket socket) throws IOException {
    socket
        .getOutputStream()
        .write("GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    var in =
        new BufferedReader(
            new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
    var status = in.readLine();
    for (var line = in.readLine(); !line.isEmpty(); line = in.readLine()) {}
    assertThat(in.read()).isEqualTo('y');
    return status;
  }

  private static void certificate(String name) throws Exception {
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
                "-dname",
                "CN=" + name,
                "-storetype",
                "PKCS12",
                "-storepass",
                "changeit",
                "-keystore",
                store.toString())
            .redirectErrorStream(true)
            .start();
    var said = new String(tool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(tool.waitFor()).as(said).isZero();
    var keys = KeyStore.getInstance(store.toFile(), "changeit".toCharArray());
    write(name + ".pem", "CERTIFICATE", keys.getCertificate("it").getEncoded());
    write(name + ".key", "PRIVATE KEY", keys.getKey("it", "changeit".toCharArray()).getEncoded());
  }

  private static void write(String file, String kind, byte[] der) throws IOException {
    var text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    Files.writeString(
        folder.resolve(file),
        "-----BEGIN " + kind + "-----\n" + text + "\n-----END " + kind + "-----\n");
  }

  @BeforeAll
  static void make() throws Exception {
    certificate("one");
    certificate("two");
  }

  private static TlsFiles files(String name) {
    return new TlsFiles(
        folder.resolve(name + ".pem"),
        folder.resolve(name + ".key"),
        TlsFiles.Ask.NOTHING,
        Optional.empty());
  }

  private static NettyServer start(TlsContexts tls, Limits limits) {
    var pages = new Router<HttpHandler>();
    pages.add(PathPattern.parse("/page"), request -> HttpResponse.text(200, "y"));
    var anywhere = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    var listener = new ListenerPlan(anywhere, tls, new Router<Target>(), pages, Proxies.none());
    return NettyServer.start(
        new ServerPlan(List.of(listener), limits, new Budget(1 << 20), Transport.NIO, 2));
  }

  static Stream<SslProvider> providers() {
    return OpenSsl.isAvailable()
        ? Stream.of(SslProvider.JDK, SslProvider.OPENSSL)
        : Stream.of(SslProvider.JDK);
  }

  private static void stop(NettyServer server) {
    server.stop();
  }

  @ParameterizedTest
  @MethodSource("providers")
  void whoComesAgainResumesItsSession(SslProvider provider) throws Exception {
    var server =
        start(TlsContexts.server(files("one"), provider, System::nanoTime), Limits.defaults());
    try {
      for (var version : List.of("TLSv1.3", "TLSv1.2")) {
        var client = new Client();
        for (int i = 0; i < RETURNS; i++) {
          try (var socket = client.connect(server, version)) {
            assertThat(ask(socket)).contains("200");
            assertThat(socket.getSession().getProtocol()).isEqualTo(version);
            assertThat(socket.getSession().getCipherSuite()).containsAnyOf("_GCM_", "_POLY1305_");
          }
        }
        assertThat(client.full.get()).as("%s: full handshakes", version).isEqualTo(1);
      }
    } finally {
      stop(server);
    }
  }

  @Test
  void ticketsAreGoodForOneMoreKeyAndNoLonger() throws Exception {
    var now = new AtomicLong();
    var provider = providers().toList().getLast();
    var tls = TlsContexts.server(files("one"), provider, now::get);
    var server = start(tls, Limits.defaults());
    try {
      var client = new Client();
      visit(client, server);
      now.addAndGet(TlsContexts.TICKET_KEY_NANOS + 1);
      visit(client, server);
      assertThat(client.full.get()).isEqualTo(1);
      var other = new Client();
      for (int key = 0; key < 2; key++) {
        now.addAndGet(TlsContexts.TICKET_KEY_NANOS + 1);
        visit(other, server);
      }
      visit(client, server);
      assertThat(client.full.get()).isEqualTo(provider == SslProvider.JDK ? 1 : 2);
    } finally {
      stop(server);
    }
  }

  private static void visit(Client client, NettyServer server) throws IOException {
    try (var socket = client.connect(server, "TLSv1.3")) {
      assertThat(ask(socket)).contains("200");
    }
  }

  @ParameterizedTest
  @MethodSource("providers")
  void oldVersionsAndCiphersWithoutAuthenticationAreRefused(SslProvider provider) throws Exception {
    var server =
        start(TlsContexts.server(files("one"), provider, System::nanoTime), Limits.defaults());
    try {
      for (var suite :
          List.of(
              "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
              "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
              "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA")) {
        try (var socket = new Client().connect(server, "TLSv1.2")) {
          socket.setEnabledCipherSuites(new String[] {suite});
          assertThatThrownBy(socket::startHandshake).isInstanceOf(IOException.class);
        }
      }
      var engine = TlsContexts.server(files("one"), provider, System::nanoTime).current();
      assertThat(engine.cipherSuites()).allMatch(suite -> suite.matches(".*(_GCM_|POLY1305).*"));
    } finally {
      stop(server);
    }
  }

  @Test
  void tenNewCertificatesDropNobodyAndOneThatIsCorruptChangesNothing() throws Exception {
    use("one");
    var tls = TlsContexts.server(files("live"));
    var server = start(tls, Limits.defaults().maxTlsHandshakesPerSecond(Integer.MAX_VALUE));
    var client = new Client();
    var over = new AtomicBoolean();
    var handshakes = new AtomicInteger();
    var failures = new CopyOnWriteArrayList<Exception>();
    var live = new ArrayList<SSLSocket>();
    try {
      for (int i = 0; i < 20; i++) {
        live.add(client.connect(server));
        assertThat(ask(live.getLast())).contains("200");
      }
      var visitor =
          Thread.ofVirtual()
              .start(() -> {
                while (!over.get()) {
                  try (var socket = new Client().connect(server)) {
                    ask(socket);
                    handshakes.incrementAndGet();
                  } catch (Exception e) {
                    failures.add(e);
                  }
                }
              });
      for (int rotation = 0; rotation < 10; rotation++) {
        int before = handshakes.get();
        var name = rotation % 2 == 0 ? "two" : "one";
        if (rotation == 5) {
          Files.writeString(folder.resolve("live.pem"), "-----BEGIN CERTIFICATE-----\nnonsense");
          assertThatThrownBy(tls::reload).isInstanceOf(IllegalArgumentException.class);
          name = "two"; // as it was
        } else {
          use(name);
          tls.reload();
        }
        var fresh = new Client();
        try (var socket = fresh.connect(server)) {
          ask(socket);
        }
        assertThat(fresh.names).containsExactly("CN=" + name);
        await(() -> handshakes.get() >= before + 2);
      }
      over.set(true);
      visitor.join();
      assertThat(failures).isEmpty();
      for (var socket : live) {
        assertThat(ask(socket)).contains("200");
        socket.close();
      }
    } finally {
      over.set(true);
      stop(server);
    }
  }

  private static void use(String name) throws IOException {
    for (var kind : List.of(".key", ".pem")) {
      Files.writeString(
          folder.resolve("live" + kind), Files.readString(folder.resolve(name + kind)));
    }
  }

  @Test
  void handshakesBeyondTheRateAreClosedAndThoseWhoAreInStay() throws Exception {
    var tls = TlsContexts.server(files("one"));
    var server = start(tls, Limits.defaults().maxTlsHandshakesPerSecond(3));
    var client = new Client();
    try (var first = client.connect(server)) {
      assertThat(ask(first)).contains("200");
      int refused = 0;
      for (int i = 0; i < 10; i++) {
        try (var socket = client.connect(server)) {
          socket.startHandshake();
        } catch (IOException closed) {
          refused++;
        }
      }
      assertThat(refused).isBetween(4, 8);
      assertThat(server.statistics().turnedAway()).isEqualTo(refused);
      assertThat(ask(first)).contains("200");
    } finally {
      stop(server);
    }
  }

  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + 20_000_000_000L;
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(end);
      LockSupport.parkNanos(1_000_000);
    }
  }
}

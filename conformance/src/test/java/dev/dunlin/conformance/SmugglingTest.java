package dev.dunlin.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.server.HttpResponse;
import dev.dunlin.server.WebSocketServer;
import dev.dunlin.testing.Component;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Requests that a proxy and a server might count differently, sent through nginx and HAProxy: the
 * proxy keeps {@code /secret} from everybody, and no request that it did not see may reach it.
 */
class SmugglingTest {

  private static final String SECRET =
      "GET /secret?by=smuggler HTTP/1.1\r\nHost: localhost\r\n\r\n";

  /** How long a client waits for one more answer that is not to come. */
  private static final int PATIENCE_MILLIS = 250;

  private final AtomicInteger open = new AtomicInteger();

  /** The targets under which the secret has been asked for. */
  private final ConcurrentLinkedQueue<String> secret = new ConcurrentLinkedQueue<>();

  private WebSocketServer server;

  @BeforeEach
  void start() {
    server =
        WebSocketServer.builder()
            .limits(EchoServer.LIMITS)
            .route("/echo", session -> message -> {})
            .http("/open", request -> HttpResponse.text(200, "open " + open.incrementAndGet()))
            .http(
                "/secret",
                request -> {
                  secret.add(request.query("by").orElse("its path"));
                  return HttpResponse.text(200, "secret");
                })
            .start(0);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void nothingIsSmuggledThroughNginx(@TempDir Path folder) throws Exception {
    int port = freePort();
    var configuration =
        """
        daemon off;
        pid %1$s/nginx.pid;
        error_log stderr crit;
        events { worker_connections 256; }
        http {
          access_log off;
          client_body_temp_path %1$s; proxy_temp_path %1$s; fastcgi_temp_path %1$s;
          uwsgi_temp_path %1$s; scgi_temp_path %1$s;
          upstream dunlin { server 127.0.0.1:%2$d; keepalive 8; }
          server {
            listen 127.0.0.1:%3$d;
            location /secret { return 403; }
            location /open {
              proxy_pass http://dunlin;
              proxy_http_version 1.1;
              proxy_set_header Connection "";
            }
            location /echo {
              proxy_pass http://dunlin;
              proxy_http_version 1.1;
              proxy_set_header Upgrade $http_upgrade;
              proxy_set_header Connection upgrade;
            }
          }
        }
        """
            .formatted(folder, server.port(), port);
    var file = Files.writeString(folder.resolve("nginx.conf"), configuration);
    through(
        port,
        Component.NGINX.require().toString(),
        "-e",
        "stderr",
        "-p",
        folder.toString(),
        "-c",
        file.toString());
  }

  @Test
  void nothingIsSmuggledThroughHaproxy(@TempDir Path folder) throws Exception {
    int port = freePort();
    var configuration =
        """
        defaults
          mode http
          timeout connect 5s
          timeout client 30s
          timeout server 30s
          http-reuse always
        frontend clients
          bind 127.0.0.1:%2$d
          http-request deny if { path,url_dec -m beg -i /secret }
          default_backend dunlin
        backend dunlin
          server one 127.0.0.1:%1$d
        """
            .formatted(server.port(), port);
    var file = Files.writeString(folder.resolve("haproxy.cfg"), configuration);
    through(port, Component.HAPROXY.require().toString(), "-db", "-f", file.toString());
  }

  private void through(int port, String... command) throws Exception {
    var log = Files.createTempFile("proxy", ".log");
    var process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    try {
      while (!answers(port)) {
        assertThat(process.isAlive()).as(Files.readString(log)).isTrue();
        Thread.onSpinWait();
      }
      // the detector works: asked directly, the server answers and counts
      assertThat(said(server.port(), SECRET)).contains(" 200 ", "secret");
      assertThat(secret.remove()).isEqualTo("smuggler");
      assertThat(said(port, SECRET)).contains(" 403 ");
      var tasks = new ArrayList<Callable<String>>();
      for (var attempt : attempts().entrySet()) {
        tasks.add(() -> {
          said(port, attempt.getValue());
          // what a connection to the server still holds would be answered to the next client
          return attempt.getKey() + ": " + said(port, get("/open"));
        });
      }
      try (var threads = Executors.newFixedThreadPool(16, Thread.ofVirtual().factory())) {
        for (var answer : threads.invokeAll(tasks)) {
          assertThat(answer.get()).contains(" 200 ", "open ");
        }
      }
      assertThat(secret).isEmpty();
    } finally {
      process.destroy();
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
      Files.delete(log);
    }
  }

  /** By name, what a proxy may pass on as one request. */
  private static Map<String, String> attempts() {
    var all = new LinkedHashMap<String, String>();
    int length = SECRET.length();
    var chunked = "0\r\n\r\n" + SECRET;
    var codings =
        List.of(
            "Transfer-Encoding: chunked",
            "Transfer-Encoding : chunked",
            "Transfer-Encoding: xchunked",
            "Transfer-Encoding:\tchunked",
            "Transfer-Encoding: \u000bchunked",
            "Transfer-Encoding: chunked, identity",
            "Transfer-Encoding: identity, chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
            "Transfer-Encoding: \"chunked\"",
            "Transfer-Encoding\n: chunked",
            "X: y\nTransfer-Encoding: chunked",
            "X: y\rTransfer-Encoding: chunked",
            "Transfer_Encoding: chunked",
            "Transfer-Encoding: chunKed",
            " Transfer-Encoding: chunked",
            "TE: chunked");
    for (var coding : codings) {
      all.put(
          "length and " + coding,
          post("Content-Length: " + chunked.length() + "\r\n" + coding) + chunked);
      all.put("short length and " + coding, post("Content-Length: 5\r\n" + coding) + chunked);
      all.put("only " + coding, post(coding) + chunked);
    }
    var lengths =
        List.of(
            "Content-Length: 0\r\nContent-Length: " + length,
            "Content-Length: " + length + "\r\nContent-Length: 0",
            "Content-Length: 0, " + length,
            "Content-Length: +" + length,
            "Content-Length: -1",
            "Content-Length: 0x" + Integer.toHexString(length),
            "Content-Length: 0" + length,
            "Content-Length: " + length + " ",
            "Content-Length : " + length,
            "Content-Length: " + length + ".0",
            "Content-Length: 18446744073709551616",
            "Content_Length: " + length,
            "X: y\nContent-Length: " + length,
            "Content-Length:\n " + length);
    for (var field : lengths) {
      all.put(field, post(field) + SECRET);
    }
    // chunks that are cut at different places by different readers
    var size = Integer.toHexString(length);
    for (var body :
        List.of(
            size + "\n" + SECRET + "\r\n0\r\n\r\n",
            "0" + size + ";x=\n\r\n" + SECRET + "\r\n0\r\n\r\n",
            "1 \r\nx\r\n0\r\n\r\n" + SECRET,
            "1\r\nxyz0\r\n\r\n" + SECRET,
            "fffffffffffffffff\r\n" + SECRET,
            "-1\r\n" + SECRET,
            "0x1\r\nx\r\n0\r\n\r\n" + SECRET,
            "0\r\nX: y\r\n" + SECRET + "\r\n")) {
      all.put(
          "chunks " + body.lines().findFirst().orElseThrow(),
          post("Transfer-Encoding: chunked") + body);
    }
    // a body with GET, and with an upgrade
    all.put("GET with a body", get("/open", "Content-Length: " + length) + SECRET);
    all.put(
        "HEAD with a body",
        get("/open", "Content-Length: " + length).replace("GET", "HEAD") + SECRET);
    all.put("upgrade with a body", upgrade("13", "Content-Length: " + length) + SECRET);
    all.put("upgrade with chunks", upgrade("13", "Transfer-Encoding: chunked") + chunked);
    // a tunnel that the proxy believes in and the server has refused
    for (var version : List.of("12", "777", "", "13, 13", "\u00b9\u00b3")) {
      all.put("upgrade to version " + version, upgrade(version, "X: y") + SECRET);
    }
    all.put(
        "upgrade to h2c",
        upgrade("13", "HTTP2-Settings: AAMAAABk").replace("websocket", "h2c") + SECRET);
    all.put("upgrade elsewhere", upgrade("13", "X: y").replace("/echo", "/open") + SECRET);
    all.put("expectation", post("Content-Length: " + length + "\r\nExpect: 100-continue") + SECRET);
    // paths that a proxy and a server may read differently
    for (var path :
        List.of(
            "/open/../secret",
            "/open/%2e%2e/secret",
            "//secret",
            "/open;/../secret",
            "/%73ecret",
            "/open/..%2fsecret",
            "/open\\..\\secret",
            "/open%00/../secret",
            "/./secret",
            "/echo/../secret",
            "http://localhost/secret",
            "/open#/../secret",
            "/SECRET")) {
      all.put("path " + path, get(path));
    }
    return all;
  }

  private static String get(String target, String... fields) {
    return "GET "
        + target
        + " HTTP/1.1\r\nHost: localhost\r\n"
        + String.join("", List.of(fields).stream().map(it -> it + "\r\n").toList())
        + "\r\n";
  }

  private static String post(String fields) {
    return "POST /open HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n\r\n";
  }

  private static String upgrade(String version, String field) {
    return get(
        "/echo",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: " + version,
        field);
  }

  /** All that is answered on one connection until nothing more comes. */
  private static String said(int port, String request) throws IOException {
    var answer = new ByteArrayOutputStream();
    try (var client = RawClient.connect(port)) {
      client.socket().setSoTimeout(PATIENCE_MILLIS);
      client.send(request.getBytes(StandardCharsets.ISO_8859_1));
      var buffer = new byte[4096];
      var in = client.socket().getInputStream();
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        answer.write(buffer, 0, count);
      }
    } catch (SocketTimeoutException | SocketException e) {
      // kept alive, or reset after the refusal: what was said until then counts
    }
    return answer.toString(StandardCharsets.ISO_8859_1);
  }

  private static boolean answers(int port) {
    try {
      return said(port, get("/open")).contains(" 200 ");
    } catch (IOException e) {
      return false;
    }
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}

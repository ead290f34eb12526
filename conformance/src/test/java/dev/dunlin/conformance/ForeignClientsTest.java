package dev.dunlin.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.server.WebSocketServer;
import dev.dunlin.testing.Component;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.WebSocketListener;
import okio.ByteString;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Clients that we did not write: every kind and size of message up to 10 MiB comes back equal. */
class ForeignClientsTest {

  private static final int[] SIZES = {0, 1, 125, 126, 127, 65_535, 65_536, 1 << 20, 10 << 20};
  private static final Path SCRIPTS = Path.of("e2e").toAbsolutePath();

  private static WebSocketServer plain;
  private static WebSocketServer secure;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    plain = EchoServer.start();
    secure = EchoServer.startTls(folder);
  }

  @AfterAll
  static void stop() {
    plain.close();
    secure.close();
  }

  /** With TLS and without, each compressed and not, and what compression must be answered. */
  static Stream<Arguments> urls() {
    var ws = "ws://127.0.0.1:" + plain.port();
    var wss = "wss://127.0.0.1:" + secure.port();
    return Stream.of(
        Arguments.of(ws + EchoServer.PLAIN, "off"),
        Arguments.of(ws + EchoServer.TAKEOVER, "on"),
        Arguments.of(wss + EchoServer.PLAIN, "off"),
        Arguments.of(wss + EchoServer.SHARED, "on"));
  }

  private static List<Object> messages() {
    var messages = new ArrayList<Object>();
    for (int size : SIZES) {
      // seven octets, and as many as are missing
      messages.add("x\u00e9\u20ac ".repeat(size / 7) + "y".repeat(size % 7));
      messages.add(ByteBuffer.wrap(FramingCases.repeated(0xfe, size)));
    }
    return messages;
  }

  /** It knows no compression: every route is plain to it. */
  @ParameterizedTest
  @MethodSource("urls")
  void theClientOfTheJdkIsEchoed(String url, String offered) throws Exception {
    var echoes = new LinkedBlockingQueue<Object>();
    try (var http = HttpClient.newBuilder().sslContext(Target.trusting()).build()) {
      var socket =
          http.newWebSocketBuilder()
              .buildAsync(URI.create(url), new Collecting(echoes))
              .get(30, TimeUnit.SECONDS);
      for (var message : messages()) {
        (message instanceof String text
                ? socket.sendText(text, true)
                : socket.sendBinary(((ByteBuffer) message).duplicate(), true))
            .get(30, TimeUnit.SECONDS);
        assertThat(next(echoes)).isEqualTo(message);
      }
      socket.sendPing(ByteBuffer.wrap(new byte[] {1, 2, 3})).get(30, TimeUnit.SECONDS);
      assertThat(next(echoes)).isEqualTo("pong 3");
      socket.sendClose(1000, "done").get(30, TimeUnit.SECONDS);
      assertThat(next(echoes)).isEqualTo("closed 1000");
    }
  }

  private static Object next(BlockingQueue<Object> echoes) throws InterruptedException {
    var echo = echoes.poll(60, TimeUnit.SECONDS);
    assertThat(echo).as("an echo within a minute").isNotNull();
    return echo;
  }

  /** Puts the JDK's pieces of messages together. */
  private static final class Collecting implements WebSocket.Listener {
    private final BlockingQueue<Object> echoes;
    private final StringBuilder text = new StringBuilder();
    private final ByteArrayOutputStream binary = new ByteArrayOutputStream();

    Collecting(BlockingQueue<Object> echoes) {
      this.echoes = echoes;
    }

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        echoes.add(text.toString());
        text.setLength(0);
      }
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
      var bytes = new byte[data.remaining()];
      data.get(bytes);
      binary.writeBytes(bytes);
      if (last) {
        echoes.add(ByteBuffer.wrap(binary.toByteArray()));
        binary.reset();
      }
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onPong(WebSocket socket, ByteBuffer data) {
      echoes.add("pong " + data.remaining());
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      echoes.add("closed " + code);
      return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
      echoes.add(error);
    }
  }

  @ParameterizedTest
  @MethodSource("urls")
  void okHttpIsEchoed(String url, String compression) throws Exception {
    var echoes = new LinkedBlockingQueue<Object>();
    var client =
        new OkHttpClient.Builder()
            .minWebSocketMessageToCompress(0)
            .sslSocketFactory(Target.trusting().getSocketFactory(), new Target.TakesAny())
            .build();
    try {
      var socket =
          client.newWebSocket(
              new Request.Builder().url(url).build(),
              new WebSocketListener() {
                @Override
                public void onOpen(okhttp3.WebSocket socket, Response response) {
                  echoes.add(response.header("Sec-WebSocket-Extensions", "none"));
                }

                @Override
                public void onMessage(okhttp3.WebSocket socket, String text) {
                  echoes.add(text);
                }

                @Override
                public void onMessage(okhttp3.WebSocket socket, ByteString bytes) {
                  echoes.add(bytes.asByteBuffer());
                }

                @Override
                public void onClosed(okhttp3.WebSocket socket, int code, String reason) {
                  echoes.add("closed " + code);
                }

                @Override
                public void onFailure(okhttp3.WebSocket socket, Throwable t, Response response) {
                  echoes.add(t);
                }
              });
      assertThat(next(echoes).toString().startsWith("permessage-deflate"))
          .isEqualTo(compression.equals("on"));
      for (var message : messages()) {
        boolean sent =
            message instanceof String text
                ? socket.send(text)
                : socket.send(ByteString.of(((ByteBuffer) message).duplicate()));
        assertThat(sent).isTrue();
        assertThat(next(echoes)).isEqualTo(message);
      }
      socket.close(1000, "done");
      assertThat(next(echoes)).isEqualTo("closed 1000");
    } finally {
      client.dispatcher().executorService().shutdown();
      client.connectionPool().evictAll();
    }
  }

  @ParameterizedTest
  @MethodSource("urls")
  void wsOfNodeIsEchoed(String url, String compression) throws Exception {
    run(node(), "ws.mjs", url, "on", compression);
  }

  @Test
  void wsOfNodeThatOffersNoCompressionIsEchoed() throws Exception {
    run(node(), "ws.mjs", "ws://127.0.0.1:" + plain.port() + EchoServer.VIRTUAL, "off", "off");
  }

  @ParameterizedTest
  @MethodSource("urls")
  void websocketsOfPythonIsEchoed(String url, String compression) throws Exception {
    run(python(), "client.py", url, "on", compression);
  }

  @Test
  void websocketsOfPythonThatOffersNoCompressionIsEchoed() throws Exception {
    var url = "ws://127.0.0.1:" + plain.port() + EchoServer.VIRTUAL;
    run(python(), "client.py", url, "off", "off");
  }

  /** One browser for all of them, and for segments that were compressed alone and joined. */
  @Test
  void chromiumIsEchoed() throws Exception {
    var command = new ArrayList<String>();
    command.addAll(List.of(node(), "browser.mjs", Component.CHROMIUM.require().toString()));
    command.add("ws://127.0.0.1:" + plain.port() + EchoServer.BATCHED);
    urls().forEach(it -> Stream.of(it.get()).map(Object::toString).forEach(command::add));
    run(command.toArray(String[]::new));
  }

  private static String python() {
    return Component.PYTHON_WEBSOCKETS.require().toString();
  }

  /** Node with the packages of {@code e2e/package-lock.json}, installed at the first call. */
  private static String node() throws Exception {
    var node = Component.NODE.require().toString();
    Component.npmPackages(SCRIPTS);
    return node;
  }

  private static void run(String... command) throws Exception {
    var output = Files.createTempFile("client", ".log");
    try {
      var process =
          new ProcessBuilder(command)
              .directory(SCRIPTS.toFile())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      try {
        boolean ended = process.waitFor(120, TimeUnit.SECONDS);
        assertThat(ended).as("%s ended: %s", command[1], said(output)).isTrue();
        assertThat(process.exitValue()).as(said(output)).isZero();
      } finally {
        process.destroyForcibly();
      }
    } finally {
      Files.delete(output);
    }
  }

  private static String said(Path output) throws Exception {
    return Files.readString(output, StandardCharsets.UTF_8);
  }
}

package dev.dunlin.server.netty;

import static org.assertj.core.api.Assertions.assertThat;

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
import dev.dunlin.websocket.Limits;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Bodies of requests that nobody has looked at yet share the budget for strangers. */
class HttpBudgetTest {

  private final Budget budget = new Budget(40_000); // 10,000 of it for strangers

  private NettyServer start() {
    var pages = new Router<HttpHandler>();
    pages.add(
        PathPattern.parse("/page"),
        request -> HttpResponse.text(200, request.body().length + " bytes\n"));
    var anywhere = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    var listener = new ListenerPlan(anywhere, null, new Router<Target>(), pages, Proxies.none());
    return NettyServer.start(
        new ServerPlan(List.of(listener), Limits.defaults(), budget, Transport.NIO, 1));
  }

  private static Socket post(NettyServer server, int declared, int sent) throws IOException {
    var socket = new Socket();
    socket.setSoTimeout(20_000);
    socket.connect(server.addresses().get(0));
    var head = "POST /page HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + declared + "\r\n\r\n";
    socket.getOutputStream().write((head + "x".repeat(sent)).getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  private static String status(Socket socket) throws IOException {
    return new BufferedReader(
            new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))
        .readLine();
  }

  private void awaitUsed(long bytes) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (budget.strangers().used() != bytes && System.nanoTime() < end) {
      Thread.onSpinWait();
    }
    assertThat(budget.strangers().used()).isEqualTo(bytes);
  }

  @Test
  void aBodyBeyondTheBudgetIsAskedToComeAgain() throws Exception {
    var server = start();
    try (var unfinished = post(server, 9_000, 8_000)) {
      awaitUsed(8_000);
      try (var next = post(server, 3_000, 3_000)) {
        assertThat(status(next)).startsWith("HTTP/1.1 503");
      }
      try (var small = post(server, 1_000, 1_000)) {
        assertThat(status(small)).startsWith("HTTP/1.1 200");
      }
      awaitUsed(8_000);
      unfinished.getOutputStream().write(new byte[1_000]);
      assertThat(status(unfinished)).startsWith("HTTP/1.1 200");
      awaitUsed(0);
    } finally {
      server.stop();
    }
  }

  @Test
  void aBodyThatNeverEndsGivesBackWhatItTook() throws Exception {
    var server = start();
    try {
      post(server, 9_000, 8_000).close();
      awaitUsed(0);
    } finally {
      server.stop();
    }
  }
}

package dev.dunlin.broker.redis;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A way to a server that can lose what the server says. */
final class Proxy implements AutoCloseable {

  private final ServerSocket entry;
  private final int target;
  private final List<Way> ways = new CopyOnWriteArrayList<>();
  private final AtomicInteger accepted = new AtomicInteger();

  private static final class Way {
    final Socket client;
    final Socket server;
    volatile boolean subscribes;
    volatile boolean deaf;

    Way(Socket client, Socket server) {
      this.client = client;
      this.server = server;
    }
  }

  Proxy(int target) throws IOException {
    this.target = target;
    entry = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  String url() {
    return "redis://127.0.0.1:" + entry.getLocalPort();
  }

  int accepted() {
    return accepted.get();
  }

  /** From now on what the server says on the present subscription links is lost. */
  void starveSubscribers() {
    ways.stream().filter(way -> way.subscribes).forEach(way -> way.deaf = true);
  }

  private void accept() {
    while (!entry.isClosed()) {
      try {
        var client = entry.accept();
        accepted.incrementAndGet();
        var way = new Way(client, new Socket(InetAddress.getLoopbackAddress(), target));
        ways.add(way);
        Thread.ofVirtual().start(() -> pump(way, true));
        Thread.ofVirtual().start(() -> pump(way, false));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  private static void pump(Way way, boolean upward) {
    var bytes = new byte[8192];
    try (var from = upward ? way.client : way.server;
        var to = upward ? way.server : way.client) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (var count = in.read(bytes); count >= 0; count = in.read(bytes)) {
        if (upward && new String(bytes, 0, count, ISO_8859_1).contains("SUBSCRIBE")) {
          way.subscribes = true;
        }
        if (upward || !way.deaf) {
          out.write(bytes, 0, count);
        }
      }
    } catch (IOException e) {
      // one end is gone; both are closed
    }
  }

  @Override
  public void close() throws IOException {
    entry.close();
    for (var way : ways) {
      way.client.close();
      way.server.close();
    }
  }
}

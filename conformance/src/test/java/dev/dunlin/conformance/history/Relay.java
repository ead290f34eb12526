package dev.dunlin.conformance.history;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;

/**
 * The network between clients and server, where connections are cut and slowed down. A client is
 * known by {@code ?client=} in the address it asks for; the server may move to another port.
 */
public final class Relay implements AutoCloseable {

  private static final Pattern CLIENT = Pattern.compile("^GET [^ ]*[?&]client=([^& ]+)");
  private static final int BUFFER_BYTES = 8 << 10;

  private final ServerSocket listener;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, Link> links = new ConcurrentHashMap<>();
  private final Map<String, Long> out = new ConcurrentHashMap<>();
  private volatile int serverPort;

  /** Listens on a free port of the loopback. */
  public Relay() throws IOException {
    listener = new ServerSocket();
    listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 512);
    threads.execute(this::accept);
  }

  public int port() {
    return listener.getLocalPort();
  }

  /** Connections from now on go to this port. */
  public void server(int port) {
    serverPort = port;
  }

  /** Cuts a client's connection, if it has one, in the middle of whatever is under way. */
  void cut(String client) {
    var link = links.get(client);
    if (link != null) {
      link.close();
    }
  }

  /** Cuts the connections of all clients. */
  public void cutAll() {
    links.values().forEach(Link::close);
  }

  /** Cuts a client's connection and lets no other of it through for a while: a tunnel. */
  void keepOut(String client, Duration time) {
    out.put(client, System.nanoTime() + time.toNanos());
    cut(client);
  }

  private boolean keptOut(String client) {
    var until = out.get(client);
    return until != null && System.nanoTime() - until < 0;
  }

  /** Stops passing on what the server sends, so that it backs up, or goes on. */
  void hold(String client, boolean held) {
    var link = links.get(client);
    if (link != null) {
      link.hold(held);
    }
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        var client = listener.accept();
        threads.execute(() -> connect(client));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void connect(Socket client) {
    var server = new Socket();
    var link = new Link(client, server);
    try {
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
      server.setReceiveBufferSize(BUFFER_BYTES);
      var head = new byte[BUFFER_BYTES];
      int read = client.getInputStream().read(head);
      var name = CLIENT.matcher(new String(head, 0, Math.max(read, 0), US_ASCII));
      if (!name.find() || keptOut(name.group(1))) {
        link.close();
        return;
      }
      server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), serverPort));
      server.getOutputStream().write(Arrays.copyOf(head, read));
      var before = links.put(name.group(1), link);
      if (before != null) {
        before.close();
      }
      threads.execute(() -> link.pass(false));
      link.pass(true);
    } catch (IOException failed) {
      link.close();
    }
  }

  private static final class Link {
    private final Socket client;
    private final Socket server;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition released = lock.newCondition();
    private boolean held; // guarded by the lock
    private volatile boolean closed;

    Link(Socket client, Socket server) {
      this.client = client;
      this.server = server;
    }

    void pass(boolean toClient) {
      try {
        InputStream from = (toClient ? server : client).getInputStream();
        OutputStream to = (toClient ? client : server).getOutputStream();
        var buffer = new byte[BUFFER_BYTES];
        for (int read = from.read(buffer); read >= 0 && !closed; read = from.read(buffer)) {
          if (toClient) {
            awaitRelease();
          }
          to.write(buffer, 0, read);
        }
      } catch (IOException over) {
        // the connection ends below, which is what the other side is to see
      } finally {
        close();
      }
    }

    private void awaitRelease() {
      lock.lock();
      try {
        while (held && !closed) {
          released.awaitUninterruptibly();
        }
      } finally {
        lock.unlock();
      }
    }

    void hold(boolean hold) {
      lock.lock();
      try {
        held = hold;
        released.signalAll();
      } finally {
        lock.unlock();
      }
    }

    void close() {
      closed = true;
      hold(false);
      close(client);
      close(server);
    }

    private static void close(Socket socket) {
      try {
        socket.close();
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    links.values().forEach(Link::close);
    threads.close();
  }
}

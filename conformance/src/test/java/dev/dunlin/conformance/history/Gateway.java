package dev.dunlin.conformance.history;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntSupplier;

/**
 * A way for connections that can be blocked in one direction or both, as a partition of a network
 * blocks it: nothing is lost, nothing arrives, nobody is told. New connections fare the same.
 */
public final class Gateway implements AutoCloseable {

  private static final int BUFFER_BYTES = 16 << 10;

  private final ServerSocket listener;
  private final IntSupplier target;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  // guarded by the lock
  private boolean upBlocked;
  private boolean downBlocked;
  private boolean closed;

  /**
   * A way to a port of this machine.
   *
   * @param target asked for every connection
   */
  public Gateway(IntSupplier target) throws IOException {
    this.target = target;
    listener = new ServerSocket();
    listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1024);
    threads.execute(this::accept);
  }

  /** Where clients connect. */
  public int port() {
    return listener.getLocalPort();
  }

  /** Blocks what clients send, what servers send, or both; false opens the way again. */
  void block(boolean up, boolean down) {
    lock.lock();
    try {
      upBlocked = up;
      downBlocked = down;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Cuts all connections, as a reset does. */
  public void cutAll() throws IOException {
    for (var socket : open) {
      socket.setSoLinger(true, 0);
      socket.close();
    }
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        var client = listener.accept();
        threads.execute(() -> connect(client));
      } catch (IOException over) {
        return;
      }
    }
  }

  private void connect(Socket client) {
    var server = new Socket();
    open.add(client);
    open.add(server);
    try {
      awaitOpen(true);
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
      server.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), target.getAsInt()), 2_000);
      threads.execute(() -> pass(server, client, false));
      pass(client, server, true);
    } catch (IOException unreachable) {
      end(client);
      end(server);
    }
  }

  private void pass(Socket from, Socket to, boolean up) {
    try {
      var buffer = new byte[BUFFER_BYTES];
      var in = from.getInputStream();
      var out = to.getOutputStream();
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        awaitOpen(up);
        out.write(buffer, 0, read);
      }
    } catch (IOException over) {
      // both ends are closed below, which is what either side is to see
    } finally {
      end(from);
      end(to);
    }
  }

  private void awaitOpen(boolean up) {
    lock.lock();
    try {
      while (!closed && (up ? upBlocked : downBlocked)) {
        changed.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  private void end(Socket socket) {
    open.remove(socket);
    try {
      socket.close();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    listener.close();
    for (var socket : open) {
      socket.close();
    }
    threads.close();
  }
}

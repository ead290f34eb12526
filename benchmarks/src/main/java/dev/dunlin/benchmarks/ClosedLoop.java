package dev.dunlin.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Connections on one selector, each of which gets its next messages when the last have come back.
 * What comes back is compared by the subclass.
 *
 * @param <P> a connection with what is known about it
 */
abstract class ClosedLoop<P extends ClosedLoop.Peer> {

  private static final double WARM_UP_SHARE = 0.4;
  private static final long STALL_NANOS = 5_000_000_000L;

  /** The subscribers of some servers are subscribed a little after their handshake is answered. */
  private static final long SETTLE_NANOS = 200_000_000L;

  private final Server server;
  private final ByteBuffer in = ByteBuffer.allocateDirect(1 << 20);
  final List<P> peers = new ArrayList<>();
  long received;
  private int round;

  ClosedLoop(Server server) {
    this.server = server;
  }

  /** A connection. */
  static class Peer {
    final SocketChannel channel;

    Peer(SocketChannel channel) {
      this.channel = channel;
    }
  }

  /** Opens a connection. */
  abstract P open(String path) throws IOException;

  /** Sends the next messages of a round. */
  abstract void send(P peer) throws IOException;

  /** Compares what arrived; says how often a round became complete. */
  abstract int take(P peer, ByteBuffer arrived) throws IOException;

  /** Something to add to the result. */
  String more() {
    return "";
  }

  /** Echo: each connection goes round on its own. */
  final String echo(int connections, double seconds) throws IOException {
    try (var selector = Selector.open()) {
      connect(selector, connections, "/echo");
      for (var peer : peers) {
        send(peer);
      }
      return measure(selector, seconds, this::send);
    } finally {
      close();
    }
  }

  /** Fan-out: all subscribers go round together. */
  final String fan(int subscribers, double seconds) throws IOException {
    try (var selector = Selector.open()) {
      connect(selector, subscribers, "/fan");
      var publisher = open("/pub");
      peers.add(publisher);
      publisher.channel.configureBlocking(false);
      round = subscribers;
      send(publisher);
      return measure(
          selector,
          seconds,
          peer -> {
            if (--round == 0) {
              round = subscribers;
              send(publisher);
            }
          });
    } finally {
      close();
    }
  }

  private interface Whole<P> {
    /** A connection has all that it waited for. */
    void received(P peer) throws IOException;
  }

  private void connect(Selector selector, int connections, String path) throws IOException {
    for (int i = 0; i < connections; i++) {
      var peer = open(path);
      peers.add(peer);
      peer.channel.configureBlocking(false);
      peer.channel.register(selector, SelectionKey.OP_READ, peer);
    }
    run(selector, System.nanoTime() + SETTLE_NANOS, peer -> {});
  }

  private void close() throws IOException {
    for (var peer : peers) {
      peer.channel.close();
    }
  }

  private String measure(Selector selector, double seconds, Whole<P> whole) throws IOException {
    run(selector, System.nanoTime() + (long) (seconds * WARM_UP_SHARE * 1e9), whole);
    received = 0;
    var cpu = server.threads();
    long start = System.nanoTime();
    run(selector, start + (long) (seconds * 1e9), whole);
    double used = server.cpuSecondsSince(cpu);
    double elapsed = (System.nanoTime() - start) / 1e9;
    if (received == 0) {
      throw new IOException("nothing came back");
    }
    return String.format(
        Locale.ROOT,
        "messages=%d per_second=%.0f cpu_seconds=%.2f per_cpu_second=%.0f%s",
        received,
        received / elapsed,
        used,
        received / used,
        more());
  }

  private void run(Selector selector, long until, Whole<P> whole) throws IOException {
    try {
      long before = received;
      long progress = System.nanoTime();
      for (long now = progress; now < until; now = System.nanoTime()) {
        selector.select(key -> read(key, whole), 100);
        if (received != before) {
          before = received;
          progress = now;
        } else if (now - progress > STALL_NANOS) {
          throw new IOException("nothing came back for 5 s");
        }
      }
    } catch (UncheckedIOException failure) {
      throw failure.getCause();
    }
  }

  @SuppressWarnings("unchecked") // what connect has attached
  private void read(SelectionKey key, Whole<P> whole) {
    try {
      var peer = (P) key.attachment();
      in.clear();
      if (peer.channel.read(in) < 0) {
        throw new IOException("the server has closed a connection");
      }
      for (int rounds = take(peer, in.flip()); rounds > 0; rounds--) {
        whole.received(peer);
      }
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }
}

package dev.dunlin.benchmarks;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * A closed-loop load generator without any WebSocket library: raw frames over {@code java.nio} on
 * one thread, every echoed byte compared, the server's CPU time read from {@code /proc}.
 *
 * <pre>
 * java -cp … dev.dunlin.benchmarks.Load echo PORT PID CONNECTIONS IN_FLIGHT BYTES SECONDS
 * java -cp … dev.dunlin.benchmarks.Load fan  PORT PID SUBSCRIBERS IN_FLIGHT BYTES SECONDS
 * </pre>
 *
 * <p>Prints one line: messages (deliveries for {@code fan}), per second, the server's CPU seconds,
 * and messages per server CPU-second, the figure of merit.
 */
public final class Load {

  private static final int KEY = 0x01020304;
  private static final double TICKS_PER_SECOND = 100;
  private static final double WARM_UP_SHARE = 0.4;

  private final InetSocketAddress address;
  private final long pid;
  private final int inFlight;
  private final byte[] payload;
  private final byte[] reply;
  private final byte[] replies;
  private final ByteBuffer requests;
  private final ByteBuffer in = ByteBuffer.allocateDirect(1 << 20);
  private final List<Peer> peers = new ArrayList<>();
  private long received;
  private int round;

  private Load(int port, long pid, int inFlight, int bytes) {
    this.address = new InetSocketAddress("127.0.0.1", port);
    this.pid = pid;
    this.inFlight = inFlight;
    this.payload = text(bytes);
    this.reply = frame(payload, false);
    var request = frame(payload, true);
    this.requests = ByteBuffer.allocateDirect(request.length * inFlight);
    for (int i = 0; i < inFlight; i++) {
      requests.put(request);
    }
    this.replies = repeated(reply, inFlight);
  }

  private static final class Peer {
    final SocketChannel channel;

    /** How far into the expected replies the connection has read. */
    int at;

    Peer(SocketChannel channel) {
      this.channel = channel;
    }
  }

  /** Runs one scenario; see the class. */
  public static void main(String[] args) throws IOException {
    if (args.length != 7) {
      System.err.println("usage: Load echo|fan PORT PID CONNECTIONS IN_FLIGHT BYTES SECONDS");
      System.exit(2);
    }
    var load =
        new Load(
            Integer.parseInt(args[1]),
            Long.parseLong(args[2]),
            Integer.parseInt(args[4]),
            Integer.parseInt(args[5]));
    int connections = Integer.parseInt(args[3]);
    double seconds = Double.parseDouble(args[6]);
    switch (args[0]) {
      case "echo" -> load.echo(connections, seconds);
      case "fan" -> load.fan(connections, seconds);
      default -> throw new IllegalArgumentException("no scenario " + args[0]);
    }
  }

  // ---- scenarios

  private void echo(int connections, double seconds) throws IOException {
    try (var selector = Selector.open()) {
      for (int i = 0; i < connections; i++) {
        connect("/echo", selector);
      }
      for (var peer : peers) {
        send(peer);
      }
      measure(selector, seconds, peer -> send(peer));
    }
  }

  private void fan(int subscribers, double seconds) throws IOException {
    try (var selector = Selector.open()) {
      for (int i = 0; i < subscribers; i++) {
        connect("/fan", selector);
      }
      var publisher = new Peer(open("/pub"));
      round = subscribers;
      send(publisher);
      measure(
          selector,
          seconds,
          peer -> {
            if (--round == 0) {
              round = subscribers;
              send(publisher);
            }
          });
    }
  }

  private interface Whole {
    /** A connection has all replies of its round. */
    void received(Peer peer) throws IOException;
  }

  private void measure(Selector selector, double seconds, Whole whole) throws IOException {
    run(selector, System.nanoTime() + (long) (seconds * WARM_UP_SHARE * 1e9), whole);
    received = 0;
    double cpu = cpuSeconds();
    long start = System.nanoTime();
    run(selector, start + (long) (seconds * 1e9), whole);
    double used = cpuSeconds() - cpu;
    double elapsed = (System.nanoTime() - start) / 1e9;
    System.out.printf(
        Locale.ROOT,
        "messages %d  per_second %.0f  cpu_seconds %.2f  per_cpu_second %.0f%n",
        received,
        received / elapsed,
        used,
        received / used);
  }

  private void run(Selector selector, long until, Whole whole) throws IOException {
    while (System.nanoTime() < until) {
      selector.select(key -> read(key, whole), 100);
    }
  }

  private void read(SelectionKey key, Whole whole) {
    try {
      var peer = (Peer) key.attachment();
      in.clear();
      int count = peer.channel.read(in);
      if (count < 0) {
        throw new IOException("the server has closed a connection");
      }
      int done = 0;
      while (done < count) {
        int piece = Math.min(count - done, replies.length - peer.at);
        var expected = ByteBuffer.wrap(replies, peer.at, piece);
        if (!in.slice(done, piece).equals(expected)) {
          throw new IOException("a reply is not what was sent");
        }
        received += (peer.at + piece) / reply.length - peer.at / reply.length;
        peer.at += piece;
        done += piece;
        if (peer.at == replies.length) {
          peer.at = 0;
          whole.received(peer);
        }
      }
    } catch (IOException failure) {
      System.err.println("Load: " + failure.getMessage());
      System.exit(1);
    }
  }

  private void send(Peer peer) throws IOException {
    var out = requests.duplicate().flip();
    while (out.hasRemaining()) {
      peer.channel.write(out);
    }
  }

  // ---- connections

  private void connect(String path, Selector selector) throws IOException {
    var peer = new Peer(open(path));
    peer.channel.register(selector, SelectionKey.OP_READ, peer);
    peers.add(peer);
  }

  private SocketChannel open(String path) throws IOException {
    var channel = SocketChannel.open(address);
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    var request =
        "GET "
            + path
            + " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
    var head = new StringBuilder();
    var one = ByteBuffer.allocate(1);
    while (!head.toString().endsWith("\r\n\r\n")) {
      one.clear();
      if (channel.read(one) < 0) {
        throw new IOException("the handshake on " + path + " was refused");
      }
      head.append((char) one.get(0));
    }
    if (!head.toString().startsWith("HTTP/1.1 101")) {
      throw new IOException("the handshake on " + path + " got: " + head);
    }
    channel.configureBlocking(false);
    return channel;
  }

  // ---- bytes

  private static byte[] text(int bytes) {
    var text = new byte[bytes];
    for (int i = 0; i < bytes; i++) {
      text[i] = (byte) ('a' + i % 26);
    }
    return text;
  }

  private static byte[] frame(byte[] payload, boolean masked) {
    var out = ByteBuffer.allocate(14 + payload.length);
    out.put((byte) 0x81);
    int mask = masked ? 0x80 : 0;
    if (payload.length < 126) {
      out.put((byte) (payload.length | mask));
    } else if (payload.length < 65536) {
      out.put((byte) (126 | mask)).putShort((short) payload.length);
    } else {
      out.put((byte) (127 | mask)).putLong(payload.length);
    }
    if (masked) {
      out.putInt(KEY);
    }
    for (int i = 0; i < payload.length; i++) {
      out.put((byte) (payload[i] ^ (masked ? KEY >>> (24 - 8 * (i & 3)) : 0)));
    }
    return Arrays.copyOf(out.array(), out.position());
  }

  private static byte[] repeated(byte[] bytes, int times) {
    var all = new byte[bytes.length * times];
    for (int i = 0; i < times; i++) {
      System.arraycopy(bytes, 0, all, i * bytes.length, bytes.length);
    }
    return all;
  }

  /** User and system time of the whole process so far. */
  private double cpuSeconds() throws IOException {
    var stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    var fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
  }
}

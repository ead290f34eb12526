package dev.dunlin.benchmarks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;

/**
 * Fan-out at a fixed rate, an open loop: a message is due whether or not the last has arrived, and
 * its latency counts from the instant at which it was due.
 */
final class Rate {

  private static final double WARM_UP_SECONDS = 0.5;

  /** After the last message was due, so that a server at its limit can deliver what it holds. */
  private static final double GRACE_SECONDS = 1.0;

  private final Server server;
  private final int perSecond;
  private final byte[] request;
  private final byte[] reply;
  private final ByteBuffer in = ByteBuffer.allocateDirect(1 << 20);
  private long due;
  private int published;
  private int skipped;
  private int[] latencies = new int[0];
  private int delivered;

  Rate(Server server, int perSecond, int bytes) {
    this.server = server;
    this.perSecond = perSecond;
    var payload = Wire.text(bytes);
    this.request = Wire.frame(Wire.FIN_TEXT, payload, true);
    this.reply = Wire.frame(Wire.FIN_TEXT, payload, false);
  }

  private static final class Subscriber {
    final SocketChannel channel;
    long bytes;

    Subscriber(SocketChannel channel) {
      this.channel = channel;
    }
  }

  String fan(int subscribers, double seconds) throws IOException {
    var channels = new ArrayList<SocketChannel>();
    try (var selector = Selector.open()) {
      for (int i = 0; i < subscribers; i++) {
        var channel = open("/fan");
        channels.add(channel);
        channel.configureBlocking(false);
        channel.register(selector, SelectionKey.OP_READ, new Subscriber(channel));
      }
      var publisher = open("/pub");
      channels.add(publisher);
      publisher.configureBlocking(false);
      selector.select(200);
      int messages = (int) ((WARM_UP_SECONDS + seconds) * perSecond);
      skipped = (int) (WARM_UP_SECONDS * perSecond);
      latencies = new int[(messages - skipped) * subscribers];
      return measure(selector, publisher, messages, subscribers);
    } finally {
      for (var channel : channels) {
        channel.close();
      }
    }
  }

  private String measure(Selector selector, SocketChannel publisher, int messages, int subscribers)
      throws IOException {
    due = System.nanoTime();
    long interval = 1_000_000_000L / perSecond;
    long end = due + messages * interval + (long) (GRACE_SECONDS * 1e9);
    long begun = due + skipped * interval;
    long over = due + messages * interval;
    Map<String, Long> cpu = Map.of();
    double used = -1;
    int inTime = 0;
    for (long now = due; now < end && delivered < latencies.length; now = System.nanoTime()) {
      while (published < messages && now >= due + published * interval) {
        Wire.writeAll(publisher, ByteBuffer.wrap(request));
        published++;
      }
      if (cpu.isEmpty() && now >= begun) {
        cpu = server.threads();
      }
      if (used < 0 && now >= over) {
        used = server.cpuSecondsSince(cpu);
        inTime = delivered;
      }
      drain(selector, interval, now);
    }
    if (used < 0) {
      used = server.cpuSecondsSince(cpu);
      inTime = delivered;
    }
    double seconds = (messages - skipped) * interval / 1e9;
    var all = Arrays.copyOf(latencies, delivered);
    Arrays.sort(all);
    return String.format(
        Locale.ROOT,
        "messages=%d per_second=%.0f cpu_seconds=%.2f per_cpu_second=%.0f cpu_share=%.2f"
            + " lost=%d p50_us=%d p99_us=%d",
        inTime,
        inTime / seconds,
        used,
        inTime / used,
        used / seconds,
        (messages - skipped) * subscribers - delivered,
        at(all, 0.5),
        at(all, 0.99));
  }

  private static int at(int[] sorted, double share) {
    return sorted.length == 0 ? -1 : sorted[(int) (share * (sorted.length - 1))];
  }

  private void drain(Selector selector, long interval, long now) throws IOException {
    long wait = due + published * interval - now;
    int ready = wait > 1_000_000 ? selector.select(wait / 1_000_000) : selector.selectNow();
    if (ready == 0) {
      return;
    }
    for (var key : selector.selectedKeys()) {
      var subscriber = (Subscriber) key.attachment();
      in.clear();
      int count = subscriber.channel.read(in);
      if (count < 0) {
        throw new IOException("the server has closed a connection");
      }
      took(subscriber, count, interval);
    }
    selector.selectedKeys().clear();
  }

  private void took(Subscriber subscriber, int count, long interval) throws IOException {
    long at = System.nanoTime();
    for (int i = 0; i < count; i++) {
      if (in.get(i) != reply[(int) ((subscriber.bytes + i) % reply.length)]) {
        throw new IOException("a delivery is not what was published");
      }
    }
    long first = subscriber.bytes / reply.length;
    subscriber.bytes += count;
    for (long i = first; i < subscriber.bytes / reply.length; i++) {
      if (i >= skipped) {
        latencies[delivered++] = (int) ((at - (due + i * interval)) / 1000);
      }
    }
  }

  private SocketChannel open(String path) throws IOException {
    var channel = Wire.connect(server.port());
    Wire.writeAll(channel, Wire.request(path, false));
    var unused = Wire.answer(channel);
    return channel;
  }
}

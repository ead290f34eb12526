package dev.dunlin.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Locale;

/** What opening a connection costs, and what an open one holds. */
final class Opening {

  private Opening() {}

  /** Handshakes, some at a time; each connection is reset when it is open. */
  static String connect(Server server, int atATime, double seconds) throws IOException {
    open(server, atATime, seconds * 0.4);
    var cpu = server.threads();
    long start = System.nanoTime();
    long opened = open(server, atATime, seconds);
    double used = server.cpuSecondsSince(cpu);
    return String.format(
        Locale.ROOT,
        "messages=%d per_second=%.0f cpu_seconds=%.2f per_cpu_second=%.0f",
        opened,
        opened / ((System.nanoTime() - start) / 1e9),
        used,
        opened / used);
  }

  private static long open(Server server, int atATime, double seconds) throws IOException {
    long until = System.nanoTime() + (long) (seconds * 1e9);
    long opened = 0;
    var channels = new ArrayList<SocketChannel>();
    while (System.nanoTime() < until) {
      for (int i = 0; i < atATime; i++) {
        var channel = Wire.connect(server.port());
        channel.setOption(StandardSocketOptions.SO_LINGER, 0); // no port waits for its time-out
        channels.add(channel);
        Wire.writeAll(channel, Wire.request("/echo", false));
      }
      for (var channel : channels) {
        var unused = Wire.answer(channel);
        channel.close();
      }
      opened += channels.size();
      channels.clear();
    }
    return opened;
  }

  /** Connections that have each echoed a message, held until the next line of input. */
  static String idle(
      Server server, int connections, int bytes, boolean deflate, BufferedReader lines)
      throws IOException {
    var text = Wire.text(bytes);
    var request =
        deflate
            ? Wire.frame(Wire.FIN_TEXT | Wire.RSV1, Deflated.deflate(text), true)
            : Wire.frame(Wire.FIN_TEXT, text, true);
    var answered = ByteBuffer.allocate(1 << 16);
    var channels = new ArrayList<SocketChannel>();
    try {
      for (int i = 0; i < connections; i++) {
        var channel = Wire.connect(server.port());
        channel.setOption(StandardSocketOptions.SO_LINGER, 0);
        channels.add(channel);
        Wire.writeAll(channel, Wire.request("/echo", deflate));
        var answer = Wire.answer(channel);
        if (deflate && !answer.toLowerCase(Locale.ROOT).contains("permessage-deflate")) {
          throw new IOException("the server did not agree to permessage-deflate");
        }
        Wire.writeAll(channel, ByteBuffer.wrap(request));
        echoed(channel, answered.clear());
      }
      System.out.println("open=" + connections);
      var unused = lines.readLine();
    } finally {
      for (var channel : channels) {
        channel.close();
      }
    }
    return "closed=" + connections;
  }

  /** Reads one whole frame, compressed or not. */
  private static void echoed(SocketChannel channel, ByteBuffer in) throws IOException {
    while (true) {
      if (channel.read(in) < 0) {
        throw new IOException("the server has closed a connection");
      }
      if (in.position() < 2) {
        continue;
      }
      int size = 2 + (in.get(1) & 0x7f);
      if (size == 2 + 126) {
        if (in.position() < 4) {
          continue;
        }
        size = 4 + (in.getShort(2) & 0xffff);
      }
      if (in.position() >= size) {
        return;
      }
    }
  }
}

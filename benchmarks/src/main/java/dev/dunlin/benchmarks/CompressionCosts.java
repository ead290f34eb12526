package dev.dunlin.benchmarks;

import dev.dunlin.websocket.Batch;
import dev.dunlin.websocket.Batching;
import dev.dunlin.websocket.Compression;
import dev.dunlin.websocket.Connection;
import dev.dunlin.websocket.Data;
import dev.dunlin.websocket.DeflateContext;
import dev.dunlin.websocket.DeflateParameters;
import dev.dunlin.websocket.PerMessageDeflate;
import dev.dunlin.websocket.Prepared;
import dev.dunlin.websocket.Role;
import dev.dunlin.websocket.Sink;
import dev.dunlin.websocket.Text;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * What compression costs and saves: the figures of docs/design/compression.md.
 *
 * <p>Counts the CPU time of its own thread, so that a busy machine disturbs little; prints the
 * median of five rounds.
 */
public final class CompressionCosts {

  private static final int ROUNDS = 5;
  private static final DeflateParameters FORGET = new DeflateParameters(true, true, 15, 15);
  private static final DeflateParameters TAKE_OVER = new DeflateParameters(false, false, 15, 15);

  private final Random random = new Random(1);
  private final Outgoing sink = new Outgoing();
  private final DeflateContext context = new DeflateContext();

  private CompressionCosts() {}

  /** Prints all tables, or with the argument {@code memory} that one. */
  public static void main(String[] args) throws Exception {
    var costs = new CompressionCosts();
    if (args.length > 0 && args[0].equals("memory")) {
      costs.memory();
      return;
    }
    costs.threshold();
    costs.levels();
    costs.windows();
    costs.batches();
    costs.receiving();
    costs.preparing();
  }

  /** Outgoing bytes, counted and thrown away. */
  private static final class Outgoing implements Sink {
    private ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 20);
    private int handed;
    private long bytes;

    @Override
    public ByteBuffer room(int bytes) {
      settle();
      if (buffer.remaining() < bytes) {
        buffer = ByteBuffer.allocateDirect(Math.max(1 << 20, bytes));
      }
      handed = buffer.position();
      return buffer;
    }

    @Override
    public void share(ByteBuffer shared) {
      settle();
      bytes += shared.remaining();
    }

    private void settle() {
      bytes += buffer.position() - handed;
      buffer.clear();
      handed = 0;
    }

    long take() {
      settle();
      long sum = bytes;
      bytes = 0;
      return sum;
    }
  }

  @FunctionalInterface
  private interface Work {
    void run(int i) throws DataFormatException;
  }

  /** The median CPU time of a call, in nanoseconds. */
  private static double nanos(int calls, Work work) throws DataFormatException {
    var thread = ManagementFactory.getThreadMXBean();
    var rounds = new double[ROUNDS];
    for (int round = -1; round < ROUNDS; round++) {
      long begin = thread.getCurrentThreadCpuTime();
      for (int i = 0; i < calls; i++) {
        work.run(i);
      }
      if (round >= 0) {
        rounds[round] = (double) (thread.getCurrentThreadCpuTime() - begin) / calls;
      }
    }
    Arrays.sort(rounds);
    return rounds[ROUNDS / 2];
  }

  /** JSON as channels carry it: the same keys, changing values, cut to size. */
  private Text json(int size) {
    var text = new StringBuilder();
    for (int i = 0; text.length() < size; i++) {
      text.append(i == 0 ? "{\"push\":{\"channel\":\"prices:" : ",{\"channel\":\"prices:")
          .append(random.nextInt(5000))
          .append("\",\"pub\":{\"data\":{\"symbol\":\"")
          .append(Integer.toString(random.nextInt(1 << 20), 36))
          .append("\",\"bid\":")
          .append(random.nextInt(1_000_000) / 1e4)
          .append(",\"ask\":")
          .append(random.nextInt(1_000_000) / 1e4)
          .append(",\"time\":")
          .append(1_764_000_000_000L + random.nextInt(1 << 30))
          .append("},\"offset\":")
          .append(random.nextInt(100_000))
          .append("}}");
    }
    return Text.of(text.substring(0, size));
  }

  /** More of them than a window holds, so that none is found again. */
  private List<Text> jsons(int size) {
    return jsons(Math.max(16, 200_000 / size), size);
  }

  private List<Text> jsons(int count, int size) {
    var all = new ArrayList<Text>();
    for (int i = 0; i < count; i++) {
      all.add(json(size));
    }
    return all;
  }

  private Connection connection(DeflateParameters parameters, int level) {
    return Connection.builder(Role.SERVER, random)
        .compression(
            PerMessageDeflate.of(
                Role.SERVER, parameters, Compression.shared().level(level).thresholdBytes(1)),
            context)
        .open(message -> {}, sink, 0);
  }

  private Connection plain() {
    return Connection.builder(Role.SERVER, random).open(message -> {}, sink, 0);
  }

  private void send(String name, Connection connection, List<Text> messages, int size)
      throws DataFormatException {
    int calls = Math.max(40, Math.min(5000, 4_000_000 / size));
    double nanos = nanos(calls, i -> connection.send(messages.get(i % messages.size())));
    sink.take();
    for (var message : messages) {
      connection.send(message);
    }
    double bytes = (double) sink.take() / messages.size();
    System.out.printf(
        "%-28s %7d B  %8.0f B  %5.1f %%  %9.2f us%n",
        name, size, bytes, 100 * bytes / size, nanos / 1000);
  }

  private void threshold() throws DataFormatException {
    System.out.println("threshold: one JSON message alone, level 1");
    for (int size : new int[] {32, 64, 96, 128, 192, 256, 384, 512, 1024, 4096}) {
      var messages = jsons(size);
      send("plain", plain(), messages, size);
      send("alone", connection(FORGET, 1), messages, size);
    }
  }

  private void levels() throws DataFormatException {
    System.out.println("levels");
    for (int size : new int[] {256, 1024, 16_384, 131_072}) {
      var messages = jsons(size);
      for (int level : new int[] {1, 3, 6, 9}) {
        send("alone, level " + level, connection(FORGET, level), messages, size);
        send("takeover, level " + level, connection(TAKE_OVER, level), messages, size);
      }
    }
  }

  private void windows() throws DataFormatException {
    System.out.println("windows: 64 KiB of JSON, level 1, a full flush every 2^N bytes");
    var messages = jsons(65_536);
    for (int bits = 8; bits <= 15; bits++) {
      send(
          "window " + bits,
          connection(new DeflateParameters(true, true, bits, 15), 1),
          messages,
          65_536);
    }
    var out = new byte[1 << 17];
    var deflater = new Deflater(1, true);
    deflater.setStrategy(Deflater.HUFFMAN_ONLY);
    var sizes = new long[1];
    double nanos =
        nanos(
            40,
            i -> {
              deflater.reset();
              deflater.setInput(messages.get(i % messages.size()).toByteArray());
              sizes[0] = deflater.deflate(out, 0, out.length, Deflater.SYNC_FLUSH);
            });
    System.out.printf("HUFFMAN_ONLY %d B %.2f us%n", sizes[0], nanos / 1000);
    deflater.end();
  }

  private void batches() throws DataFormatException {
    System.out.println("batches of 16, to one more connection");
    for (int size : new int[] {64, 128, 256, 512, 1024}) {
      var messages = jsons(16, size);
      var shared = messages.stream().map(Prepared::of).toList();
      var block = Prepared.of(List.<Data>copyOf(messages));
      var whole = Text.of(String.join("\n", messages.stream().map(Text::value).toList()));
      var lines = Batching.defaults().maxBytes(1 << 20).joint("\n");
      var server =
          Connection.builder(Role.SERVER, random)
              .compression(PerMessageDeflate.of(Role.SERVER, FORGET, Compression.shared()), context)
              .open(message -> {}, sink, 0);
      var batch = new Batch(lines);
      batch(
          "separate shared frames",
          size,
          i -> {
            for (var one : shared) {
              server.send(one);
            }
          });
      batch(
          "joined from segments",
          size,
          i -> {
            batch.clear();
            for (var one : shared) {
              batch.offer(one);
            }
            server.send(batch);
          });
      batch(
          "block by reference",
          size,
          i -> {
            batch.clear();
            batch.offer(block);
            server.send(batch);
          });
      batch("deflated as a whole", size, i -> server.send(whole));
      var none = plain();
      batch(
          "joined, not compressed",
          size,
          i -> {
            batch.clear();
            for (var one : shared) {
              batch.offer(one);
            }
            none.send(batch);
          });
    }
  }

  private void batch(String name, int size, Work work) throws DataFormatException {
    double nanos = nanos(5000, work);
    sink.take();
    work.run(0);
    System.out.printf("%-28s 16 x %5d B  %8d B  %9.2f us%n", name, size, sink.take(), nanos / 1000);
  }

  /** A context taken over: the loop's inflater given the history, or an inflater of its own. */
  private void receiving() throws DataFormatException {
    System.out.println("inflating: own inflater, or reset and 32 KiB of history");
    for (int size : new int[] {128, 512, 4096}) {
      var plain = jsons(size);
      var payloads = new ArrayList<byte[]>();
      for (var text : plain) {
        var deflater = new Deflater(1, true);
        deflater.setInput(text.toByteArray());
        var out = new byte[size + 64];
        int count = deflater.deflate(out, 0, out.length, Deflater.SYNC_FLUSH);
        payloads.add(Arrays.copyOf(out, count));
        deflater.end();
      }
      var inflater = new Inflater(true);
      var out = new byte[size + 1];
      double own =
          nanos(
              5000,
              i -> {
                inflater.setInput(payloads.get(i % payloads.size()));
                inflater.inflate(out);
              });
      double alone =
          nanos(
              5000,
              i -> {
                inflater.reset();
                inflater.setInput(payloads.get(i % payloads.size()));
                inflater.inflate(out);
              });
      var history = new byte[1 << 15];
      random.nextBytes(history);
      double given =
          nanos(
              5000,
              i -> {
                inflater.reset();
                inflater.setDictionary(history);
                inflater.setInput(payloads.get(i % payloads.size()));
                inflater.inflate(out);
                System.arraycopy(history, size, history, 0, history.length - size);
                System.arraycopy(out, 0, history, history.length - size, size);
              });
      System.out.printf(
          "%6d B  own %.2f us  reset %.2f us  reset + history %.2f us%n",
          size, own / 1000, alone / 1000, given / 1000);
      inflater.end();
    }
  }

  /** Resident memory of deflaters that have each compressed a little, and a lot. */
  private void memory() throws Exception {
    System.out.println("memory of a takeover connection's deflater (resident)");
    int count = 400;
    plain().send(json(64));
    for (int bytes : new int[] {512, 64 << 10}) {
      var message = json(bytes);
      var all = new ArrayList<PerMessageDeflate>();
      long before = resident();
      for (int i = 0; i < count; i++) {
        var deflate =
            PerMessageDeflate.of(
                Role.SERVER, new DeflateParameters(false, true, 15, 15), Compression.takeover());
        Connection.builder(Role.SERVER, random)
            .compression(deflate, context)
            .open(ignored -> {}, sink, 0)
            .send(message);
        all.add(deflate);
      }
      long after = resident();
      System.out.printf("after %d B: %d KB each%n", bytes, (after - before) / count / 1000);
      all.forEach(PerMessageDeflate::close);
    }
  }

  private static long resident() throws Exception {
    System.gc();
    for (var line : Files.readAllLines(Path.of("/proc/self/status"), StandardCharsets.US_ASCII)) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
      }
    }
    throw new IllegalStateException("no VmRSS in /proc/self/status");
  }

  private void preparing() throws DataFormatException {
    System.out.println("making a Prepared and its frames");
    for (int size : new int[] {128, 1024}) {
      var message = json(size);
      var none = plain();
      double framed = nanos(5000, i -> none.frames(Prepared.of(message)));
      double array = nanos(5000, i -> ByteBuffer.allocate(size + 4).put(message.bytes()));
      System.out.printf(
          "%5d B  direct %.2f us  (array %.2f us)%n", size, framed / 1e3, array / 1e3);
    }
  }
}

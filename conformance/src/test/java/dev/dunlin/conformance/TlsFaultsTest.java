package dev.dunlin.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Peers that break TLS, before, in and after the handshake: each loses its own connection in time,
 * costs next to nothing, and nobody else notices.
 */
class TlsFaultsTest {

  private static final byte ALERT = 21;
  private static final byte HANDSHAKE = 22;
  private static final byte DATA = 23;

  @Test
  void brokenTlsEndsItsOwnConnection(@TempDir Path folder) throws Exception {
    faults(folder, 3000, 40);
  }

  @Test
  @Tag("figures")
  void tenThousandBrokenHandshakesEndTheirOwnConnections(@TempDir Path folder) throws Exception {
    faults(folder, 5000, 10_000);
  }

  @Test
  @Tag("figures")
  void aPeerThatStallsItsHandshakeCostsLessThanAHundredthOfAProcessor(@TempDir Path folder)
      throws Exception {
    try (var server = start(folder, 10_000)) {
      var clients = new ArrayList<RawClient>();
      var hello = hello();
      for (int i = 0; i < 200; i++) {
        clients.add(RawClient.connect(server.port()));
        clients.getLast().send(Arrays.copyOf(hello, hello.length - 1 - i % 100));
      }
      long cpu = server.ask("counts").of("cpu");
      long began = System.nanoTime();
      for (var client : clients) {
        assertThat(client.ends()).isTrue();
        client.close();
      }
      double share =
          (server.ask("counts").of("cpu") - cpu) / (double) (System.nanoTime() - began) / 200;
      System.out.printf("a stalled handshake costs %.5f of a processor%n", share);
      assertThat(share).isLessThan(0.01);
    }
  }

  private static ForkedServer start(Path folder, int handshakeMillis) throws Exception {
    var made = SelfSigned.in(folder);
    return ForkedServer.start(
        List.of("-Xmx128m"),
        "handshake=" + handshakeMillis,
        "certificate=" + made.certificate(),
        "key=" + made.key());
  }

  private static void faults(Path folder, int handshakeMillis, int random) throws Exception {
    try (var server = start(folder, handshakeMillis);
        var neighbour = Tls.open(server.port())) {
      neighbour.echoes("before");
      for (var bytes : afterwards()) {
        assertThat(endedAfterTheHandshake(server.port(), bytes)).isTrue();
      }
      var tasks = new ArrayList<Callable<Boolean>>();
      for (var bytes : beginnings(random)) {
        tasks.add(() -> ended(server.port(), bytes));
      }
      try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        for (int from = 0; from < tasks.size(); from += 200) {
          int index = from;
          for (Future<Boolean> each :
              threads.invokeAll(tasks.subList(from, Math.min(tasks.size(), from + 200)))) {
            assertThat(each.get()).as("fault %d ends in time", index++).isTrue();
          }
        }
      }
      neighbour.echoes("after");
      var counts = server.ask("counts");
      while (counts.of("tcp") > 1) {
        Thread.onSpinWait();
        counts = server.ask("counts");
      }
    }
  }

  /** What comes instead of, or amid, a ClientHello. The server may wait for more or end at once. */
  private static List<byte[]> beginnings(int random) throws IOException {
    var hello = hello();
    var all = new ArrayList<byte[]>();
    // cut short anywhere, then silence
    for (int length = 1; length < hello.length; length += 31) {
      all.add(Arrays.copyOf(hello, length));
    }
    // close_notify before, in the middle of, and after the hello
    byte[] closeNotify = record(ALERT, new byte[] {1, 0});
    for (int length : new int[] {0, 5, hello.length / 2, hello.length}) {
      all.add(join(Arrays.copyOf(hello, length), closeNotify));
    }
    // records that are too large, empty, of the wrong kind, or of no kind
    all.add(new byte[] {HANDSHAKE, 3, 3, (byte) 0xff, (byte) 0xff, 1, 2, 3});
    all.add(record(HANDSHAKE, new byte[0]));
    all.add(record(DATA, new byte[100]));
    all.add(record((byte) 99, new byte[100]));
    all.add(join(hello, record(DATA, new byte[100])));
    all.add(join(hello, hello));
    all.add(tls10Hello());
    all.add("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes());
    var dice = new SplittableRandom(45_416);
    for (int i = 0; i < random; i++) {
      var bytes = hello.clone();
      for (int flips = 1 + dice.nextInt(8); flips > 0; flips--) {
        bytes[dice.nextInt(bytes.length)] ^= (byte) (1 << dice.nextInt(8));
      }
      all.add(bytes);
    }
    return all;
  }

  /** What comes in the clear where encrypted records belong. */
  private static List<byte[]> afterwards() {
    return List.of(
        record(DATA, new byte[100]),
        record(HANDSHAKE, new byte[100]),
        record(ALERT, new byte[] {2, 40}),
        "GET / HTTP/1.1\r\n\r\n".getBytes());
  }

  private static boolean ended(int port, byte[] bytes) throws IOException {
    try (var client = RawClient.connect(port)) {
      client.socket().setSoTimeout(12_000);
      client.send(bytes);
      return ends(client);
    }
  }

  private static boolean endedAfterTheHandshake(int port, byte[] bytes) throws Exception {
    try (var client = Tls.open(port)) {
      client.echoes("hello");
      client.raw.socket().setSoTimeout(12_000);
      client.raw.send(bytes);
      return ends(client.raw);
    }
  }

  /** Whether the server ends the connection in time; a reset is an end too. */
  private static boolean ends(RawClient client) throws IOException {
    var in = client.socket().getInputStream();
    var buffer = new byte[1 << 14];
    try {
      while (in.read(buffer) >= 0) {}
    } catch (SocketTimeoutException e) {
      return false;
    } catch (SocketException e) {
      return true;
    }
    return true;
  }

  private static byte[] record(byte kind, byte[] payload) {
    return ByteBuffer.allocate(5 + payload.length)
        .put(kind)
        .putShort((short) 0x0303)
        .putShort((short) payload.length)
        .put(payload)
        .array();
  }

  private static byte[] join(byte[] first, byte[] second) {
    var out = new ByteArrayOutputStream();
    out.writeBytes(first);
    out.writeBytes(second);
    return out.toByteArray();
  }

  /** The first flight of the JDK's client. */
  private static byte[] hello() throws IOException {
    var engine = Target.trusting().createSSLEngine("localhost", 443);
    engine.setUseClientMode(true);
    var out = ByteBuffer.allocate(engine.getSession().getPacketBufferSize());
    engine.wrap(ByteBuffer.allocate(0), out);
    return Arrays.copyOf(out.array(), out.position());
  }

  /** A client that speaks nothing newer than TLS 1.0 and cipher suites with CBC. */
  private static byte[] tls10Hello() {
    var body = ByteBuffer.allocate(43);
    body.put(new byte[] {1, 0, 0, 39, 3, 1}).put(new byte[32]).put((byte) 0);
    body.putShort((short) 2).put((byte) 0xc0);
    var hello = record(HANDSHAKE, body.array());
    hello[2] = 1;
    return hello;
  }

  /** A WebSocket over TLS whose socket underneath can be misused. */
  private record Tls(RawClient raw, SSLSocket secure, FrameReader reader) implements AutoCloseable {

    static Tls open(int port) throws IOException {
      var raw = RawClient.connect(port);
      var secure =
          (SSLSocket)
              Target.trusting()
                  .getSocketFactory()
                  .createSocket(raw.socket(), "localhost", port, false);
      secure.getOutputStream().write(Opening.request("localhost", "/echo", Optional.empty()));
      var head = new ByteArrayOutputStream();
      while (Opening.headBytes(head.toByteArray(), head.size()) == 0) {
        head.write(secure.getInputStream().read());
      }
      Opening.Response.parse(head.toByteArray()).agreed();
      return new Tls(raw, secure, new FrameReader());
    }

    void echoes(String text) throws IOException {
      secure.getOutputStream().write(Frame.text(text).bytes());
      var buffer = new byte[1024];
      while (reader.events().isEmpty()) {
        reader.read(buffer, 0, secure.getInputStream().read(buffer));
      }
      assertThat(reader.events().remove()).isEqualTo(Event.text(text));
    }

    @Override
    public void close() throws IOException {
      raw.close();
    }
  }
}

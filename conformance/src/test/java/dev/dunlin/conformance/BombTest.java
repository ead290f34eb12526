package dev.dunlin.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.dunlin.websocket.Compression;
import dev.dunlin.websocket.Limits;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Little that inflates to much: 1009 when the message passes the limit, however its bytes come, and
 * never more than twice the limit held for it.
 */
class BombTest {

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int LIMIT = 64 << 10;

  private static final Limits SMALL =
      Limits.defaults().maxMessageBytes(LIMIT).pingInterval(Duration.ZERO);

  private static byte[] deflated(int zeros) {
    var deflater = new Deflater(Deflater.BEST_COMPRESSION, true);
    try {
      deflater.setInput(new byte[zeros]);
      var buffer = new byte[1 << 17];
      int size = deflater.deflate(buffer, 0, buffer.length, Deflater.SYNC_FLUSH);
      return Arrays.copyOf(buffer, size - 4);
    } finally {
      deflater.end();
    }
  }

  @Test
  void aBombIsStoppedHoweverItsFrameIsCut() throws Exception {
    var bytes = Frame.binary(deflated(10 << 20)).rsv(4).bytes();
    assertThat(bytes.length).isLessThan(11_000);
    try (var engine = new MemoryEngine(SMALL, Compression.shared())) {
      for (int cut = 0; cut < bytes.length; cut += 13) {
        check(engine, bytes, cut, bytes.length);
      }
      for (int piece : new int[] {1, 2, 3, 7, 64, 100, 1000}) {
        check(engine, bytes, 0, piece);
      }
    }
  }

  @Test
  void aBombIsStoppedInFragmentsOfAnySize() throws Exception {
    var whole = Frame.binary(deflated(10 << 20)).rsv(4);
    try (var engine = new MemoryEngine(SMALL.maxFragments(1 << 20), Compression.shared())) {
      for (int fragment : new int[] {1, 2, 13, 125, 126, 1000, 5000}) {
        var peer = engine.openAgreed(Optional.of(DeflateCases.OFFER));
        for (var frame : SizeCases.fragments(whole, fragment)) {
          var bytes = frame.bytes();
          peer.send(bytes, 0, bytes.length);
        }
        assertThat(end(peer)).isEqualTo(1009);
      }
    }
  }

  /** Sends up to the cut, and then the rest in pieces. */
  private static void check(MemoryEngine engine, byte[] bytes, int cut, int piece) {
    var peer = engine.openAgreed(Optional.of(DeflateCases.OFFER));
    peer.send(bytes, 0, cut);
    for (int from = cut; from < bytes.length; from += piece) {
      peer.send(bytes, from, Math.min(piece, bytes.length - from));
    }
    assertThat(end(peer)).as("cut at %d, pieces of %d", cut, piece).isEqualTo(1009);
  }

  private static int end(MemoryPeer peer) {
    var reader = peer.agreed().reader();
    peer.receive(reader, Peer.Patience.LONG);
    return reader.events().poll() instanceof Event.Close close ? close.code() : 0;
  }

  @Test
  void sixtyMebibytesInSixtyKilobytesCostNoMoreThanTheLimitAsksFor() {
    var bytes = Frame.binary(deflated(60 << 20)).rsv(4).bytes();
    assertThat(bytes.length).isLessThan(63_000);
    var limits = Limits.defaults().pingInterval(Duration.ZERO);
    try (var engine = new MemoryEngine(limits, Compression.shared())) {
      var first = engine.openAgreed(Optional.of(DeflateCases.OFFER));
      first.send(bytes, 0, bytes.length); // the loop's own scratch is made
      var peer = engine.openAgreed(Optional.of(DeflateCases.OFFER));
      peer.send(new byte[0], 0, 0);
      long before = THREADS.getCurrentThreadAllocatedBytes();
      peer.send(bytes, 0, bytes.length);
      long allocated = THREADS.getCurrentThreadAllocatedBytes() - before;
      assertThat(end(peer)).isEqualTo(1009);
      // the buffer doubles up to the limit, so that at most one and a half of it are held at any
      // time; this is the sum of all its sizes
      System.out.printf(
          "60 MiB in %d bytes: %d bytes allocated, limit %d%n",
          bytes.length, allocated, limits.maxMessageBytes());
      assertThat(allocated).isLessThan(4L * limits.maxMessageBytes());
    }
  }

  @Test
  void manyUnfinishedMessagesHoldTwiceTheLimitEachAtMost() throws Exception {
    holds(20);
  }

  @Test
  @Tag("figures")
  void twoHundredUnfinishedMessagesHoldTwiceTheLimitEachAtMost() throws Exception {
    holds(200);
  }

  /** Each is within one octet of the limit when memory is measured; then each goes beyond it. */
  private static void holds(int peers) throws Exception {
    var almost = new byte[LIMIT - 1];
    byte[] start;
    try (var deflater = new WindowDeflater(15, false)) {
      start = Frame.binary(deflater.message(almost)).rsv(4).open().bytes();
    }
    // a stored block of 8 octets
    var more =
        Frame.continuation(new byte[] {0, 8, 0, (byte) 0xf7, (byte) 0xff, 1, 2, 3, 4, 5, 6, 7, 8});
    // what a sync flush ends with, which the first message left away
    var tail = new byte[] {0, 0, (byte) 0xff, (byte) 0xff};
    var between = Frame.continuation(tail).open().bytes();
    var clients = new ArrayList<RawClient>();
    try (var server = ForkedServer.start(List.of("-Xmx256m"), "message=" + LIMIT)) {
      try {
        for (int i = 0; i < peers; i++) {
          clients.add(
              RawClient.open(server.port(), "/deflate", 0, Optional.of(DeflateCases.OFFER)));
        }
        warm(server);
        var before = server.ask("memory");
        for (var client : clients) {
          client.send(start);
          client.send(Frame.ping("there?"));
        }
        for (var client : clients) {
          assertThat(client.next()).isEqualTo(Event.pong("there?"));
        }
        var after = server.ask("memory");
        long held = after.of("heap") + after.of("direct") - before.of("heap") - before.of("direct");
        System.out.printf("%d unfinished messages: %d bytes held, limit %d%n", peers, held, LIMIT);
        assertThat(held).isLessThan(2L * LIMIT * peers + (1 << 20));
        for (var client : clients) {
          client.send(between);
          client.send(more);
        }
        for (var client : clients) {
          assertThat(client.next())
              .isInstanceOfSatisfying(
                  Event.Close.class, close -> assertThat(close.code()).isEqualTo(1009));
        }
      } finally {
        for (var client : clients) {
          client.close();
        }
      }
    }
  }

  private static void warm(ForkedServer server) throws Exception {
    try (var client =
        RawClient.open(server.port(), "/deflate", 0, Optional.of(DeflateCases.OFFER))) {
      client.send(Frame.binary(deflated(10 << 20)).rsv(4));
      assertThat(client.next()).isInstanceOf(Event.Close.class);
    }
  }
}

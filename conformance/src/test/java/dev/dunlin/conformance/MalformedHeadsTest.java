package dev.dunlin.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.websocket.Handshake;
import dev.dunlin.websocket.Limits;
import dev.dunlin.websocket.RequestHead;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Heads that break RFC 9112 or RFC 6455 over sockets: each is refused with a status that says whose
 * fault it is, nothing is logged as an error, and nobody else notices.
 */
class MalformedHeadsTest {

  private static final String GOOD =
      new String(
          Opening.request("localhost", "/echo", Optional.of("permessage-deflate")),
          StandardCharsets.ISO_8859_1);

  @Test
  void malformedHeadsAreRefusedAndNoErrorIsLogged() throws Exception {
    refused(600);
  }

  @Test
  @Tag("figures")
  void tenThousandMalformedHeadsAreRefusedAndNoErrorIsLogged() throws Exception {
    refused(10_000);
  }

  private static void refused(int number) throws Exception {
    try (var server = ForkedServer.start(List.of("-Xmx128m"));
        var threads = Executors.newFixedThreadPool(8, Thread.ofVirtual().factory())) {
      var tasks = new ArrayList<Callable<String>>();
      var random = new SplittableRandom(43_669);
      for (int i = 0; i < number; i++) {
        var head = broken(i, random);
        tasks.add(() -> judge(server.port(), head));
      }
      for (var verdict : threads.invokeAll(tasks)) {
        assertThat(verdict.get()).isEmpty();
      }
      try (var client = RawClient.open(server.port(), "/echo")) {
        client.send(Frame.text("well"));
        assertThat(client.next()).isEqualTo(Event.text("well"));
      }
    }
  }

  private static String judge(int port, String head) throws Exception {
    try (var client = RawClient.connect(port)) {
      client.send(head.getBytes(StandardCharsets.ISO_8859_1));
      int status = client.status();
      // 501 and 505 are what RFC 9112 asks for, for codings and versions that we do not know
      boolean right = status >= 400 && status < 500 || status == 501 || status == 505;
      return right ? "" : status + " to " + head;
    }
  }

  /** One of the ways to be wrong, at a place and with a value drawn at random. */
  private static String broken(int way, SplittableRandom random) {
    int line = GOOD.indexOf("\r\n") + 2;
    var junk = Integer.toString(random.nextInt(1 << 20), 36);
    return switch (way % 20) {
      case 0 -> GOOD.replaceFirst("\r\n", "\n");
      case 1 -> GOOD.replaceFirst("\r\n", "\r");
      case 2 -> insert(at(random, 0, 20), "\0");
      case 3 -> insert(line, " folded: " + junk + "\r\n");
      case 4 -> insert(line, "Host: " + junk + "\r\n");
      case 5 -> insert(line, "Content-Length: " + (1 + random.nextInt(99)) + "\r\n");
      case 6 -> insert(line, "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n");
      case 7 -> insert(line, "Transfer-Encoding: " + junk + "x\r\n");
      case 8 -> insert(line, "Content-Length: 1\r\nContent-Length: 2\r\n");
      case 9 -> insert(line, "Content-Length: +" + junk + "\r\n");
      case 10 -> insert(line, junk + " : space before the colon\r\n");
      case 11 -> insert(line, junk + "\r\n");
      case 12 -> insert(line, ": no name\r\n");
      case 13 -> GOOD.replace("Sec-WebSocket-Key: ", "Sec-WebSocket-Key: " + junk);
      case 14 -> GOOD.replace("Version: 13", "Version: " + (random.nextInt(13)));
      case 15 -> GOOD.replace("GET ", junk.toUpperCase(Locale.ROOT) + "X ");
      case 16 ->
          GOOD.replace("HTTP/1.1", "HTTP/" + random.nextInt(10) + "." + (2 + random.nextInt(8)));
      case 17 -> GOOD.replace("/echo", "/" + "a".repeat(4096 + random.nextInt(4096)));
      case 18 -> insert(line, "x: y\r\n".repeat(64 + random.nextInt(64)));
      default -> insert(line, "x: " + "y".repeat(16_384 + random.nextInt(100)) + "\r\n");
    };
  }

  private static int at(SplittableRandom random, int from, int to) {
    return from + random.nextInt(to - from);
  }

  private static String insert(int at, String what) {
    return GOOD.substring(0, at) + what + GOOD.substring(at);
  }

  @Test
  @Tag("figures")
  void aHeadOctetByOctetCostsFiveTimesOneThatComesAtOnceAtMost() {
    var head =
        insert(GOOD.indexOf("\r\n") + 2, ("X-Filler: " + "y".repeat(200) + "\r\n").repeat(40));
    var bytes = head.getBytes(StandardCharsets.ISO_8859_1);
    long atOnce = Long.MAX_VALUE;
    long dribbled = Long.MAX_VALUE;
    for (int round = 0; round < 10; round++) {
      atOnce = Math.min(atOnce, cpu(bytes, bytes.length));
      dribbled = Math.min(dribbled, cpu(bytes, 1));
    }
    System.out.printf(
        "a head of %d bytes: %d ns at once, %d ns octet by octet%n",
        bytes.length, atOnce / 500, dribbled / 500);
    assertThat(dribbled).isLessThanOrEqualTo(5 * atOnce);
  }

  @Test
  @Tag("figures")
  void anOfferOf64KibibytesOfCommasTakesLessThanFiveMilliseconds() {
    var limits = Limits.defaults().maxHeadBytes(128 << 10);
    var bytes = Opening.request("localhost", "/echo", Optional.of(",".repeat(64 << 10)));
    long least = Long.MAX_VALUE;
    for (int round = 0; round < 20; round++) {
      long before = System.nanoTime();
      var outcome = RequestHead.expect(limits, false).feed(ByteBuffer.wrap(bytes));
      var answer = Handshake.defaults().answer(((RequestHead.Complete) outcome).request());
      least = Math.min(least, System.nanoTime() - before);
      assertThat(answer).isInstanceOf(Handshake.Accepted.class);
    }
    System.out.printf("an offer of 64 KiB of commas: %d us%n", least / 1000);
    assertThat(least).isLessThan(5_000_000);
  }

  /** The CPU time of 500 heads that come in pieces of this size. */
  private static long cpu(byte[] bytes, int piece) {
    var threads = ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadCpuTime();
    for (int i = 0; i < 500; i++) {
      var head = RequestHead.expect(Limits.defaults(), false);
      var in = ByteBuffer.wrap(bytes);
      RequestHead.Outcome outcome = null;
      for (int to = piece; to <= bytes.length; to += piece) {
        outcome = head.feed(in.limit(to));
      }
      assertThat(outcome).isInstanceOf(RequestHead.Complete.class);
    }
    return threads.getCurrentThreadCpuTime() - before;
  }
}

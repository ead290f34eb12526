package dev.dunlin.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Clients that never read, each sent to until the policy acts: what the server holds is bounded,
 * whoever sends is never held up, and those who read lose nothing.
 */
class DeafClientsTest {

  /** {@code Limits.outboundBytes()} of the measured server. */
  private static final long QUEUE_BYTES = 1 << 20;

  private static final int SMALL = 4 << 10;

  @Test
  void theDeafCostTheirQueuesAndNobodyElseAnything() throws Exception {
    try (var server = MeasuredProcess.start("-Xmx512m", "-XX:+UseSerialGC")) {
      flood(server, 10, 1); // so that what is made once is made
      var said = flood(server, 20, 5);
      assertThat(said).containsEntry("code1013", "30").containsEntry("lost", "0");
      // buffers are taken from the system by the mebibyte
      assertThat(figure(said, "grown")).isLessThan(20 * QUEUE_BYTES * 11 / 10 + (4 << 20));
    }
  }

  @Test
  @Tag("figures")
  void twoHundredDeafClients() throws Exception {
    try (var server = MeasuredProcess.start("-Xmx1g")) {
      flood(server, 10, 1); // so that what is made once is made
      var said = flood(server, 200, 100);
      System.getLogger("figures").log(System.Logger.Level.INFO, "200 deaf clients: {0}", said);
      assertThat(said).containsEntry("code1013", "210").containsEntry("lost", "0");
      assertThat(figure(said, "grown")).isLessThanOrEqualTo(200 * QUEUE_BYTES * 11 / 10);
    }
  }

  @Test
  @Tag("figures")
  void aThousandDeafClientsShareAQuarterOfTheHeap() throws Exception {
    try (var server = MeasuredProcess.start("-Xmx1g")) {
      flood(server, 10, 1); // so that what is made once is made
      var said = flood(server, 1000, 100);
      System.getLogger("figures").log(System.Logger.Level.INFO, "1,000 deaf clients: {0}", said);
      assertThat(said).containsEntry("code1013", "1010").containsEntry("lost", "0");
      assertThat(figure(said, "grown")).isLessThanOrEqualTo((256L << 20) * 11 / 10);
    }
  }

  private static long figure(Properties said, String name) {
    return Long.parseLong(said.getProperty(name));
  }

  /** Lets the server send until no deaf client is left; checks what the good ones got. */
  private static Properties flood(MeasuredProcess server, int deaf, int good) throws Exception {
    var raws = new ArrayList<Raw>();
    var reading = new ArrayList<Future<Long>>();
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      try {
        for (int i = 0; i < deaf; i++) {
          raws.add(new Raw(server.at("/deaf"), SMALL, Optional.empty()));
        }
        for (int i = 0; i < good; i++) {
          var raw = new Raw(server.at("/good"), 0, Optional.empty());
          raws.add(raw);
          reading.add(threads.submit(() -> readInOrder(raw)));
        }
        var said = server.ask("/flood");
        for (var reader : reading) {
          assertThat(reader.get()).isEqualTo(figure(said, "rounds"));
        }
        return said;
      } finally {
        for (var raw : raws) {
          raw.close();
        }
      }
    }
  }

  /** Each message is a frame of 10 bytes that carries the next number, the last one -1. */
  private static long readInOrder(Raw raw) throws IOException {
    for (long expected = 0; ; expected++) {
      var frame = ByteBuffer.wrap(raw.read(10));
      assertThat(frame.getShort()).isEqualTo((short) 0x8208);
      long number = frame.getLong();
      if (number < 0) {
        return expected;
      }
      assertThat(number).isEqualTo(expected);
    }
  }
}

package dev.dunlin.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.websocket.Limits;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The CPU time of a message in very many fragments grows as their number does. */
class FragmentCostTest {

  private static final Limits UNBOUNDED =
      Limits.defaults().maxFragments(2_000_000).pingInterval(Duration.ZERO);

  @Test
  @Tag("figures")
  void aMillionFragmentsCostTimeInProportion() {
    for (int size = 0; size <= 1; size++) {
      cpu(100_000, size); // compiled
      long few = Math.min(cpu(125_000, size), cpu(125_000, size));
      long many = Math.min(cpu(1_000_000, size), cpu(1_000_000, size));
      double slope = Math.log((double) many / few) / Math.log(8);
      System.out.printf("fragments of %d: %d ns each, slope %.2f%n", size, many / 1_000_000, slope);
      assertThat(slope).isLessThanOrEqualTo(1.1);
    }
  }

  private static long cpu(int fragments, int size) {
    var hundred = new ByteArrayOutputStream();
    for (int i = 0; i < 100; i++) {
      hundred.writeBytes(Frame.continuation(FramingCases.ascii(size)).open().bytes());
    }
    var bytes = hundred.toByteArray();
    var peer = MemoryPeer.plain(UNBOUNDED);
    var first = Frame.text("").open().bytes();
    peer.send(first, 0, first.length);
    var threads = ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadCpuTime();
    for (int i = 0; i < fragments; i += 100) {
      peer.send(bytes, 0, bytes.length);
    }
    long cpu = threads.getCurrentThreadCpuTime() - before;
    assertThat(peer.connection().finished()).isFalse();
    return cpu;
  }
}

package dev.dunlin.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every case against the engine in memory: as prescribed, and cut in every way of {@link Cuts}. */
class MemoryConformanceTest {

  @Test
  void familiesAreComplete() {
    Map<String, Long> sizes =
        Suite.cases().stream()
            .collect(Collectors.groupingBy(c -> c.id().split("\\.")[0], Collectors.counting()));
    assertThat(sizes)
        .containsAllEntriesOf(
            Map.of("1", 16L, "2", 11L, "3", 7L, "4", 10L, "5", 20L, "6", 145L, "7", 37L))
        .containsAllEntriesOf(Map.of("9", 54L, "10", 1L));
    assertThat(Suite.cases().stream().map(Case::id)).doesNotHaveDuplicates();
  }

  @TestFactory
  Stream<DynamicTest> casesHoldHoweverTheirBytesAreCut() {
    return Suite.cases().stream().map(c -> DynamicTest.dynamicTest(c.toString(), () -> verify(c)));
  }

  private static void verify(Case c) throws Exception {
    var peer = open();
    var steps = c.script().apply(peer.agreed());
    var verdict = Runner.run(c, peer, steps, new BitSet());
    assertThat(verdict).as("as prescribed").isEqualTo(Verdict.OK);
    for (var cuts : Cuts.of(steps, c.id().hashCode())) {
      var cut = Runner.run(c, open(), steps, cuts);
      if (!cut.ok()) {
        assertThat(cut)
            .as("cut at " + (cuts.cardinality() > 9 ? cuts.cardinality() + " places" : cuts))
            .isEqualTo(Verdict.OK);
      }
    }
  }

  private static MemoryPeer open() {
    return MemoryPeer.plain(MemoryPeer.RAISED);
  }
}

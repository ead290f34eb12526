package dev.dunlin.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.websocket.Compression;
import java.util.BitSet;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every case against the engine in memory: as prescribed, and cut in every way of {@link Cuts}. */
class MemoryConformanceTest {

  private static final Results SHARED =
      new Results("In memory, cut in every way, compression without context takeover");
  private static final Results TAKEOVER =
      new Results("In memory, compression with context takeover");

  private final MemoryEngine shared = new MemoryEngine(MemoryPeer.RAISED, Compression.shared());
  private final MemoryEngine takeover = new MemoryEngine(MemoryPeer.RAISED, Compression.takeover());

  @AfterEach
  void close() {
    shared.close();
    takeover.close();
  }

  @AfterAll
  static void write() {
    SHARED.write("memory-shared");
    TAKEOVER.write("memory-takeover");
  }

  @Test
  void familiesAreComplete() {
    Map<String, Long> sizes =
        Suite.cases().stream()
            .collect(Collectors.groupingBy(c -> c.id().split("\\.")[0], Collectors.counting()));
    assertThat(sizes)
        .containsAllEntriesOf(
            Map.of("1", 16L, "2", 11L, "3", 7L, "4", 10L, "5", 20L, "6", 145L, "7", 37L))
        .containsAllEntriesOf(Map.of("9", 54L, "10", 1L, "12", 90L, "13", 126L));
    assertThat(Suite.cases().stream().map(Case::id)).doesNotHaveDuplicates();
  }

  @TestFactory
  Stream<DynamicTest> casesHoldHoweverTheirBytesAreCut() {
    return Suite.cases().stream()
        .map(c -> DynamicTest.dynamicTest(c.toString(), () -> verify(c, shared, SHARED)));
  }

  @TestFactory
  Stream<DynamicTest> compressedCasesHoldWithContextTakeover() {
    return Suite.cases().stream()
        .filter(c -> c.offer().isPresent())
        .map(c ->
            DynamicTest.dynamicTest(
                c.toString(), () -> verify(c, takeover, TAKEOVER, new BitSet())));
  }

  private static void verify(Case c, MemoryEngine engine, Results results) throws Exception {
    if (!c.costly()) {
      verify(c, engine, results, new BitSet());
    }
    for (var cuts : Cuts.of(c, engine.agreed(c.offer()))) {
      verify(c, engine, results, cuts);
    }
  }

  private static void verify(Case c, MemoryEngine engine, Results results, BitSet cuts)
      throws Exception {
    try (var peer = engine.openAgreed(c.offer())) {
      var verdict = Runner.run(c, peer, cuts);
      results.add(c, verdict);
      if (!verdict.ok()) {
        assertThat(verdict)
            .as("cut at " + (cuts.cardinality() > 9 ? cuts.cardinality() + " places" : cuts))
            .isEqualTo(Verdict.OK);
      }
    }
  }
}

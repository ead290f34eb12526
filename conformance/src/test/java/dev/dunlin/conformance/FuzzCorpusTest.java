package dev.dunlin.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunlin.app.ConfigFuzz;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Calls the fuzz targets with what is stored for them and with seeded mutations of it: no fuzzing
 * engine takes part.
 */
class FuzzCorpusTest {

  private static final Path STORED = Path.of("src/test/resources/dev/dunlin/conformance");
  private static final int MUTATIONS = 2000;

  private static final Map<String, Consumer<byte[]>> TARGETS =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("HttpHead", FuzzTargets::httpHead),
              Map.entry("ResponseHead", FuzzTargets::responseHead),
              Map.entry("ServerFrames", FuzzTargets::serverFrames),
              Map.entry("ClientFrames", FuzzTargets::clientFrames),
              Map.entry("ExtensionOffers", FuzzTargets::extensionOffers),
              Map.entry("Inflate", FuzzTargets::inflate),
              Map.entry("Utf8", FuzzTargets::utf8),
              Map.entry("Token", AccessFuzzTargets::token),
              Map.entry("SignedToken", AccessFuzzTargets::signedToken),
              Map.entry("Tickets", AccessFuzzTargets::tickets),
              Map.entry("CertificateHeader", AccessFuzzTargets::certificateHeader),
              Map.entry("ProxyHeader", AccessFuzzTargets::proxyHeader),
              Map.entry("Config", ConfigFuzz::read)));

  @TestFactory
  Stream<DynamicTest> targetsHoldOnStoredInputsAndTheirMutations() {
    return TARGETS.entrySet().stream()
        .map(target ->
            DynamicTest.dynamicTest(
                target.getKey(), () -> replay(target.getKey(), target.getValue())));
  }

  private static void replay(String name, Consumer<byte[]> target) throws IOException {
    var folder = STORED.resolve(name + "FuzzTestInputs");
    var inputs = new TreeMap<String, byte[]>();
    try (var files = Files.walk(folder)) {
      for (var file : files.filter(Files::isRegularFile).toList()) {
        inputs.put(folder.relativize(file).toString(), Files.readAllBytes(file));
      }
    }
    assertThat(inputs).as("stored inputs in %s", folder).isNotEmpty();
    var random = new SplittableRandom(name.hashCode());
    var all = inputs.values().toArray(byte[][]::new);
    inputs.forEach((file, bytes) -> call(target, bytes, file));
    for (int i = 0; i < MUTATIONS; i++) {
      var bytes = mutated(all[random.nextInt(all.length)], random);
      call(target, bytes, HexFormat.of().formatHex(bytes));
    }
  }

  private static void call(Consumer<byte[]> target, byte[] bytes, String input) {
    try {
      target.accept(bytes);
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError("with " + input, e);
    }
  }

  private static byte[] mutated(byte[] bytes, SplittableRandom random) {
    var out = Arrays.copyOf(bytes, Math.max(1, bytes.length - random.nextInt(3)));
    for (int i = 1 + random.nextInt(4); i > 0; i--) {
      int at = random.nextInt(out.length);
      switch (random.nextInt(3)) {
        case 0 -> out[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> out[at] = (byte) random.nextInt(256);
        default -> out[at] = out[random.nextInt(out.length)];
      }
    }
    return out;
  }
}

package dev.dunlin.conformance;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.dunlin.app.ConfigFuzz;

/** Fuzzes {@link ConfigFuzz#read}. */
class ConfigFuzzTest {

  @FuzzTest(maxDuration = "5m")
  void config(byte[] bytes) {
    ConfigFuzz.read(bytes);
  }
}

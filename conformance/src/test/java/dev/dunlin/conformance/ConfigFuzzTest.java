package dev.dunlin.conformance;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.dunlin.app.ConfigFuzz;
import org.junit.jupiter.api.extension.ExtendWith;

/** Fuzzes {@link ConfigFuzz#read}. */
@ExtendWith(FuzzRun.class)
class ConfigFuzzTest {

  @FuzzTest(maxDuration = "5m")
  void config(byte[] bytes) {
    FuzzRun.executed();
    ConfigFuzz.read(bytes);
  }
}

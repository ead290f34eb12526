package dev.dunlin.conformance;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.junit.jupiter.api.extension.ExtendWith;

/** Fuzzes {@link FuzzTargets#inflate}. */
@ExtendWith(FuzzRun.class)
class InflateFuzzTest {

  @FuzzTest(maxDuration = "5m")
  void inflate(byte[] bytes) {
    FuzzRun.executed();
    FuzzTargets.inflate(bytes);
  }
}

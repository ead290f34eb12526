package dev.dunlin.conformance;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.junit.jupiter.api.extension.ExtendWith;

/** Fuzzes {@link FuzzTargets#utf8}. */
@ExtendWith(FuzzRun.class)
class Utf8FuzzTest {

  @FuzzTest(maxDuration = "5m")
  void utf8(byte[] bytes) {
    FuzzRun.executed();
    FuzzTargets.utf8(bytes);
  }
}

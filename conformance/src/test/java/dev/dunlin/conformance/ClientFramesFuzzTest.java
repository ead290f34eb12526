package dev.dunlin.conformance;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.junit.jupiter.api.extension.ExtendWith;

/** Fuzzes {@link FuzzTargets#clientFrames}. */
@ExtendWith(FuzzRun.class)
class ClientFramesFuzzTest {

  @FuzzTest(maxDuration = "5m")
  void clientFrames(byte[] bytes) {
    FuzzRun.executed();
    FuzzTargets.clientFrames(bytes);
  }
}

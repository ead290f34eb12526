package dev.dunlin.conformance;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.junit.jupiter.api.extension.ExtendWith;

/** Fuzzes {@link FuzzTargets#serverFrames}. */
@ExtendWith(FuzzRun.class)
class ServerFramesFuzzTest {

  @FuzzTest(maxDuration = "5m")
  void serverFrames(byte[] bytes) {
    FuzzRun.executed();
    FuzzTargets.serverFrames(bytes);
  }
}

package dev.dunlin.conformance;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** Fuzzes {@link FuzzTargets#clientFrames}. */
class ClientFramesFuzzTest {

  @FuzzTest(maxDuration = "5m")
  void clientFrames(byte[] bytes) {
    FuzzTargets.clientFrames(bytes);
  }
}

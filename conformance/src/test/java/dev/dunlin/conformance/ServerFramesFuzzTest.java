package dev.dunlin.conformance;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** Fuzzes {@link FuzzTargets#serverFrames}. */
class ServerFramesFuzzTest {

  @FuzzTest(maxDuration = "5m")
  void serverFrames(byte[] bytes) {
    FuzzTargets.serverFrames(bytes);
  }
}

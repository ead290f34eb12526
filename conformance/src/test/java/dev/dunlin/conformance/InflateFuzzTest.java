package dev.dunlin.conformance;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** Fuzzes {@link FuzzTargets#inflate}. */
class InflateFuzzTest {

  @FuzzTest(maxDuration = "5m")
  void inflate(byte[] bytes) {
    FuzzTargets.inflate(bytes);
  }
}

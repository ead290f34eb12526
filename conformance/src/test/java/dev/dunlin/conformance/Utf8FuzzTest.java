package dev.dunlin.conformance;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** Fuzzes {@link FuzzTargets#utf8}. */
class Utf8FuzzTest {

  @FuzzTest(maxDuration = "5m")
  void utf8(byte[] bytes) {
    FuzzTargets.utf8(bytes);
  }
}

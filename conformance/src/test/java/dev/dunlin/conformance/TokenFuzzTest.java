package dev.dunlin.conformance;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** Fuzzes {@link AccessFuzzTargets#token}. */
class TokenFuzzTest {

  @FuzzTest(maxDuration = "5m")
  void token(byte[] bytes) {
    AccessFuzzTargets.token(bytes);
  }
}

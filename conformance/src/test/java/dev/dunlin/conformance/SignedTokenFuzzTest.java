package dev.dunlin.conformance;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** Fuzzes {@link AccessFuzzTargets#signedToken}. */
class SignedTokenFuzzTest {

  @FuzzTest(maxDuration = "5m")
  void signedToken(byte[] bytes) {
    AccessFuzzTargets.signedToken(bytes);
  }
}

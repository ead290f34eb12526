package dev.dunlin.conformance;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** Fuzzes {@link FuzzTargets#responseHead}. */
class ResponseHeadFuzzTest {

  @FuzzTest(maxDuration = "5m")
  void responseHead(byte[] bytes) {
    FuzzTargets.responseHead(bytes);
  }
}

package dev.dunlin.conformance;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** Fuzzes {@link FuzzTargets#httpHead}. */
class HttpHeadFuzzTest {

  @FuzzTest(maxDuration = "5m")
  void httpHead(byte[] bytes) {
    FuzzTargets.httpHead(bytes);
  }
}

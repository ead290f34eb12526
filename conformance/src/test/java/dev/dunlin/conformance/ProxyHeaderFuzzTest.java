package dev.dunlin.conformance;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** Fuzzes {@link AccessFuzzTargets#proxyHeader}. */
class ProxyHeaderFuzzTest {

  @FuzzTest(maxDuration = "5m")
  void proxyHeader(byte[] bytes) {
    AccessFuzzTargets.proxyHeader(bytes);
  }
}

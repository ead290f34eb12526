package dev.dunlin.conformance;

import com.code_intelligence.jazzer.junit.FuzzTest;

/** Fuzzes {@link AccessFuzzTargets#certificateHeader}. */
class CertificateHeaderFuzzTest {

  @FuzzTest(maxDuration = "5m")
  void certificateHeader(byte[] bytes) {
    AccessFuzzTargets.certificateHeader(bytes);
  }
}

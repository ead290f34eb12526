package dev.dunlin.conformance;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.junit.jupiter.api.extension.ExtendWith;

/** Fuzzes {@link AccessFuzzTargets#certificateHeader}. */
@ExtendWith(FuzzRun.class)
class CertificateHeaderFuzzTest {

  @FuzzTest(maxDuration = "5m")
  void certificateHeader(byte[] bytes) {
    FuzzRun.executed();
    AccessFuzzTargets.certificateHeader(bytes);
  }
}

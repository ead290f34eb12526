package dev.dunlin.conformance;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.junit.jupiter.api.extension.ExtendWith;

/** Fuzzes {@link AccessFuzzTargets#proxyHeader}. */
@ExtendWith(FuzzRun.class)
class ProxyHeaderFuzzTest {

  @FuzzTest(maxDuration = "5m")
  void proxyHeader(byte[] bytes) {
    FuzzRun.executed();
    AccessFuzzTargets.proxyHeader(bytes);
  }
}

package dev.dunlin.conformance;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.junit.jupiter.api.extension.ExtendWith;

/** Fuzzes {@link FuzzTargets#httpHead}. */
@ExtendWith(FuzzRun.class)
class HttpHeadFuzzTest {

  @FuzzTest(maxDuration = "5m")
  void httpHead(byte[] bytes) {
    FuzzRun.executed();
    FuzzTargets.httpHead(bytes);
  }
}

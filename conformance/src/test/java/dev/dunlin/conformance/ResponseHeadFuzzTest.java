package dev.dunlin.conformance;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.junit.jupiter.api.extension.ExtendWith;

/** Fuzzes {@link FuzzTargets#responseHead}. */
@ExtendWith(FuzzRun.class)
class ResponseHeadFuzzTest {

  @FuzzTest(maxDuration = "5m")
  void responseHead(byte[] bytes) {
    FuzzRun.executed();
    FuzzTargets.responseHead(bytes);
  }
}

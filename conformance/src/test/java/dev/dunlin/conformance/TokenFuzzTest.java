package dev.dunlin.conformance;

import com.code_intelligence.jazzer.junit.FuzzTest;
import org.junit.jupiter.api.extension.ExtendWith;

/** Fuzzes {@link AccessFuzzTargets#token}. */
@ExtendWith(FuzzRun.class)
class TokenFuzzTest {

  @FuzzTest(maxDuration = "5m")
  void token(byte[] bytes) {
    FuzzRun.executed();
    AccessFuzzTargets.token(bytes);
  }
}
